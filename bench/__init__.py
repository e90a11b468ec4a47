"""The ruler: what Lianxi does per second and per item, beside its peers and beside what this machine can do at all.

`make bench` runs all of it and writes `docs/performance.json` and `docs/performance.md`; `make bench SHORT=1` runs a
small size. No part of the product imports this package; it has an environment of its own (`requirements/bench.txt`).
"""

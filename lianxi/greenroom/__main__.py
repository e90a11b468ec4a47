"""``python -m lianxi.greenroom tips``: open one desk. Patches first, then imports; the order is correctness."""

import os
import sys
import warnings

if "pymongo" in sys.modules or "kombu" in sys.modules:
    raise SystemExit("lianxi.greenroom must patch before pymongo or kombu is imported")

# eventlet's own name resolver is slow to import and follows other rules than the machine's.
os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")
# eventlet announces that it only mends bugs; ADR 0003 says why it is here and how to leave it.
warnings.filterwarnings("ignore", message="(?s).*Eventlet is deprecated")

# Libraries look for these and do well without: coloured tracebacks for a terminal, pictures as fields of documents.
sys.modules.update({"rich": None, "PIL": None})  # type: ignore[dict-item]

import eventlet

eventlet.monkey_patch()

from lianxi.greenroom.runner import main

main(sys.argv[1:])

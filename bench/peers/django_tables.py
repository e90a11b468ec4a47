"""Makes the tables of F2 anew: `python -m bench.peers.django_tables`."""

from __future__ import annotations

from bench.peers import django_celery

if __name__ == "__main__":
    django_celery.make_tables()

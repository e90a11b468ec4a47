"""What a ring says: which aggregates were committed, none by name where they are many, nothing when unreadable."""

from __future__ import annotations

import pytest

from lianxi.bus import wire
from lianxi.store.bell import Bell


def test_a_ring_names_what_was_committed() -> None:
    committed = {"tips": ["t1", "t2"], "notices": ["n1"]}
    assert wire.ring_from_bytes(wire.ring_to_bytes(committed)) == committed


def test_where_many_were_committed_none_is_named() -> None:
    many = [f"t{number}" for number in range(wire.NAMED + 1)]
    assert wire.ring_from_bytes(wire.ring_to_bytes({"tips": many})) == {"tips": []}


@pytest.mark.parametrize("body", [b"", b"tips", b"[]", b'{"tips":1}'])
def test_a_ring_that_cannot_be_read_says_nothing(body: bytes) -> None:
    assert wire.ring_from_bytes(body) == {}


def test_a_bell_that_nobody_hears_may_ring() -> None:
    bell = Bell()
    bell.ring("tips", ["t1"])
    heard: list[tuple[str, list[str]]] = []
    bell.listen(lambda name, ids: heard.append((name, list(ids))))
    bell.ring("tips", ["t1"])
    assert heard == [("tips", ["t1"])]

"""The audit chain: whatever is done to it is found, and the first place named."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lianxi.contracts import audit
from lianxi.contracts.receipts import public_key_of
from tests.chaos.sizes import size

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32).private_bytes_raw().hex()
STRANGER = Ed25519PrivateKey.from_private_bytes(b"\x08" * 32).private_bytes_raw().hex()
PUBLIC = [public_key_of(KEY)]
LENGTH = 60
HEADS_AT = (20, 45, 60)


def chain(length: int, service: str = "tips", salt: str = "") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    previous = audit.GENESIS
    for number in range(1, length + 1):
        said = audit.entry(
            entry_id=f"{salt}e{number}",
            at=AT + timedelta(seconds=number),
            kind="write" if number % 3 else "read",
            actor=f"client-{number % 5}",
            what="tips.tip.accepted.v1",
            item=f"tip/tip_{number}",
            version=number,
            digest="0" * 64,
            correlation_id=f"c-{number}",
        )
        rows.append(audit.linked(service, number, previous, said))
        previous = rows[-1]["hash"]
    return rows


def heads_of(rows: list[dict[str, Any]], *at: int, key: str = KEY) -> list[dict[str, Any]]:
    return [audit.sign_head(rows[0]["service"], number, rows[number - 1]["hash"], AT, key) for number in at]


CHAIN = chain(LENGTH)
HEADS = heads_of(CHAIN, *HEADS_AT)


def lines_of(rows: list[dict[str, Any]]) -> list[bytes]:
    return [audit.line_of(row) + b"\n" for row in rows]


def checked(lines: list[bytes], heads: list[dict[str, Any]] = HEADS) -> audit.Checked:
    return audit.check_chain(lines, heads, PUBLIC)


def relinked(rows: list[dict[str, Any]], start: int) -> list[dict[str, Any]]:
    """Write a chain anew from a place on, with right hashes, as somebody with the database in hand would."""
    kept = rows[:start]
    previous = kept[-1]["hash"] if kept else audit.GENESIS
    for number, row in enumerate(rows[start:], start + 1):
        kept.append(audit.linked(row["service"], number, previous, row))
        previous = kept[-1]["hash"]
    return kept


def edit(rows: list[dict[str, Any]], chance: random.Random) -> tuple[list[bytes], int]:
    place = chance.randrange(LENGTH)
    name = chance.choice(("actor", "at", "what", "item", "kind", "entry_id", "correlation_id"))
    rows[place] = {**rows[place], name: "somebody else"}
    return lines_of(rows), place + 1


def edit_and_rehash(rows: list[dict[str, Any]], chance: random.Random) -> tuple[list[bytes], int]:
    place = chance.randrange(LENGTH - 1)
    row = {**rows[place], "actor": "somebody else"}
    rows[place] = audit.linked("tips", place + 1, row["previous"], row)
    return lines_of(rows), place + 1 if place + 1 in HEADS_AT else place + 2


def remove(rows: list[dict[str, Any]], chance: random.Random) -> tuple[list[bytes], int]:
    place = chance.randrange(LENGTH)
    del rows[place]
    return lines_of(rows), place + 1


def put_in(rows: list[dict[str, Any]], chance: random.Random) -> tuple[list[bytes], int]:
    place = chance.randrange(1, LENGTH)
    rows.insert(place, dict(rows[chance.randrange(place)]))
    return lines_of(rows), place + 1


def swap(rows: list[dict[str, Any]], chance: random.Random) -> tuple[list[bytes], int]:
    first, second = sorted(chance.sample(range(LENGTH), 2))
    rows[first], rows[second] = rows[second], rows[first]
    return lines_of(rows), first + 1


def cut_off(rows: list[dict[str, Any]], chance: random.Random) -> tuple[list[bytes], int]:
    place = chance.randrange(LENGTH)
    return lines_of(rows[:place]), place + 1


def write_anew(rows: list[dict[str, Any]], chance: random.Random) -> tuple[list[bytes], int]:
    place = chance.randrange(LENGTH)
    rows[place] = {**rows[place], "item": "tip/another"}
    return lines_of(relinked(rows, place)), next(each for each in HEADS_AT if each > place)


def flip_a_byte(rows: list[dict[str, Any]], chance: random.Random) -> tuple[list[bytes], int]:
    lines, place = lines_of(rows), chance.randrange(LENGTH)
    line = bytearray(lines[place])
    line[chance.randrange(len(line) - 1)] ^= 1 << chance.randrange(7)
    lines[place] = bytes(line)
    return lines, place + 1


def space_out(rows: list[dict[str, Any]], chance: random.Random) -> tuple[list[bytes], int]:
    lines, place = lines_of(rows), chance.randrange(LENGTH)
    lines[place] = json.dumps(json.loads(lines[place])).encode() + b"\n"
    return lines, place + 1


ATTACKS: tuple[Callable[[list[dict[str, Any]], random.Random], tuple[list[bytes], int]], ...] = (
    edit, edit_and_rehash, remove, put_in, swap, cut_off, write_anew, flip_a_byte, space_out,
)  # fmt: skip


def test_a_whole_chain_holds() -> None:
    found = checked(lines_of(CHAIN))

    assert (found.entries, found.heads, found.broken) == (LENGTH, len(HEADS_AT), None)
    assert found.last_hash == CHAIN[-1]["hash"]
    assert checked([], []).broken is None


@pytest.mark.criterion("13.1")
def test_of_five_hundred_attacks_all_are_found_and_the_first_bad_place_is_named() -> None:
    chance = random.Random(20261127)
    for number in range(500):
        attack = ATTACKS[number % len(ATTACKS)]
        lines, position = attack([dict(row) for row in CHAIN], chance)
        broken = checked(lines).broken

        assert broken is not None, attack.__name__
        assert broken.position == position, (attack.__name__, broken)


@pytest.mark.criterion("13.1")
def test_a_head_that_nobody_trusted_has_signed_is_found() -> None:
    forged = heads_of(CHAIN, 30, key=STRANGER)
    moved = [{**HEADS[0], "sequence": 21}]

    assert checked(lines_of(CHAIN), forged).broken == audit.Break(30, "a head that no trusted key has signed")
    assert checked(lines_of(CHAIN), moved).broken == audit.Break(21, "a head that no trusted key has signed")


def test_heads_of_other_chains_say_nothing_about_this_one() -> None:
    others = heads_of(chain(99, "cases"), 99)

    assert checked(lines_of(CHAIN), [*others, *HEADS]).broken is None


def test_a_chain_that_goes_over_into_another_is_found() -> None:
    row = audit.linked("cases", LENGTH + 1, CHAIN[-1]["hash"], CHAIN[0])

    broken = checked([*lines_of(CHAIN), audit.line_of(row)]).broken
    assert broken == audit.Break(LENGTH + 1, "belongs to another chain")


@pytest.mark.criterion("13.1")
def test_a_million_entries_are_checked_in_two_minutes() -> None:
    entries = size(30_000, 1_000_000)
    rows = chain(1_000)

    def endless() -> Any:
        previous = audit.GENESIS
        for number in range(1, entries + 1):
            row = audit.linked("tips", number, previous, rows[number % 1_000])
            previous = row["hash"]
            yield audit.line_of(row)

    began = time.monotonic()
    making = sum(1 for _ in endless())
    made = time.monotonic() - began
    began = time.monotonic()
    found = audit.check_chain(endless(), [], PUBLIC)
    seconds = time.monotonic() - began - made

    assert (found.entries, found.broken, making) == (entries, None, entries)
    # Only the full size says something about time: a smoke run shares the machine with every other test.
    assert seconds < 120 or entries < 1_000_000

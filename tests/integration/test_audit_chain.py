"""The audit chain in a real database: raced for, cut short by crashes, signed and kept in several places."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pymongo import AsyncMongoClient, MongoClient

from lianxi.bus.heads import Heads
from lianxi.contracts import audit
from lianxi.contracts.envelope import Caller
from lianxi.contracts.operations import ListAudit, ListReads
from lianxi.contracts.receipts import public_key_of
from lianxi.kernel.clock import FixedClock
from lianxi.store.chain import TAIL, Chain
from lianxi.store.journal import CHAIN, JOURNAL, Journal
from tests.support.town import Database

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32).private_bytes_raw().hex()
NAMES = ("lianxi_chain_a", "lianxi_chain_b")
Work = Callable[[AsyncMongoClient[dict[str, Any]]], Awaitable[Any]]


@pytest.fixture
def plain(database: Database) -> Any:
    with MongoClient[dict[str, Any]](database.url, tz_aware=True) as client:
        for name in NAMES:
            client.drop_database(name)
        yield client


def on(database: Database, work: Work) -> Any:
    async def go() -> Any:
        async with AsyncMongoClient[dict[str, Any]](database.url, tz_aware=True) as client:
            return await work(client)

    return asyncio.run(go())


def entries(start: int, end: int) -> list[dict[str, Any]]:
    return [
        audit.entry(entry_id=f"e{number}", at=AT, kind="write", actor="police", what="x", item=f"tip/{number % 3}")
        for number in range(start, end)
    ]


def lines(plain: Any, name: str = NAMES[0]) -> list[bytes]:
    page = Journal(plain[name], FixedClock(AT)).page(ListAudit(limit=2_000))
    return [line.encode() for line in page.lines]


def ids(plain: Any) -> list[str]:
    return sorted(row["entry_id"] for row in plain[NAMES[0]][CHAIN].find())


@pytest.mark.criterion("13.1")
def test_two_that_append_at_once_make_one_chain_with_each_entry_once(database: Database, plain: Any) -> None:
    async def race(client: AsyncMongoClient[dict[str, Any]]) -> None:
        chains = [Chain("tips", client[NAMES[0]], FixedClock(AT)) for _ in range(2)]
        await chains[0].open()
        parts = [entries(start, start + 30) for start in range(0, 200, 20)]
        await asyncio.gather(*(chain.append(part) for part in parts for chain in chains))

    on(database, race)
    checked = audit.check_chain(lines(plain), [], [])

    assert checked.broken is None
    assert ids(plain) == sorted(f"e{number}" for number in range(210))


@pytest.mark.criterion("13.1")
def test_a_crash_between_entries_and_their_mark_leaves_a_chain_that_goes_on(database: Database, plain: Any) -> None:
    async def append(client: AsyncMongoClient[dict[str, Any]], part: list[dict[str, Any]]) -> int:
        chain = Chain("tips", client[NAMES[0]], FixedClock(AT))
        await chain.open()
        return await chain.append(part)

    assert on(database, lambda client: append(client, entries(0, 10))) == 10
    plain[NAMES[0]][TAIL].update_one({"_id": TAIL}, {"$set": {"sequence": 4, "hash": "not the last"}})
    assert on(database, lambda client: append(client, entries(5, 15))) == 5
    plain[NAMES[0]][TAIL].delete_many({})
    assert on(database, lambda client: append(client, entries(0, 20))) == 5

    assert audit.check_chain(lines(plain), [], []).broken is None
    assert len(ids(plain)) == 20


@pytest.mark.criterion("13.2")
def test_what_is_noted_is_chained_once_and_can_be_asked_for_before_and_after(database: Database, plain: Any) -> None:
    journal = Journal(plain[NAMES[0]], FixedClock(AT))
    officer = Caller(actor="officer-7", agency="police", correlation_id="c-1")
    journal.note("read", "get_tip", "tip/t1", officer)
    journal.note("refused", "get_case case.not_found", "case/c9", officer)
    before = journal.reads(ListReads(item="tip/t1"))

    async def drain(client: AsyncMongoClient[dict[str, Any]]) -> list[int]:
        chain = Chain("tips", client[NAMES[0]], FixedClock(AT))
        await chain.open()
        return [await chain.drain_journal(), await chain.drain_journal()]

    assert on(database, drain) == [2, 0]
    after = journal.reads(ListReads(item="tip/t1"))
    counted = journal.reading_counts(AT - timedelta(days=1), AT + timedelta(days=1))

    assert before == after
    assert [(each.actor, each.what) for each in after.items] == [("officer-7", "get_tip")]
    assert [(each.actor, each.on, each.reads) for each in counted.items] == [("officer-7", "2026-11-23", 1)]
    assert plain[NAMES[0]][JOURNAL].count_documents({}) == 0
    assert audit.check_chain(lines(plain), [], []).broken is None


@pytest.mark.criterion("13.1")
def test_a_head_is_signed_each_day_and_lies_with_every_service_and_in_a_file(
    database: Database, plain: Any, tmp_path: Path
) -> None:
    clock, file = FixedClock(AT), tmp_path / "heads.ndjson"

    async def two_days(client: AsyncMongoClient[dict[str, Any]]) -> None:
        chains = [Chain(service, client[name], clock) for service, name in zip(("tips", "cases"), NAMES, strict=True)]
        for chain in chains:
            await chain.open()
        heads = Heads(chains, KEY, file, clock)
        await chains[0].append(entries(0, 5))
        await heads.sign_due()
        await heads.sign_due()
        clock.advance(timedelta(days=1))
        await chains[0].append(entries(5, 9))
        await heads.sign_due()

    on(database, two_days)
    kept = [sorted(row["sequence"] for row in plain[name].audit_heads.find()) for name in NAMES]
    written = list(map(read_line, file.read_bytes().splitlines()))

    assert kept == [[5, 9], [5, 9]]
    assert [head["sequence"] for head in written] == [5, 9]
    assert audit.check_chain(lines(plain), written, [public_key_of(KEY)]).broken is None
    plain[NAMES[0]][CHAIN].delete_one({"_id": 9})
    assert audit.check_chain(lines(plain), written, [public_key_of(KEY)]).broken == audit.Break(
        9, "cut off before the head of entry 9"
    )


def read_line(line: bytes) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(line)
    return read

"""Runs that purge on the real database: found by an index, killed between two items, and nothing left of the words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import mongoengine
import pytest

from lianxi.contracts.envelope import Cause
from lianxi.contracts.retention import HoldItem, LiftHold, ListHolds, RetentionRunStarted
from lianxi.contracts.tips import FindTipByReceipt, VerificationOutcome
from lianxi.kernel.errors import NotFound
from lianxi.policy.book import PolicyBook
from lianxi.store.envelope import KeyRing
from lianxi.store.retention import Retention, ids_sha256, part_of
from services.tips.documents import DOCUMENTS, TipDocument
from services.tips.handlers.retention import tip_retention
from services.tips.store import InformantVault, ReceiptIndex, kept_identities, kept_words, open_purges, open_tips
from tests.support.town import Database
from tests.unit.tips.desk import NOW, TipDesk, caller, sealed_contact, shipped_policy, submission

pytestmark = pytest.mark.integration
TEXT, PLACE, SENTENCE = "三楼每天晚上有人讲课", "莲湾路五号三楼", "谢谢,已核实"
ITEMS = 12
RUN = "retention_run_0123456789ABCDEFGHJKMNPQRS"
VAULT_KEY = "k1 " + "7" * 64


@pytest.fixture
def desk(database: Database) -> Iterator[TipDesk]:
    """The tips desk with its real stores, and tips that were closed as not substantiated."""
    client = mongoengine.connect(
        "retention_tips", alias="tips", host=database.url, tz_aware=True, uuidRepresentation="standard"
    )
    client.drop_database("retention_tips")
    for document in DOCUMENTS:
        document.ensure_indexes()
    made = TipDesk()
    vault = InformantVault(KeyRing(VAULT_KEY))
    made.handlers = replace(made.handlers, tips=open_tips(made.clock), informants=vault, receipts=ReceiptIndex())
    made.tips = made.handlers.tips  # type: ignore[assignment]
    for number in range(ITEMS):
        tip = made.submit(
            submission(
                tip_id=f"tip_{number:026d}",
                text=TEXT,
                place=PLACE,
                contact=sealed_contact("13800000000"),
                receipt_verifier=f"verifier-{number}",
            )
        )
        made.close(tip, VerificationOutcome.NOT_SUBSTANTIATED)
    emptied()
    yield made
    mongoengine.disconnect("tips")


def emptied() -> None:
    """Let the relay have been here: nothing waits to be told any more."""
    TipDocument._get_collection().update_many({}, {"$set": {"_outbox": [], "_audit": []}})


class Killed(BaseException):
    """The process is gone."""


class DyingVault(InformantVault):
    """A vault whose process dies when a given number of identities are erased."""

    def __init__(self, erased: int) -> None:
        super().__init__(KeyRing(VAULT_KEY))
        self.left = erased

    def erase(self, tip_id: str) -> None:
        super().erase(tip_id)
        self.left -= 1
        if self.left == 0:
            raise Killed


def desk_part(desk: TipDesk, vault: InformantVault | None = None, forget: Any = lambda _tip: None) -> Retention:
    built = tip_retention(
        open_tips(desk.clock),
        kept_words(),
        kept_identities(),
        vault or InformantVault(KeyRing(VAULT_KEY)),
        forget,
        *open_purges(desk.clock),
        PolicyBook(shipped_policy()),
        desk.clock,
    )
    return replace(built, items_a_step=5)


def start(part: Retention, run_id: str = RUN) -> None:
    event = RetentionRunStarted(run_id=run_id, policy_version=1, started_at=part.clock.now())
    part.start(event, Cause(actor="system", correlation_id="c", event_id=f"evt-{run_id}"))


def finish(part: Retention, run_id: str = RUN) -> dict[str, tuple[int, str]]:
    for _ in range(50):
        if not part.parts.get(part_of(run_id, "tips")).state.is_running:
            break
        part.work()
    told = part.parts.get(part_of(run_id, "tips")).state
    assert not told.is_running
    return {row.rule: (row.count, row.sha256) for row in told.rows}


def dumped() -> str:
    """Write out every document of every collection of the desk, whatever its fields are called."""
    database = TipDocument._get_collection().database
    return "\n".join(repr(row) for name in database.list_collection_names() for row in database[name].find())


def later(desk: TipDesk, days: int) -> None:
    desk.clock.instant = NOW + timedelta(days=days)


@pytest.mark.criterion("24")
def test_closing_a_tip_erases_within_policy(desk: TipDesk) -> None:
    before = dumped()
    words = (TEXT, PLACE, SENTENCE, "verifier-", "DY-2026", "R-0001", "sealed", desk.tips.get(tip_id(3)).state.number)
    assert all(word in before for word in (TEXT, PLACE, SENTENCE, "verifier-", "R-0001"))
    assert {"keeping.rule_1_keeping.since_1", "identity.rule_1_identity.since_1"} <= indexes()
    later(desk, 200)
    part = desk_part(desk)

    preview = {row.rule: row.due for row in part.preview().items}
    start(part)
    told = finish(part)

    assert {rule: count for rule, (count, _) in told.items()} == preview
    assert told["tip-not-substantiated"] == (ITEMS, ids_sha256([tip_id(number) for number in range(ITEMS)]))
    after = dumped().replace("sealed_content", "")
    assert [word for word in words if word in after] == []
    assert not InformantVault(KeyRing(VAULT_KEY)).has(tip_id(1))
    left = TipDocument._get_collection().find_one({"_id": tip_id(1)})
    assert left["village"] == "village/lotus-bay"
    assert left["received_at"] == datetime(2026, 10, 31, 16, tzinfo=UTC)
    assert [line["what"] for line in left["_audit"]] == ["tips.tip.purged", "tips.tip.purged"]
    with pytest.raises(NotFound, match=r"receipt\.unknown"):
        desk.handlers.find_tip_by_receipt(by_code("verifier-1"))
    start(part, "retention_run_second")
    assert sum(count for count, _ in finish(part, "retention_run_second").values()) == 0


@pytest.mark.criterion("24")
def test_a_run_that_is_killed_between_two_items_goes_on_in_another_process(desk: TipDesk) -> None:
    later(desk, 200)
    dying = desk_part(desk, DyingVault(erased=7))
    start(dying)
    with pytest.raises(Killed):
        finish(dying)
    assert TEXT in dumped()

    told = finish(desk_part(desk))

    everything = (ITEMS, ids_sha256([tip_id(number) for number in range(ITEMS)]))
    assert (told["informant-identity"], told["tip-not-substantiated"]) == (everything, everything)
    assert TEXT not in dumped()
    purged = TipDocument._get_collection().find({}, {"_audit": 1})
    assert {tuple(line["what"] for line in row["_audit"]) for row in purged} == {("tips.tip.purged",) * 2}


@pytest.mark.criterion("24")
def test_what_is_held_or_has_letters_waiting_is_left_alone(desk: TipDesk) -> None:
    part, collection = desk_part(desk), TipDocument._get_collection()
    part.hold(HoldItem(item=f"tip/{tip_id(1)}", reason="行政复议"), caller("office"))
    assert collection.find_one({"_id": tip_id(1)})["_audit"][-1]["what"] == "tips.tip.held"
    collection.update_one({"_id": tip_id(2)}, {"$set": {"_outbox": [{"id": "evt_1"}]}})
    later(desk, 200)

    preview = {row.rule: row for row in part.preview().items}["tip-not-substantiated"]
    start(part)
    told = finish(part)

    assert (preview.due, preview.held, preview.waiting) == (ITEMS - 2, 1, 1)
    assert told["tip-not-substantiated"][0] == ITEMS - 2
    assert {row["_id"] for row in collection.find({"redacted_text": TEXT})} == {tip_id(1), tip_id(2)}
    assert [each.item for each in part.list_holds(ListHolds()).items] == [f"tip/{tip_id(1)}"]
    part.lift(LiftHold(item=f"tip/{tip_id(1)}"), caller("discipline"))
    assert part.list_holds(ListHolds()).items == ()
    emptied()
    start(part, "retention_run_next")
    assert finish(part, "retention_run_next")["tip-not-substantiated"][0] == 2


def indexes() -> set[str]:
    return set(TipDocument._get_collection().index_information())


def tip_id(number: int) -> str:
    return f"tip_{number:026d}"


def by_code(verifier: str) -> Any:
    return FindTipByReceipt(receipt_verifier=verifier)

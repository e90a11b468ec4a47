"""What remains of tips when they have been kept long enough, and what a run does to them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from lianxi.contracts.codec import open_event
from lianxi.contracts.envelope import Cause
from lianxi.contracts.retention import HoldItem, LiftHold, ListHolds, RetentionRunStarted, TipsPurged
from lianxi.contracts.tips import FindTipByReceipt, GetTip, VerificationOutcome
from lianxi.kernel.errors import Conflict, NotFound
from lianxi.policy.book import PolicyBook
from lianxi.store.fakes import MemoryAggregates, MemoryPartWatch, MemoryShelf
from lianxi.store.mapping import as_fields
from lianxi.store.retention import PurgePart, Retention, ids_sha256, part_of
from services.tips.domain.tip import Tip
from services.tips.handlers.retention import tip_retention
from services.tips.store import PURGE_ANNOUNCER
from tests.unit.tips.desk import NOW, TipDesk, caller, shipped_policy, submission

TEXT, PLACE = "三楼每天晚上有人讲课", "莲湾路五号三楼"
RUN = "run_0123456789ABCDEFGHJKMNPQRS"
ALL = replace(caller("office"), rows=("all",))


@dataclass
class Keeper:
    """The tips desk with its part in runs; `forgotten` names the tips whose pictures were deleted."""

    desk: TipDesk
    forgotten: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.parts: MemoryAggregates[PurgePart] = MemoryAggregates(PURGE_ANNOUNCER, self.desk.clock)
        self.words: MemoryShelf[Tip] = MemoryShelf(self.desk.tips)
        self.retention = self.build(self.desk.tips)

    def build(self, tips: MemoryAggregates[Tip]) -> Retention:
        return tip_retention(
            tips,
            words=self.words,
            identities=MemoryShelf(self.desk.tips, "identity"),
            vault=self.desk.vault,
            forget_pictures=lambda tip: self.forgotten.append(tip.id),
            parts=self.parts,
            watch=MemoryPartWatch(self.parts),
            policies=PolicyBook(shipped_policy()),
            clock=self.desk.clock,
        )

    def closed(self, number: int, *, substantiated: bool = False) -> Tip:
        tip = self.desk.submit(
            submission(
                tip_id=f"tip_{number:026d}", text=TEXT, place=PLACE, contact="sealed-contact",
                receipt_verifier=f"verifier-{number}",
            )
        )  # fmt: skip
        outcome = VerificationOutcome.SUBSTANTIATED if substantiated else VerificationOutcome.NOT_SUBSTANTIATED
        return self.desk.close(tip, outcome)

    def run(self, run_id: str = RUN, at: datetime | None = None) -> TipsPurged:
        started = at or self.desk.clock.now()
        event = RetentionRunStarted(run_id=run_id, policy_version=1, started_at=started)
        self.retention.start(event, Cause(actor="office-clerk", correlation_id="c", event_id=f"evt-{run_id}"))
        return self.finish(run_id)

    def finish(self, run_id: str = RUN) -> TipsPurged:
        for _ in range(100):
            self.retention.work()
            if not self.parts.get(part_of(run_id, "tips")).state.is_running:
                break
        event = open_event(self.parts.announced[-1])
        assert isinstance(event, TipsPurged)
        return event


@pytest.fixture
def keeper(desk: TipDesk) -> Keeper:
    return Keeper(desk)


def later(keeper: Keeper, days: int) -> None:
    keeper.desk.clock.instant = NOW + timedelta(days=days)


def dump(keeper: Keeper) -> str:
    return json.dumps([as_fields(tip) for tip in keeper.desk.tips.all()], default=str, ensure_ascii=False)


@pytest.mark.criterion("24")
def test_closing_a_tip_erases_within_policy(keeper: Keeper) -> None:
    tip = keeper.closed(1)
    assert TEXT in dump(keeper)
    assert keeper.desk.vault.kept
    later(keeper, 200)

    keeper.run()

    left = keeper.desk.tips.get(tip.id).state
    for word in (TEXT, PLACE, "sealed-contact", "verifier-1", tip.number, "R-0001", tip.sealed_content or "-"):
        assert word not in dump(keeper)
    assert (left.state, left.verification, left.category) == (tip.state, tip.verification, tip.category)
    assert left.village == "village/lotus-bay"
    assert left.received_at == datetime(2026, 10, 31, 16, tzinfo=UTC)
    assert keeper.forgotten == [tip.id]
    assert not keeper.desk.vault.kept


@pytest.mark.criterion("24")
def test_after_a_run_the_receipt_code_answers_like_one_that_never_was(keeper: Keeper) -> None:
    tip = keeper.closed(1)
    later(keeper, 200)
    keeper.run()

    with pytest.raises(NotFound, match=r"receipt\.unknown"):
        keeper.desk.handlers.find_tip_by_receipt(FindTipByReceipt(receipt_verifier="verifier-1"))
    with pytest.raises(NotFound, match=r"receipt\.unknown"):
        keeper.desk.handlers.find_tip_by_receipt(FindTipByReceipt(receipt_verifier=f"none/{tip.id}"))
    with pytest.raises(NotFound, match=r"tip\.not_found"):
        keeper.desk.views.get_tip(GetTip(tip_id=tip.id), ALL)


@pytest.mark.criterion("24")
def test_an_identity_goes_after_ninety_days_and_the_tip_after_six_months(keeper: Keeper) -> None:
    tip = keeper.closed(1)
    later(keeper, 90)
    assert keeper.run("run_a").rows[0].count == 0
    later(keeper, 91)

    told = keeper.run("run_b")

    assert [(row.rule, row.count) for row in told.rows] == [
        ("informant-identity", 1), ("tip-not-substantiated", 0), ("tip-substantiated", 0),
    ]  # fmt: skip
    left = keeper.desk.tips.get(tip.id).state
    assert not keeper.desk.vault.kept
    assert left.redacted_text == TEXT
    assert {line.what for line in left.timeline} >= {"tip.closed", "identity.erased"}


@pytest.mark.criterion("24")
def test_the_preview_is_what_the_run_then_does_and_a_second_run_does_nothing_more(keeper: Keeper) -> None:
    due = [keeper.closed(number) for number in range(1, 8)]
    later(keeper, 200)
    keeper.closed(9)
    keeper.words.waiting.add(due[6].id)
    keeper.retention.hold(HoldItem(item=f"tip/{due[0].id}", reason="行政复议"), caller("office"))
    before = dump(keeper)

    preview = {row.rule: row for row in keeper.retention.preview().items}
    assert dump(keeper) == before
    told = {row.rule: row for row in keeper.run().rows}

    found = preview["tip-not-substantiated"]
    assert (found.due, found.held, found.waiting) == (5, 1, 1)
    assert found.oldest_on is not None
    assert found.oldest_on.isoformat() == "2026-11-23"
    assert {rule: row.count for rule, row in told.items()} == {rule: row.due for rule, row in preview.items()}
    assert told["tip-not-substantiated"].sha256 == ids_sha256([tip.id for tip in due[1:6]])
    assert told["tip-not-substantiated"].clause == "pipl-47"
    again = keeper.run("run_second")
    assert sum(row.count for row in again.rows) == 0


@pytest.mark.criterion("24")
def test_what_is_held_is_never_purged_and_goes_when_the_hold_is_lifted(keeper: Keeper) -> None:
    tip = keeper.closed(1)
    item = f"tip/{tip.id}"
    keeper.retention.hold(HoldItem(item=item, reason="行政复议"), caller("office"))
    later(keeper, 4000)

    keeper.run("run_a")

    assert TEXT in dump(keeper)
    assert keeper.desk.vault.kept
    (listed,) = keeper.retention.list_holds(ListHolds()).items
    assert (listed.item, listed.reason, listed.by) == (item, "行政复议", "office-clerk")
    keeper.retention.lift(LiftHold(item=item), caller("discipline"))
    assert not keeper.retention.list_holds(ListHolds()).items
    keeper.run("run_b")
    assert TEXT not in dump(keeper)
    assert not keeper.desk.vault.kept


def test_holds_are_set_once_and_on_what_is_there(keeper: Keeper) -> None:
    tip = keeper.closed(1)
    hold = HoldItem(item=f"tip/{tip.id}", reason="复议")
    with pytest.raises(Conflict, match=r"hold\.not_set"):
        keeper.retention.lift(LiftHold(item=hold.item), caller("office"))
    keeper.retention.hold(hold, caller("office"))
    with pytest.raises(Conflict, match=r"hold\.already_set"):
        keeper.retention.hold(hold, caller("office"))
    with pytest.raises(NotFound, match=r"tip\.not_found"):
        keeper.retention.hold(replace(hold, item="tip/none"), caller("office"))
    with pytest.raises(NotFound, match=r"item\.not_found"):
        keeper.retention.hold(replace(hold, item="nothing/none"), caller("office"))
    keeper.retention.lift(LiftHold(item=hold.item), caller("office"))
    later(keeper, 200)
    keeper.run()
    with pytest.raises(Conflict, match=r"hold\.item_purged"):
        keeper.retention.hold(hold, caller("office"))


class Killed(BaseException):
    """The process is gone."""


class DyingTips(MemoryAggregates[Tip]):
    """Tips whose process dies before, or right after, the so-manieth write."""

    def __init__(self, tips: MemoryAggregates[Tip], writes: int, *, after: bool) -> None:
        self.__dict__.update(tips.__dict__)
        self.left, self.after = writes, after

    def change(self, *args: object, **named: object) -> object:  # type: ignore[override]
        self.left -= 1
        if self.left == 0 and not self.after:
            raise Killed
        done = super().change(*args, **named)  # type: ignore[arg-type]
        if self.left == 0:
            raise Killed
        return done


@pytest.mark.criterion("24")
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("writes", [1, 2, 4, 6])
def test_a_run_that_is_killed_between_two_items_goes_on_where_it_was(keeper: Keeper, writes: int, after: bool) -> None:
    tips = [keeper.closed(number) for number in range(1, 4)]
    later(keeper, 200)
    keeper.retention = keeper.build(DyingTips(keeper.desk.tips, writes, after=after))
    with pytest.raises(Killed):
        keeper.run()

    keeper.retention = keeper.build(keeper.desk.tips)
    told = keeper.finish()

    digest = ids_sha256([tip.id for tip in tips])
    assert [(row.count, row.sha256) for row in told.rows[:2]] == [(3, digest), (3, digest)]
    assert TEXT not in dump(keeper)
    assert not keeper.desk.vault.kept


def test_a_substantiated_tip_stays_as_long_as_its_case(keeper: Keeper) -> None:
    keeper.closed(1, substantiated=True)
    later(keeper, 1000)
    assert [row.count for row in keeper.run("run_a").rows] == [1, 0, 0]
    later(keeper, 1100)
    assert [row.count for row in keeper.run("run_b").rows] == [0, 0, 1]


def test_desks_tell_of_one_run_under_different_ids(keeper: Keeper) -> None:
    keeper.run()
    mine = replace(keeper.retention, service="cases")
    event = RetentionRunStarted(run_id=RUN, policy_version=1, started_at=NOW)
    mine.start(event, Cause(actor="x", correlation_id="c", event_id="evt-other"))
    mine.work()
    assert len({each.id for each in keeper.parts.announced}) == 2

"""Reports of major events upward: the timer, the text in parts, and what late and missing are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from lianxi.contracts.codec import open_event
from lianxi.contracts.envelope import Caller, Cause, Event
from lianxi.contracts.major_events import (
    GetMajorEvent,
    MajorEventKnown,
    MajorEventReported,
    MajorEventSupplemented,
    MajorEventUnreported,
    MajorEventView,
    MajorKind,
    MajorState,
    ReportMajorEvent,
    SupplementMajorEvent,
)
from lianxi.contracts.reporting import ReportingRungReached
from lianxi.contracts.tips import RescueRaised
from lianxi.kernel.clock import FixedClock
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, PolicyBroken, Refused, RuleBroken
from lianxi.policy.book import PolicyBook
from lianxi.policy.policy import Policy
from lianxi.store.fakes import MemoryAggregates
from lianxi.store.mapping import as_fields, as_state
from services.reporting.documents import MajorEventDocument
from services.reporting.domain.major_events import MajorEvent, announced_at
from services.reporting.handlers.major_events import MajorEventDesk
from services.reporting.policy import Demands, read_demands
from services.reporting.store import MAJOR_EVENTS

NOON = datetime(2026, 11, 23, 4, 7, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
POLICE = Caller(actor="officer-2", agency="police", correlation_id="c", rows=("own_desk",), command_id="k1")
MARKET = Caller(actor="officer-1", agency="market", correlation_id="c", rows=("own_desk",), command_id="k2")
OFFICE = Caller(actor="clerk-1", agency="office", correlation_id="c", rows=("all",), command_id="k3")
SECRET = "三人受伤,已送医"


def alarm(category: str = "major_event", *, is_levelled: bool = False) -> RescueRaised:
    raised_at = NOON.replace(minute=0, second=0) if is_levelled else NOON
    return RescueRaised(
        tip_id="tip_1", number="DY-2026-7K3M-9QXD", category=category, lead="police/command-centre", village=None,
        raised_at=raised_at, is_levelled=is_levelled,
    )  # fmt: skip


def letter(event_id: str = "event-1") -> Cause:
    return Cause(actor="desk:tips", correlation_id="c", event_id=event_id, subject="tip/tip_1", at=NOON)


@dataclass(frozen=True)
class Finder:
    events: MemoryAggregates[MajorEvent]

    def to_press(self, now: datetime) -> Sequence[str]:
        found = [each for each in self.events.all() if each.next_rung_at is not None and each.next_rung_at <= now]
        return [each.id for each in found]


@dataclass(frozen=True)
class Town:
    desk: MajorEventDesk
    events: MemoryAggregates[MajorEvent]
    clock: FixedClock

    def pass_time(self, minutes: float) -> None:
        self.clock.advance(timedelta(minutes=minutes))
        for _sweeper in range(2):
            self.desk.press()

    def report(self, caller: Caller = POLICE, **changed: object) -> MajorEventView:
        asked = ReportMajorEvent(kind=MajorKind.DEATH_OR_INJURY, text=SECRET, about="tip/tip_1")
        return self.desk.report_major_event(replace(asked, **changed), caller)  # type: ignore[arg-type]

    def announced(self, kind: type[Event]) -> list[Event]:
        return [open_event(each) for each in self.events.announced if each.type == kind.KEY]

    def the_event(self) -> MajorEventView:
        (found,) = self.events.all()
        return self.desk.get_major_event(GetMajorEvent(event_id=found.id), OFFICE)


@pytest.fixture
def town(demands: Demands) -> Town:
    clock = FixedClock(NOON)
    events: MemoryAggregates[MajorEvent] = MemoryAggregates(MAJOR_EVENTS, clock, announced_at)
    return Town(MajorEventDesk(events, Finder(events), demands, clock), events, clock)


@pytest.mark.criterion("17.2")
def test_the_time_runs_from_the_first_knowledge_whether_anybody_files_or_not(town: Town) -> None:
    for _ in range(2):
        town.desk.open_major_event(alarm(), letter())

    found = town.the_event()
    assert (found.owner, found.about, found.state) == ("police/command-centre", "tip/tip_1", MajorState.KNOWN)
    assert (found.known_at, found.due_at) == (NOON, NOON + HOUR)
    assert len(town.announced(MajorEventKnown)) == 1
    town.desk.open_major_event(alarm("person_held"), letter("event-2"))
    assert len(town.events.all()) == 1, "a person held is an alarm, and no major event by itself"


@pytest.mark.criterion("17.2")
def test_a_missing_report_is_a_listed_fact_said_once_and_pressed_up_its_ladder(town: Town) -> None:
    town.desk.open_major_event(alarm(), letter())
    town.pass_time(59)
    assert not town.the_event().is_missing
    town.pass_time(1)
    assert town.the_event().is_missing
    town.pass_time(90)

    assert town.announced(MajorEventUnreported) == [
        MajorEventUnreported(event_id=town.the_event().event_id, owner="police/command-centre", due_at=NOON + HOUR)
    ]
    rungs = [each for each in town.announced(ReportingRungReached) if isinstance(each, ReportingRungReached)]
    assert [each.rung for each in rungs] == ["half", "over", "twice-over"]
    assert all("office/desk" in each.receivers for each in rungs)
    assert [each.is_missed for each in town.events.all()] == [True]


@pytest.mark.criterion("17.2")
def test_a_report_may_be_sent_incomplete_and_is_supplemented(town: Town) -> None:
    town.desk.open_major_event(alarm(), letter())
    town.clock.advance(timedelta(minutes=20))
    first = town.report()
    more = SupplementMajorEvent(event_id=first.event_id, text="已全部出院", is_complete=False)
    town.desk.supplement_major_event(more, replace(POLICE, command_id="s1"))
    town.clock.advance(timedelta(hours=5))
    last = town.desk.supplement_major_event(replace(more, is_complete=True), replace(POLICE, command_id="s2"))

    assert (first.state, first.is_late, first.is_missing) == (MajorState.REPORTED, False, False)
    assert (last.state, last.is_late, len(last.parts)) == (MajorState.COMPLETE, False, 3)
    assert [each.is_complete for each in last.parts] == [False, False, True]
    town.pass_time(24 * 60)
    assert town.announced(MajorEventUnreported) == town.announced(ReportingRungReached) == []
    assert len(town.announced(MajorEventSupplemented)) == 2
    with pytest.raises(Conflict, match=r"major_event\.complete"):
        town.desk.supplement_major_event(more, replace(POLICE, command_id="s3"))


@pytest.mark.criterion("17.2")
def test_a_late_report_is_late_and_no_longer_missing(town: Town) -> None:
    town.desk.open_major_event(alarm(), letter())
    town.clock.advance(timedelta(minutes=61))
    late = town.report()

    assert (late.is_late, late.is_missing) == (True, False)
    assert [each.is_late for each in town.announced(MajorEventReported)] == [True]  # type: ignore[attr-defined]
    assert len(town.announced(MajorEventUnreported)) == 1, "that it was missing is said before that it came late"
    assert [each.type for each in town.events.announced][-2:] == [MajorEventUnreported.KEY, MajorEventReported.KEY]


@pytest.mark.criterion("17.2")
def test_who_knew_earlier_reports_late(town: Town) -> None:
    town.desk.open_major_event(alarm(), letter())
    told = town.report(known_at=NOON - 2 * HOUR)

    assert (told.known_at, told.due_at, told.is_late) == (NOON - 2 * HOUR, NOON - HOUR, True)


def test_who_says_to_have_known_later_gains_nothing(town: Town) -> None:
    town.desk.open_major_event(alarm(), letter())
    town.clock.advance(timedelta(minutes=90))

    assert town.report(known_at=town.clock.now() - timedelta(minutes=1)).is_late
    with pytest.raises(RuleBroken, match=r"major_event\.known_later"):
        town.report(known_at=town.clock.now() + timedelta(minutes=1), about=None)


def test_a_report_without_an_alarm_opens_its_event_and_is_made_once(town: Town) -> None:
    first, again = town.report(about=None), town.report(about=None)

    assert first.event_id == again.event_id
    assert (first.owner, first.known_at, first.version) == ("police/command-centre", NOON, 2)
    assert [len(town.announced(each)) for each in (MajorEventKnown, MajorEventReported)] == [1, 1]
    town.desk.open_major_event(alarm(), letter())
    assert len(town.events.all()) == 2


def test_an_alarm_heard_after_its_report_changes_nothing(town: Town) -> None:
    before = town.report()
    town.desk.open_major_event(alarm(), letter())

    assert town.the_event() == before


def test_each_unit_reports_its_own_and_the_office_any(town: Town) -> None:
    town.desk.open_major_event(alarm(), letter())
    with pytest.raises(NotFound, match=r"major_event\.not_found"):
        town.report(MARKET)
    with pytest.raises(Forbidden, match=r"major_event\.not_yours"):
        town.report(MARKET, desk="police/station", about=None)
    with pytest.raises(Refused, match=r"desk\.unknown"):
        town.report(OFFICE, desk="nobody/desk")
    with pytest.raises(RuleBroken, match=r"major_event\.about_unreadable"):
        town.report(about="张三")
    leader = Caller(actor="leader-1", agency="finance", rows=("all",), command_id="k9")
    with pytest.raises(Forbidden, match=r"major_event\.not_yours"):
        town.report(leader, desk="finance")
    event_id = town.events.all()[0].id
    with pytest.raises(Conflict, match=r"major_event\.not_reported"):
        town.desk.supplement_major_event(SupplementMajorEvent(event_id=event_id, text="t"), OFFICE)
    assert town.report(OFFICE).state is MajorState.REPORTED
    with pytest.raises(Conflict, match=r"major_event\.already_reported"):
        town.report(POLICE)


@pytest.mark.criterion("2.7")
def test_what_an_anonymous_tip_opened_is_told_to_the_hour(town: Town) -> None:
    town.desk.open_major_event(alarm(is_levelled=True), letter())
    town.pass_time(61)
    told = town.the_event()

    assert town.events.all()[0].due_at == NOON + HOUR, "the timer itself runs exactly"
    assert {told.known_at.minute, told.due_at.minute} == {0}
    assert {(each.time.minute, each.time.second) for each in town.events.announced} == {(0, 0)}
    assert ":07:" not in repr([each.data for each in town.events.announced])


def test_no_event_carries_a_text(town: Town) -> None:
    told = town.report()
    town.desk.supplement_major_event(
        SupplementMajorEvent(event_id=told.event_id, text=SECRET), replace(POLICE, command_id="s1")
    )

    assert SECRET not in repr(town.events.announced)
    assert {each.lane for each in town.events.announced} == {"rescue"}


def test_a_policy_without_its_clock_parks_the_alarm_instead_of_forgetting_it(town: Town, policy: Policy) -> None:
    without = replace(policy, clocks=tuple(row for row in policy.clocks if row.clock != "major_event"))
    desk = replace(town.desk, demands=read_demands(PolicyBook(without)))

    with pytest.raises(PolicyBroken, match=r"policy\.clock_missing"):
        desk.open_major_event(alarm(), letter())


def test_a_major_event_lies_in_the_database_as_the_domain_has_it(town: Town) -> None:
    town.report()
    (found,) = town.events.all()
    fields = as_fields(found)

    assert as_state(MajorEvent, fields) == found
    assert set(fields) - {"id"} <= set(MajorEventDocument._fields)

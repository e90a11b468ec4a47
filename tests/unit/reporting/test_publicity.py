"""The register of publicity: what the plan owes and how often, what was done, and which period had nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from lianxi.contracts.codec import open_event
from lianxi.contracts.envelope import Caller, Event
from lianxi.contracts.publicity import (
    ActivityRecorded,
    ActivityView,
    ActivityWithdrawn,
    DutyYear,
    GapView,
    GetActivity,
    GetPublicityYear,
    PeriodState,
    PublicityMissed,
    RecordActivity,
    WithdrawActivity,
)
from lianxi.kernel.clock import FixedClock
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, RuleBroken
from lianxi.policy.policy import Policy
from lianxi.store.fakes import MemoryAggregates
from lianxi.store.mapping import as_fields, as_state
from services.reporting.documents import PublicityDocument, PublicityGapDocument
from services.reporting.domain.cells import cells_of, figures_in
from services.reporting.domain.drafts import practice, problems
from services.reporting.domain.facts import fact_of
from services.reporting.domain.publicity import Activity, Gap, Held
from services.reporting.handlers.publicity import PublicityDesk
from services.reporting.policy import Demands
from services.reporting.policy.publicity import read_duties
from services.reporting.store import PUBLICITY, PUBLICITY_GAPS

NOON = datetime(2015, 11, 5, 4, 0, tzinfo=UTC)
MEDIA = Caller(actor="officer-9", agency="publicity", correlation_id="c", rows=("own_agency",))
SCHOOLS = Caller(actor="officer-8", agency="education", correlation_id="c", rows=("own_agency",))
OFFICE = Caller(actor="clerk-1", agency="office", correlation_id="c", rows=("all",))
SPOT = RecordActivity(duty="tv-daily", what="公益广告", place="镇电视台", held_on=date(2015, 11, 4), reach=12000)


@dataclass(frozen=True)
class Register:
    kept: MemoryAggregates[Activity]

    def held(self, first: date, last: date) -> Sequence[Held]:
        return [
            Held(each.duty, each.party, each.held_on, each.reach)
            for each in self.kept.all()
            if first <= each.held_on <= last and not each.is_withdrawn
        ]


@dataclass
class Town:
    desk: PublicityDesk
    activities: MemoryAggregates[Activity]
    gaps: MemoryAggregates[Gap]
    clock: FixedClock
    keys: int = 0

    def by(self, caller: Caller) -> Caller:
        self.keys += 1
        return replace(caller, command_id=f"key-{self.keys}")

    def record(self, caller: Caller = MEDIA, **changed: object) -> ActivityView:
        return self.desk.record_activity(replace(SPOT, **changed), self.by(caller))  # type: ignore[arg-type]

    def rows(self, duty: str) -> list[DutyYear]:
        year = self.desk.get_year(GetPublicityYear(year=2015), OFFICE)
        return [each for each in year.duties if each.duty == duty]

    def gaps_of(self, duty: str, caller: Caller = OFFICE) -> list[GapView]:
        return [each for each in self.desk.get_year(GetPublicityYear(year=2015), caller).gaps if each.duty == duty]

    def announced(self, kind: type[Event]) -> list[Event]:
        letters = (*self.activities.announced, *self.gaps.announced)
        return [open_event(each) for each in letters if each.type == kind.KEY]


@pytest.fixture
def town(policy: Policy, demands: Demands) -> Town:
    clock = FixedClock(NOON)
    activities: MemoryAggregates[Activity] = MemoryAggregates(PUBLICITY, clock)
    gaps: MemoryAggregates[Gap] = MemoryAggregates(PUBLICITY_GAPS, clock)
    duties = read_duties(policy, demands.first_desks)
    return Town(PublicityDesk(activities, gaps, Register(activities), duties, clock), activities, gaps, clock)


@pytest.mark.criterion("22")
def test_L62_2_the_spot_is_owed_every_day_of_three_months(town: Town) -> None:
    (row,) = town.rows("tv-daily")

    assert len(row.periods) == 92
    assert all(each.first_on == each.last_on for each in row.periods)
    assert (row.periods[0].first_on, row.periods[-1].last_on) == (date(2015, 10, 1), date(2015, 12, 31))
    states = [each.state for each in row.periods]
    assert states[:35] == [PeriodState.MISSED] * 35
    assert states[35:37] == [PeriodState.RUNNING, PeriodState.AHEAD]


@pytest.mark.criterion("22")
def test_L65_1_each_of_three_carriers_owes_its_message_every_month_by_itself(town: Town) -> None:
    rows = town.rows("sms-monthly")
    assert [row.party for row in rows] == ["carrier/telecom", "carrier/mobile", "carrier/unicom"]
    assert [(each.first_on, each.last_on) for each in rows[0].periods] == [
        (date(2015, 10, 1), date(2015, 10, 31)),
        (date(2015, 11, 1), date(2015, 11, 30)),
        (date(2015, 12, 1), date(2015, 12, 31)),
    ]

    town.record(duty="sms-monthly", party="carrier/mobile", held_on=date(2015, 10, 20), reach=40_000)

    assert [each.party for each in town.gaps_of("sms-monthly")] == ["carrier/telecom", "carrier/unicom"]
    done = next(row for row in town.rows("sms-monthly") if row.party == "carrier/mobile")
    assert [each.state for each in done.periods] == [PeriodState.DONE, PeriodState.RUNNING, PeriodState.AHEAD]
    assert (done.activities, done.reach) == (1, 40_000)
    with pytest.raises(RuleBroken, match=r"publicity\.party_unknown"):
        town.record(duty="sms-monthly")


@pytest.mark.criterion("22")
def test_every_duty_of_the_plan_stands_in_the_year_with_its_unit(town: Town, policy: Policy) -> None:
    year = town.desk.get_year(GetPublicityYear(year=2015), OFFICE)

    assert {row.duty for row in year.duties} == {each.code for each in policy.publicity}
    units = {row.duty: row.unit for row in year.duties}
    assert (units["schools"], units["stations"], units["boards"]) == ("education", "transport", "labour")
    monthly = {row.duty for row in year.duties if row.cadence == "P1M"}
    assert {"sms-monthly", "stations", "boards", "workers"} <= monthly
    assert all(row.periods for row in year.duties)


@pytest.mark.criterion("22")
def test_an_activity_says_what_where_when_reach_material_and_photographs(town: Town) -> None:
    recorded = town.record(
        SCHOOLS, duty="schools", what="主题班会", place="第一小学", village="village/banyan", held_on=date(2015, 11, 3),
        reach=320, material="折页", photos=("a" * 64,),
    )  # fmt: skip

    shown = town.desk.get_activity(GetActivity(activity_id=recorded.activity_id), SCHOOLS)
    assert (shown.what, shown.place, shown.village, shown.held_on) == (
        "主题班会", "第一小学", "village/banyan", date(2015, 11, 3)
    )  # fmt: skip
    assert (shown.reach, shown.material, shown.photos) == (320, "折页", ("a" * 64,))
    (said,) = town.announced(ActivityRecorded)
    assert (said.category, said.agency, said.reach) == ("schools", "education", 320)  # type: ignore[attr-defined]
    assert "小学" not in str(said)


@pytest.mark.criterion("22")
def test_gaps_are_listed_by_unit_in_whole_stretches_and_a_late_record_closes_its_own(town: Town) -> None:
    town.record(held_on=date(2015, 10, 10))

    found = [(each.first_on.day, each.last_on, each.periods) for each in town.gaps_of("tv-daily", MEDIA)]
    assert found == [(1, date(2015, 10, 9), 9), (11, date(2015, 11, 4), 25)]
    assert town.gaps_of("tv-daily", SCHOOLS) == [], "another unit's are not shown"
    with pytest.raises(NotFound):
        town.desk.get_year(GetPublicityYear(unit="publicity"), SCHOOLS)
    assert {each.unit for each in town.desk.late(date(2015, 11, 5))} >= {"publicity", "transport", "labour"}
    assert all(each.last_on >= date(2015, 10, 19) for each in town.desk.late(date(2015, 11, 5)))


@pytest.mark.criterion("22")
def test_a_period_that_is_over_with_nothing_is_announced_once_and_not_before_the_plan_was_issued(town: Town) -> None:
    town.record(held_on=date(2015, 11, 1))
    for _sweeper in range(2):
        town.desk.look()

    found = [each for each in town.announced(PublicityMissed) if each.category == "tv-daily"]  # type: ignore[attr-defined]
    assert [each.first_on.day for each in found] == [29, 30, 31, 2, 3]  # type: ignore[attr-defined]
    assert {each.owner for each in found} == {"publicity/desk"}  # type: ignore[attr-defined]
    messages = [each for each in town.announced(PublicityMissed) if each.category == "sms-monthly"]  # type: ignore[attr-defined]
    assert len(messages) == 3


@pytest.mark.criterion("22")
def test_L79_2_publicity_is_counted_in_the_figures_and_said_in_the_stage_report(town: Town) -> None:
    town.record(held_on=date(2015, 11, 1))
    again = town.record(held_on=date(2015, 11, 2))
    town.desk.withdraw_activity(WithdrawActivity(activity_id=again.activity_id, reason="重复"), town.by(MEDIA))
    town.desk.look()
    letters = [*town.activities.announced, *town.gaps.announced]
    facts = [fact_of(open_event(each), at=each.time, subject=each.subject, correlation_id="c") for each in letters]

    figures = figures_in(cells_of(facts).values(), "publicity", frozenset())

    missed = [each for each in town.announced(PublicityMissed) if each.agency == "publicity"]  # type: ignore[attr-defined]
    assert (figures["publicity_held"], figures["publicity_withdrawn"]) == (2, 1)
    assert figures["publicity_missed"] == len(missed) > 0
    assert "开展打传宣传活动1场次" in practice(figures, date(2015, 10, 30), date(2015, 11, 12))
    assert f"宣传任务到期无活动登记{len(missed)}项" in problems(figures)


def test_what_is_taken_back_counts_no_more_and_stays_readable(town: Town) -> None:
    recorded = town.record(held_on=date(2015, 10, 10))
    gone = town.desk.withdraw_activity(
        WithdrawActivity(activity_id=recorded.activity_id, reason="日期有误"), town.by(MEDIA)
    )

    assert gone.withdrawn_because == "日期有误"
    assert town.rows("tv-daily")[0].activities == 0
    assert len(town.announced(ActivityWithdrawn)) == 1
    with pytest.raises(Conflict, match=r"publicity\.withdrawn"):
        town.desk.withdraw_activity(WithdrawActivity(activity_id=recorded.activity_id, reason="x"), town.by(MEDIA))


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"held_on": date(2015, 11, 6)}, "not_yet_held"),
        ({"party": "carrier/mobile"}, "party_unknown"),
        ({"village": "village/nowhere"}, "village_unknown"),
        ({"is_warning": True}, "approval_needed"),
        ({"what": "宣传对象:13800138000"}, "names_a_person"),
        ({"material": "11010519491231002X"}, "names_a_person"),
    ],
)
def test_what_cannot_be_recorded(town: Town, changed: dict[str, object], code: str) -> None:
    with pytest.raises(RuleBroken, match=rf"publicity\.{code}"):
        town.record(MEDIA, **changed)


def test_a_unit_records_its_own_duties_and_whatever_is_the_offices(town: Town) -> None:
    with pytest.raises(Forbidden, match=r"publicity\.not_yours"):
        town.record(SCHOOLS)
    with pytest.raises(NotFound, match=r"publicity\.duty_not_found"):
        town.record(duty="no-such")
    shared = town.record(SCHOOLS, duty="communities", is_warning=True, approval="中打传〔2015〕3号")
    assert shared.agency == "education"
    by_office = town.record(OFFICE)
    assert by_office.agency == "publicity", "the office records for the unit whose duty it is"
    with pytest.raises(NotFound, match=r"publicity\.not_found"):
        town.desk.get_activity(GetActivity(activity_id=by_office.activity_id), SCHOOLS)


def test_activities_and_gaps_lie_in_the_database_as_they_are(town: Town) -> None:
    town.record()
    town.clock.advance(timedelta(days=1))
    town.desk.look()
    activity, gap = town.activities.all()[0], town.gaps.all()[0]

    assert as_state(Activity, as_fields(activity)) == activity
    assert as_state(Gap, as_fields(gap)) == gap
    assert set(as_fields(activity)) - {"id"} <= set(PublicityDocument._fields)
    assert set(as_fields(gap)) - {"id"} <= set(PublicityGapDocument._fields)

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianxi.kernel.clock import SHANGHAI
from lianxi.kernel.errors import Conflict, Forbidden, LianxiError, Refused, RuleBroken
from lianxi.policy import clockwork
from lianxi.policy.clockwork import RunningClock
from lianxi.policy.policy import Policy
from lianxi.policy.supervision import Ladder, Rung

OWNER, ASKING, APPROVING = "police/station", "actor-1", "actor-2"
CLOCKS = ["T-01", "T-03", "T-14", "T-19", "T-32", "T-35", "T-42", "rescue"]
EARLIEST = datetime.fromisoformat("2024-01-01")
LATEST = datetime.fromisoformat("2026-06-01")
STARTS = st.datetimes(EARLIEST, LATEST, timezones=st.just(UTC))
SHARES = st.floats(0, 3, allow_nan=False)

# What may happen to a clock, as a share of its first length from its start: when, and what.
ACTS = st.lists(st.tuples(SHARES, st.sampled_from(["pause", "resume", "extend", "stop"])), max_size=6)
SWEEPS = st.lists(SHARES, max_size=8)


def local(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=SHANGHAI)


def started(policy: Policy, clock: str, at: datetime) -> RunningClock:
    return clockwork.start(policy, clock, OWNER, at, at.astimezone(SHANGHAI).date())


def after(clock: RunningClock, share: float) -> datetime:
    return clock.started_at + (clock.first_due_at - clock.started_at) * share


def acted(policy: Policy, clock: RunningClock, act: str, at: datetime) -> RunningClock:
    """Do what the rules allow; what they refuse leaves the clock as it is."""
    reasons = {"T-42": "other_authority"}
    extensions = {
        "T-01": "head_extends_verification",
        "T-14": "head_extends_case",
        "T-19": "county_head_extends_seizure",
    }
    try:
        match act:
            case "pause":
                return clockwork.pause(policy, clock, reasons.get(clock.clock, "testing"), ASKING, APPROVING, at)
            case "resume":
                return clockwork.resume(policy, clock, at)
            case "extend":
                return clockwork.extend(policy, clock, extensions.get(clock.clock, "none"), ASKING, APPROVING, at)
            case _:
                return clockwork.stop(clock, at)
    except Refused:
        return clock


@pytest.mark.criterion("2.9")
def test_a_clock_keeps_the_row_in_force_when_its_item_came_in(policy: Policy) -> None:
    old = clockwork.start(policy, "T-01", OWNER, local("2025-05-14 10:00"), date(2015, 11, 1))
    new = clockwork.start(policy, "T-01", OWNER, local("2025-05-14 10:00"), date(2025, 5, 14))

    assert (old.rule, old.due_at) == ("T-01h", local("2025-05-24 00:00"))
    assert (new.rule, new.due_at) == ("T-01", local("2025-06-06 00:00"))
    assert new.first_due_at == new.due_at


def test_an_act_at_once_is_no_clock(policy: Policy) -> None:
    with pytest.raises(RuleBroken, match=r"clock\.at_once"):
        started(policy, "T-30", local("2026-03-02 10:00"))


def test_the_standard_ladder_is_climbed_at_its_shares(policy: Policy) -> None:
    clock = started(policy, "T-32", local("2026-03-02 10:00"))
    ladder = policy.ladder_for("T-32")
    moments = [(rung.code, rung.receivers, rung.mark, clockwork.rung_at(clock, rung)) for rung in ladder.rungs]

    assert moments == [
        ("half", ("owner",), "", local("2026-03-02 22:00")),
        ("four-fifths", ("owner", "head"), "", local("2026-03-03 05:12")),
        ("over", ("owner", "office"), "yellow", local("2026-03-03 10:00")),
        ("far-over", ("office", "chair"), "red", local("2026-03-03 22:00")),
    ]


def test_the_rescue_ladder_calls_more_people_by_the_minute(policy: Policy) -> None:
    clock = started(policy, "rescue", local("2026-03-02 03:00"))
    ladder = policy.ladder_for("rescue")

    assert ladder.code == "rescue"
    assert [clockwork.rung_at(clock, rung) - clock.started_at for rung in ladder.rungs] == [
        timedelta(minutes=minutes) for minutes in (2, 5, 10, 15, 30, 60, 120)
    ]
    assert all(rung.acknowledge for rung in ladder.rungs)


def test_a_return_is_reminded_of_three_days_one_day_and_no_day_before(policy: Policy) -> None:
    due_at = local("2015-11-13 00:00")
    clock = RunningClock(
        clock="return",
        rule="return-3",
        unit="cd",
        owner="police",
        came_in_on=date(2015, 10, 30),
        started_at=local("2015-10-30 00:00"),
        first_due_at=due_at,
        due_at=due_at,
    )
    ladder = policy.ladder_for("return")
    days = [clockwork.rung_at(clock, rung).astimezone(SHANGHAI).date() for rung in ladder.rungs]

    assert [rung.code for rung in ladder.rungs[:4]] == ["three-days-before", "one-day-before", "today", "over"]
    assert days[:4] == [date(2015, 11, 9), date(2015, 11, 11), date(2015, 11, 12), date(2015, 11, 13)]


def test_a_pause_gives_its_working_days_back(policy: Policy) -> None:
    clock = started(policy, "T-01", local("2026-03-02 10:00"))
    paused = clockwork.pause(policy, clock, "testing", ASKING, APPROVING, local("2026-03-04 10:00"))
    resumed = clockwork.resume(policy, paused, local("2026-03-06 10:00"))

    assert clock.due_at == local("2026-03-24 00:00")
    assert paused.is_paused(local("2026-03-05 00:00"))
    assert resumed.due_at == local("2026-03-26 00:00")
    assert not resumed.is_paused(local("2026-03-06 10:00"))
    assert resumed.paused_for == timedelta(days=2)


def test_a_pause_ends_by_itself_when_its_share_is_used_up(policy: Policy) -> None:
    clock = started(policy, "T-01", local("2026-03-02 00:00"))
    share = (clock.first_due_at - clock.started_at) / 2
    paused = clockwork.pause(policy, clock, "testing", ASKING, APPROVING, local("2026-03-04 10:00"))

    assert paused.pauses[0].ends_by == local("2026-03-04 10:00") + share
    with pytest.raises(Conflict, match=r"clock\.not_paused"):
        clockwork.resume(policy, paused, paused.pauses[0].ends_by)
    with pytest.raises(RuleBroken, match=r"clock\.pause_share_used"):
        clockwork.pause(policy, paused, "testing", ASKING, APPROVING, paused.pauses[0].ends_by)


@pytest.mark.parametrize("approved_by", [ASKING, f" {ASKING} ", OWNER, "", "  "])
def test_nobody_approves_their_own_pause_or_extension(policy: Policy, approved_by: str) -> None:
    clock = started(policy, "T-01", local("2026-03-02 10:00"))
    at = local("2026-03-03 10:00")

    with pytest.raises(Forbidden, match=r"clock\.own_approval"):
        clockwork.pause(policy, clock, "testing", ASKING, approved_by, at)
    with pytest.raises(Forbidden, match=r"clock\.own_approval"):
        clockwork.extend(policy, clock, "head_extends_verification", ASKING, approved_by, at)


@pytest.mark.parametrize(("clock_id", "reason"), [("T-01", "holiday"), ("T-01", "hearing"), ("T-35", "testing")])
def test_only_a_listed_reason_pauses_a_clock(policy: Policy, clock_id: str, reason: str) -> None:
    clock = started(policy, clock_id, local("2026-03-02 10:00"))

    with pytest.raises(RuleBroken, match=r"clock\.reason_unlisted"):
        clockwork.pause(policy, clock, reason, ASKING, APPROVING, local("2026-03-03 10:00"))


def test_the_clocks_of_a_referral_and_of_a_rescue_cannot_be_stopped_or_moved(policy: Policy) -> None:
    listed = {clock for row in (*policy.pause_reasons,) for clock in row.clocks}
    listed |= {clock for row in policy.extension_reasons for clock in row.clocks}

    assert not listed & {"rescue", *(rule.clock for rule in policy.clocks if "T-30" <= rule.clock < "T-40")}


@pytest.mark.criterion("2.9")
def test_a_verification_is_extended_once_by_the_law_of_its_own_time(policy: Policy) -> None:
    at = local("2026-03-03 10:00")
    clock = started(policy, "T-01", local("2026-03-02 10:00"))
    longer = clockwork.extend(policy, clock, "head_extends_verification", ASKING, APPROVING, at)

    assert longer.due_at == local("2026-04-15 00:00")
    with pytest.raises(RuleBroken, match=r"clock\.extended_before"):
        clockwork.extend(policy, longer, "head_extends_verification", ASKING, APPROVING, at)
    old = clockwork.start(policy, "T-01", OWNER, local("2015-11-02 10:00"), date(2015, 11, 1))
    with pytest.raises(RuleBroken, match=r"clock\.reason_unlisted"):
        clockwork.extend(policy, old, "head_extends_verification", ASKING, APPROVING, local("2015-11-03 10:00"))
    longer = clockwork.extend(
        policy, old, "head_extends_verification_2015", ASKING, APPROVING, local("2015-11-03 10:00")
    )
    assert longer.due_at == policy.deadline("T-01", old.started_at, came_in_on=date(2025, 1, 1))


def test_what_has_passed_stopped_or_not_begun_is_neither_paused_nor_extended(policy: Policy) -> None:
    clock = started(policy, "T-01", local("2026-03-02 10:00"))
    stopped = clockwork.stop(clock, local("2026-03-03 10:00"))
    wrong: list[tuple[RunningClock, datetime, str]] = [
        (clock, clock.due_at, "clock.passed"),
        (clock, clock.started_at - timedelta(seconds=1), "clock.out_of_order"),
        (stopped, local("2026-03-03 11:00"), "clock.stopped"),
    ]

    for each, at, code in wrong:
        with pytest.raises(Conflict) as refused:
            clockwork.pause(policy, each, "testing", ASKING, APPROVING, at)
        assert refused.value.code == code
        with pytest.raises(LianxiError) as refused_too:
            clockwork.extend(policy, each, "head_extends_verification", ASKING, APPROVING, at)
        assert refused_too.value.code == code
    with pytest.raises(Conflict, match=r"clock\.stopped"):
        clockwork.resume(policy, stopped, local("2026-03-03 11:00"))
    assert clockwork.stop(stopped, local("2026-03-09 11:00")) == stopped


def test_a_stopped_clock_tells_only_what_was_reached_before(policy: Policy) -> None:
    clock = started(policy, "T-32", local("2026-03-02 10:00"))
    ladder = policy.ladder_for("T-32")
    stopped = clockwork.stop(clock, local("2026-03-03 06:00"))

    assert [rung.code for rung in clockwork.rungs_due(stopped, ladder, local("2027-01-01 00:00"))] == [
        "half",
        "four-fifths",
    ]
    assert clockwork.next_rung_at(stopped, ladder) == local("2026-03-02 22:00")
    told = clockwork.fire(stopped, clockwork.rungs_due(stopped, ladder, local("2027-01-01 00:00")))
    assert clockwork.next_rung_at(told, ladder) is None


# --- properties


@given(clock=st.sampled_from(CLOCKS), start=STARTS, later=st.timedeltas(timedelta(0), timedelta(days=90)))
def test_an_end_is_monotone_in_its_start(policy: Policy, clock: str, start: datetime, later: timedelta) -> None:
    came_in_on = date(2026, 1, 1)
    first = clockwork.start(policy, clock, OWNER, start, came_in_on)
    second = clockwork.start(policy, clock, OWNER, start + later, came_in_on)

    assert first.started_at < first.due_at <= second.due_at


@given(clock=st.sampled_from(CLOCKS), start=STARTS, acts=ACTS)
def test_no_act_ever_shortens_a_limit_and_pauses_keep_their_share(
    policy: Policy, clock: str, start: datetime, acts: list[tuple[float, str]]
) -> None:
    running = started(policy, clock, start)
    own = running.first_due_at - running.started_at
    for share, act in sorted(acts):
        before = running
        running = acted(policy, running, act, after(running, share))
        if act != "resume":
            assert running.due_at >= before.due_at
        assert running.due_at >= running.first_due_at
        assert running.paused_for <= own * policy.pause_limit.max_share_percent / 100 + timedelta(milliseconds=1)
        assert all(
            earlier.end <= later.from_at for earlier, later in zip(running.pauses, running.pauses[1:], strict=False)
        )


@given(clock=st.sampled_from(["T-01", "T-14", "T-42"]), start=STARTS, share=st.floats(0, 0.9), lasted=st.floats(0, 0.5))
def test_a_pause_never_brings_a_rung_nearer(
    policy: Policy, clock: str, start: datetime, share: float, lasted: float
) -> None:
    running = started(policy, clock, start)
    at = after(running, share)
    paused = acted(policy, running, "pause", at)
    resumed = acted(policy, paused, "resume", at + (running.first_due_at - running.started_at) * lasted)

    for rung in policy.ladder_for(clock).rungs:
        assert clockwork.rung_at(running, rung) <= clockwork.rung_at(paused, rung)
        assert clockwork.rung_at(running, rung) <= clockwork.rung_at(resumed, rung)
    assert running.due_at <= resumed.due_at <= paused.due_at


def lived(
    policy: Policy, clock: RunningClock, ladder: Ladder, acts: list[tuple[float, str]], sweeps: list[float], seed: int
) -> tuple[RunningClock, list[str]]:
    """Run a clock through its acts with sweeps in between; each act fires first what is due, as desks do."""
    told: list[str] = []

    def swept(running: RunningClock, at: datetime) -> RunningClock:
        due = clockwork.rungs_due(running, ladder, at)
        told.extend(rung.code for rung in due)
        return clockwork.fire(running, due)

    happenings = [(share, "sweep") for share in sweeps] + acts
    random.Random(seed).shuffle(happenings)
    first = clock
    for share, act in sorted(happenings, key=lambda each: each[0]):
        clock = swept(clock, after(first, share))
        if act != "sweep":
            clock = acted(policy, clock, act, after(first, share))
    return swept(clock, first.started_at + timedelta(days=3_000)), told


@given(clock=st.sampled_from(CLOCKS), start=STARTS, acts=ACTS, one=SWEEPS, other=SWEEPS, seed=st.integers(0, 2**16))
def test_no_rung_is_fired_twice_and_the_order_of_sweeps_is_irrelevant(
    policy: Policy,
    clock: str,
    start: datetime,
    acts: list[tuple[float, str]],
    one: list[float],
    other: list[float],
    seed: int,
) -> None:
    ladder = policy.ladder_for(clock)
    running = started(policy, clock, start)
    acts = list({share: (share, act) for share, act in acts}.values())

    first, told = lived(policy, running, ladder, acts, one, seed)
    second, told_too = lived(policy, running, ladder, acts, other, seed + 1)

    assert len(told) == len(set(told))
    assert sorted(told) == sorted(told_too)
    assert first == second
    if first.stopped_at is None:
        assert set(told) == {rung.code for rung in ladder.rungs}


@given(clock=st.sampled_from(CLOCKS), start=STARTS, acts=ACTS)
def test_a_sweep_finds_a_rung_at_the_moment_it_was_announced_for_and_not_before(
    policy: Policy, clock: str, start: datetime, acts: list[tuple[float, str]]
) -> None:
    ladder = policy.ladder_for(clock)
    running = started(policy, clock, start)
    for share, act in sorted(acts):
        running = acted(policy, running, act, after(running, share))
    fired: list[Rung] = []
    while (moment := clockwork.next_rung_at(running, ladder)) is not None:
        assert not clockwork.rungs_due(running, ladder, moment - timedelta(microseconds=1))
        due = clockwork.rungs_due(running, ladder, moment)
        assert due
        fired.extend(due)
        running = clockwork.fire(clockwork.fire(running, due), due)
        assert running.fired == tuple(sorted(rung.code for rung in fired))
    assert not clockwork.rungs_due(running, ladder, running.due_at + timedelta(days=3_000))

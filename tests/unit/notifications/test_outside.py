"""Telling the outside: whom, in which words, how often, and that nobody waits for somebody else's silence."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.notifications import NoticeAcknowledged
from lianxi.contracts.outside import OutsideState, ReportOutside, RetryOutside
from lianxi.contracts.tips import RescueRaised, TipAccepted, TipRungReached
from lianxi.kernel.clock import FixedClock
from lianxi.kernel.errors import Conflict, InvariantBroken, NotFound, Unavailable
from lianxi.policy.policy import Policy
from lianxi.policy.reaching import outside_findings
from lianxi.runtime.couriers import Outgoing, Taken
from lianxi.store.fakes import MemoryAggregates
from lianxi.store.outbox import Announcer
from services.notifications.domain import outside as domain
from services.notifications.domain.outside import AGAIN_AFTER, Delivery
from services.notifications.handlers.outside import OutsideDesk

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
NUMBER = "DY-2026-7K3M-9QXD"
OFFICE = Caller(actor="client:office", agency="office", rows=("all",), command_id="c")
MARKET = Caller(actor="client:market", agency="market", rows=("own_desk",))
Letter = Callable[..., Cause]


def alarm(category: str = "person_held") -> RescueRaised:
    return RescueRaised(
        tip_id="tip_1", number=NUMBER, category=category, lead="police/criminal", village="village/a", raised_at=NOON
    )


def rung(code: str) -> TipRungReached:
    return TipRungReached(
        item="tip_1", clock="rescue", ladder="rescue", rung=code, mark="red", owner="police/criminal",
        receivers=("office/desk",), acknowledge=True, due_at=NOON, reached_at=NOON,
    )  # fmt: skip


@dataclass
class Known:
    """Finds messages in memory as the store finds them in the database."""

    kept: MemoryAggregates[Delivery]

    def due(self, now: datetime, leave_out: Collection[str], at_most: int) -> Sequence[Delivery]:
        found = [each for each in self.kept.all() if domain.is_due(each, now) and each.where not in leave_out]
        return sorted(found, key=lambda each: each.next_try_at or now)[:at_most]

    def about(self, item: str) -> Sequence[Delivery]:
        return [each for each in self.kept.all() if each.about == item]

    def parked_count(self) -> int:
        return sum(each.state is OutsideState.PARKED for each in self.kept.all())


@dataclass
class Post:
    """A courier that carries everything but what goes to the dead."""

    dead: set[str] = field(default_factory=set)
    carried: list[Outgoing] = field(default_factory=list)
    tried: list[tuple[str, datetime]] = field(default_factory=list)

    def carry(self, message: Outgoing) -> Taken:
        where = f"{message.receiver}/{message.channel}"
        self.tried.append((where, message.at))
        if where in self.dead:
            raise Unavailable("courier.unreachable")
        self.carried.append(message)
        return Taken(reference=f"no-{len(self.carried)}")


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def kept(clock: FixedClock) -> MemoryAggregates[Delivery]:
    return MemoryAggregates(Announcer(service="notifications", noun="delivery"), clock)


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def desk(kept: MemoryAggregates[Delivery], policy: Policy, post: Post, clock: FixedClock) -> OutsideDesk:
    return OutsideDesk(kept, Known(kept), policy, post, clock, "https://town.example", start=lambda work: work())


def reached(post: Post) -> set[str]:
    return {f"{each.receiver}/{each.channel}" for each in post.carried}


@pytest.mark.criterion("17.1")
@pytest.mark.parametrize("category", ["person_held", "major_event", "student_trapped", "rental_gathering"])
def test_an_alarm_goes_to_the_command_centre_and_the_duty_phone_on_two_channels(
    desk: OutsideDesk, post: Post, letter: Letter, category: str
) -> None:
    desk.tell(alarm(category), letter())
    desk.send_due()

    told = {"command-centre/sms", "command-centre/phone", "duty-phone/sms", "duty-phone/phone"}
    student = {"education-duty/sms", "education-duty/email"}
    assert reached(post) == (told | student if category == "student_trapped" else told)


@pytest.mark.criterion("17.1")
def test_an_alarm_heard_twice_is_carried_once(desk: OutsideDesk, post: Post, letter: Letter) -> None:
    for _ in range(2):
        desk.tell(alarm(), letter())
        desk.send_due()

    assert len(post.carried) == len(reached(post)) == 4


@pytest.mark.criterion("17.1")
@pytest.mark.parametrize(
    ("code", "called"),
    [
        ("two-minutes", {"command-centre", "duty-phone"}),
        ("five-minutes", {"command-centre", "duty-leader"}),
        ("ten-minutes", {"command-centre", "duty-phone", "duty-leader"}),
        ("fifteen-minutes", {"duty-leader", "chair"}),
    ],
)
def test_the_longer_nobody_answers_the_more_are_called(
    desk: OutsideDesk, post: Post, letter: Letter, code: str, called: set[str]
) -> None:
    desk.tell(rung(code), letter())
    desk.send_due()

    assert reached(post) == {f"{receiver}/{channel}" for receiver in called for channel in ("sms", "phone")}


def test_a_rung_of_another_clock_or_of_no_ladder_calls_nobody(desk: OutsideDesk, post: Post, letter: Letter) -> None:
    desk.tell(replace(rung("five-minutes"), clock="T-01"), letter("event-1"))
    desk.tell(rung("no-such-rung"), letter("event-2"))
    desk.send_due()

    assert post.carried == []


def test_what_nothing_caused_is_refused(desk: OutsideDesk, letter: Letter) -> None:
    with pytest.raises(InvariantBroken, match=r"delivery\.no_cause"):
        desk.tell(alarm(), replace(letter(), event_id=None))


@pytest.mark.criterion("18.2")
def test_no_message_says_anything_of_the_case(desk: OutsideDesk, post: Post, letter: Letter, policy: Policy) -> None:
    for place, code in enumerate(rung.code for ladder in policy.ladders for rung in ladder.rungs):
        desk.tell(rung_of("rescue", code), letter(f"rung-{place}"))
    desk.tell(alarm("student_trapped"), letter("alarm"))
    for _ in range(20):
        desk.send_due()

    assert post.carried
    for each in post.carried:
        known = each.text.replace(NUMBER, "").replace("https://town.example/tips/tip_1", "")
        assert re.findall(r"\d+", known) in ([], *([str(minutes)] for minutes in (2, 5, 10, 15, 30, 60, 120)))
        for secret in ("person_held", "student", "学生", "被困", "village", "police/", "拘禁", "举报"):
            assert secret not in known


def rung_of(ladder: str, code: str) -> TipRungReached:
    return replace(rung(code), ladder=ladder)


@pytest.mark.criterion("18.2")
@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("{number} {name} {link} {clock}", "outside.variable_unknown"),
        ("{number} {clock}", "outside.variable_missing"),
        ("{number} {clock} {link} 13800000000", "outside.words_say_too_much"),
        ("{number} {clock} {link}" + "长" * 140, "outside.words_say_too_much"),
    ],
)
def test_words_that_say_too_much_make_the_policy_unsound(policy: Policy, text: str, finding: str) -> None:
    first, *others = policy.outside.templates
    altered = replace(policy, outside=replace(policy.outside, templates=(replace(first, text=text), *others)))

    assert list(outside_findings(policy)) == []
    assert finding in {each.id for each in outside_findings(altered)}


@pytest.mark.criterion("17.1")
def test_a_policy_without_two_channels_the_chair_or_a_mark_is_unsound(policy: Policy) -> None:
    one_channel = tuple(replace(each, channels=each.channels[:1]) for each in policy.outside.receivers)
    no_chair = tuple(each for each in policy.outside.receivers if each.code not in ("chair", "education-duty"))
    routes = tuple(each for each in policy.routes if each.category != "major_event")

    def found(**parts: Any) -> set[str]:
        return {each.id for each in outside_findings(replace(policy, outside=replace(policy.outside, **parts)))}

    assert found(receivers=one_channel) == {"outside.alarm_half_heard"}
    assert found(receivers=no_chair) == {"outside.alarm_half_heard", "outside.receiver_unknown"}
    assert found(channels=policy.outside.channels[:1]) == {"outside.channel_unknown", "outside.words_say_too_much"}
    assert {each.id for each in outside_findings(replace(policy, routes=routes))} == {"outside.alarm_without_route"}


@pytest.mark.criterion("4.3")
def test_a_message_that_fails_climbs_the_ladder_and_is_parked(
    desk: OutsideDesk, post: Post, kept: MemoryAggregates[Delivery], clock: FixedClock, letter: Letter
) -> None:
    post.dead = {"duty-phone/sms"}
    desk.tell(alarm(), letter())
    end = NOON + timedelta(hours=8)
    while clock.now() < end:
        desk.send_due()
        waiting = [each.next_try_at for each in kept.all() if each.next_try_at is not None]
        if not waiting:
            break
        clock.instant = max(clock.now() + timedelta(seconds=1), min(waiting))

    moments = [at for where, at in post.tried if where == "duty-phone/sms"]
    waits = [later - earlier for earlier, later in pairwise(moments)]
    parked = [each for each in kept.all() if each.state is OutsideState.PARKED]
    assert len(waits) == len(AGAIN_AFTER)
    assert all(step <= wait <= step + timedelta(seconds=31) for wait, step in zip(waits, AGAIN_AFTER, strict=True))
    assert [each.where for each in parked] == ["duty-phone/sms"]
    assert [each.type for each in kept.announced].count("notifications.delivery.parked.v1") == 1


@pytest.mark.criterion("4.3")
def test_a_dead_channel_delays_no_other(
    desk: OutsideDesk, post: Post, kept: MemoryAggregates[Delivery], clock: FixedClock, letter: Letter
) -> None:
    post.dead = {"duty-phone/sms"}
    for place in range(100):
        desk.tell(alarm(), letter(f"event-{place}"))
    sweeps = 0
    while sum(each.state is OutsideState.SENT for each in kept.all()) < 300:
        desk.send_due()
        clock.instant += timedelta(seconds=1)
        sweeps += 1
        assert sweeps < 30, "a receiver waits for a dead one"

    assert reached(post) == {"command-centre/sms", "command-centre/phone", "duty-phone/phone"}


@pytest.mark.criterion("4.3")
def test_one_who_never_answers_holds_two_tries_and_no_more(
    kept: MemoryAggregates[Delivery], policy: Policy, post: Post, clock: FixedClock, letter: Letter
) -> None:
    begun: list[Callable[[], None]] = []
    desk = OutsideDesk(kept, Known(kept), policy, post, clock, "", start=begun.append)
    for place in range(10):
        desk.tell(alarm(), letter(f"event-{place}"))
    desk.send_due()
    held = len(begun)
    desk.send_due()

    assert len(begun) == held == 8, "two for each of four receivers and channels"
    for work in list(begun):
        work()
    desk.send_due()
    assert len(begun) == 16


def test_a_message_taken_by_another_sender_is_not_tried_twice(
    desk: OutsideDesk, post: Post, kept: MemoryAggregates[Delivery], policy: Policy, clock: FixedClock, letter: Letter
) -> None:
    desk.tell(alarm(), letter())
    waiting = list(Known(kept).due(NOON, (), 10))
    begun: list[Callable[[], None]] = []
    other = OutsideDesk(kept, Known(kept), policy, post, clock, "", start=begun.append)
    other.send_due()

    assert len(begun) == 4
    assert [desk._take(each, NOON) for each in waiting] == [None] * 4


@pytest.mark.criterion("17.1")
def test_a_human_who_signs_is_seen_on_what_told_of_it(
    desk: OutsideDesk, kept: MemoryAggregates[Delivery], letter: Letter
) -> None:
    desk.tell(alarm(), letter())
    desk.send_due()
    signed = NoticeAcknowledged(
        notice_id="n", desk="office/desk", event_type=RescueRaised.KEY, about="tip/tip_1", reference="r",
        acknowledged_at=NOON,
    )  # fmt: skip
    desk.note_acknowledged(replace(signed, event_type="tips.tip.dispatched.v1"), letter("event-2"))
    assert {each.state for each in kept.all()} == {OutsideState.SENT}
    desk.note_acknowledged(signed, letter("event-3"))
    assert {each.receiver for each in kept.all() if each.state is OutsideState.ACKNOWLEDGED} == {"duty-phone"}
    desk.note_acknowledged(TipAccepted(tip_id="tip_1", desk="police/criminal", accepted_at=NOON), letter("event-4"))
    assert {each.state for each in kept.all()} == {OutsideState.ACKNOWLEDGED}


def test_a_signature_keeps_no_message_back_that_has_not_gone_out(
    desk: OutsideDesk, post: Post, kept: MemoryAggregates[Delivery], letter: Letter
) -> None:
    desk.tell(alarm(), letter())
    desk.note_acknowledged(TipAccepted(tip_id="tip_1", desk="police/criminal", accepted_at=NOON), letter("event-2"))
    desk.send_due()

    assert len(post.carried) == 4
    assert {each.state for each in kept.all()} == {OutsideState.SENT}


def test_a_provider_reports_later_what_became_of_a_message(
    desk: OutsideDesk, kept: MemoryAggregates[Delivery], letter: Letter
) -> None:
    desk.tell(alarm(), letter())
    desk.send_due()
    first, second, *_ = kept.all()
    arrived = desk.report_outside(ReportOutside(delivery_id=first.id, arrived=True), OFFICE)
    lost = desk.report_outside(ReportOutside(delivery_id=second.id, arrived=False, trouble="no_line"), OFFICE)

    assert (arrived.state, arrived.delivered_at) == (OutsideState.DELIVERED, NOON)
    assert (lost.state, lost.trouble, lost.next_try_at) == (OutsideState.FAILED, "no_line", NOON + AGAIN_AFTER[0])
    with pytest.raises(Conflict, match=r"delivery\.not_sent"):
        desk.report_outside(ReportOutside(delivery_id=second.id, arrived=True), replace(OFFICE, command_id="d"))
    with pytest.raises(NotFound, match=r"delivery\.not_found"):
        desk.report_outside(ReportOutside(delivery_id=first.id, arrived=True), MARKET)


def test_what_stopped_is_tried_again_when_a_person_says_so(
    desk: OutsideDesk, post: Post, kept: MemoryAggregates[Delivery], letter: Letter
) -> None:
    desk.tell(alarm(), letter())
    stopped = kept.all()[0]
    kept.change(
        stopped.id, lambda each: (replace(each, state=OutsideState.PARKED, next_try_at=None), ()), letter("event-2")
    )
    desk.measure_parked()
    view = desk.retry_outside(RetryOutside(delivery_id=stopped.id), OFFICE)
    desk.send_due()

    assert (view.state, view.tries) == (OutsideState.FAILED, 0)
    assert {each.state for each in kept.all()} == {OutsideState.SENT}
    with pytest.raises(Conflict, match=r"delivery\.not_parked"):
        desk.retry_outside(RetryOutside(delivery_id=stopped.id), replace(OFFICE, command_id="d"))

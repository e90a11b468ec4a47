"""What is not urgent waits for quiet hours to end, or for the digest; the fast lane waits for nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lianxi.contracts.campaigns import NotificationsRungReached
from lianxi.contracts.envelope import Cause
from lianxi.kernel.clock import FixedClock
from lianxi.policy.outside import Outside
from lianxi.policy.policy import Policy
from lianxi.policy.reaching import outside_findings
from lianxi.policy.structure import structural_findings
from lianxi.store.fakes import MemoryAggregates
from lianxi.store.outbox import Announcer
from services.notifications.domain.outside import Delivery
from services.notifications.handlers.outside import OutsideDesk
from tests.unit.notifications.test_outside import Known, Post, alarm

EVENING = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
"""Half past eleven at night in the town, and the digest leaves at half past eight."""
MORNING = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)
SEVEN = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
RUNG = NotificationsRungReached(
    item="notice/notice_1", clock="acknowledge", ladder="standard", rung="over", mark="yellow", owner="market/desk",
    receivers=("market/desk", "office/desk"), acknowledge=True, due_at=EVENING, reached_at=EVENING, about="tip/tip_1",
)  # fmt: skip
Letter = Callable[..., Cause]


class Town:
    def __init__(self, policy: Policy, outside: Outside) -> None:
        self.clock = FixedClock(EVENING)
        self.kept: MemoryAggregates[Delivery] = MemoryAggregates(
            Announcer(service="notifications", noun="delivery"), self.clock
        )
        self.post = Post()
        self.desk = OutsideDesk(
            self.kept, Known(self.kept), replace(policy, outside=outside), self.post, self.clock, "https://t.example",
            start=lambda work: work(),
        )  # fmt: skip

    def sent_at(self, at: datetime) -> list[str]:
        self.clock.advance(at - self.clock.now())
        self.desk.send_due()
        return [each.text for each in self.post.carried]


def without_digest(policy: Policy) -> Outside:
    return replace(policy.outside, receivers=tuple(replace(each, digest_at="") for each in policy.outside.receivers))


@pytest.mark.criterion("18.1")
def test_what_is_not_urgent_waits_until_the_quiet_hours_are_over(policy: Policy, letter: Letter) -> None:
    town = Town(policy, without_digest(policy))
    town.desk.tell(RUNG, letter("rung-1"))
    town.desk.tell(RUNG, letter("rung-1"))
    assert town.sent_at(EVENING) == []
    assert town.sent_at(SEVEN - timedelta(seconds=1)) == []
    (text,) = town.sent_at(SEVEN)
    assert text.endswith("https://t.example/desk")
    town.desk.tell(RUNG, letter("rung-2"))
    assert len(town.sent_at(SEVEN)) == 2


@pytest.mark.criterion("18.1")
def test_the_fast_lane_waits_for_no_hour_and_no_digest(policy: Policy, letter: Letter) -> None:
    town = Town(policy, policy.outside)
    town.desk.tell(RUNG, letter("rung-1", lane="rescue"))
    town.desk.tell(alarm(), letter("alarm", lane="rescue"))
    assert len(town.sent_at(EVENING)) == 1 + 4
    assert {each.lane for each in town.kept.all()} == {"rescue"}


@pytest.mark.criterion("18.1")
def test_a_digest_tells_once_how_many_and_each_is_counted_once(policy: Policy, letter: Letter) -> None:
    town = Town(policy, policy.outside)
    for number in range(7):
        for _ in range(2):
            town.desk.tell(RUNG, letter(f"rung-{number}"))
    assert town.sent_at(MORNING - timedelta(seconds=1)) == []
    (text,) = town.sent_at(MORNING)
    assert "7件" in text
    town.desk.tell(RUNG, letter("rung-late"))
    assert len(town.sent_at(MORNING + timedelta(hours=23))) == 1
    assert "1件" in town.sent_at(MORNING + timedelta(days=1))[1]


@pytest.mark.criterion("18.1")
def test_a_desk_that_the_rung_does_not_name_is_told_nothing(policy: Policy, letter: Letter) -> None:
    town = Town(policy, without_digest(policy))
    town.desk.tell(replace(RUNG, receivers=("market/desk",)), letter("rung-1"))
    assert town.sent_at(SEVEN) == []


@pytest.mark.criterion("18.1")
def test_quiet_hours_may_run_over_midnight_or_not_at_all(policy: Policy) -> None:
    (night,) = policy.outside.quiets
    assert night.end_of(EVENING) == SEVEN
    assert night.end_of(SEVEN) is None
    assert night.end_of(SEVEN - timedelta(seconds=1)) == SEVEN
    noon = replace(night, starts="12:00", ends="14:00")
    assert noon.end_of(datetime(2026, 11, 23, 5, 0, tzinfo=UTC)) == datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
    assert noon.end_of(EVENING) is None
    assert replace(policy.outside, quiets=()).opens_at(EVENING) == EVENING


@pytest.mark.criterion("18.1")
def test_every_event_and_channel_has_its_words_in_both_languages_with_what_they_must_carry(policy: Policy) -> None:
    outside = policy.outside
    assert list(outside_findings(policy)) == []
    pairs = {(each.event, each.channel) for each in outside.templates}
    assert len(outside.templates) == 2 * len(pairs)
    for each in outside.templates:
        others = tuple(other for other in outside.templates if other is not each)
        lost = replace(each, text="。")
        for altered, finding in (
            (others, "outside.language_missing"),
            ((*others, lost), "outside.variable_missing"),
        ):
            draft = replace(policy, outside=replace(outside, templates=altered))
            # Whatever of these is found refuses the publishing of a draft.
            found = {row.id for row in structural_findings(draft) if row.severity == "error"}
            assert finding in found or (not each.required and finding == "outside.variable_missing"), each.code


@pytest.mark.criterion("18.1")
def test_hours_that_nobody_can_read_and_a_digest_without_words_make_the_policy_unsound(policy: Policy) -> None:
    outside = policy.outside

    def found(**parts: object) -> set[str]:
        return {each.id for each in outside_findings(replace(policy, outside=replace(outside, **parts)))}  # type: ignore[arg-type]

    assert found(quiets=(replace(outside.quiets[0], ends="25:00"),)) == {"outside.hour_unreadable"}
    assert found(templates=tuple(each for each in outside.templates if each.event != "digest")) == {"outside.no_words"}

"""Public warnings: on verified facts, with a recorded approval, by two officials, and without anybody's numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from lianxi.contracts.cases import VERIFIED, CaseClosed, CaseOutcome
from lianxi.contracts.envelope import Caller
from lianxi.contracts.warnings import (
    ApprovingOrgan,
    DraftWarning,
    GetWarning,
    PublishWarning,
    WarningPublished,
    WarningState,
    WarningView,
    WarningWithdrawn,
    WithdrawWarning,
)
from lianxi.kernel.clock import FixedClock
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, RuleBroken
from lianxi.policy.policy import Policy
from lianxi.store.fakes import MemoryAggregates
from services.notifications.domain.warnings import WITHDRAWN_SHOWN, EndedCase, PublicWarning
from services.notifications.handlers.warnings import WarningDesk
from services.notifications.store import WARNINGS

NOON = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)
TODAY = NOON.date()
CASE = "case_1"
TEXT = "近期有人以“高薪文员”为名招人,先收押金再要求拉人入会。收会费、拉人头就是传销,请立即离开并报警。"
WRITER = Caller(actor="account_writer", agency="market", correlation_id="c1", command_id="k1")
PUBLISHER = Caller(actor="account_head", agency="market", correlation_id="c1", command_id="k2")


def once_more(caller: Caller) -> Caller:
    """Ask anew: a command that comes twice is answered with what it did."""
    return replace(caller, command_id=f"{caller.command_id}-more")


@dataclass
class Shelf:
    warnings: MemoryAggregates[PublicWarning]
    cases: dict[str, EndedCase] = field(default_factory=dict)

    def ended(self, case_id: str) -> EndedCase | None:
        return self.cases.get(case_id)

    def keep_ended(self, case: EndedCase) -> None:
        self.cases[case.case_id] = case

    def published(self) -> Sequence[PublicWarning]:
        found = [each for each in self.warnings.all() if each.published_at is not None]
        return sorted(found, key=lambda each: str(each.published_at), reverse=True)


@dataclass
class Town:
    policy: Policy
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOON))

    def __post_init__(self) -> None:
        self.kept: MemoryAggregates[PublicWarning] = MemoryAggregates(WARNINGS, self.clock)
        self.desk = WarningDesk(self.kept, Shelf(self.kept), self.policy, self.clock)

    def case_ended(self, outcome: CaseOutcome = CaseOutcome.PENALTY_DECIDED) -> None:
        ended = CaseClosed(
            case_id=CASE, number="DY-A-1", owner="market/desk", tip_id=None, outcome=outcome, closed_at=NOON
        )
        self.desk.know_case(ended)

    def drafted(self, text: str = TEXT, title: str = "警惕“高薪文员”招聘") -> WarningView:
        return self.desk.draft(DraftWarning(case_id=CASE, title=title, text=text), WRITER)

    def publish(self, drafted: WarningView, by: Caller = PUBLISHER, approved_on: date = TODAY) -> WarningView:
        request = PublishWarning(
            warning_id=drafted.warning_id,
            organ=ApprovingOrgan.MARKET_REGULATION,
            reference="中市监警〔2026〕3号",
            approved_on=approved_on,
        )
        return self.desk.publish(request, by)


@pytest.fixture
def town(policy: Policy) -> Town:
    town = Town(policy)
    town.case_ended()
    return town


def test_everybody_reads_what_one_official_wrote_and_another_published(town: Town) -> None:
    drafted = town.drafted()
    assert town.desk.for_the_public().items == ()
    published = town.publish(drafted)

    assert (published.state, published.published_by) == (WarningState.PUBLISHED, "account_head")
    (told,) = town.desk.for_the_public().items
    assert (told.title, told.text, told.withdrawn_at) == ("警惕“高薪文员”招聘", TEXT, None)
    (event,) = [each.data for each in town.kept.announced if each.type == WarningPublished.KEY]
    assert "title" not in event
    assert "text" not in event


@pytest.mark.parametrize("outcome", sorted(set(CaseOutcome) - VERIFIED))
def test_nobody_warns_of_what_was_not_found(policy: Policy, outcome: CaseOutcome) -> None:
    town = Town(policy)
    with pytest.raises(RuleBroken, match="not_verified"):
        town.drafted()
    town.case_ended(outcome)
    with pytest.raises(RuleBroken, match="not_verified"):
        town.drafted()


@pytest.mark.parametrize(
    "number", ["电话13812345678", "车牌粤T12345", "微信号 abc_12345", "身份证号11010519491231002X"]
)
def test_a_warning_points_at_nobody(town: Town, number: str) -> None:
    with pytest.raises(RuleBroken, match="points_at_somebody"):
        town.drafted(text=f"{TEXT}联系人:{number}")
    with pytest.raises(RuleBroken, match="points_at_somebody"):
        town.drafted(title=number)


def test_the_writer_is_never_the_publisher_and_an_approval_is_never_of_tomorrow(town: Town) -> None:
    drafted = town.drafted()
    with pytest.raises(Forbidden, match=r"warning\.own"):
        town.publish(drafted, by=once_more(WRITER))
    with pytest.raises(RuleBroken, match="approved_later"):
        town.publish(drafted, approved_on=date(2026, 11, 28))
    town.publish(drafted)
    with pytest.raises(Conflict, match="not_drafted"):
        town.publish(drafted, by=Caller(actor="account_third", agency="office", correlation_id="c", command_id="k3"))


def test_what_was_public_is_corrected_in_public_for_a_while(town: Town) -> None:
    drafted = town.publish(town.drafted())
    town.clock.advance(timedelta(days=3))
    reason = "经复核,招聘单位与案件无关。"
    taken_back = town.desk.withdraw(WithdrawWarning(warning_id=drafted.warning_id, reason=reason), once_more(PUBLISHER))

    assert taken_back.state is WarningState.WITHDRAWN
    (told,) = town.desk.for_the_public().items
    assert (told.text, told.reason) == (None, reason)
    assert [each.type for each in town.kept.announced] == [WarningPublished.KEY, WarningWithdrawn.KEY]
    with pytest.raises(Conflict, match="withdrawn"):
        town.desk.withdraw(WithdrawWarning(warning_id=drafted.warning_id, reason=reason), once_more(WRITER))
    town.clock.advance(WITHDRAWN_SHOWN)
    assert town.desk.for_the_public().items == ()


def test_the_reason_of_a_correction_points_at_nobody_either(town: Town) -> None:
    published = town.publish(town.drafted())
    told = WithdrawWarning(warning_id=published.warning_id, reason="误伤,请致电13812345678")
    with pytest.raises(RuleBroken, match="points_at_somebody"):
        town.desk.withdraw(told, once_more(PUBLISHER))
    assert town.desk.for_the_public().items[0].text == TEXT


def test_a_draft_falls_away_unseen(town: Town) -> None:
    drafted = town.drafted()
    dropped = town.desk.withdraw(WithdrawWarning(warning_id=drafted.warning_id, reason="不发了"), once_more(WRITER))

    assert dropped.state is WarningState.DROPPED
    assert town.desk.for_the_public().items == ()
    assert town.kept.announced == []
    with pytest.raises(NotFound):
        town.desk.get(GetWarning(warning_id="warning_unknown"))

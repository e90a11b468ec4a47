"""The appraisal and bulletins on the real database: the desk is opened as in a town, on a clock that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import mongoengine
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr
from pymongo import monitoring

from lianxi.contracts.assessment import (
    DecideDeduction,
    DeductionState,
    GetBoard,
    GetFolder,
    ListDeductions,
    RecordFinding,
    StateOnDeduction,
)
from lianxi.contracts.bulletins import BulletinKind, DraftBulletin, GetBulletin, IssueBulletin, ListBulletins
from lianxi.contracts.envelope import Caller
from lianxi.contracts.tips import TipDispatched, TipRungReached, TipVerified
from lianxi.kernel.clock import FixedClock
from lianxi.policy.book import PolicyBook
from lianxi.policy.load import read_policy
from lianxi.runtime.premises import Premises
from services.reporting.documents import DOCUMENTS
from services.reporting.domain.facts import Fact
from services.reporting.service import open_desk
from services.reporting.settings import ReportingSettings
from tests.support.town import Database

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

SHIPPED = Path(__file__).resolve().parents[2] / "deploy" / "policy"
NOON = datetime(2015, 11, 5, 4, 0, tzinfo=UTC)
OFFICE = Caller(actor="clerk-1", agency="office", correlation_id="c", rows=("all",))
FINDER = Caller(actor="clerk-9", agency="governance", correlation_id="c", rows=("all",))
MARKET = Caller(actor="officer-1", agency="market", correlation_id="c", rows=("own_agency",))
POLICE = Caller(actor="officer-2", agency="police", correlation_id="c", rows=("own_agency",))


class Asked(monitoring.CommandListener):
    """Counts how many documents of a collection were handed over."""

    def __init__(self) -> None:
        self.facts_read = 0

    def started(self, event: monitoring.CommandStartedEvent) -> None: ...

    def failed(self, event: monitoring.CommandFailedEvent) -> None: ...

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        cursor: Any = event.reply.get("cursor", {})
        if str(cursor.get("ns", "")).endswith(".facts"):
            self.facts_read += len(cursor.get("firstBatch", cursor.get("nextBatch", ())))


@pytest.fixture
def asked(database: Database) -> Iterator[Asked]:
    listener, name = Asked(), "appraisal"
    mongoengine.connect(
        name, alias="reporting", host=database.url, tz_aware=True, uuidRepresentation="standard",
        event_listeners=[listener],
    ).drop_database(name)  # fmt: skip
    for each in DOCUMENTS:
        each.ensure_indexes()
    yield listener
    mongoengine.disconnect("reporting")


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def desk(asked: Asked, database: Database, clock: FixedClock, tmp_path: Path) -> Any:
    key = tmp_path / "signing.key"
    key.write_text(Ed25519PrivateKey.generate().private_bytes_raw().hex())
    key.chmod(0o600)
    settings = ReportingSettings(
        reporting_signing_key_file=key, mongo_url=SecretStr(database.url), amqp_url=SecretStr("amqp://nobody")
    )
    return open_desk(Premises(settings, clock, PolicyBook(read_policy(SHIPPED))))


def told(event: str, subject: str, at: datetime, category: str | None = None, **details: str) -> Fact:
    return Fact(
        event_type=event, at=at, agencies=("market",), subject=subject, correlation_id="c", category=category,
        details=details,
    )  # fmt: skip


def limits_run_out(count: int, first: int, at: datetime) -> dict[str, Fact]:
    """Tips whose limit ran out at the market's desk."""
    facts = {}
    for number in range(first, first + count):
        tip = f"tip/tip_{number:04}"
        facts[f"d{number}"] = told(TipDispatched.KEY, tip, at, "job_lure", desk="market/desk")
        facts[f"r{number}"] = told(
            TipRungReached.KEY, tip, at, mark="red", owner="market/desk", clock="tip_verification"
        )
    return facts


@pytest.mark.criterion("19.3")
def test_situations_are_searched_in_the_database_and_what_was_read_is_not_read_again(
    desk: Any, clock: FixedClock, asked: Asked
) -> None:
    assert desk.handlers.facts.add(limits_run_out(60, 0, clock.now()))
    many = {
        f"v{n}": told(TipVerified.KEY, f"tip/x{n}", clock.now(), "job_lure", outcome="unfounded") for n in range(200)
    }
    desk.handlers.facts.add(many)

    desk.assessment.search()
    page = desk.assessment_views.list_deductions(ListDeductions(limit=200), OFFICE)
    assert len(page.items) == 60
    assert {(each.unit, each.trigger) for each in page.items} == {("market", "neglect-exposed")}
    assert desk.assessment_views.list_deductions(ListDeductions(), POLICE).items == ()

    clock.advance(timedelta(minutes=5))
    desk.assessment.search()
    asked.facts_read = 0
    desk.assessment.search()
    assert asked.facts_read == 0, "a search of every minute does not read the programme's history"

    later = limits_run_out(1, 60, clock.now())
    answered = {"v": told(TipVerified.KEY, "tip/tip_0000", clock.now(), "job_lure", outcome="unfounded")}
    desk.handlers.facts.add(later | answered)
    desk.assessment.search()
    states = [each.state for each in desk.assessment_views.list_deductions(ListDeductions(limit=200), MARKET).items]
    assert (states.count(DeductionState.PROPOSED), states.count(DeductionState.WITHDRAWN)) == (60, 1)


@pytest.mark.criterion("19.2")
@pytest.mark.criterion("19.4")
def test_boards_and_folders_hold_what_the_database_holds_of_each_unit(desk: Any, clock: FixedClock) -> None:
    desk.handlers.open_returns()
    desk.handlers.facts.add(limits_run_out(1, 0, clock.now()))
    finding = RecordFinding(fact="concealed", unit="police", about="tip/tip_9", proof=("file/ab12",), grounds="见附件")
    desk.assessment.record_finding(finding, FINDER)
    clock.advance(timedelta(minutes=2))
    desk.assessment.search()
    proposed = desk.assessment_views.list_deductions(ListDeductions(), MARKET).items
    owed = next(each for each in proposed if each.about == "tip/tip_0000")
    desk.assessment.state_on_deduction(StateOnDeduction(deduction_id=owed.deduction_id, statement="已核查"), MARKET)
    decision = DecideDeduction(deduction_id=owed.deduction_id, apply=True, grounds="经核实")
    applied = desk.assessment.decide_deduction(decision, OFFICE)

    (own,) = desk.assessment_views.get_board(GetBoard(), MARKET).items
    assert (own.unit, own.taken_tenths) == ("market", applied.tenths)
    assert any(each.state == "applied" for each in own.items)
    whole = desk.assessment_views.get_board(GetBoard(with_leads=True), OFFICE)
    assert {each.unit: each.taken_tenths > 0 for each in whole.items}["market"]
    assert [each.unit for each in whole.findings] == ["police"]
    folder = desk.assessment_views.get_folder(GetFolder(purpose="年度考评"), MARKET)
    assert {each.deduction_id for each in folder.deductions} == {each.deduction_id for each in proposed}
    assert (folder.findings, {each.agency for each in folder.returns}) == ((), {"market"})
    assert set(desk.assessment_views.get_folder(GetFolder(purpose="年度考评"), OFFICE).figures) > {"market", "police"}


@pytest.mark.criterion("12.5")
def test_a_bulletin_keeps_the_figures_of_its_draft_and_drafts_are_the_offices_alone(
    desk: Any, clock: FixedClock
) -> None:
    desk.handlers.facts.add(limits_run_out(3, 0, clock.now()))
    draft = DraftBulletin(
        kind=BulletinKind.BULLETIN, title="打传工作通报", first_on=date(2015, 11, 1), last_on=date(2015, 11, 5)
    )
    drafted = desk.bulletins.draft_bulletin(draft, replace(OFFICE, command_id="1"))
    assert desk.bulletin_views.list_bulletins(ListBulletins(), MARKET).items == ()

    desk.handlers.facts.add(limits_run_out(4, 3, clock.now()))
    desk.bulletins.issue_bulletin(IssueBulletin(bulletin_id=drafted.bulletin_id), replace(OFFICE, command_id="2"))
    (listed,) = desk.bulletin_views.list_bulletins(ListBulletins(), MARKET).items
    shown = desk.bulletins.get_bulletin(GetBulletin(bulletin_id=listed.bulletin_id), MARKET)
    assert (shown.figures, shown.title) == (drafted.figures, "打传工作通报")

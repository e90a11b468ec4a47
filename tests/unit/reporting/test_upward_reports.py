"""Reports upward: to whom the policy says, announced by number only, sent with proof that anybody can check."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lianxi.cli.main import app
from lianxi.contracts.codec import open_event
from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.outside import DeliverySent
from lianxi.contracts.receipts import public_key_of, receipt_bytes
from lianxi.contracts.upward_reports import (
    GetUpwardReport,
    RecordReceipt,
    RecordSending,
    SendingWay,
    SignUpwardProof,
    UpwardKind,
    UpwardReportSent,
    UpwardReportView,
    UpwardReportWritten,
    UpwardState,
    WriteUpwardReport,
    content_digest,
)
from lianxi.kernel.clock import FixedClock
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, RuleBroken
from lianxi.policy.book import PolicyBook
from lianxi.policy.load import read_policy
from lianxi.store.fakes import MemoryAggregates
from services.notifications.domain.outside import messages
from services.reporting.domain.facts import BY_CATEGORY
from services.reporting.domain.upward_reports import UpwardReport
from services.reporting.handlers.upward_reports import UpwardDesk
from services.reporting.policy import read_demands
from services.reporting.policy.upward import read_city
from services.reporting.store import UPWARD_REPORTS

SHIPPED = Path(__file__).resolve().parents[3] / "deploy" / "policy"
NOW = datetime(2026, 11, 23, 8, 41, 17, tzinfo=UTC)
KEY, SLIP, TEXT = "5" * 64, "ab" * 32, "联勤行动关停窝点一处,解救两人"
POLICE = Caller(actor="police-1", agency="police", rows=("own_desk",), correlation_id="c")
OFFICE = Caller(actor="office-1", agency="office", rows=("all",), correlation_id="c")
MARKET = Caller(actor="market-1", agency="market", rows=("own_desk",), correlation_id="c")
CENTRE, DETACHMENT = "city-command-centre", "city-public-security"


class Upward:
    def __init__(self) -> None:
        policy = read_policy(SHIPPED)
        self.policy, self.clock, entropy = policy, FixedClock(NOW), count(7)
        self.reports: MemoryAggregates[UpwardReport] = MemoryAggregates(UPWARD_REPORTS, self.clock)
        demands = read_demands(PolicyBook(policy))
        self.desk = UpwardDesk(self.reports, read_city(policy), demands, self.clock, lambda _bits: next(entropy), KEY)

    def write(self, kind: UpwardKind = UpwardKind.JOINT_OPERATION, text: str = TEXT, by: Caller = POLICE) -> str:
        asked = WriteUpwardReport(
            kind=kind,
            title="联勤情况",
            text=text,
            happened_at=NOW - timedelta(minutes=30),
            about="joint_operation/joint_operation_1",
        )
        return self.desk.write_upward_report(asked, by).report_id

    def read(self, item: str, by: Caller = POLICE) -> UpwardReportView:
        return self.desk.get_upward_report(GetUpwardReport(report_id=item), by)

    def send(self, item: str, addressee: str, by: Caller = POLICE) -> UpwardReportView:
        asked = RecordSending(
            report_id=item, addressee=addressee, way=SendingWay.FAX, reference="传真 2026-31", proof_sha256=SLIP
        )
        return self.desk.record_sending(asked, by)

    def confirm(self, item: str, addressee: str) -> UpwardReportView:
        return self.desk.record_receipt(
            RecordReceipt(report_id=item, addressee=addressee, reference="市局收 88"), POLICE
        )


@pytest.fixture
def upward() -> Upward:
    return Upward()


@pytest.mark.criterion("11.3")
def test_a_report_of_an_operation_goes_to_the_two_addressees_that_the_plan_names(upward: Upward) -> None:
    item = upward.write()

    assert [(each.addressee, each.party) for each in upward.read(item).addressees] == [
        (CENTRE, "city/police"),
        (DETACHMENT, "city/police"),
    ]
    (written,) = [open_event(each) for each in upward.reports.announced]
    assert isinstance(written, UpwardReportWritten)
    told = list(messages(upward.policy.outside, upward.policy.ladders, written, "e", "https://town", NOW))
    assert [(each.receiver, each.channel, each.lane) for each in told] == [
        (CENTRE, "sms", "rescue"),
        (CENTRE, "phone", "rescue"),
        (DETACHMENT, "sms", "rescue"),
    ]
    assert all(written.number in each.text and TEXT not in each.text for each in told)
    assert all(each.about == f"upward_report/{item}" for each in told)
    assert TEXT not in json.dumps([each.data for each in upward.reports.announced], default=str, ensure_ascii=False)
    summary = upward.write(UpwardKind.SUMMARY, by=OFFICE)
    assert [each.addressee for each in upward.read(summary, OFFICE).addressees] == ["city-office"]
    last = open_event(upward.reports.announced[-1])
    told = list(messages(upward.policy.outside, upward.policy.ladders, last, "f", "https://town", NOW))
    assert {(each.receiver, each.lane) for each in told} == {("city-office", "normal")}


@pytest.mark.criterion("11.3")
def test_each_sending_has_its_proof_and_its_minutes_and_the_signed_file_verifies_offline(
    upward: Upward, tmp_path: Path
) -> None:
    item = upward.write()
    with pytest.raises(NotFound, match=r"upward_report\.not_sent"):
        upward.desk.sign_upward_proof(SignUpwardProof(report_id=item), POLICE)
    heard = DeliverySent(
        delivery_id="delivery_1",
        called=CENTRE,
        channel="sms",
        about=f"upward_report/{item}",
        tries=1,
        sent_at=NOW + timedelta(seconds=2),
    )
    for event_id in ("a", "b"):
        upward.desk.note_told(heard, Cause(actor="desk", correlation_id="c", event_id=event_id))
    upward.clock.advance(timedelta(minutes=12))
    first = upward.send(item, CENTRE)
    with pytest.raises(Conflict, match=r"upward_report\.already_sent"):
        upward.send(item, CENTRE)
    with pytest.raises(Conflict, match=r"upward_report\.not_sent"):
        upward.confirm(item, DETACHMENT)
    second = upward.send(item, DETACHMENT)
    upward.confirm(item, CENTRE)
    last = upward.confirm(item, DETACHMENT)

    assert [each.state for each in (first, second, last)] == [
        UpwardState.WRITTEN,
        UpwardState.SENT,
        UpwardState.RECEIVED,
    ]
    assert [each.minutes for found in last.addressees if (each := found.sent)] == [42, 42]
    assert [each.delivery_id for each in last.addressees[0].told] == ["delivery_1"]
    sent = [each for each in map(open_event, upward.reports.announced) if isinstance(each, UpwardReportSent)]
    assert [(each.addressee, each.minutes, each.is_last) for each in sent] == [
        (CENTRE, 42, False),
        (DETACHMENT, 42, True),
    ]
    assert UpwardReportSent.KEY in BY_CATEGORY

    statement = upward.desk.sign_upward_proof(SignUpwardProof(report_id=item), POLICE).statement
    file, keys = tmp_path / "proof.json", tmp_path / "keys.txt"
    file.write_bytes(receipt_bytes(statement))
    keys.write_text(public_key_of(KEY), "ascii")
    assert verify(file, keys) == (0, "valid")
    shown = upward.read(item)
    digest = content_digest(shown.number, shown.kind, shown.happened_at, shown.title, shown.text, shown.papers)
    assert statement["content_sha256"] == shown.content_sha256 == digest
    assert TEXT not in file.read_text("utf-8")
    file.write_bytes(file.read_bytes().replace(SLIP.encode(), b"ac" * 32, 1))
    assert verify(file, keys) == (1, "altered")


def verify(file: Path, keys: Path) -> tuple[int, str]:
    result = CliRunner(env={"LANG": "C.UTF-8"}).invoke(app, ["receipt", "verify", str(file), "--key", str(keys)])
    return result.exit_code, result.stdout.strip()


def test_only_the_desk_that_wrote_it_records_its_sending_and_the_office_reads_all(upward: Upward) -> None:
    item = upward.write()

    with pytest.raises(NotFound, match=r"upward_report\.not_found"):
        upward.read(item, MARKET)
    with pytest.raises(NotFound, match=r"upward_report\.not_found"):
        upward.send(item, CENTRE, MARKET)
    assert upward.read(item, OFFICE).text == TEXT
    with pytest.raises(Forbidden, match=r"upward_report\.not_yours"):
        upward.send(item, CENTRE, OFFICE)
    with pytest.raises(NotFound, match=r"upward_report\.addressee_not_found"):
        upward.send(item, "city-office")
    with pytest.raises(RuleBroken, match=r"upward_report\.identity_number"):
        upward.write(text="11010519491231002X")
    with pytest.raises(RuleBroken, match=r"upward_report\.sent_out_of_time"):
        upward.desk.record_sending(
            RecordSending(
                report_id=item,
                addressee=CENTRE,
                way=SendingWay.POST,
                reference="x",
                proof_sha256=SLIP,
                sent_at=NOW - timedelta(hours=1),
            ),
            POLICE,
        )

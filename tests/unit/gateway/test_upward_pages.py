"""Pages of reports upward, without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lianxi.contracts.upward_reports import (
    AddresseeView,
    SendingWay,
    SentView,
    ToldView,
    UpwardKind,
    UpwardProof,
    UpwardReportPage,
    UpwardReportView,
    UpwardState,
)
from tests.support.desk_door import OURS, asked, deeds_on, form_on, open_desk, send, sign_in
from tests.support.gateway_fakes import NOON, Door

ROOT, AT = "/desk/upward-reports", "/desk/upward-reports/upward_report_1"
SLIP = "ab" * 32


def copy(code: str, sent: SentView | None = None) -> AddresseeView:
    return AddresseeView(
        addressee=code,
        party="city/police",
        name_zh=f"市局 {code}",
        name_en=code,
        told=(ToldView(channel="sms", delivery_id="delivery_1", at=NOON),),
        sent=sent,
        received=None,
    )


WRITTEN = UpwardReportView(
    report_id="upward_report_1",
    version=1,
    number="DYSB-2026-AAAA-BBBB",
    owner="police/station",
    kind=UpwardKind.JOINT_OPERATION,
    about="joint_operation/joint_operation_1",
    state=UpwardState.WRITTEN,
    happened_at=NOON,
    written_at=NOON,
    title="联勤情况",
    text="关停 <b>一处</b>",
    papers=(),
    content_sha256="cd" * 32,
    addressees=(copy("city-command-centre"), copy("city-public-security")),
)
FAXED = SentView(way=SendingWay.FAX, reference="F-1", proof_sha256=SLIP, at=NOON, minutes=42)
HALF = replace(WRITTEN, addressees=(copy("city-command-centre", FAXED), copy("city-public-security")))


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with open_desk(tmp_path) as opened:
        opened.bus.says("get_upward_report", WRITTEN)
        opened.bus.says("list_upward_reports", UpwardReportPage(items=(WRITTEN,)))
        yield opened


@pytest.mark.criterion("11.3")
def test_a_desk_writes_a_report_sends_it_with_proof_and_fetches_the_signed_file(door: Door) -> None:
    sign_in(door)
    listed = door.http.get(ROOT)
    assert listed.text.count("联勤情况") == 1
    filled = {
        "kind": "joint_operation",
        "title": "联勤情况",
        "text": "关停一处",
        "text_text": "关停一处",
        "happened_at": "2026-03-01T08:00",
    }
    door.bus.says("write_upward_report", WRITTEN)
    made = door.http.post(ROOT, data={**form_on(listed, ROOT), **filled}, headers=OURS)
    assert (made.status_code, made.headers["Location"]) == (303, AT)
    assert asked(door, "write_upward_report")[0].request.text == "关停一处"

    page = door.http.get(AT)
    assert "关停 &lt;b&gt;" in page.text
    assert 'href="/desk/joint-operations/joint_operation_1"' in page.text
    assert deeds_on(page, AT) == {"sent"}
    sending = {"addressee": "city-command-centre", "way": "fax", "reference": "F-1", "proof_sha256": SLIP}
    door.bus.says("record_sending", HALF)
    assert send(door, page, "sent", AT, **sending).status_code == 303
    assert asked(door, "record_sending")[0].request.proof_sha256 == SLIP

    door.bus.says("get_upward_report", HALF)
    page = door.http.get(AT)
    assert deeds_on(page, AT) == {"sent", "received"}
    assert "事发后 42 分钟" in page.text
    statement = {"number": WRITTEN.number}
    door.bus.says(
        "sign_upward_proof", UpwardProof(report_id="upward_report_1", owner="police/station", statement=statement)
    )
    fetched = door.http.get(f"{AT}/proof.json")
    assert (fetched.status_code, fetched.json()["number"]) == (200, WRITTEN.number)

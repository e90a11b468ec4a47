"""Matters that the police hand over, on pages without a browser: listed, signed, refused, sent again, decided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lianxi.contracts.cases import Paper, PaperStatus
from lianxi.contracts.transfers import (
    ArbitrationView,
    RefusalView,
    TransferGround,
    TransferPage,
    TransferRefusal,
    TransferState,
    TransferView,
)
from lianxi.kernel.errors import Conflict, RuleBroken
from tests.support.desk_door import OURS, asked, deeds_on, form_on, open_desk, send, sign_in
from tests.support.gateway_fakes import NOON, Door

LIST = "/desk/transfers"
AT = "/desk/transfers/transfer_1"
SENT = TransferView(
    transfer_id="transfer_1", version=1, sender="police/economic", receiver="market/desk",
    ground=TransferGround.NO_CRIME, basis="没有犯罪事实<b>", reference="DYGA-2026-0001", referral_id=None,
    papers=(Paper(name="transfer_letter", status=PaperStatus.ATTACHED, sha256="ab" * 32),),
    state=TransferState.SENT, sent_at=NOON, refusals=(), arbitration=None, receipt=None,
)  # fmt: skip
FIRST = RefusalView(by="market/desk", reason=TransferRefusal.NOT_COMPETENT, text="经营地不在本镇", at=NOON)
SECOND = RefusalView(by="tenancy/desk", reason=TransferRefusal.OTHER_TERRITORY, text="房屋不在本镇", at=NOON)
REFUSED = replace(SENT, state=TransferState.REFUSED, refusals=(FIRST,))
DISPUTED = replace(SENT, state=TransferState.ARBITRATING, receiver="tenancy/desk", refusals=(FIRST, SECOND))
DECIDED = replace(
    DISPUTED,
    state=TransferState.SENT,
    receiver="market/desk",
    arbitration=ArbitrationView(receiver="market/desk", by="account_office", grounds="属市场监管职责", at=NOON),
)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with open_desk(tmp_path) as opened:
        opened.bus.says("list_transfers", TransferPage(items=(SENT, REFUSED, DISPUTED)))
        opened.bus.says("get_transfer", SENT)
        yield opened


@pytest.mark.criterion("1.5")
def test_whoever_was_sent_a_matter_signs_or_refuses_it_with_reason_and_text(door: Door) -> None:
    sign_in(door, "officer")
    assert "DYGA-2026-0001" in door.http.get("/desk?kind=transfer").text
    listed = door.http.get(LIST)
    assert "等我方办理" in listed.text
    assert f'action="{LIST}"' not in listed.text
    page = door.http.get(AT)
    assert "没有犯罪事实&lt;b&gt;" in page.text
    assert deeds_on(page, AT) == {"accept", "refuse"}
    refused = send(door, page, "refuse", AT, reason="", text="经营地不在本镇")
    assert (refused.status_code, "经营地不在本镇</textarea>" in refused.text) == (422, True)
    door.bus.says("refuse_transfer", REFUSED)
    assert send(door, page, "refuse", AT, reason="not_competent", text="经营地不在本镇").status_code == 303
    given = asked(door, "refuse_transfer")[0].request
    assert (given.reason, given.text, given.expected_version) == (TransferRefusal.NOT_COMPETENT, "经营地不在本镇", 1)
    door.bus.says("accept_transfer", replace(SENT, state=TransferState.ACCEPTED))
    assert send(door, page, "accept", AT).status_code == 303
    signed = asked(door, "accept_transfer")[0].request
    assert (signed.desk, signed.officer) == ("market/desk", "account_officer")
    receipt = {"number": "market/2026/000001", "receiver": "market/desk", "received_at": NOON.isoformat()}
    door.bus.says("get_transfer", replace(SENT, state=TransferState.ACCEPTED, receipt=receipt))
    over = door.http.get(AT)
    assert "已结束" in over.text
    assert 'href="/v1/transfers/transfer_1/receipt"' in over.text


@pytest.mark.criterion("1.5")
def test_the_police_read_each_refusal_and_send_again_with_more_to_say(door: Door) -> None:
    mine = replace(REFUSED, sender="police/station")
    door.bus.says("get_transfer", mine)
    sign_in(door, "desk")
    page = door.http.get(AT)
    for words in ("不属本单位职责", "经营地不在本镇", "没有犯罪事实&lt;b&gt;</textarea>"):
        assert words in page.text, words
    assert deeds_on(page, AT) == {"resend"}
    assert "已结束" not in page.text, "a refusal is no end"
    assert 'value="police/station"' not in page.text
    door.bus.says("resend_transfer", SENT)
    assert send(door, page, "resend", AT, receiver="tenancy/desk", text_basis="当事人租住本镇").status_code == 303
    assert asked(door, "resend_transfer")[0].request.basis == "当事人租住本镇"


@pytest.mark.criterion("1.5")
def test_the_office_decides_what_was_refused_twice_and_that_binds(door: Door) -> None:
    door.bus.says("get_transfer", DISPUTED)
    sign_in(door, "office")
    page = door.http.get(AT)
    assert deeds_on(page, AT) == {"arbitrate"}
    door.bus.says("arbitrate_transfer", Conflict("transfer.wrong_state", state="sent"))
    late = send(door, page, "arbitrate", AT, receiver="market/desk", text_grounds="属市场监管职责")
    assert (late.status_code, "属市场监管职责" in late.text) == (409, True)
    door.bus.says("arbitrate_transfer", DECIDED)
    assert send(door, late, "arbitrate", AT, receiver="market/desk", text_grounds="属市场监管职责").status_code == 303
    door.bus.says("get_transfer", DECIDED)
    door.http.post("/desk/sign-out", data=form_on(page, "/desk/sign-out"), headers=OURS)
    sign_in(door, "officer")
    bound = door.http.get(AT)
    assert "不能再拒收" in bound.text
    assert deeds_on(bound, AT) == {"accept"}


def test_the_police_hand_a_matter_over_by_a_form_that_loses_nothing(door: Door) -> None:
    sign_in(door, "desk")
    page = door.http.get(LIST)
    filled = {
        "sender": "police/station",
        "receiver": "market/desk",
        "ground": "no_crime",
        "text_basis": "没有犯罪事实",
        "reference": "DYGA-2026-0001",
        "transfer_letter.sha256": "AB" * 32,
    }
    form = {**form_on(page, LIST), **filled}
    door.bus.says("send_transfer", RuleBroken("transfer.identity_number"))
    refused = door.http.post(LIST, data=form, headers=OURS)
    assert (refused.status_code, "没有犯罪事实</textarea>" in refused.text) == (422, True)
    door.bus.says("send_transfer", SENT)
    made = door.http.post(LIST, data={**form, **form_on(refused, LIST), **filled}, headers=OURS)
    assert (made.status_code, made.headers["Location"]) == (303, AT)
    given = asked(door, "send_transfer")[-1].request
    assert [(each.name, each.sha256) for each in given.papers] == [("transfer_letter", "ab" * 32)]
    assert "Handed over" in door.http.get(f"{AT}?lang=en").text

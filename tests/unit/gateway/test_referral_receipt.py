from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lianxi.contracts.cases import Paper, PaperStatus, ReferralView
from lianxi.contracts.receipts import ReceiptContent, Verdict, public_key_of, sign_receipt, verify_receipt_file
from tests.support.gateway_fakes import NOON, Door
from tests.unit.gateway.test_rights import filled

KEY = Ed25519PrivateKey.generate().private_bytes_raw().hex()
PATH = "/v1/criminal-referrals/referral_1/receipt"
RECEIPT = sign_receipt(
    ReceiptContent(
        number="police/2026/000001",
        referral_id="referral_1",
        case_number="DYAJ-2026-0000-0012",
        sender="market/desk",
        receiver="police/economic",
        papers=(Paper(name="other", status=PaperStatus.NONE, reason="没有其他材料"),),
        received_at=NOON,
        signed_by="police:officer-7",
    ),
    KEY,
)


def view(receipt: dict[str, Any] | None) -> ReferralView:
    told: ReferralView = filled(ReferralView, "market/desk")
    return replace(told, sender="market/desk", receiver="police/economic", receipt=receipt)


@pytest.mark.criterion("1.4")
@pytest.mark.parametrize("side", ["market", "police"])
def test_both_sides_fetch_the_receipt_as_the_very_bytes_that_were_signed(door: Door, side: str) -> None:
    door.bus.says("get_referral", view(RECEIPT))
    told = door.http.get(PATH, headers=door.headers(side))

    assert told.status_code == 200
    assert "referral_1.receipt.json" in told.headers["Content-Disposition"]
    assert json.loads(told.content) == RECEIPT
    assert verify_receipt_file(told.content, [public_key_of(KEY)]) is Verdict.VALID


def test_a_referral_that_nobody_signed_for_has_no_receipt(door: Door) -> None:
    door.bus.says("get_referral", view(None))
    told = door.http.get(PATH, headers=door.headers("police"))

    assert (told.status_code, told.json()["code"]) == (404, "referral.no_receipt")

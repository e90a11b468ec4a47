"""Signs at once, at the door, that a tip was filed: no desk and no broker is waited for.

Clause: none; criterion 2.5. What is signed holds neither the receipt code nor anything of the content, and is not kept:
a replay under the same key works it out again, byte for byte, from what was asked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import segno
from starlette.responses import Response

from gateway.attachments import Attachments
from gateway.bodies import AgencyTip, PublicTip
from gateway.outside_key import OutsideKey
from lianxi.contracts import codec
from lianxi.contracts.filings import OPENING_BYTES, Filing, content_hash, new_opening, sign_filing
from lianxi.contracts.receipts import receipt_bytes

_DOT: Final = 3
"""Pixels of one square of the printed code: half a millimetre and a little on paper."""


class Filings:
    """The key that signs, and what is needed to work out what is signed."""

    def __init__(self, key: OutsideKey, private_key: str, attachments: Attachments) -> None:
        self._key = key
        self._private_key = private_key
        self._attachments = attachments

    def with_proof(self, answer: Response, told: PublicTip | AgencyTip, village: str | None, *same: str) -> Response:
        """Put the proof into a good answer on its way out.

        Args:
            answer: what is about to be answered; it tells number and time.
            told: what was filed.
            village: its village, by its full code.
            same: what makes the same request the same; nothing when it came without a key.
        """
        if not 200 <= answer.status_code < 300:
            return answer
        said = json.loads(bytes(answer.body))
        opening = self._key.derive("filing-opening", *same)[:OPENING_BYTES].hex() if same else new_opening()
        filing = Filing(
            tip_number=said.get("tip_number") or said["number"],
            received_at=datetime.fromisoformat(said["received_at"]),
            content_hash=content_hash(self._content(told, village), opening),
        )
        proof = {"statement": sign_filing(filing, self._private_key), "opening": opening}
        kept = {name: value for name, value in answer.headers.items() if name != "content-length"}
        return Response(codec.to_bytes({**said, "proof": proof}), answer.status_code, kept)

    def _content(self, told: PublicTip | AgencyTip, village: str | None) -> dict[str, Any]:
        return {
            "kind": told.kind.value,
            "category": told.category,
            "village": village,
            "rental_code": told.rental_code,
            "place": told.place,
            "text": told.text,
            "happened_at": told.happened_at,
            "people_count": told.people_count,
            "pictures": self._attachments.digests(told.attachments),
        }


def squares(statement: Mapping[str, Any]) -> str:
    """Draw a statement as a QR code, for paper: what a camera reads there is the file that is checked."""
    # One pattern for all: looking for the prettiest of eight takes five times as long, while somebody waits.
    drawn = segno.make(receipt_bytes(statement), error="l", micro=False, mask=3)
    return str(drawn.png_data_uri(scale=_DOT, border=2))

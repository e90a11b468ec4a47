"""The certificate of a run that purged: made by the reporting desk, checked by anybody, without a network.

It names no item. For each row of the rules it says how many there were and the SHA-256 over their sorted ids, so that
whoever knew the ids can see that they were among them. Signed and written like a receipt.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lianxi.contracts.receipts import CERTIFICATE_KIND, sign
from lianxi.contracts.retention import PurgedRow


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateContent:
    """What a certificate says; who asked and who confirmed are opaque actor ids."""

    run_id: str
    policy_version: int
    rows: tuple[PurgedRow, ...]
    asked_by: str
    asked_at: datetime
    confirmed_by: str
    confirmed_at: datetime
    finished_at: datetime


def sign_certificate(content: CertificateContent, private_key: str) -> dict[str, Any]:
    """Sign a certificate.

    Args:
        content: what it says.
        private_key: Ed25519, 32 bytes as hexadecimal text.
    """
    plain: dict[str, Any] = {
        "kind": CERTIFICATE_KIND,
        "run_id": content.run_id,
        "policy_version": content.policy_version,
        "rows": [
            {"rule": row.rule, "clause": row.clause, "count": row.count, "sha256": row.sha256} for row in content.rows
        ],
        "asked_by": content.asked_by,
        "asked_at": content.asked_at.isoformat(),
        "confirmed_by": content.confirmed_by,
        "confirmed_at": content.confirmed_at.isoformat(),
        "finished_at": content.finished_at.isoformat(),
    }
    return sign(plain, private_key)

"""The signed receipt of a criminal referral: made by the cases desk, checked by anybody, without a network.

The certificate of a run that purged (`lianxi.contracts.certificates`) and the proof that a tip was filed
(`lianxi.contracts.filings`) are signed and checked the same way.

The receipt holds the dossier's manifest and its SHA-256 and is signed with Ed25519 over its canonical JSON (RFC 8785).
In its file form it *is* that canonical JSON, so that not one byte can be altered unseen (criterion 1.4).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lianxi.contracts.cases import Paper, PaperStatus

KIND = "lianxi.criminal-referral-receipt.v1"
CERTIFICATE_KIND = "lianxi.deletion-certificate.v1"
FILING_KIND = "lianxi.tip-filing.v1"
BUNDLE_KIND = "lianxi.case-bundle.v1"
UPWARD_KIND = "lianxi.upward-report.v1"
LARGEST_BYTES = 64 * 1024
_KEY_ID_LETTERS = 16


class Verdict(StrEnum):
    """What checking a receipt says."""

    VALID = "valid"
    ALTERED = "altered"
    UNKNOWN_KEY = "unknown_key"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptContent:
    """What a receipt says; `signed_by` is an opaque actor id."""

    number: str
    referral_id: str
    case_number: str
    sender: str
    receiver: str
    papers: tuple[Paper, ...]
    received_at: datetime
    signed_by: str


def manifest(papers: Sequence[Paper]) -> list[dict[str, Any]]:
    """List a dossier's papers as plain data, in the order of the rule."""
    return [
        {"name": each.name, "status": each.status.value, "sha256": each.sha256, "reason": each.reason}
        for each in papers
    ]


def manifest_sha256(listed: Sequence[Mapping[str, Any]]) -> str:
    """Work out the SHA-256 of a dossier's manifest."""
    return hashlib.sha256(rfc8785.dumps([dict(each) for each in listed])).hexdigest()


def public_key_of(private_key: str) -> str:
    """Work out the public key, as hexadecimal text, that belongs to a private one."""
    return _private(private_key).public_key().public_bytes_raw().hex()


def key_id_of(public_key: str) -> str:
    """Name a public key briefly; both are hexadecimal text."""
    return hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:_KEY_ID_LETTERS]


def sign_receipt(content: ReceiptContent, private_key: str) -> dict[str, Any]:
    """Sign a receipt.

    Args:
        content: what it says.
        private_key: Ed25519, 32 bytes as hexadecimal text.
    """
    listed = manifest(content.papers)
    plain: dict[str, Any] = {
        "kind": KIND,
        "number": content.number,
        "referral_id": content.referral_id,
        "case_number": content.case_number,
        "sender": content.sender,
        "receiver": content.receiver,
        "dossier": listed,
        "dossier_sha256": manifest_sha256(listed),
        "received_at": content.received_at.isoformat(),
        "signed_by": content.signed_by,
    }
    return sign(plain, private_key)


def sign(said: Mapping[str, Any], private_key: str) -> dict[str, Any]:
    """Sign plain data of one of the known kinds.

    Args:
        said: what is signed; it names its kind.
        private_key: Ed25519, 32 bytes as hexadecimal text.
    """
    plain = {**said, "key_id": key_id_of(public_key_of(private_key)), "algorithm": "Ed25519"}
    return {**plain, "signature": _private(private_key).sign(rfc8785.dumps(plain)).hex()}


def receipt_bytes(receipt: Mapping[str, Any]) -> bytes:
    """Write a receipt as the file that `verify_receipt_file` checks: its canonical JSON."""
    return rfc8785.dumps(dict(receipt))


def verify_receipt(receipt: Mapping[str, Any], public_keys: Sequence[str]) -> Verdict:
    """Say whether a receipt is as it was signed.

    Args:
        receipt: as read from JSON, however that was laid out.
        public_keys: the Ed25519 keys that are trusted, each 32 bytes as hexadecimal text.
    """
    known = {key_id_of(each): each for each in public_keys}
    key_id = receipt.get("key_id")
    public_key = known.get(key_id) if isinstance(key_id, str) else None
    if public_key is None:
        return Verdict.UNKNOWN_KEY
    plain = {name: value for name, value in receipt.items() if name != "signature"}
    return Verdict.VALID if _is_whole(plain, receipt.get("signature"), public_key) else Verdict.ALTERED


def verify_receipt_file(body: bytes, public_keys: Sequence[str]) -> Verdict:
    """Say whether a receipt's file is, byte for byte, as it was signed."""
    receipt = _read(body)
    if receipt is None:
        return Verdict.ALTERED
    return verify_receipt(receipt, public_keys)


def altered_papers(receipt: Mapping[str, Any], files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Name the papers of a valid receipt whose file is missing or is not the one that was handed in."""
    attached = {each["name"]: each["sha256"] for each in receipt["dossier"] if each["status"] == PaperStatus.ATTACHED}
    return tuple(name for name, digest in attached.items() if name not in files or paper_sha256(files[name]) != digest)


def paper_sha256(body: bytes) -> str:
    """Work out a paper's SHA-256."""
    return hashlib.sha256(body).hexdigest()


def _private(private_key: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(private_key.strip()))


def _is_whole(plain: dict[str, Any], signature: Any, public_key: str) -> bool:
    try:
        signed = bytes.fromhex(signature)
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(signed, rfc8785.dumps(plain))
        is_whole = _hangs_together(plain)
    except (InvalidSignature, rfc8785.CanonicalizationError, TypeError, ValueError, KeyError):
        return False
    # Hexadecimal may be written in two ways; only the one that was signed counts as unaltered.
    return signed.hex() == signature and is_whole


def _hangs_together(plain: Mapping[str, Any]) -> bool:
    if plain["kind"] in (CERTIFICATE_KIND, FILING_KIND, BUNDLE_KIND, UPWARD_KIND):
        return True
    return bool(plain["kind"] == KIND and plain["dossier_sha256"] == manifest_sha256(plain["dossier"]))


def _read(body: bytes) -> dict[str, Any] | None:
    """Read a file that is its own canonical form; white space, order and double names cannot hide in it."""
    if len(body) > LARGEST_BYTES:
        return None
    try:
        receipt = json.loads(body)
        canonical = rfc8785.dumps(receipt)
    except (ValueError, RecursionError, rfc8785.CanonicalizationError):
        return None
    return receipt if isinstance(receipt, dict) and canonical == body else None

"""The bundle of a case: a zip whose manifest names every member's SHA-256 and is itself signed; checked offline.

`signature.json` is a statement of the cases desk, signed as receipts are (`lianxi.contracts.receipts`), over the
SHA-256 of `manifest.json`. So nothing can be added to a bundle, taken out of it or changed in it unseen.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lianxi.contracts.receipts import BUNDLE_KIND, Verdict, verify_receipt

MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "signature.json"
LARGEST_TEXT: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleReport:
    """What checking a bundle says; `altered` names members that are missing, changed, or not in the manifest."""

    verdict: Verdict
    altered: tuple[str, ...] = ()
    case_number: str = ""
    members: int = 0


def manifest_bytes(members: Mapping[str, bytes], told: Mapping[str, Any]) -> bytes:
    """Write the manifest of a bundle: every member with its digest and size, and what the bundle is."""
    listed = [
        {"path": path, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        for path, content in sorted(members.items())
    ]
    return json.dumps({**told, "members": listed}, ensure_ascii=False, indent=1).encode()


def zipped(members: Mapping[str, bytes], manifest: bytes, signature: bytes) -> bytes:
    """Put a bundle together; the same members make the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for path, content in (*sorted(members.items()), (MANIFEST, manifest), (SIGNATURE, signature)):
            entry = zipfile.ZipInfo(path)
            entry.external_attr = 0o644 << 16
            made.writestr(entry, content)
    return out.getvalue()


def verify_bundle(body: bytes, public_keys: Sequence[str]) -> BundleReport:
    """Say whether a bundle is, member for member, as it was exported.

    Args:
        body: the zip.
        public_keys: the Ed25519 keys that are trusted, each 32 bytes as hexadecimal text.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as opened:
            return _checked(opened, public_keys)
    except (zipfile.BadZipFile, ValueError, KeyError, TypeError, RuntimeError, OSError, EOFError):
        return BundleReport(verdict=Verdict.ALTERED)


def _checked(opened: zipfile.ZipFile, public_keys: Sequence[str]) -> BundleReport:
    manifest, signature = _text(opened, MANIFEST), json.loads(_text(opened, SIGNATURE))
    verdict = verify_receipt(signature, public_keys)
    if verdict is not Verdict.VALID:
        return BundleReport(verdict=verdict, altered=(SIGNATURE,) if verdict is Verdict.ALTERED else ())
    is_ours = signature["kind"] == BUNDLE_KIND
    if not is_ours or signature["manifest_sha256"] != hashlib.sha256(manifest).hexdigest():
        return BundleReport(verdict=Verdict.ALTERED, altered=(MANIFEST,))
    listed = {each["path"]: each for each in json.loads(manifest)["members"]}
    names = [each.filename for each in opened.infolist()]
    strangers = {each for each in names if names.count(each) > 1 or each not in {*listed, MANIFEST, SIGNATURE}}
    changed = {path for path, told in listed.items() if path not in names or not _is_same(opened, path, told)}
    altered = tuple(sorted(strangers | changed))
    return BundleReport(
        verdict=Verdict.ALTERED if altered else Verdict.VALID,
        altered=altered,
        case_number=signature["case_number"],
        members=len(listed),
    )


def _is_same(opened: zipfile.ZipFile, path: str, told: Mapping[str, Any]) -> bool:
    try:
        with opened.open(path) as member:
            # One byte more than it should have is enough to know; a bomb is not unpacked.
            content = member.read(int(told["size"]) + 1)
    except zipfile.BadZipFile:
        return False
    return len(content) == int(told["size"]) and hashlib.sha256(content).hexdigest() == str(told["sha256"])


def _text(opened: zipfile.ZipFile, path: str) -> bytes:
    with opened.open(path) as member:
        return member.read(LARGEST_TEXT)

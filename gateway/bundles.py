"""The bundle of a case, put together at the door: files that only this one question may open, a manifest, a page.

Clause: L31.1, pipl-51; criterion 9.4. The desk has written down who takes it along and for what before anything is
read; it signs the digest of the manifest at the end. Nothing of a bundle touches a disk here.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

import rfc8785

from gateway.bundle_page import index_page
from gateway.exchange import Reading
from gateway.exhibits import ending_of
from gateway.refusals import Unusable
from gateway.timelines import timeline_of
from lianxi.contracts import codec
from lianxi.contracts.bundles import manifest_bytes, zipped
from lianxi.contracts.envelope import Caller
from lianxi.contracts.evidence import EvidenceView
from lianxi.contracts.sealing import EVIDENCE, Opener
from lianxi.contracts.timelines import BundleSignature, CaseExport, ExportCase, SignBundle
from lianxi.policy.words import names_of

SERVICE: Final = "cases"
SHA_LETTERS: Final = 12


async def bundle_of(asker: Reading, caller: Caller, case_id: str, purpose: str) -> tuple[str, bytes]:
    """Have an export written down, put its bundle together, and have it signed; answers the case's number and it.

    Raises:
        NotFound: case.not_found.
        Unusable: bundle.too_large.
        Broken: attachment.altered, when a file is not what it was; NoSuchThing: attachment.gone.
    """
    mine = Opener.for_one_answer()
    asked = ExportCase(case_id=case_id, purpose=purpose, answer_key=mine.public_key)
    export = await asker.house.ask(SERVICE, "export_case", asked, caller, CaseExport)
    _check_size(export, asker.house.settings.gateway_bundle_bytes)
    timeline = await timeline_of(asker, case_id)
    files = {view.evidence_id: _path_of(place, view) for place, view in enumerate(export.evidence, 1)}
    members: dict[str, bytes] = {
        "index.html": index_page(names_of(asker.house.policy), export, timeline, files, purpose),
        "case.json": _json(export.case),
        "timeline.json": _json(timeline),
        "evidence.json": _json([*export.evidence]),
    }
    for number, receipt in enumerate(export.receipts, 1):
        # Canonical, as `lianxi receipt verify` reads it.
        members[f"receipts/{number:02d}.json"] = rfc8785.dumps(dict(receipt))
    for each in export.files:
        opened = mine.open(each.sealed, EVIDENCE)
        members[files[each.evidence_id]] = await asker.house.attachments.read_whole(
            each.file, opened["key"], opened["sha256"]
        )
    manifest = manifest_bytes(members, _told(export, purpose))
    sign = SignBundle(case_id=case_id, export_id=export.export_id, manifest_sha256=hashlib.sha256(manifest).hexdigest())
    signed = await asker.house.ask(SERVICE, "sign_bundle", sign, caller, BundleSignature)
    return export.case.number, zipped(members, manifest, rfc8785.dumps(dict(signed.signature)))


def _told(export: CaseExport, purpose: str) -> dict[str, Any]:
    return {
        "case_id": export.case.case_id,
        "case_number": export.case.number,
        "export_id": export.export_id,
        "exported_at": export.exported_at.isoformat(),
        "purpose": purpose,
    }


def _check_size(export: CaseExport, most: int) -> None:
    if sum(each.size for each in export.evidence) > most:
        raise Unusable("bundle.too_large", largest_bytes=most)


def _path_of(place: int, view: EvidenceView) -> str:
    return f"evidence/{place:03d}-{view.sha256[:SHA_LETTERS]}.{ending_of(view.media_type)}"


def _json(value: Any) -> bytes:
    plain = [codec.as_plain(each) for each in value] if isinstance(value, list) else codec.as_plain(value)
    return json.dumps(plain, ensure_ascii=False, indent=1).encode()

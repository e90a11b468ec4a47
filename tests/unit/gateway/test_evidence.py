"""Evidence at the door: known by its content, kept byte for byte, and handed out for a reason only."""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lianxi.contracts.envelope import Caller
from lianxi.contracts.evidence import (
    CollectEvidence,
    CustodyAct,
    CustodyEntry,
    EvidenceKey,
    EvidenceKind,
    EvidenceState,
    EvidenceView,
    OpenEvidence,
)
from lianxi.contracts.sealing import EVIDENCE, Opener, Sealer
from lianxi.kernel.errors import Conflict
from lianxi.runtime.sealed_files import SealedFiles
from tests.support.gateway_fakes import NOON, Door, open_door
from tests.support.pictures import SECRET, photo

CASE = "case_00000000000001"
FILES, EVIDENCES = f"/v1/cases/{CASE}/evidence/files", f"/v1/cases/{CASE}/evidence"
WORDS = {"why": "现场检查所得", "where": "市场监管所"}


class Desk:
    """Keeps what comes, as the cases desk does."""

    def __init__(self, door: Door) -> None:
        self.came: list[CollectEvidence] = []
        self.looked: list[OpenEvidence] = []
        self.callers: list[Caller] = []
        self.key = Opener((door.settings.gateway_spool_dir.parent / "cases-seal-private").read_text())
        door.bus.answers["collect_evidence"] = self.collect
        door.bus.answers["open_evidence"] = self.open

    def collect(self, asked: CollectEvidence, caller: Caller) -> EvidenceView:
        self.came.append(asked)
        told = self.key.open(asked.sealed, EVIDENCE)
        return EvidenceView(
            evidence_id="evidence_0000000001",
            version=1,
            case_id=asked.case_id,
            owner="market/desk",
            holder="market/desk",
            offered_to=None,
            receivers=(),
            kind=asked.kind,
            label=told["label"],
            media_type=asked.media_type,
            size=asked.size,
            sha256=told["sha256"],
            state=EvidenceState.HELD,
            seal_number=None,
            collected_at=NOON,
            checked_at=NOON,
            altered_at=None,
            destruction=None,
            custody=(CustodyEntry(act=CustodyAct.COLLECT, by=caller.actor, desk="market/desk", at=NOON, **WORDS),),
        )

    def open(self, asked: OpenEvidence, caller: Caller) -> EvidenceKey:
        self.looked.append(asked)
        self.callers.append(caller)
        kept = self.came[0]
        told = self.key.open(kept.sealed, EVIDENCE)
        return EvidenceKey(
            evidence_id=asked.evidence_id,
            case_id=kept.case_id,
            owner="market/desk",
            holder="market/desk",
            receivers=(),
            media_type=kept.media_type,
            file=kept.file,
            sealed=Sealer(asked.answer_key).seal({name: told[name] for name in ("key", "sha256")}, EVIDENCE),
        )


@pytest.fixture
def desk(door: Door) -> Desk:
    return Desk(door)


def upload(door: Door, raw: bytes, media_type: str = "image/jpeg", *, client: str = "market", key: str = "u") -> Any:
    return door.http.post(FILES, content=raw, headers={**door.headers(client, key=key), "Content-Type": media_type})


def collect(door: Door, token: str, *, key: str = "c") -> Any:
    body = {"file": token, "kind": EvidenceKind.PHOTOGRAPH, "label": "返利表照片", **WORDS}
    return door.http.post(EVIDENCES, json=body, headers=door.headers("market", key=key))


def look(door: Door, how: str = "view", *, client: str = "market", key: str = "v") -> Any:
    return door.http.post(f"/v1/evidence/evidence_0000000001/{how}", json=WORDS, headers=door.headers(client, key=key))


@pytest.mark.criterion("9.3")
def test_a_file_comes_back_byte_for_byte_and_lies_encrypted_under_its_own_digest(door: Door, desk: Desk) -> None:
    raw = photo("JPEG")
    came = upload(door, raw)
    assert came.status_code == 201, came.text
    assert came.json()["sha256"] == hashlib.sha256(raw).hexdigest()
    kept = collect(door, came.json()["attachment"])
    assert kept.status_code == 201, kept.text
    assert kept.json()["sha256"] == hashlib.sha256(raw).hexdigest()
    assert "返利表" not in repr(desk.came)

    answer = look(door)
    assert (answer.status_code, answer.content) == (200, raw)
    assert answer.headers["content-disposition"].startswith("attachment;")
    folder = door.settings.gateway_attachments_dir / "kept"
    for each in folder.iterdir():
        lies = each.read_bytes()
        assert SECRET.encode() not in lies
        assert each.name.partition(".")[0] == hashlib.sha256(lies).hexdigest()


@pytest.mark.criterion("9.3")
def test_looking_twice_under_one_key_is_one_command_and_nothing_of_the_file_is_kept_as_an_answer(
    door: Door, desk: Desk
) -> None:
    collect(door, upload(door, photo("JPEG")).json()["attachment"])

    assert look(door).content == look(door).content
    assert len({each.command_id for each in desk.callers}) == 1
    assert desk.callers[0].command_id is not None
    assert (desk.looked[0].why, desk.looked[0].where) == tuple(WORDS.values())
    assert look(door, key="").status_code == 400


@pytest.mark.criterion("9.3")
def test_a_copy_is_a_right_of_its_own_and_a_desk_without_a_case_has_none(door: Door, desk: Desk) -> None:
    collect(door, upload(door, photo("JPEG")).json()["attachment"])

    assert look(door, "copy", client="case_officer").status_code == 403
    assert look(door, "view", client="desk").status_code == 403
    assert look(door, "view", client="office").status_code == 403
    assert desk.looked == []
    assert upload(door, photo("JPEG"), client="desk", key="d").status_code == 403


def office(folder: str, *more: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in ("[Content_Types].xml", f"{folder}/document.xml", *more):
            made.writestr(name, "x")
    return out.getvalue()


DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.criterion("9.3")
@pytest.mark.parametrize(
    ("raw", "media_type", "code"),
    [
        (b"%PDF-1.7 x", "application/pdf", ""),
        ("三级返利".encode(), "text/plain; charset=utf-8", ""),
        (b"\x00\x00\x00\x18ftypmp42", "video/mp4", ""),
        (office("word"), DOCX, ""),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav", ""),
        (b"%PDF-1.7 x", "image/jpeg", "evidence.type_differs"),
        (office("word", "word/vbaProject.bin"), DOCX, "evidence.type_differs"),
        (b"MZ\x90\x00", "application/x-msdownload", "evidence.type_not_taken"),
        (b"MZ\x90\x00", "text/plain", "evidence.type_differs"),
        (b"", "text/plain", "evidence.empty"),
    ],
)
def test_what_a_file_is_is_said_by_what_it_holds(door: Door, raw: bytes, media_type: str, code: str) -> None:
    answer = upload(door, raw, media_type)

    assert answer.json().get("code", "") == code
    assert (answer.status_code == 201) is (code == "")


@pytest.mark.criterion("9.3")
def test_a_file_may_be_larger_than_a_picture_and_has_an_end(tmp_path: Path) -> None:
    with open_door(tmp_path, gateway_picture_bytes=150_000, gateway_evidence_bytes=200_000) as door:
        large = upload(door, b"%PDF-" + bytes(160_000), "application/pdf")
        assert large.status_code == 201, large.text
        answer = upload(door, b"%PDF-" + bytes(200_000), "application/pdf", key="2")
        assert (answer.status_code, answer.json()["code"]) == (413, "body.too_large")


@pytest.mark.criterion("9.3")
def test_a_flipped_byte_is_never_handed_out(door: Door, desk: Desk) -> None:
    collect(door, upload(door, photo("JPEG")).json()["attachment"])
    place = door.settings.gateway_attachments_dir / "kept" / desk.came[0].file
    lies = place.read_bytes()
    place.write_bytes(lies[:-1] + bytes([lies[-1] ^ 1]))

    answer = look(door)
    assert (answer.status_code, answer.json()["code"]) == (500, "attachment.altered")
    place.unlink()
    assert look(door, key="again").json()["code"] == "attachment.gone"


def test_what_the_desk_refuses_waits_and_is_swept(door: Door, desk: Desk) -> None:
    token = upload(door, photo("JPEG")).json()["attachment"]
    door.bus.says("collect_evidence", Conflict("case.already_closed"))

    assert collect(door, token).status_code == 409
    files = SealedFiles(door.settings.gateway_attachments_dir)
    assert list((door.settings.gateway_attachments_dir / "kept").iterdir()) == []
    assert files.sweep(door.clock.now() + timedelta(hours=2)) == 0
    assert collect(door, token, key="other").json()["code"] == "attachment.unknown"


def test_a_picture_of_a_tip_is_no_evidence(door: Door, desk: Desk) -> None:
    headers = {**door.headers("market", key="p"), "Content-Type": "image/jpeg"}
    token = door.http.post("/v1/tips/attachments", content=photo("JPEG"), headers=headers).json()["attachment"]

    assert collect(door, token).json()["code"] == "attachment.unknown"
    assert desk.came == []

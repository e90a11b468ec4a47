"""Pictures before their tips: handed in, drawn anew, named by a token, kept with the tip, read by who holds it."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from starlette.testclient import TestClient

from lianxi.contracts.attachments import AttachmentKey, GetAttachment
from lianxi.contracts.envelope import Caller
from lianxi.contracts.sealing import PICTURE, Opener, Sealer
from lianxi.contracts.tips import SubmitTip
from lianxi.runtime.sealed_files import SealedFiles
from tests.support.gateway_fakes import Door, open_door
from tests.support.pictures import SECRET, photo
from tests.unit.gateway.test_public import STATUS, TIP

JPEG = {"Content-Type": "image/jpeg"}
UPLOAD = "/v1/public/attachments"


def upload(http: TestClient, **headers: str) -> dict[str, Any]:
    answer = http.post(UPLOAD, content=photo("JPEG"), headers={**JPEG, **headers})
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


def command(door: Door) -> SubmitTip:
    found = door.bus.handed_in[-1][2]
    assert isinstance(found, SubmitTip)
    return found


def opener(door: Door) -> Opener:
    return Opener((door.settings.gateway_spool_dir.parent / "seal-private").read_text())


def holding(door: Door, **changed: Any) -> None:
    """Let the desk hold the last tip, and give out the key of its picture as the desk does."""
    tip = command(door)

    def give(asked: GetAttachment, _caller: Caller) -> AttachmentKey:
        kept = tip.attachments[asked.number - 1]
        fields: dict[str, Any] = {
            "tip_id": tip.tip_id,
            "tip_number": tip.number,
            "number": asked.number,
            "media_type": kept.media_type,
            "file": kept.file,
            "sealed": Sealer(asked.answer_key).seal(opener(door).open(kept.sealed, PICTURE), PICTURE),
            "village": None,
            "lead": "police/order",
            "copies": (),
            "next_owner": None,
        }
        return AttachmentKey(**{**fields, **changed})

    door.bus.answers["get_attachment"] = give


def on_disk(door: Door) -> dict[str, bytes]:
    folder = door.settings.gateway_attachments_dir
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


@pytest.mark.criterion("2.7")
def test_a_picture_goes_in_with_its_place_and_comes_out_without(door: Door) -> None:
    named = {"Content-Disposition": f'attachment; filename="{SECRET}.jpg"'}
    told = upload(door.http, **named)

    assert door.http.post("/v1/public/tips", json={**TIP, "attachments": [told["attachment"]]}).status_code == 201
    holding(door)
    answer = door.http.get(f"/v1/tips/{command(door).tip_id}/attachments/1", headers=door.headers("police"))

    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{command(door).number}-1.jpg"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Last-Modified" not in answer.headers
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert (picture.format, dict(picture.getexif())) == ("JPEG", {})
    for kept in (*on_disk(door).values(), repr(door.bus.handed_in).encode(), answer.content):
        assert SECRET.encode() not in kept
        assert b"Exif" not in kept


@pytest.mark.criterion("2.7")
def test_nothing_of_a_picture_lies_in_clear_and_its_time_tells_the_hour_only(door: Door) -> None:
    told = upload(door.http)
    door.http.post("/v1/public/tips", json={**TIP, "attachments": [told["attachment"]]})

    files = on_disk(door)

    assert len(files) == 2  # one file with two names: where it waited, and where the tip keeps it
    for name, content in files.items():
        assert b"JFIF" not in content
        assert told["sha256"] not in name
        place = door.settings.gateway_attachments_dir / name
        assert place.stat().st_mtime % 3600 == 0
        assert place.stat().st_mode & 0o077 == 0
    assert told["sha256"] not in repr(door.bus.handed_in)


def test_a_token_that_nobody_gave_or_that_has_been_swept_is_refused(door: Door) -> None:
    told = upload(door.http)
    SealedFiles(door.settings.gateway_attachments_dir).sweep(door.clock.now() + timedelta(hours=2))

    for token in (told["attachment"], "A" * 60):
        answer = door.http.post("/v1/public/tips", json={**TIP, "attachments": [token]})
        assert (answer.status_code, answer.json()["code"]) == (422, "attachment.unknown")
    assert door.bus.handed_in == []


def test_a_tip_has_five_pictures_at_most(door: Door) -> None:
    tokens = [upload(door.http)["attachment"] for _ in range(6)]

    assert door.http.post("/v1/public/tips", json={**TIP, "attachments": tokens}).status_code == 422
    assert door.http.post("/v1/public/tips", json={**TIP, "attachments": tokens[:5]}).status_code == 201
    assert len(command(door).attachments) == 5


def test_a_tip_that_is_tried_again_keeps_the_same_picture_once(door: Door) -> None:
    told = upload(door.http)
    body = {**TIP, "attachments": [told["attachment"]]}
    door.bus.is_connected = False
    door.ledger.is_away = True

    for _ in range(2):
        assert door.http.post("/v1/public/tips", json=body, headers={"Idempotency-Key": "k"}).status_code == 201

    assert len([name for name in on_disk(door) if name.startswith("kept/")]) == 1
    spooled = [each.read_text() for each in door.settings.gateway_spool_dir.iterdir()]
    kept = next(name for name in on_disk(door) if name.startswith("kept/")).removeprefix("kept/")
    assert len(spooled) == 2
    assert all(kept in each for each in spooled)


def test_an_upload_under_a_key_is_kept_once(door: Door) -> None:
    first, again = (upload(door.http, **{"Idempotency-Key": "k"}) for _ in range(2))

    assert first == again
    assert len(on_disk(door)) == 1


def test_what_is_no_picture_is_refused_and_leaves_nothing(door: Door) -> None:
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
    for raw, kind, code in (
        (heic, "image/heic", "picture.heic_not_taken"),
        (b"{}", "image/png", "picture.not_one"),
        (b"", "image/png", "picture.not_one"),
        (photo("PNG"), "application/json", "picture.wrong_type"),
    ):
        answer = door.http.post(UPLOAD, content=raw, headers={"Content-Type": kind})
        assert answer.json()["code"] == code
    assert on_disk(door) == {}


def test_only_a_route_that_takes_pictures_has_a_larger_body(tmp_path: Path) -> None:
    with open_door(tmp_path, gateway_picture_bytes=300_000) as door:
        large, larger = (bytes(size) for size in (200_000, 300_001))
        police = door.headers("police", key="k")
        for path in (UPLOAD, "/v1/tips/attachments"):
            answer = door.http.post(path, content=large, headers={**police, **JPEG})
            assert answer.json()["code"] == "picture.not_one", path
            answer = door.http.post(path, content=larger, headers={**police, **JPEG})
            assert (answer.status_code, answer.json()["code"]) == (413, "body.too_large"), path
            assert answer.json()["facts"] == {"largest_bytes": 300_000}
        for path in ("/v1/public/tips", "/v1/tips", "/v1/nothing"):
            assert door.http.post(path, content=large, headers=police).status_code == 413, path


def test_all_large_bodies_together_have_an_end(tmp_path: Path) -> None:
    with open_door(tmp_path, gateway_pictures_bytes_at_once=150_000) as door:
        answer = door.http.post(UPLOAD, content=bytes(200_000), headers=JPEG)
        assert (answer.status_code, answer.json()["code"]) == (429, "pictures.busy")
        assert answer.headers["Retry-After"]
        # What was held is given back: the next one is looked at again.
        answer = door.http.post(UPLOAD, content=bytes(140_000), headers=JPEG)
        assert answer.json()["code"] == "picture.not_one"


def test_a_client_hands_in_so_many_pictures_a_minute_and_the_disk_has_an_end(tmp_path: Path) -> None:
    with open_door(tmp_path / "a", gateway_public_uploads_per_minute=2) as door:
        assert [door.http.post(UPLOAD, content=photo("JPEG"), headers=JPEG).status_code for _ in range(3)][-1] == 429
    with open_door(tmp_path / "b", gateway_attachments_waiting_bytes=1) as door:
        upload(door.http)
        answer = door.http.post(UPLOAD, content=photo("JPEG"), headers=JPEG)
        assert (answer.status_code, answer.json()["code"]) == (503, "attachments.full")


def test_a_folder_that_cannot_be_written_takes_no_picture_but_the_tip(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with open_door(tmp_path / "a", gateway_attachments_dir=tmp_path / "file" / "pictures") as door:
        answer = door.http.post(UPLOAD, content=photo("JPEG"), headers=JPEG)
        assert (answer.status_code, answer.json()["code"]) == (503, "attachments.unwritable")
        assert door.http.post("/v1/public/tips", json=TIP).status_code == 201


def test_a_message_brings_pictures_and_one_that_is_refused_lets_them_go(door: Door) -> None:
    token = upload(door.http)["attachment"]
    body, headers = {"text": "补一张照片", "attachments": [token]}, {"Lianxi-Receipt": "1234-5678-1234-5678"}

    assert door.http.post("/v1/public/tips/messages", json=body, headers=headers).status_code == 404
    assert [name for name in on_disk(door) if name.startswith("kept/")] == []

    door.bus.says("post_informant_message", STATUS)
    for _ in range(2):
        answer = door.http.post("/v1/public/tips/messages", json=body, headers={**headers, "Idempotency-Key": "m"})
        assert answer.status_code == 200, answer.text
    posted = [each.request for each in door.bus.asked if each.method == "post_informant_message"]
    assert [len(each.attachments) for each in posted] == [1, 1]
    assert [name for name in on_disk(door) if name.startswith("kept/")] == [f"kept/{posted[-1].attachments[0].file}"]


def test_an_agency_hands_pictures_in_as_well(door: Door) -> None:
    answer = door.http.post(
        "/v1/tips/attachments", content=photo("PNG"), headers={**door.headers("police", key="a"), **JPEG}
    )
    assert (answer.status_code, answer.json()["media_type"]) == (201, "image/png")
    body = {**TIP, "attachments": [answer.json()["attachment"]]}
    assert door.http.post("/v1/tips", json=body, headers=door.headers("police", key="b")).status_code == 201
    assert len(command(door).attachments) == 1


def test_who_may_see_a_picture_is_the_table_s_word(door: Door) -> None:
    token = upload(door.http)["attachment"]
    door.http.post("/v1/public/tips", json={**TIP, "attachments": [token]})
    holding(door)
    path = f"/v1/tips/{command(door).tip_id}/attachments/1"

    for client in ("office", "leader", "external"):
        answer = door.http.get(path, headers=door.headers(client))
        assert (answer.status_code, answer.json()["code"]) == (403, "right.missing"), client
    assert door.http.get(path, headers=door.headers("police")).status_code == 200
    assert door.http.get(path).status_code == 401


def test_a_picture_that_was_altered_or_lost_is_not_shown_as_if_it_were_it(door: Door) -> None:
    token = upload(door.http)["attachment"]
    door.http.post("/v1/public/tips", json={**TIP, "attachments": [token]})
    holding(door)
    path, kept = f"/v1/tips/{command(door).tip_id}/attachments/1", command(door).attachments[0].file
    place = door.settings.gateway_attachments_dir / "kept" / kept

    whole = place.read_bytes()
    place.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    answer = door.http.get(path, headers=door.headers("police"))
    assert (answer.status_code, answer.json()["code"]) == (500, "attachment.altered")

    assert SealedFiles(door.settings.gateway_attachments_dir).forget([kept]) == 1
    assert on_disk(door) == {}
    answer = door.http.get(path, headers=door.headers("police"))
    assert (answer.status_code, answer.json()["code"]) == (404, "attachment.gone")

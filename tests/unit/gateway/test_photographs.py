"""Photographs of visits at the door: the device's digest, what is kept of them, and who sees them."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from typing import Any

import pytest
from PIL import Image

from lianxi.contracts.envelope import Caller
from lianxi.contracts.photographs import GetPhotograph, PhotographKey, PhotographTaken, RecordPhotograph
from lianxi.contracts.sealing import VISIT_PICTURE, Opener, Sealer
from lianxi.kernel.errors import Conflict, Unavailable
from tests.support.gateway_fakes import Door
from tests.support.pictures import SECRET, photo

PLACE = "/v1/visits/visit_00000001/photographs/photo_00000001"
AT = "2026-03-02T03:00:00Z"


class Desk:
    """Keeps what comes, as the inspections desk does."""

    def __init__(self, door: Door) -> None:
        self.came: list[RecordPhotograph] = []
        self.key = Opener((door.settings.gateway_spool_dir.parent / "inspections-seal-private").read_text())
        door.bus.answers["record_photograph"] = self.keep
        door.bus.answers["get_photograph"] = self.give

    def keep(self, asked: RecordPhotograph, _caller: Caller) -> PhotographTaken:
        same = [each for each in self.came if each.photo_id == asked.photo_id]
        self.came.append(asked)
        if any(each.sent_sha256 != asked.sent_sha256 for each in same):
            raise Conflict("photograph.other_content")
        return PhotographTaken(
            photo_id=asked.photo_id,
            visit_id=asked.visit_id,
            received_at=asked.received_at,
            sent_sha256=asked.sent_sha256,
            kept_sha256=asked.kept_sha256,
            is_waiting=False,
            is_new=not same,
        )

    def give(self, asked: GetPhotograph, _caller: Caller) -> PhotographKey:
        kept = self.came[0]
        return PhotographKey(
            photo_id=kept.photo_id,
            visit_id=kept.visit_id,
            village=None,
            media_type=kept.picture.media_type,
            file=kept.picture.file,
            sealed=Sealer(asked.answer_key).seal(self.key.open(kept.picture.sealed, VISIT_PICTURE), VISIT_PICTURE),
        )


@pytest.fixture
def desk(door: Door) -> Desk:
    return Desk(door)


def send(door: Door, raw: bytes, client: str = "police", more: dict[str, str] | None = None) -> Any:
    made = hashlib.sha256(raw).digest()
    headers = {
        "Content-Type": "image/jpeg",
        "Content-Digest": f"sha-256=:{base64.b64encode(made).decode()}:",
        "Lianxi-Taken-At": AT,
        **door.headers(client),
        **(more or {}),
    }
    return door.http.put(PLACE, content=raw, headers=headers)


@pytest.mark.criterion("6.6")
def test_a_photograph_is_kept_with_time_place_and_both_digests_and_nothing_of_the_camera(
    door: Door, desk: Desk
) -> None:
    raw = photo("JPEG")
    answer = send(door, raw, more={"Lianxi-Taken-Where": "22.4681,113.2858"})

    assert answer.status_code == 201, answer.text
    kept = desk.came[0]
    assert (kept.sent_sha256, kept.taken_at.isoformat()) == (
        hashlib.sha256(raw).hexdigest(),
        "2026-03-02T03:00:00+00:00",
    )
    opened = desk.key.open(kept.picture.sealed, VISIT_PICTURE)
    assert (opened["place"], opened["sha256"]) == ("22.4681,113.2858", kept.kept_sha256)
    assert "22.4681" not in repr(kept)
    shown = door.http.get(PLACE, headers=door.headers("police"))
    assert shown.status_code == 200, shown.text
    assert hashlib.sha256(shown.content).hexdigest() == kept.kept_sha256 != kept.sent_sha256
    with Image.open(io.BytesIO(shown.content)) as picture:
        assert (picture.format, dict(picture.getexif())) == ("JPEG", {})
    folder = door.settings.gateway_attachments_dir
    for lies in (shown.content, *(each.read_bytes() for each in folder.rglob("*") if each.is_file())):
        assert SECRET.encode() not in lies


@pytest.mark.criterion("6.6")
def test_what_is_not_what_the_device_has_is_refused_and_nothing_is_kept(door: Door, desk: Desk) -> None:
    wrong = send(door, photo("JPEG"), more={"Content-Digest": f"sha-256=:{base64.b64encode(bytes(32)).decode()}:"})
    unreadable = send(door, photo("JPEG"), more={"Content-Digest": "md5=:AAAA:"})

    assert (wrong.status_code, wrong.json()["code"]) == (422, "photograph.digest_differs")
    assert (unreadable.status_code, unreadable.json()["code"]) == (422, "photograph.digest_unreadable")
    assert desk.came == []
    assert [each for each in door.settings.gateway_attachments_dir.rglob("*") if each.is_file()] == []


@pytest.mark.criterion("6.2")
def test_the_same_again_is_200_and_another_picture_under_its_id_409_with_both_kept(door: Door, desk: Desk) -> None:
    first, other = photo("JPEG"), photo("JPEG", (50, 50))

    assert [send(door, first).status_code for _ in range(3)] == [201, 200, 200]
    assert len(desk.came) == 1
    refused = send(door, other)
    assert (refused.status_code, refused.json()["code"]) == (409, "photograph.other_content")
    kept = door.settings.gateway_attachments_dir / "kept"
    assert {each.picture.file for each in desk.came} == {each.name for each in kept.iterdir()}
    assert len(list(kept.iterdir())) == 2
    assert send(door, first).status_code == 200


def test_a_photograph_that_the_desk_did_not_hear_of_is_kept_when_it_is_sent_again(door: Door, desk: Desk) -> None:
    door.bus.says("record_photograph", Unavailable("service.away"))
    assert send(door, photo("JPEG")).status_code == 503
    door.bus.answers["record_photograph"] = desk.keep
    assert send(door, photo("JPEG")).status_code == 201


@pytest.mark.criterion("6.6")
def test_who_may_not_see_photographs_gets_none(door: Door, desk: Desk) -> None:
    assert send(door, photo("JPEG"), "assistant").status_code == 201

    for client in ("office", "assistant"):
        answer = door.http.get(PLACE, headers=door.headers(client))
        assert (answer.status_code, answer.json()["code"]) == (403, "right.missing")


POINT = re.compile(r"(?i)latitud|longitud|\blat\b|\blon\b|\blng\b|gps|geo|coordinate|taken.where|position|waypoint")


@pytest.mark.criterion("6.6")
def test_no_endpoint_takes_a_point_outside_a_visit(door: Door) -> None:
    document = door.app.openapi()
    found = set()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            names = [each["name"] for each in operation.get("parameters", ())]
            names += _names(operation.get("requestBody", {}), document["components"]["schemas"], set())
            found |= {f"{method} {path} {each}" for each in names if POINT.search(each)}

    # Where something goes on, as a resident without an account says it: nobody is signed in there.
    report = "post /open311/v2/requests.{form}"
    assert not document["paths"]["/open311/v2/requests.{form}"]["post"].get("security")
    assert found == {"put /v1/visits/{visit_id}/photographs/{photo_id} Lianxi-Taken-Where", f"{report} lat"}
    assert not [
        each for each in document["paths"] if re.search(r"track|trail|locat|position", each.replace("/track/", ""))
    ]


def _names(schema: Any, known: dict[str, Any], seen: set[str]) -> list[str]:
    """Every name that a body may have, through every reference."""
    if isinstance(schema, list):
        return [name for each in schema for name in _names(each, known, seen)]
    if not isinstance(schema, dict):
        return []
    names = list(schema.get("properties", {}))
    reference = str(schema.get("$ref", "")).rpartition("/")[2]
    if reference and reference not in seen:
        names += _names(known[reference], known, seen | {reference})
    return names + [name for each in schema.values() for name in _names(each, known, seen)]

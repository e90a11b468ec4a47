"""No quota keeps a rescue out, and cheating has an end of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lianxi.contracts.alarms import Mark
from tests.support.gateway_fakes import Door, open_door

TIP = {"category": "other", "place": "x", "text": "y"}


def file(door: Door, category: str, path: str = "/v1/public/tips", **more: Any) -> int:
    return int(door.http.post(path, json={**TIP, "category": category}, **more).status_code)


@pytest.mark.criterion("17.3")
@pytest.mark.parametrize("mark", [each.value for each in Mark])
def test_whoever_has_used_up_every_request_still_hands_in_a_rescue(tmp_path: Path, mark: str) -> None:
    with open_door(tmp_path, gateway_public_requests_per_minute=1) as door:
        assert [file(door, "other") for _ in range(3)] == [201, 429, 429]
        assert file(door, mark) == 201
        ((_, lane, _, _),) = door.bus.handed_in[1:]
        assert lane == "rescue"
        assert file(door, "other") == 429


@pytest.mark.criterion("17.3")
def test_an_agency_whose_quota_is_used_up_too(tmp_path: Path) -> None:
    with open_door(tmp_path, gateway_client_requests_per_minute=1) as door:
        mine = [door.headers("police", key=f"k-{number}") for number in range(3)]
        assert file(door, "other", "/v1/tips", headers=mine[0]) == 201
        assert file(door, "other", "/v1/tips", headers=mine[1]) == 429
        assert file(door, "person_held", "/v1/tips", headers=mine[2]) == 201
        assert door.http.get("/v1/tips", headers=mine[2]).status_code == 429


@pytest.mark.criterion("17.3")
def test_the_public_form_too(tmp_path: Path) -> None:
    with open_door(tmp_path, gateway_public_requests_per_minute=1) as door:
        assert door.http.get("/report").status_code == 200
        form = {"danger": "person_held", "category": "", "text": "有人被关", "place": "三楼"}
        assert door.http.post("/report/check", data={**form, "danger": "no"}).status_code == 429
        assert door.http.post("/report/check", data=form).status_code != 429


def test_who_calls_everything_a_rescue_comes_to_an_end_too(tmp_path: Path) -> None:
    with open_door(tmp_path, gateway_public_requests_per_minute=1, gateway_rescues_per_minute=2) as door:
        assert [file(door, "person_held") for _ in range(4)] == [201, 201, 201, 429]


def test_a_body_that_is_long_is_no_rescue(tmp_path: Path) -> None:
    with open_door(tmp_path, gateway_public_requests_per_minute=1) as door:
        assert file(door, "other") == 201
        long = {**TIP, "text": "x" * 200_000, "category": "person_held"}
        assert door.http.post("/v1/public/tips", json=long).status_code == 429

"""A register of ten thousand lines on the running town: tried, taken over while a desk is killed, once, and undone."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import bson
import httpx2
import pytest
from pymongo import MongoClient

from tests.chaos.sizes import FULL, size
from tests.support.registers import csv_file, rows_of, xlsx_file
from tests.support.town import RunningTown
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(400)]
ROWS = size(200, 10_000)
WRONG = ROWS * 3 // 100
SECONDS = 60
COLLECTIONS = ("rentals", "imports", "import_parts", "import_profiles")


def digest(town: RunningTown) -> str:
    """Work out a digest of what the desk keeps of the register."""
    found = hashlib.sha256()
    with MongoClient[dict[str, Any]](town.mongo_url) as client:
        for name in COLLECTIONS:
            for row in sorted(client.lianxi_inspections[name].find(), key=lambda each: str(each["_id"])):
                found.update(bson.encode({key: row[key] for key in sorted(row) if not key.startswith("_outbox")}))
    return found.hexdigest()


def send(http: httpx2.Client, raw: bytes, key: str | None = None) -> dict[str, Any]:
    """Try a file, or take it over under a key."""
    form, headers = ({}, {}) if key is None else ({"mode": "apply"}, {"Idempotency-Key": key})
    answer = http.post("/v1/imports", files={"file": ("register.xlsx", raw)}, data=form, headers=headers, timeout=60)
    assert answer.status_code == (200 if key is None else 201), answer.text
    told: dict[str, Any] = answer.json()
    return told


def over(http: httpx2.Client, import_id: str, state: str) -> dict[str, Any]:
    """Wait until an import is in a state."""

    def there() -> dict[str, Any] | None:
        told: dict[str, Any] = http.get(f"/v1/imports/{import_id}").json()
        return told if told.get("state") == state else None

    return wait_until(there, SECONDS * 3, f"the import to be {state}")


@pytest.mark.criterion("15.1")
@pytest.mark.criterion("15.2")
@pytest.mark.criterion("15.3")
def test_a_register_comes_in_once_and_goes_out_whole(town: RunningTown) -> None:
    rows = rows_of(ROWS, ROWS // WRONG)
    wrong = ROWS // (ROWS // WRONG)
    with town.http("tenancy") as http:
        before = digest(town)
        tried = send(http, xlsx_file(rows))
        assert (tried["added"], tried["wrong"], digest(town)) == (ROWS - wrong, wrong, before)

        began = time.monotonic()
        first = send(http, xlsx_file(rows), "first")["import_id"]
        done = over(http, first, "done")
        took = time.monotonic() - began
        assert (done["added"], done["wrong"], done["rows_done"]) == (ROWS - wrong, wrong, ROWS)
        assert not FULL or took <= SECONDS
        assert http.get(f"/v1/imports/{first}/errors.csv").text.count("\r\n") == wrong + 1

        if FULL:
            town.kill("inspections")
            town.start("inspections")
        second = send(http, csv_file(rows, "gb18030"), "second")["import_id"]
        if FULL:
            town.kill("inspections")
            town.start("inspections")
        again = over(http, second, "done")
        assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, ROWS - wrong)

        assert http.post(f"/v1/imports/{first}/undo", headers={"Idempotency-Key": "undo"}).status_code == 200
        if FULL:
            town.kill("inspections")
            town.start("inspections")
        assert over(http, first, "undone")["undone"] == ROWS - wrong
        assert http.get("/v1/rentals/R-00001").status_code == 404
        mended = send(http, csv_file(rows), "third")["import_id"]
        if FULL:
            town.kill("inspections")
            town.start("inspections")
        assert over(http, mended, "done")["added"] == ROWS - wrong

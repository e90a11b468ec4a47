"""A register from a spreadsheet at the door, with the inspections desk itself behind it, in memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lianxi.contracts.imports import ImportRows
from lianxi.contracts.sealing import REGISTER
from lianxi.kernel.errors import BrokerDown
from tests.support.gateway_fakes import Door, open_door
from tests.support.registers import CARD, bad, csv_file, row, rows_of, xlsx_file
from tests.unit.gateway.behind import Behind

ROWS = [row(number) for number in range(1, 8)]


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with open_door(tmp_path) as opened:
        yield opened


@pytest.fixture
def behind(door: Door) -> Behind:
    return Behind(door)


def send(
    door: Door, raw: bytes, mode: str | None = None, *, key: str | None = None, client: str = "tenancy", **more: Any
) -> Any:
    form = {**({} if mode is None else {"mode": mode}), **more.get("form", {})}
    headers = {**door.headers(client, key=key), **more.get("headers", {})}
    return door.http.post(
        "/v1/imports", files={"file": (more.get("name", "台账.xlsx"), raw)}, data=form, headers=headers
    )


def read(raw: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


@pytest.mark.criterion("15.1")
def test_a_dry_run_is_the_default_and_writes_nothing(door: Door, behind: Behind) -> None:
    headers = door.headers("tenancy")
    before = behind.digest()
    tried = door.http.post("/v1/imports", files={"file": ("台账.xlsx", xlsx_file([*ROWS, bad(8)]))}, headers=headers)
    told = tried.json()

    assert (tried.status_code, told["state"], told["import_id"]) == (200, "tried", None)
    assert (told["rows"], told["added"], told["changed"], told["unchanged"], told["wrong"]) == (8, 7, 0, 0, 1)
    assert told["plan"][0] == {"row": 2, "rental_code": "R-00001", "outcome": "added", "fields": []}
    assert told["columns"][-1] == {"header": "承租人姓名", "field": None}
    assert behind.digest() == before
    assert door.bus.handed_in == []


@pytest.mark.criterion("15.2")
def test_a_file_is_applied_once_and_bad_lines_come_back_for_repair(door: Door, behind: Behind) -> None:
    raw = csv_file([*ROWS, bad(11), bad(12), row(13, address="=1+1 号", rooms="-")], "gb18030")
    answer = send(door, raw, "apply", key="first", name="C:\\台账\\十一月.csv")
    told, place = answer.json(), answer.headers["Location"]
    assert (answer.status_code, told["state"], told["wrong"], told["file_name"]) == (201, "running", 3, "十一月.csv")
    fault = told["faults"][1]
    assert (fault["row"], fault["column"], fault["value"]) == (10, "详细地址*", "＊＊＊＊")
    assert fault["reason_zh"] == "含有身份证号;登记房屋不需要它,请删去"
    assert {lane for _, lane, _, _ in door.bus.handed_in} == {"bulk"}
    assert "荷湾" not in repr(door.bus.handed_in)
    behind.take_in()

    found = door.http.get(place, headers=door.headers("tenancy")).json()
    assert (found["state"], found["rows_done"], found["added"], found["wrong"]) == ("done", 10, 7, 3)
    errors = door.http.get(f"{place}/errors?limit=2", headers=door.headers("tenancy")).json()
    assert [each["row"] for each in errors["items"]] == [9, 10]
    assert errors["next_cursor"] == "2"
    repair = door.http.get(f"{place}/errors.csv", headers=door.headers("tenancy"))
    table = read(repair.content)
    assert table[0] == [
        *("出租屋编号", "所属村(社区)", "详细地址*", "房间数", "是否登记备案", "协管员代码"),
        "原行号",
        "错误原因",
    ]
    assert table[2][2:3] + table[2][6:] == ["＊＊＊＊", "10", "详细地址*:含有身份证号;登记房屋不需要它,请删去"]
    assert table[3][2:4] == ["'=1+1 号", "'-"]
    assert CARD not in repair.text

    again = send(door, raw, "apply", key="second")
    behind.take_in()
    second = door.http.get(again.headers["Location"], headers=door.headers("tenancy")).json()
    assert (second["added"], second["changed"], second["unchanged"]) == (0, 0, 7)

    table[1][3], table[2][2], table[3][3] = "4", "荷湾二街 12 号", "3"
    mended = send(door, csv_file(table[1:], headers=table[0]), "apply", key="third").json()
    behind.take_in()
    assert mended["wrong"] == 0
    assert behind.town.rental("R-00013").address == "=1+1 号"


@pytest.mark.criterion("15.2")
def test_an_import_that_broke_off_is_finished_by_the_same_request(
    door: Door, behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = csv_file(rows_of(450, 30))
    hand_in, sent = door.bus.hand_in, 0

    async def dying(*told: Any) -> None:
        nonlocal sent
        sent += 1
        if sent > 2:
            raise BrokerDown("broker.away")
        await hand_in(*told)

    monkeypatch.setattr(door.bus, "hand_in", dying)
    assert send(door, raw, "apply", key="first").status_code == 503
    monkeypatch.undo()
    behind.take_in()
    answer = send(door, raw, "apply", key="first")
    assert len({command.batch_id for _, _, command, _ in door.bus.handed_in if isinstance(command, ImportRows)}) == 1
    behind.take_in()

    found = door.http.get(answer.headers["Location"], headers=door.headers("tenancy")).json()
    assert (found["state"], found["rows_done"], found["added"], found["wrong"]) == ("done", 450, 435, 15)
    assert len(behind.town.rentals.all()) == 435
    assert len(behind.imports.imports.all()) == 1


@pytest.mark.criterion("15.3")
def test_an_import_is_undone_and_otherwise_the_touched_are_named(door: Door, behind: Behind) -> None:
    place = send(door, csv_file(ROWS), "apply", key="first").headers["Location"]
    behind.take_in()
    behind.town.register("R-00003", address="改过的地址")
    refused = door.http.post(f"{place}/undo", headers=door.headers("tenancy", key="undo-1"))
    assert (refused.status_code, refused.json()["code"]) == (409, "import.touched")
    assert refused.json()["facts"] == {"count": 1, "rentals": ["R-00003"]}

    other = send(door, csv_file([row(20)]), "apply", key="other").headers["Location"]
    behind.take_in()
    undoing = door.http.post(f"{other}/undo", headers=door.headers("tenancy", key="undo-2"))
    assert undoing.json()["state"] == "undoing"
    behind.take_in()
    assert door.http.get(other, headers=door.headers("tenancy")).json()["undone"] == 1


@pytest.mark.criterion("15.1")
def test_a_profile_is_kept_by_name_and_used(door: Door, behind: Behind) -> None:
    raw = csv_file([["R-1", "莲湾", "荷湾一街 1 号"]], headers=("房号", "归谁管", "在哪"))
    missing = send(door, raw)
    assert (missing.status_code, missing.json()["code"]) == (422, "import.columns_missing")
    columns = {"房号": "rental_code", "归谁管": "village", "在哪": "address"}
    kept = door.http.put(
        "/v1/import-profiles/流管办台账", json={"columns": columns}, headers=door.headers("tenancy", key="profile")
    )
    assert (kept.status_code, kept.headers["ETag"]) == (200, '"1"')
    assert send(door, raw, form={"profile": "流管办台账"}).json()["added"] == 1
    assert send(door, raw, form={"profile": "没有的"}).status_code == 404


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"kind": "tenants"}, 422, "import.kind_unknown"),
        ({"mode": "please"}, 422, "import.mode_unknown"),
        ({"mode": "apply"}, 400, "idempotency.key_missing"),
    ],
)
def test_what_is_asked_wrongly_is_refused(
    door: Door, behind: Behind, form: dict[str, str], status: int, code: str
) -> None:
    answer = send(door, csv_file(ROWS), form=form)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert behind.imports.imports.all() == []


def test_other_agencies_and_roles_do_not_import(door: Door, behind: Behind) -> None:
    answer = send(door, csv_file(ROWS), client="police")
    assert (answer.status_code, answer.json()["code"]) == (403, "import.not_your_register")
    assert send(door, csv_file(ROWS), client="assistant").status_code == 403
    empty = door.http.post("/v1/imports", headers=door.headers("tenancy"), files={"other": ("a.csv", b"a")})
    assert empty.status_code == 400
    plain = door.http.post("/v1/imports", headers=door.headers("tenancy"), json={})
    assert (plain.status_code, plain.json()["code"]) == (415, "form.not_multipart")
    assert behind.imports.imports.all() == []


def test_a_dry_run_gives_the_lines_to_repair_as_a_file(door: Door, behind: Behind) -> None:
    answer = send(door, csv_file([*ROWS, bad(8)]), headers={"Accept": "text/csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert [line[6] for line in read(answer.content)] == ["原行号", "9"]


def test_parts_fit_into_letters_and_hold_what_was_read(door: Door, behind: Behind) -> None:
    raw = csv_file([row(number, address="荷" * 200) for number in range(1, 251)])
    send(door, raw, "apply", key="first")
    parts = [command for _, _, command, _ in door.bus.handed_in if isinstance(command, ImportRows)]
    opened = [behind.imports.key.open(each.sealed, REGISTER) for each in parts]

    assert [each.part for each in parts] == list(range(len(parts)))
    assert sum(len(each["good"]) for each in opened) == 250
    assert max(len(each.sealed) for each in parts) < 200_000

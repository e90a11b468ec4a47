"""The page on which a register is taken over, without a script: try, name columns, import, look, undo."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from gateway.people import second_factor
from tests.support.desk_door import OURS, SEATS, SECRETS, form_on, open_desk, sign_in
from tests.support.gateway_fakes import Door
from tests.support.registers import CARD, bad, csv_file, row, xlsx_file
from tests.unit.gateway.behind import Behind

AT = "/desk/imports"


@pytest.fixture
def keeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    """A gateway on whose desk of the register somebody sits."""
    monkeypatch.setitem(SEATS, "keeper", ("tenancy", ["desk"], ["tenancy/desk"]))
    monkeypatch.setitem(SECRETS, "keeper", second_factor.new_secret())
    with open_desk(tmp_path) as door:
        sign_in(door, "keeper")
        yield door


@pytest.fixture
def behind(keeper: Door) -> Behind:
    return Behind(keeper)


def hand_in(door: Door, raw: bytes, name: str = "台账.xlsx", **more: str) -> Any:
    form = form_on(door.http.get(AT), f"{AT}/try")
    return door.http.post(f"{AT}/try", files={"file": (name, raw)}, data={**form, **more}, headers=OURS)


def press(door: Door, page: Any, action: str, **more: str) -> Any:
    """Send a form that brings a file back as the page had it."""
    told = {**form_on(page, action), **more}
    parts = {name: (None, value) for name, value in told.items()}
    return door.http.post(action, files=parts, headers=OURS, follow_redirects=False)


def text_of(page: Any) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", page.text))


@pytest.mark.criterion("15.1")
def test_one_sees_what_would_happen_and_nothing_has_been_written(keeper: Door, behind: Behind) -> None:
    before = behind.digest()
    page = hand_in(keeper, xlsx_file([row(1), row(2), bad(11), bad(12)], title="某镇台账"))

    assert page.status_code == 200
    assert "行数太多" not in page.text
    assert "房间数要写成 0 到 10000 的整数" in page.text
    assert "＊＊＊＊" in page.text
    assert CARD not in page.text
    assert "R-00001" in page.text
    assert behind.digest() == before


@pytest.mark.criterion("15.2")
@pytest.mark.criterion("15.3")
def test_a_register_is_imported_looked_at_and_taken_back_by_forms_alone(keeper: Door, behind: Behind) -> None:
    page = hand_in(keeper, csv_file([row(1), row(2), bad(11)], "gb18030"), "十一月.csv")
    answer = press(keeper, page, f"{AT}/apply")
    assert answer.status_code == 303
    place = answer.headers["Location"]
    running = keeper.http.get(place)
    assert "正在导入" in running.text
    assert running.headers["Refresh"] == "4"
    behind.take_in()
    done = keeper.http.get(place)
    assert "已导入" in done.text
    assert "Refresh" not in done.headers
    assert 'href="/v1/imports/' in done.text
    assert "十一月.csv" in keeper.http.get(AT).text

    again = press(keeper, page, f"{AT}/apply")
    assert again.headers["Location"] == place
    assert len(behind.imports.imports.all()) == 1
    assert "不必导入" in hand_in(keeper, csv_file([row(1), row(2)])).text

    undone = keeper.http.post(f"{place}/undo", data=form_on(done, f"{place}/undo"), headers=OURS)
    assert undone.headers["Location"] == place
    assert "正在撤销" in keeper.http.get(place).text
    behind.take_in()
    assert "已撤销 2 间" in text_of(keeper.http.get(place))


@pytest.mark.criterion("15.3")
def test_what_was_touched_is_named_on_the_page(keeper: Door, behind: Behind) -> None:
    page = hand_in(keeper, csv_file([row(1), row(2)]))
    place = press(keeper, page, f"{AT}/apply").headers["Location"]
    behind.take_in()
    behind.town.register("R-00002", address="改过的地址")
    done = keeper.http.get(place)
    refused = keeper.http.post(f"{place}/undo", data=form_on(done, f"{place}/undo"), headers=OURS)

    assert refused.status_code == 409
    assert "<code>R-00002</code>" in refused.text
    assert "导入以后有人改动过其中的出租屋" in refused.text


@pytest.mark.criterion("15.1")
def test_columns_are_named_on_the_page_and_kept_under_a_name(keeper: Door, behind: Behind) -> None:
    raw = csv_file([["R-1", "莲湾", "荷湾一街 1 号"]], headers=("房号", "归谁管", "在哪"))
    page = hand_in(keeper, raw)
    assert "还不知道哪一列是" in page.text
    named = {"column.1": "rental_code", "column.2": "village", "column.3": "address", "name": "流管办台账"}
    seen = press(keeper, page, f"{AT}/profile", **named)

    assert seen.status_code == 200
    assert "导入（1 行）" in seen.text
    assert press(keeper, seen, f"{AT}/apply").status_code == 303
    assert '<option value="流管办台账">' in keeper.http.get(AT).text


def test_what_is_no_register_is_refused_on_the_page(keeper: Door, behind: Behind) -> None:
    page = hand_in(keeper, b"\xd0\xcf\x11\xe0" + bytes(100), "a.xls")
    assert page.status_code == 422
    assert "旧的 xls 格式" in page.text
    assert behind.imports.imports.all() == []


def test_others_do_not_find_the_page_and_forms_of_other_sites_are_refused(keeper: Door, behind: Behind) -> None:
    assert f'href="{AT}"' in keeper.http.get(AT).text
    foreign = keeper.http.post(
        f"{AT}/try", files={"file": ("a.csv", b"a")}, headers={"Origin": "http://elsewhere.example"}
    )
    assert foreign.status_code == 403
    unmeant = keeper.http.post(f"{AT}/try", files={"file": ("a.csv", b"a")}, headers=OURS)
    assert unmeant.status_code == 403
    sign_in(keeper, "desk")
    assert f'href="{AT}"' not in keeper.http.get("/desk/me").text
    assert behind.imports.imports.all() == []

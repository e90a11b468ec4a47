"""Files of registers are read whatever wrote them, within limits; and no table that leaves calculates anything."""

from __future__ import annotations

import csv
import io
import re
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from gateway.refusals import Turned, Unusable
from gateway.register_rows import Villages, is_personal, read_register
from gateway.sheets import Limits, read_lines
from gateway.tables import FORMULA_SIGNS, csv_of, neutral, restored
from lianxi.contracts.inspections import RentalKind
from tests.support.gateway_fakes import POLICY
from tests.support.registers import CARD, HEADERS, MOBILE, bad, csv_file, row, xlsx_file

ROOT = Path(__file__).parents[3]
LIMITS = Limits(rows=1_000, unpacked_bytes=4_000_000)
VILLAGES = Villages.of(POLICY.villages)
CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
ROWS = [row(number) for number in range(1, 6)]


def code_of(raw: bytes, limits: Limits = LIMITS) -> str:
    with pytest.raises(Turned) as refused:
        read_lines(raw, limits)
    return refused.value.code


def repacked(raw: bytes, **more: bytes) -> bytes:
    """Put more into an archive."""
    written = io.BytesIO(raw)
    with zipfile.ZipFile(written, "a") as archive:
        for name, content in more.items():
            archive.writestr(name.replace("__", "/"), content, zipfile.ZIP_DEFLATED)
    return written.getvalue()


@pytest.mark.criterion("15.1")
@pytest.mark.parametrize(
    "raw",
    [
        csv_file(ROWS, "utf-8"),
        csv_file(ROWS, "utf-8-sig"),
        csv_file(ROWS, "gb18030"),
        csv_file(ROWS, "gbk"),
        csv_file(ROWS, "utf-16"),
        csv_file(ROWS, "utf-8").replace(b",", b"\t"),
        csv_file(ROWS, "gbk").replace(b",", b";"),
        xlsx_file(ROWS),
        xlsx_file(ROWS, title="某镇出租屋台账"),
    ],
    ids=["utf8", "utf8-bom", "gb18030", "gbk", "utf16", "tabs", "semicolons", "xlsx", "xlsx-title"],
)
def test_the_same_register_is_read_whatever_wrote_it(raw: bytes) -> None:
    found = read_register(read_lines(raw, LIMITS), None, VILLAGES)

    assert [each.rental_code for each in found.good] == [f"R-{number:05d}" for number in range(1, 6)]
    assert {each.village for each in found.good} == {"village/lotus-bay"}
    assert [(each.rooms, each.is_registered) for each in found.good[:2]] == [(2, False), (3, True)]
    assert found.good[0].address == "荷湾一街 1 号"
    assert (found.bad, found.good[0].assistant) == ([], None)
    assert [each.field for each in found.columns] == [
        *("rental_code", "village", "address", "rooms", "is_registered", "assistant"),
        None,
    ]


@pytest.mark.criterion("15.1")
def test_a_profile_goes_before_the_words_and_what_is_needed_is_missed_by_name() -> None:
    headers = ("房号", "归谁管", "在哪", "编号")
    raw = csv_file([["R-1", "莲湾", "荷湾一街 1 号", "其他"]], headers=headers)
    with pytest.raises(Unusable) as refused:
        read_register(read_lines(raw, LIMITS), None, VILLAGES)
    profile = {"房号": "rental_code", "归谁管": "village", "在哪": "address"}
    (found,) = read_register(read_lines(raw, LIMITS), profile, VILLAGES).good

    assert refused.value.facts["missing"] == ["village", "address"]
    assert (found.rental_code, found.village, found.address) == ("R-1", "village/lotus-bay", "荷湾一街 1 号")


@pytest.mark.criterion("15.1")
def test_what_else_the_register_holds_is_read_too() -> None:
    headers = ("编号", "村", "地址", "房屋类型", "房东", "二房东", "地址编码")
    rows = [
        ["R-1", "莲湾", "荷湾一街 1 号", "自建房", "黄某", "", "4420-01"],
        ["R-2", "莲湾", "荷湾一街 2 号", "城堡", f"黄某 {MOBILE}", "", ""],
    ]
    found = read_register(read_lines(csv_file(rows, headers=headers), LIMITS), None, VILLAGES)
    (good,), (wrong,) = found.good, found.bad

    assert (good.kind, good.owner, good.agent, good.address_code) == (RentalKind.HOUSE, "黄某", None, "4420-01")
    assert [(each.value, each.reason) for each in wrong.faults] == [("城堡", "kind_unknown"), ("＊＊＊＊", "telephone")]


@pytest.mark.criterion("15.2")
def test_each_bad_line_says_where_and_why_and_no_number_of_a_person_is_shown() -> None:
    rows = [
        *(bad(number) for number in range(1, 6)),
        row(7, address=f"联系 {MOBILE}"),
        row(8, village="", address=""),
        row(9),
        row(9, assistant="张三丰"),
        row(10, code="R-00009"),
        row(11, assistant="张三丰"),
        row(12, rooms=" 12间 ", registered="√"),
    ]
    found = read_register(read_lines(xlsx_file(rows), LIMITS), None, VILLAGES)
    told = [(each.row, fault.column, fault.value, fault.reason) for each in found.bad for fault in each.faults]

    assert told == [
        (2, "房间数", "很多", "rooms_unreadable"),
        (3, "详细地址*", "＊＊＊＊", "identity_number"),
        (4, "出租屋编号", "编号?", "code_unreadable"),
        (5, "是否登记备案", "也许", "yes_no_unreadable"),
        (6, "所属村(社区)", "没有的村", "village_unknown"),
        (7, "详细地址*", "＊＊＊＊", "telephone"),
        (8, "所属村(社区)", "", "missing"),
        (8, "详细地址*", "", "missing"),
        (10, "协管员代码", "张＊", "assistant_unreadable"),
        (11, "出租屋编号", "R-00009", "duplicate"),
        (12, "协管员代码", "张＊", "assistant_unreadable"),
    ]
    assert [each.row for each in found.good] == [9, 13]
    assert not any(is_personal(cell) for each in found.bad for cell in each.cells)
    assert all("某人" not in each.cells for each in found.bad)


@pytest.mark.parametrize("text", [CARD, f"号 {CARD[:6]} {CARD[6:14]}-{CARD[14:]}", "1" * 18, MOBILE, f"+86{MOBILE}"])
def test_numbers_of_persons_are_seen_however_they_are_written(text: str) -> None:
    assert is_personal(text)
    assert not is_personal("荷湾一街 123 号 4567 房")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "sheet.empty"),
        (b"\r\n,,\r\n", "sheet.empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "sheet.old_format"),
        (b"\xff\xff\xff\xff,\x80", "sheet.encoding"),
        (b"a\x00b,c", "sheet.encoding"),
        (b"PK\x03\x04" + bytes(200), "sheet.unreadable"),
        (xlsx_file(ROWS)[:-400], "sheet.unreadable"),
        (repacked(b"PK\x05\x06" + bytes(18), a__b=b"x"), "sheet.unreadable"),
        (
            repacked(xlsx_file(ROWS), xl__vbaProject_bin=b"x").replace(b"vbaProject_bin", b"vbaProject.bin"),
            "sheet.macros",
        ),
        (csv_file([row(number) for number in range(1_001)]), "sheet.too_many_rows"),
        (xlsx_file([row(number) for number in range(1_001)]), "sheet.too_many_rows"),
        (csv_file([], headers=[str(each) for each in range(61)]), "sheet.too_many_columns"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(raw: bytes, code: str) -> None:
    assert code_of(raw) == code


def test_an_archive_that_unpacks_to_too_much_is_refused_before_it_is_unpacked() -> None:
    bomb = repacked(xlsx_file(ROWS), xl__media__a=bytes(5_000_000))
    assert len(bomb) < 20_000
    assert code_of(bomb) == "sheet.unpacks_too_large"
    # One that lies about it is not unpacked further than it says.
    plain = xlsx_file(ROWS)
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    assert code_of(plain.replace(struct.pack("<I", size), struct.pack("<I", 40))) == "sheet.unreadable"


def test_entities_and_a_far_cell_cost_nothing() -> None:
    book = Workbook()
    sheet = book.create_sheet("台账", 0)
    sheet.append(list(HEADERS))
    sheet.append(ROWS[0])
    sheet.cell(row=1_048_576, column=16_384, value="far")
    written = io.BytesIO()
    book.save(written)
    assert code_of(written.getvalue()) == "sheet.too_many_rows"

    plain = xlsx_file(ROWS)
    whole = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain)) as old, zipfile.ZipFile(whole, "w") as new:
        for each in old.namelist():
            content = old.read(each)
            if each.endswith("sheet1.xml"):
                head, told = b'<!DOCTYPE a [<!ENTITY b "ha">]>', content
                content = head + told.partition(b"?>")[2] if told.startswith(b"<?xml") else head + told
            new.writestr(each, content)
    assert code_of(whole.getvalue()) == "sheet.unreadable"


def test_a_formula_is_read_as_what_it_came_to_and_never_run() -> None:
    book = Workbook()
    sheet = book.create_sheet("台账", 0)
    sheet.append(list(HEADERS))
    sheet.append(["R-1", "莲湾", '=HYPERLINK("http://x","y")', 3, "是", None, None])
    written = io.BytesIO()
    book.save(written)
    (found,) = read_register(read_lines(written.getvalue(), LIMITS), None, VILLAGES).bad

    assert [(each.column, each.reason) for each in found.faults] == [("详细地址*", "missing")]


@pytest.mark.criterion("15.4")
@pytest.mark.parametrize("sign", FORMULA_SIGNS)
def test_a_cell_that_would_be_calculated_leaves_as_text(sign: str) -> None:
    cell = f"{sign}HYPERLINK(1)"
    (_, written) = list(csv.reader(io.StringIO(csv_of(["列"], [[cell]]).decode("utf-8-sig"), newline="")))

    assert written == [f"'{cell}"]
    assert restored(written[0]) == cell
    assert neutral("荷湾 1-2 号") == "荷湾 1-2 号"


@pytest.mark.criterion("15.4")
@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8), min_size=2, max_size=2))
)
def test_no_table_holds_a_cell_that_begins_with_such_a_sign(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(csv_of(["a", "b"], rows).decode("utf-8-sig"), newline="")))

    assert not any(cell.startswith(FORMULA_SIGNS) for line in read for cell in line)
    assert [[restored(cell) for cell in line] for line in read[1:]] == [
        [restored(cell) for cell in line] for line in rows
    ]


@pytest.mark.criterion("15.4")
def test_nothing_else_in_the_product_writes_tables() -> None:
    writing = re.compile(r"csv\.(writer|DictWriter)|from csv import|Workbook\(|xlsxwriter")
    writers = {
        path.relative_to(ROOT).as_posix()
        for folder in ("gateway", "lianxi", "services")
        for path in (ROOT / folder).rglob("*.py")
        if writing.search(path.read_text(encoding="utf-8"))
    }

    assert writers == {"gateway/tables.py"}
    assert load_workbook(io.BytesIO(xlsx_file(ROWS))).sheetnames == ["台账"]

"""Files of a register, as agencies have them: for tests and measurements."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from openpyxl import Workbook

HEADERS = ("出租屋编号", "所属村(社区)", "详细地址*", "房间数", "是否登记备案", "协管员代码", "承租人姓名")
CARD = "11010519491231002X"
"""The example of GB 11643: the right form, and nobody's."""
MOBILE = "138" + "00138000"


def row(number: int, **told: str) -> list[str]:
    """One good line."""
    plain = {
        "code": f"R-{number:05d}",
        "village": ("莲湾社区", "莲湾", "village/lotus-bay")[number % 3],
        "address": f"荷湾一街 {number} 号",
        "rooms": str(number % 20 + 1),
        "registered": ("是", "否")[number % 2],
        "assistant": "",
        "tenant": "某人",
    }
    return list((plain | told).values())


def bad(number: int) -> list[str]:
    """One line with something wrong in it, another thing each time."""
    wrong = (
        {"village": "没有的村"},
        {"rooms": "很多"},
        {"address": f"荷湾二街 {number} 号 {CARD}"},
        {"code": "编号?"},
        {"registered": "也许"},
    )
    return row(number, **wrong[number % len(wrong)])


def rows_of(count: int, wrong_every: int) -> list[list[str]]:
    """Lines of which every so many-th is wrong."""
    return [bad(number) if number % wrong_every == 0 else row(number) for number in range(1, count + 1)]


def csv_file(rows: Iterable[Sequence[str]], encoding: str = "utf-8-sig", headers: Sequence[str] = HEADERS) -> bytes:
    """Write a csv as one program or another would."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([headers, *rows])
    return text.getvalue().encode(encoding)


def xlsx_file(rows: Iterable[Sequence[str]], headers: Sequence[str] = HEADERS, title: str = "") -> bytes:
    """Write an xlsx, with numbers as numbers, and a title above the header if there is one."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("台账")
    if title:
        sheet.append([title])
    for each in (headers, *rows):
        sheet.append([int(cell) if cell.isdecimal() else cell for cell in each])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()

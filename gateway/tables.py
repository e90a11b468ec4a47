"""Tables that leave the house as csv: the only place that writes them, because a cell may not become a formula.

Clause: none; criterion 15.4. A program for spreadsheets calculates what begins with one of a few signs; an apostrophe
before it makes it text. Read back, the apostrophe is taken off again, so that a repaired file says what it said.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from fastapi import Response

from gateway.picture_answers import saved_answer

MEDIA_TYPE: Final = "text/csv; charset=utf-8"
FORMULA_SIGNS: Final = ("=", "+", "-", "−", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a cell a formula in one program or another, full-width forms too."""
APOSTROPHE: Final = "'"


def neutral(cell: str) -> str:
    """Make a cell text for every program that may open it."""
    return APOSTROPHE + cell if cell.startswith(FORMULA_SIGNS) else cell


def restored(cell: str) -> str:
    """Take off what made a cell text, and nothing else."""
    return cell[1:] if cell.startswith(APOSTROPHE) and cell[1:].startswith(FORMULA_SIGNS) else cell


def csv_of(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Write a table as UTF-8 with the mark at its beginning by which spreadsheets know it."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in (headers, *rows):
        writer.writerow([neutral(each) for each in row])
    return text.getvalue().encode("utf-8-sig")


def csv_answer(headers: Sequence[str], rows: Iterable[Sequence[str]], name: str) -> Response:
    """Answer a table as a file to be saved, which nothing keeps on the way."""
    return saved_answer(csv_of(headers, rows), MEDIA_TYPE, f"{name}.csv")

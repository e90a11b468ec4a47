"""Reads a spreadsheet, xlsx or csv, as lines of text: within limits, and without running anything in it.

Clause: none; criterion 15.1. A csv is UTF-8 if it decodes as that, else GB 18030 if it decodes as that: no guessing.
An xlsx is an archive, so what it says it unpacks to is counted before anything is unpacked; Python unpacks no more
than that. It is read line by line, because a reader that makes a rectangle of a sheet with one far cell never ends.
"""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from gateway.refusals import TooLong, Unusable
from gateway.tables import restored

ARCHIVE: Final = b"PK\x03\x04"
OLD_OR_LOCKED: Final = b"\xd0\xcf\x11\xe0"
"""How files of the old format begin, and new ones with a password."""
MOST_ENTRIES: Final = 2_000
MOST_BLANK: Final = 100_000
LONGEST_CELL: Final = 500
"""Cells are cut one letter behind this, so that one that is too long is seen as that."""
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MACROS: Final = ("vbaproject.bin", "xl/macrosheets/", "activex")
_YES, _NO = "是", "否"

_BROKEN: Final = (
    *(KeyError, IndexError, ValueError, TypeError, AttributeError, ArithmeticError, RuntimeError, SyntaxError),
    *(OSError, EOFError, zlib.error, zipfile.BadZipFile, InvalidFileException),
)
"""In how many ways openpyxl says that a file of somebody else's making is broken."""

Line = tuple[int, tuple[str, ...]]
"""A line's number in the file, from 1, and its cells."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a file may be."""

    rows: int
    unpacked_bytes: int
    columns: int = 60


def read_lines(raw: bytes, limits: Limits) -> list[Line]:
    """Read a file as lines; those without anything in them are left out.

    Raises:
        Unusable: sheet.empty, sheet.unreadable, sheet.encoding, sheet.macros, sheet.old_format.
        TooLong: sheet.too_many_rows, sheet.too_many_columns, sheet.unpacks_too_large.
    """
    if raw.startswith(OLD_OR_LOCKED):
        raise Unusable("sheet.old_format")
    rows = _xlsx_rows(raw, limits) if raw.startswith(ARCHIVE) else _csv_rows(raw)
    lines = list(_within(rows, limits))
    if not lines:
        raise Unusable("sheet.empty")
    return lines


def _within(rows: Iterable[Sequence[str]], limits: Limits) -> Iterator[Line]:
    """Number lines, and stop at the first that is too much."""
    count = blank = 0
    for number, row in enumerate(rows, 1):
        cells = _trimmed(row)
        if not cells:
            blank += 1
            if blank > MOST_BLANK:
                raise TooLong("sheet.too_many_rows", most=limits.rows)
            continue
        count += 1
        if count > limits.rows:
            raise TooLong("sheet.too_many_rows", most=limits.rows)
        if len(cells) > limits.columns:
            raise TooLong("sheet.too_many_columns", most=limits.columns)
        yield number, cells


def _trimmed(row: Sequence[str]) -> tuple[str, ...]:
    cells = [restored(each.strip(" \u3000\xa0"))[: LONGEST_CELL + 1] for each in row]
    while cells and not cells[-1]:
        cells.pop()
    return tuple(cells)


def decoded(raw: bytes) -> str:
    """Decode a csv strictly: by its mark, as UTF-8, as GB 18030.

    Raises:
        Unusable: sheet.encoding.
    """
    tried = ("utf-16",) if raw.startswith(_UTF16) else ("utf-8-sig", "gb18030")
    for encoding in tried:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise Unusable("sheet.encoding")


def _csv_rows(raw: bytes) -> Iterator[Sequence[str]]:
    text = decoded(raw)
    first = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(",\t;", key=first.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error:
        raise Unusable("sheet.unreadable") from None


def _xlsx_rows(raw: bytes, limits: Limits) -> Iterator[Sequence[str]]:
    _check_archive(raw, limits)
    try:
        book = load_workbook(io.BytesIO(raw), read_only=True, data_only=True, keep_links=False)
        for sheet in _first_shown(book):
            # What a sheet says of its own size is not believed.
            sheet.reset_dimensions()
            for row in sheet.iter_rows(max_col=limits.columns + 1, values_only=True):
                yield [_text(each) for each in row] if any(each is not None for each in row) else ()
    except _BROKEN:
        raise Unusable("sheet.unreadable") from None


def _first_shown(book: Any) -> list[Any]:
    return [each for each in book.worksheets if each.sheet_state == "visible"][:1]


def _check_archive(raw: bytes, limits: Limits) -> None:
    try:
        entries = zipfile.ZipFile(io.BytesIO(raw)).infolist()
    except (zipfile.BadZipFile, ValueError, RuntimeError):
        raise Unusable("sheet.unreadable") from None
    if len(entries) > MOST_ENTRIES or sum(each.file_size for each in entries) > limits.unpacked_bytes:
        raise TooLong("sheet.unpacks_too_large", largest_bytes=limits.unpacked_bytes)
    if any(mark in each.filename.lower() for each in entries for mark in _MACROS):
        raise Unusable("sheet.macros")


def _text(value: Any) -> str:
    """Write a cell as people would: whole numbers without a point, days as days."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _YES if value else _NO
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    return value.isoformat() if isinstance(value, date) else str(value)

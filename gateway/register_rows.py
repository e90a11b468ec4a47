"""What the lines of a register's file say: which column is what, which lines can be taken over, and why others cannot.

Clause: L46.1; criteria 15.1, 15.2. A column that the register has no field for is not read at all: who lives in a
dwelling stays in the agency's own file. A mistake is shown with its value blurred.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from gateway.bodies import Code, RentalCode
from gateway.refusals import Unusable
from gateway.register_words import compared, register_words
from gateway.sheets import LONGEST_CELL, Line
from lianxi.contracts.imports import BadRow, ColumnUse, Fault, RegisterRow
from lianxi.contracts.inspections import RentalKind
from lianxi.contracts.masking import DIGITS_LEFT, HIDDEN, masked_name, masked_number
from lianxi.kernel.identity_numbers import holds_identity_number
from lianxi.policy.model import Party

FIELDS: Final = (
    *("rental_code", "village", "address", "rooms", "is_registered", "assistant"),
    *("address_code", "kind", "owner", "agent"),
)
NAMES: Final = ("assistant", "owner", "agent")
"""Fields in which a person may be named."""
NEEDED: Final = ("rental_code", "village", "address")
TITLES: Final = 10
"""The header is looked for among so many lines: above it there is often a title."""
LONGEST_HEADER: Final = 60
LONGEST_ADDRESS: Final = 200
LONGEST_NAME: Final = 60
LONGEST_ADDRESS_CODE: Final = 40
MOST_ROOMS: Final = 10_000
_LEFT_OF_ADDRESS: Final = 6
_LEFT: Final = 24
_HIDDEN: Final = HIDDEN * DIGITS_LEFT
_RUN: Final = re.compile(r"\d{7,}[Xx]?")
_GAPS: Final = re.compile(r"[\s\-‐-―.·_]+")
_LIKE_IDENTITY: Final = re.compile(r"(?<!\d)(?:\d{17}[\dXx]|\d{15})(?![\dXx])")
_TELEPHONE: Final = re.compile(r"(?<!\d)(?:\+?86)?1[3-9]\d{9}(?!\d)")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_ROOMS: Final = re.compile(r"(\d{1,6})(?:\.0+)?(?:间|房|套|个)?")
_CODE: Final[TypeAdapter[str]] = TypeAdapter(RentalCode)
_ASSISTANT: Final[TypeAdapter[str]] = TypeAdapter(Code)


@dataclass(frozen=True, slots=True)
class Villages:
    """The villages of the policy, by every name that a file may give them."""

    by_name: Mapping[str, str]

    @classmethod
    def of(cls, parties: Mapping[str, Party]) -> Villages:
        """Name them by code, with and without its prefix, and in both languages."""
        known = register_words()
        names = {
            known.village(name): code
            for code, party in parties.items()
            for name in (code, code.rpartition("/")[2], party.name_zh, party.name_en)
        }
        return cls(names)

    def find(self, name: str) -> str | None:
        """Find a village by what a file calls it."""
        return self.by_name.get(register_words().village(name))


@dataclass(slots=True)
class RegisterFile:
    """A file as it was understood."""

    columns: tuple[ColumnUse, ...]
    good: list[RegisterRow] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many lines there are below the header."""
        return len(self.good) + len(self.bad)


class Wrong(Exception):
    """A cell cannot be read."""


def read_register(lines: Sequence[Line], profile: Mapping[str, str] | None, villages: Villages) -> RegisterFile:
    """Read lines as a register of rentals.

    Raises:
        Unusable: import.columns_missing.
    """
    place, columns = _header(lines, profile or {})
    found = RegisterFile(columns)
    first: dict[str, int] = {}
    for number, cells in lines[place + 1 :]:
        reading = _Reading(columns, cells, villages)
        told = reading.row()
        if "rental_code" in told and not reading.faults and first.setdefault(told["rental_code"], number) != number:
            reading.fault("rental_code", "duplicate")
        if reading.faults:
            found.bad.append(BadRow(row=number, faults=tuple(reading.faults), cells=reading.for_repair()))
        else:
            found.good.append(RegisterRow(row=number, **told))
    return found


def uses_of(headers: Iterable[str], profile: Mapping[str, str]) -> tuple[ColumnUse, ...]:
    """Say which column is which field: by the profile first, then by the words that agencies use; each field once."""
    own = {compared(header): name for header, name in profile.items()}
    known = register_words().headers
    taken: set[str] = set()
    uses: list[ColumnUse] = []
    plain = list(headers)
    named = {each: own[compared(each)] for each in plain if compared(each) in own}
    for each in plain:
        name = named.get(each) or known.get(compared(each))
        by_profile = each in named
        is_free = name in FIELDS and name not in taken and (by_profile or name not in named.values())
        uses.append(ColumnUse(header=safe_header(each), field=name if is_free else None))
        taken |= {name} if is_free and name is not None else set()
    return tuple(uses)


def safe_header(text: str) -> str:
    """Write a header so that it can be shown: short, and without anybody's number, should the file have no header."""
    plain = _CONTROL.sub(" ", text)[:LONGEST_HEADER]
    return _HIDDEN if is_personal(plain) else plain


def is_personal(text: str) -> bool:
    """Say whether a cell holds the number of a person's card or telephone."""
    plain = _GAPS.sub("", unicodedata.normalize("NFKC", text))
    return (
        holds_identity_number(text) or _LIKE_IDENTITY.search(plain) is not None or _TELEPHONE.search(plain) is not None
    )


def blurred(name: str, value: str) -> str:
    """Show a value so that whoever has the file knows it again, and nobody else learns from it."""
    if is_personal(value):
        return _HIDDEN
    plain = _CONTROL.sub(" ", value)
    if name in NAMES:
        return masked_name(plain)
    if name == "address":
        return plain[:_LEFT_OF_ADDRESS] + HIDDEN if plain else ""
    plain = _RUN.sub(lambda found: masked_number(found[0]), plain)
    return plain if len(plain) <= _LEFT else plain[:_LEFT] + "…"


def _header(lines: Sequence[Line], profile: Mapping[str, str]) -> tuple[int, tuple[ColumnUse, ...]]:
    tried = [uses_of(cells, profile) for _, cells in lines[:TITLES]]
    known = [sum(1 for each in uses if each.field is not None) for uses in tried]
    place = known.index(max(known))
    missing = [name for name in NEEDED if name not in {each.field for each in tried[place]}]
    if missing:
        raise Unusable("import.columns_missing", missing=missing, columns=[each.header for each in tried[place]][:60])
    return place, tried[place]


class _Reading:
    """One line on its way to a row of the register."""

    def __init__(self, columns: Sequence[ColumnUse], cells: Sequence[str], villages: Villages) -> None:
        self._cells = dict.fromkeys(FIELDS, "") | {
            use.field: cell for use, cell in zip(columns, cells, strict=False) if use.field is not None
        }
        self._headers = {use.field: use.header for use in columns if use.field is not None}
        self._villages = villages
        self.faults: list[Fault] = []

    def row(self) -> dict[str, Any]:
        """Read every field; what is wrong is noted, cell by cell."""
        told: dict[str, Any] = {}
        for name, read in _READ.items():
            cell = self._cells[name]
            try:
                _check(cell)
                if cell:
                    told[name] = read(cell, self._villages)
                elif name in NEEDED:
                    self.fault(name, "missing")
            except Wrong as wrong:
                self.fault(name, str(wrong))
        return told

    def fault(self, name: str, reason: str) -> None:
        """Note what is wrong with a cell."""
        self.faults.append(
            Fault(column=self._headers.get(name, name), value=blurred(name, self._cells[name]), reason=reason)
        )

    def for_repair(self) -> tuple[str, ...]:
        """Write the cells that were read as they were, but for numbers of persons."""
        cells = (_CONTROL.sub(" ", self._cells[str(name)])[:LONGEST_ADDRESS] for name in self._headers)
        return tuple(_HIDDEN if is_personal(each) else each for each in cells)


def _check(cell: str) -> None:
    if is_personal(cell):
        plain = _GAPS.sub("", unicodedata.normalize("NFKC", cell))
        is_telephone = _TELEPHONE.search(plain) is not None and not holds_identity_number(cell)
        raise Wrong("telephone" if is_telephone else "identity_number")
    if len(cell) > LONGEST_CELL:
        raise Wrong("too_long")
    if _CONTROL.search(cell):
        raise Wrong("unprintable")


def _code(cell: str, _villages: Villages) -> str:
    return _as(_CODE, cell, "code_unreadable")


def _village(cell: str, villages: Villages) -> str:
    found = villages.find(cell)
    if found is None:
        raise Wrong("village_unknown")
    return found


def _text_of(longest: int) -> Callable[[str, Villages], str]:
    def read(cell: str, _villages: Villages) -> str:
        if len(cell) > longest:
            raise Wrong("too_long")
        return cell

    return read


def _kind(cell: str, _villages: Villages) -> RentalKind:
    found = register_words().kinds.get(compared(cell))
    if found is None:
        raise Wrong("kind_unknown")
    return RentalKind(found)


def _rooms(cell: str, _villages: Villages) -> int:
    found = _ROOMS.fullmatch(unicodedata.normalize("NFKC", cell).strip())
    if found is None or int(found[1]) > MOST_ROOMS:
        raise Wrong("rooms_unreadable")
    return int(found[1])


def _yes_no(cell: str, _villages: Villages) -> bool:
    found = register_words().said.get(compared(cell))
    if found is None:
        raise Wrong("yes_no_unreadable")
    return found


def _assistant(cell: str, _villages: Villages) -> str:
    return _as(_ASSISTANT, cell, "assistant_unreadable")


def _as(kind: TypeAdapter[str], cell: str, otherwise: str) -> str:
    try:
        return kind.validate_python(unicodedata.normalize("NFKC", cell))
    except ValidationError:
        raise Wrong(otherwise) from None


_READ: Final[Mapping[str, Callable[[str, Villages], Any]]] = {
    "rental_code": _code,
    "village": _village,
    "address": _text_of(LONGEST_ADDRESS),
    "rooms": _rooms,
    "is_registered": _yes_no,
    "assistant": _assistant,
    "address_code": _text_of(LONGEST_ADDRESS_CODE),
    "kind": _kind,
    "owner": _text_of(LONGEST_NAME),
    "agent": _text_of(LONGEST_NAME),
}

"""Taking an existing register over by a spreadsheet: what the inspections desk is asked, and how it answers.

The gateway reads the file and hands rows in, sealed, in parts on the bulk lane of the desk's intake; every part is one
document, so that a part delivered twice is taken in once. Of a row, only what the register may hold is sent; a value
that is shown with a mistake is masked, and no answer holds an identity number.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from annotated_types import Len

from lianxi.contracts.envelope import Command
from lianxi.contracts.inspections import RentalKind

ROWS_OF_A_PART = 100
"""How many lines of a file go in one letter, at most."""

SealedLines = Annotated[str, Len(1, 200_000)]
"""Base64 of `RegisterLines`, encrypted to the desk's key for the purpose `lianxi.contracts.sealing.REGISTER`."""


class ImportKind(StrEnum):
    """Which register a file holds."""

    RENTALS = "rentals"


class ImportState(StrEnum):
    """How far an import is. What was only tried (`tried`) lies nowhere."""

    TRIED = "tried"
    RUNNING = "running"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


class RowOutcome(StrEnum):
    """What became of a line that could be read."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterRow:
    """One line of a register of rentals. What the file does not say is absent, and stays as it is."""

    row: int
    rental_code: str
    village: str
    address: Annotated[str, Len(1, 200)]
    rooms: int | None = None
    is_registered: bool | None = None
    assistant: str | None = None
    address_code: Annotated[str, Len(1, 40)] | None = None
    kind: RentalKind | None = None
    owner: Annotated[str, Len(1, 60)] | None = None
    agent: Annotated[str, Len(1, 60)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong in one cell: the column as the file calls it, the value blurred, and a stable word for why."""

    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A line that was not taken in: its faults, and its cells for repair, without identity and telephone numbers."""

    row: int
    faults: tuple[Fault, ...]
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnUse:
    """A column of a file, and the field of the register that it is read as; none when it is not read at all."""

    header: str
    field: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterLines:
    """What is sealed in a part: lines that can be taken in, and lines that cannot."""

    good: tuple[RegisterRow, ...]
    bad: tuple[BadRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRows(Command):
    """Take in a part of a file; `sealed` holds `RegisterLines`, encrypted to the inspections desk."""

    KEY: ClassVar[str] = "inspections.import_rows.v1"

    batch_id: str
    part: int
    sealed: SealedLines
    submitted_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoImportPart(Command):
    """Take back what a part put on the register."""

    KEY: ClassVar[str] = "inspections.undo_import_part.v1"

    batch_id: str
    part: int
    submitted_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareRows:
    """Ask what some lines would do to the register; nothing is written."""

    rows: tuple[RegisterRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRow:
    """What a line would do: `fields` names what it would change."""

    row: int
    rental_code: str
    outcome: RowOutcome
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRows:
    """What lines would do to the register."""

    items: tuple[ComparedRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginImport:
    """Begin an import under an id that follows from the request: begun again, it is the same one."""

    batch_id: str
    kind: ImportKind
    file_name: Annotated[str, Len(0, 120)]
    file_sha256: Annotated[str, Len(64, 64)]
    columns: tuple[ColumnUse, ...]
    rows: int
    wrong: int
    parts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GetImport:
    """Ask how far an import is."""

    batch_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListImports:
    """Ask for a page of one's agency's imports, the newest first."""

    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ListBadRows:
    """Ask for a page of the lines of an import that were not taken in."""

    batch_id: str
    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoImport:
    """Take an import back, if nobody has touched what it did since."""

    batch_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportView:
    """An import as its agency reads it; `kept` counts lines that somebody touched while it was being undone."""

    batch_id: str
    version: int
    kind: ImportKind
    state: ImportState
    file_name: str
    file_sha256: str
    begun_by: str
    begun_at: datetime
    columns: tuple[ColumnUse, ...]
    rows: int
    rows_done: int
    added: int
    changed: int
    unchanged: int
    wrong: int
    undone: int
    kept: int
    parts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPage:
    """A page of imports; `next_cursor` is absent on the last."""

    items: tuple[ImportView, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRowPage:
    """A page of lines that were not taken in; `headers` are those of their cells."""

    headers: tuple[str, ...]
    items: tuple[BadRow, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepImportProfile:
    """Keep under a name which headers an agency's files have for which field."""

    name: Annotated[str, Len(1, 40)]
    kind: ImportKind
    columns: tuple[ColumnUse, ...]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetImportProfile:
    """Ask for a profile of one's agency."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListImportProfiles:
    """Ask for the profiles of one's agency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProfileView:
    """A profile: which header of an agency's files is which field of the register."""

    name: str
    version: int
    kind: ImportKind
    columns: tuple[ColumnUse, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProfilePage:
    """The profiles of an agency: few enough for one page."""

    items: tuple[ImportProfileView, ...]
    next_cursor: str | None = None

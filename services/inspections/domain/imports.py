"""An import: a file of a register that is taken over in parts, what became of each line, and how it is taken back.

Each dwelling that an import wrote carries its mark, with what the register said before and a fingerprint of how the
import left it. So a part that comes twice finds its own marks and does nothing, and an undo sees what was touched
since, whoever touched it. A sweep that only notes a missed day has not touched anything.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from lianxi.contracts.envelope import Event
from lianxi.contracts.imports import (
    BadRow,
    BeginImport,
    ColumnUse,
    ComparedRow,
    Fault,
    ImportKind,
    ImportProfileView,
    ImportState,
    ImportView,
    RegisterRow,
    RowOutcome,
)
from lianxi.contracts.inspections import RegisterRental, RentalWithdrawn
from services.inspections.domain import rentals as rental_rules
from services.inspections.domain.imported import Imported, Said
from services.inspections.domain.rentals import DueOn, Rental

REPAIR_DAYS: Final = 30
"""How long the cells of lines that were not taken in are kept for repair."""
GIVEN_UP_AFTER: Final = timedelta(hours=1)
"""When an import of which parts never came may be taken back all the same."""
FIELDS: Final = tuple(each.name for each in dataclasses.fields(Said))
_NEW: Final[dict[str, Any]] = {"rooms": 0, "is_registered": False}
"""What a line for a new dwelling leaves open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One file that is taken over; what became of its lines is in its parts."""

    id: str
    agency: str
    kind: ImportKind
    file_name: str
    file_sha256: str
    begun_by: str
    begun_at: datetime
    columns: tuple[ColumnUse, ...]
    rows: int
    wrong: int
    parts: int
    undo_asked_at: datetime | None = None
    undo_asked_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneRow:
    """A line that was taken in."""

    row: int
    rental_code: str
    outcome: RowOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A stretch of a file's lines and what became of them; `kept` names what an undo found touched."""

    id: str
    batch_id: str
    number: int
    taken_at: datetime
    done: tuple[DoneRow, ...]
    bad: tuple[BadRow, ...]
    wrong: int
    added: int
    changed: int
    unchanged: int
    is_undone: bool = False
    kept: tuple[str, ...] = ()
    repair_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A part in numbers."""

    wrong: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    is_undone: bool = False
    kept: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Which header of an agency's files is which field."""

    id: str
    agency: str
    name: str
    kind: ImportKind
    columns: tuple[ColumnUse, ...]


def begun(request: BeginImport, agency: str, by: str, now: datetime) -> Import:
    """Begin an import.

    Clause: L46.1 (criterion 15.2).
    """
    return Import(
        id=request.batch_id,
        agency=agency,
        kind=request.kind,
        file_name=request.file_name,
        file_sha256=request.file_sha256,
        begun_by=by,
        begun_at=now,
        columns=request.columns,
        rows=request.rows,
        wrong=request.wrong,
        parts=request.parts,
    )


def said(rental: Rental) -> Said:
    """Read off a dwelling what the register says of it.

    Clause: L46.1.
    """
    told: dict[str, Any] = {name: getattr(rental, name) for name in FIELDS}
    return Said(**told)


def fingerprint(rental: Rental) -> str:
    """Tell apart what anybody may do with a dwelling: its entry, its grade, its visits, its calls and its end.

    Clause: none (criterion 15.3).
    """
    told = (
        *(getattr(rental, name) for name in FIELDS),
        rental.grade.value,
        rental.grade_reason,
        rental.grade_approved_by,
        rental.grade_expires_on and rental.grade_expires_on.isoformat(),
        [each.because for each in rental.calls],
        rental.last_visit_at and rental.last_visit_at.isoformat(timespec="milliseconds"),
        [each.isoformat(timespec="milliseconds") for each in rental.tries],
        rental.is_standing,
        rental.ended_at and rental.ended_at.isoformat(timespec="milliseconds"),
    )
    return hashlib.sha256(repr(told).encode()).hexdigest()[:20]


def is_touched(rental: Rental, batch_id: str) -> bool:
    """Say whether a dwelling is no longer as an import left it.

    Clause: none (criterion 15.3).
    """
    mark = rental.imported
    return mark is None or mark.batch_id != batch_id or mark.left != fingerprint(rental)


def wanted(row: RegisterRow, rental: Rental | None) -> RegisterRental:
    """Say what the register is to say once a line is taken in: what the file leaves open stays as it is.

    Clause: L46.1.
    """
    given = {name: told for name in FIELDS if (told := getattr(row, name)) is not None}
    known = _NEW if rental is None or rental.withdrawn_at is not None else dataclasses.asdict(said(rental))
    return RegisterRental(rental_code=row.rental_code, **{**known, **given, "address": row.address.strip()})


def compared(row: RegisterRow, rental: Rental | None) -> ComparedRow:
    """Say what a line would do to the register.

    Clause: L46.1 (criterion 15.1).
    """
    if rental is None or rental.withdrawn_at is not None:
        return ComparedRow(row=row.row, rental_code=row.rental_code, outcome=RowOutcome.ADDED)
    told = wanted(row, rental)
    fields = tuple(name for name in FIELDS if getattr(told, name) != getattr(rental, name))
    outcome = RowOutcome.CHANGED if fields else RowOutcome.UNCHANGED
    return ComparedRow(row=row.row, rental_code=row.rental_code, outcome=outcome, fields=fields)


def taken_in(
    row: RegisterRow, rental: Rental | None, batch_id: str, now: datetime, due_on: DueOn
) -> tuple[Rental, tuple[Event, ...]]:
    """Take a line in: put the dwelling on the register, or correct what it says; marked, so that it can be undone.

    Clause: L46.1 (criteria 15.2, 15.3).
    Raises:
        RuleBroken: as `check_register`.
    """
    told = wanted(row, rental)
    if rental is None or rental.withdrawn_at is not None:
        new, events = rental_rules.register(told, now, due_on)
        return _marked(new, batch_id, None), events
    if outcome_in(rental, batch_id) is not None or compared(row, rental).outcome is RowOutcome.UNCHANGED:
        return rental, ()
    after, events = rental_rules.correct(rental, told, now, due_on)
    return _marked(after, batch_id, said(rental)), events


def outcome_in(rental: Rental, batch_id: str) -> RowOutcome | None:
    """Say what an import has done with a dwelling, by the mark that it left.

    Clause: none (criterion 15.2).
    """
    mark = rental.imported
    if mark is None or mark.batch_id != batch_id or rental.withdrawn_at is not None:
        return None
    return RowOutcome.ADDED if mark.before is None else RowOutcome.CHANGED


def taken_back(rental: Rental, batch_id: str, now: datetime) -> tuple[Rental, tuple[Event, ...]]:
    """Take back what an import did to a dwelling; one that was touched since stays as it is.

    Clause: none (criterion 15.3).
    """
    if is_touched(rental, batch_id) or rental.imported is None:
        return rental, ()
    before = rental.imported.before
    if before is not None:
        restored = {name: getattr(before, name) for name in FIELDS}
        return replace(rental, imported=None, **restored), ()
    gone = replace(
        rental,
        imported=None,
        withdrawn_at=now,
        is_standing=False,
        ended_at=now,
        watched_due_on=None,
        # No visit was ever owed.
        turns=(),
        stewards=(),
    )
    return gone, (RentalWithdrawn(rental_code=rental.id, village=rental.village, withdrawn_at=now),)


def part_of(
    part_id: str, batch_id: str, number: int, done: Sequence[DoneRow], bad: Sequence[BadRow], now: datetime
) -> Part:
    """Note what became of a part's lines.

    Clause: none (criterion 15.2).
    """
    counted = {outcome: sum(1 for each in done if each.outcome is outcome) for outcome in RowOutcome}
    return Part(
        id=part_id,
        batch_id=batch_id,
        number=number,
        taken_at=now,
        done=tuple(done),
        bad=tuple(bad),
        wrong=len(bad),
        added=counted[RowOutcome.ADDED],
        changed=counted[RowOutcome.CHANGED],
        unchanged=counted[RowOutcome.UNCHANGED],
        repair_until=now + timedelta(days=REPAIR_DAYS) if bad else None,
    )


def refused_row(row: RegisterRow, code: str) -> BadRow:
    """Note a line that the desk's own rules would not have, whatever the door thought of it.

    Clause: L46.1.
    """
    return BadRow(row=row.row, faults=(Fault(column="", value="", reason=code),), cells=())


def without_cells(part: Part) -> Part:
    """Forget the cells that were kept for repair; what was wrong stays, blurred as it was shown.

    Clause: pipl-47.
    """
    return replace(part, bad=tuple(replace(each, cells=()) for each in part.bad), repair_until=None)


def is_whole(batch: Import, tallies: Sequence[Tally]) -> bool:
    """Say whether every part of an import has come.

    Clause: none.
    """
    return len(tallies) >= batch.parts


def state_of(batch: Import, tallies: Sequence[Tally]) -> ImportState:
    """Say how far an import is.

    Clause: none (criterion 15.2).
    """
    if batch.undo_asked_at is not None:
        is_over = all(each.is_undone for each in tallies)
        return ImportState.UNDONE if is_over else ImportState.UNDOING
    return ImportState.DONE if is_whole(batch, tallies) else ImportState.RUNNING


def as_view(batch: Import, version: int, tallies: Sequence[Tally]) -> ImportView:
    """Show an import to its agency.

    Clause: none.
    """
    undone = [each for each in tallies if each.is_undone]
    kept = sum(each.kept for each in undone)
    return ImportView(
        batch_id=batch.id,
        version=version,
        kind=batch.kind,
        state=state_of(batch, tallies),
        file_name=batch.file_name,
        file_sha256=batch.file_sha256,
        begun_by=batch.begun_by,
        begun_at=batch.begun_at,
        columns=batch.columns,
        rows=batch.rows,
        rows_done=sum(each.added + each.changed + each.unchanged + each.wrong for each in tallies),
        added=sum(each.added for each in tallies),
        changed=sum(each.changed for each in tallies),
        unchanged=sum(each.unchanged for each in tallies),
        wrong=max(batch.wrong, sum(each.wrong for each in tallies)),
        undone=sum(each.added + each.changed for each in undone) - kept,
        kept=kept,
        parts=batch.parts,
    )


def as_profile(profile: Profile, version: int) -> ImportProfileView:
    """Show a profile.

    Clause: none.
    """
    return ImportProfileView(name=profile.name, version=version, kind=profile.kind, columns=profile.columns)


def written_by(done: Iterable[DoneRow]) -> list[str]:
    """Name the dwellings that a part wrote.

    Clause: none (criterion 15.3).
    """
    return [each.rental_code for each in done if each.outcome is not RowOutcome.UNCHANGED]


def _marked(rental: Rental, batch_id: str, before: Said | None) -> Rental:
    return replace(rental, imported=Imported(batch_id=batch_id, before=before, left=fingerprint(rental)))

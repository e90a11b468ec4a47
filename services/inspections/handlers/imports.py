"""What the inspections desk does with files of a register: compare, take in part by part, take back.

A part is two steps: the dwellings, each marked with the import, then the part itself with what became of its lines.
If a crash comes between, the part is delivered again, finds the marks, and writes only itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Protocol

from lianxi.contracts.codec import as_contract
from lianxi.contracts.envelope import Caller, Cause, Event
from lianxi.contracts.imports import (
    BadRow,
    BeginImport,
    ComparedRows,
    CompareRows,
    GetImport,
    GetImportProfile,
    ImportProfileView,
    ImportRows,
    ImportView,
    KeepImportProfile,
    RegisterLines,
    RegisterRow,
    RowOutcome,
    UndoImport,
    UndoImportPart,
)
from lianxi.contracts.sealing import REGISTER, Opener
from lianxi.kernel.clock import Clock, local_date
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, RuleBroken
from lianxi.kernel.ids import derived_id
from lianxi.store.unit import Addition, Aggregates, Change, Stored
from services.inspections.domain import imports as rules
from services.inspections.domain import rentals as rental_rules
from services.inspections.domain import windows
from services.inspections.domain.imports import DoneRow, Import, Part, Profile, Tally
from services.inspections.domain.rentals import Rental
from services.inspections.policy import InspectionsPolicy, may_import

AT_ONCE = 500
MOST_NAMED = 500
"""How many touched dwellings a refusal names."""


class Sent(Protocol):
    """A part as it was handed in, with what caused it."""

    @property
    def command(self) -> ImportRows | UndoImportPart:
        """The part."""
        ...

    @property
    def cause(self) -> Cause:
        """What caused it."""
        ...


class Piles(Protocol):
    """Who knows which parts there are."""

    def tallies(self, batch_ids: Sequence[str]) -> dict[str, list[Tally]]:
        """Count the parts of some imports."""
        ...

    def written(self, batch_id: str) -> Sequence[str]:
        """Name the dwellings that an import wrote, by line."""
        ...

    def to_forget(self, now: datetime) -> Sequence[str]:
        """Name the parts whose cells have been kept for repair long enough."""
        ...


@dataclass(frozen=True)
class ImportDesk:
    """What is done with imports."""

    imports: Aggregates[Import]
    parts: Aggregates[Part]
    profiles: Aggregates[Profile]
    rentals: Aggregates[Rental]
    piles: Piles
    opener: Opener
    policy: InspectionsPolicy
    clock: Clock

    def compare_rows(self, request: CompareRows, caller: Caller) -> ComparedRows:
        """Say what lines would do to the register, and write nothing.

        Raises:
            Forbidden: import.not_your_register.
        """
        _must_import(caller)
        known = self.rentals.find_many([each.rental_code for each in request.rows])
        return ComparedRows(
            items=tuple(rules.compared(each, _state(known.get(each.rental_code))) for each in request.rows)
        )

    def begin_import(self, request: BeginImport, caller: Caller) -> ImportView:
        """Begin an import, or go on with the one that was begun under this id.

        Raises:
            Forbidden: import.not_your_register.
        """
        _must_import(caller)
        self.imports.add(
            rules.begun(request, caller.agency, caller.actor, self.clock.now()),
            (),
            replace(caller.cause(), lane="bulk"),
        )
        return self._view(self._own(request.batch_id, caller))

    def get_import(self, request: GetImport, caller: Caller) -> ImportView:
        """Show one import of the caller's agency.

        Raises:
            NotFound: import.not_found.
        """
        return self._view(self._own(request.batch_id, caller))

    def import_parts(self, sent: Sequence[Sent]) -> None:
        """Take parts in and back, each once.

        Emits: RentalRegistered, RentalWithdrawn.
        """
        for each in sent:
            if isinstance(each.command, ImportRows):
                self._take_in(each.command, each.cause)
            else:
                self._take_back(each.command, each.cause)

    def undo_import(self, request: UndoImport, caller: Caller) -> ImportView:
        """Order that an import is taken back; its parts follow, each on its own.

        Raises:
            NotFound: import.not_found.
            Forbidden: import.not_your_register.
            Conflict: import.unfinished, import.touched with the dwellings that somebody has touched since.
        """
        found = self._own(request.batch_id, caller)
        _must_import(caller)
        if found.state.undo_asked_at is not None:
            return self._view(found)
        self._must_be_over(found.state)
        touched = self._touched(request.batch_id)
        if touched:
            raise Conflict("import.touched", count=len(touched), rentals=touched[:MOST_NAMED])
        now = self.clock.now()
        return self._view(
            self.imports.change(
                request.batch_id,
                lambda batch: (replace(batch, undo_asked_at=now, undo_asked_by=caller.actor), ()),
                caller.cause(),
                noted="undo_ordered",
            )
        )

    def keep_profile(self, request: KeepImportProfile, caller: Caller) -> ImportProfileView:
        """Keep a profile of the caller's agency, or what is new about it.

        Raises:
            Forbidden: import.not_your_register.
            Conflict: import_profile.changed.
        """
        _must_import(caller)
        profile = Profile(
            id=derived_id("import_profile", caller.agency, request.name),
            agency=caller.agency,
            name=request.name,
            kind=request.kind,
            columns=request.columns,
        )
        if not self.profiles.add(profile, (), caller.cause()):
            self.profiles.change(
                profile.id,
                lambda _found: (profile, ()),
                caller.cause(),
                expected_version=request.expected_version,
            )
        return self.get_profile(GetImportProfile(name=request.name), caller)

    def get_profile(self, request: GetImportProfile, caller: Caller) -> ImportProfileView:
        """Show a profile of the caller's agency.

        Raises:
            NotFound: import_profile.not_found.
        """
        found = self.profiles.get(derived_id("import_profile", caller.agency, request.name))
        return rules.as_profile(found.state, found.version)

    def forget_repairs(self) -> None:
        """Forget the cells of lines that nobody has repaired for long."""
        for part_id in self.piles.to_forget(self.clock.now()):
            self.parts.change(
                part_id,
                lambda found: (rules.without_cells(found), ()),
                Cause(actor="desk:inspections", correlation_id=part_id, lane="bulk"),
                noted="repairs_forgotten",
            )

    # --- parts

    def _take_in(self, command: ImportRows, cause: Cause) -> None:
        part_id = part_id_of(command.batch_id, command.part)
        if self.parts.find(part_id) is not None:
            return
        batch = self.imports.get(command.batch_id).state
        lines = as_contract(RegisterLines, self.opener.open(command.sealed, REGISTER))
        # Whatever comes after its import was taken back is no longer wanted.
        good = () if batch.undo_asked_at is not None else lines.good
        done, refused = self._write(batch.id, good, replace(cause, lane="bulk"))
        part = rules.part_of(part_id, batch.id, command.part, done, (*lines.bad, *refused), self.clock.now())
        if batch.undo_asked_at is not None:
            part = replace(part, is_undone=True)
        self.parts.add(part, (), replace(cause, lane="bulk"))

    def _write(self, batch_id: str, rows: Sequence[RegisterRow], cause: Cause) -> tuple[list[DoneRow], list[BadRow]]:
        """Write the dwellings of a part, and say of each line what became of it."""
        codes = [self._refusal(each) for each in rows]
        refused = [rules.refused_row(each, code) for each, code in zip(rows, codes, strict=True) if code is not None]
        possible = [each for each, code in zip(rows, codes, strict=True) if code is None]
        known = self.rentals.find_many([each.rental_code for each in possible])
        new = [each for each in possible if each.rental_code not in known]
        added = [self._addition(each, batch_id, cause) for each in new]
        raced = {each.state.id for each, is_new in zip(added, self.rentals.add_many(added), strict=True) if not is_new}
        open_ones = [each for each in possible if each.rental_code in raced or self._is_open(each, known, batch_id)]
        self.rentals.change_many([self._change(each, batch_id, cause) for each in open_ones])
        after = self.rentals.find_many([each.rental_code for each in possible])
        return [_done(each, after[each.rental_code].state, batch_id) for each in possible], refused

    def _refusal(self, row: RegisterRow) -> str | None:
        if row.village not in self.policy.villages:
            return "rental.village_unknown"
        try:
            rental_rules.check_register(rules.wanted(row, None))
        except RuleBroken as broken:
            return broken.code
        return None

    def _is_open(self, row: RegisterRow, known: dict[str, Stored[Rental]], batch_id: str) -> bool:
        found = _state(known.get(row.rental_code))
        if found is None or rules.outcome_in(found, batch_id) is not None:
            return False
        return rules.compared(row, found).outcome is not RowOutcome.UNCHANGED

    def _addition(self, row: RegisterRow, batch_id: str, cause: Cause) -> Addition[Rental]:
        rental, events = self._noted(rules.taken_in(row, None, batch_id, self.clock.now(), self.policy.due_on))
        return Addition(rental, events, _of_row(cause, batch_id, row.rental_code, "in"))

    def _change(self, row: RegisterRow, batch_id: str, cause: Cause) -> Change[Rental]:
        now, due_on = self.clock.now(), self.policy.due_on
        return Change(
            row.rental_code,
            lambda found: self._noted(rules.taken_in(row, found, batch_id, now, due_on)),
            _of_row(cause, batch_id, row.rental_code, "in"),
        )

    def _take_back(self, command: UndoImportPart, cause: Cause) -> None:
        part_id = part_id_of(command.batch_id, command.part)
        found = self.parts.find(part_id)
        batch = self.imports.get(command.batch_id).state
        if found is None or found.state.is_undone or batch.undo_asked_at is None:
            return
        codes = rules.written_by(found.state.done)
        now = self.clock.now()
        self.rentals.change_many([
            Change(
                code,
                lambda rental: self._noted(rules.taken_back(rental, batch.id, now)),
                _of_row(replace(cause, lane="bulk"), batch.id, code, "back"),
            )
            for code in codes
        ])  # fmt: skip
        after = self.rentals.find_many(codes)
        kept = tuple(code for code in codes if code in after and after[code].state.imported is not None)
        self.parts.change(
            part_id,
            lambda part: (replace(part, is_undone=True, kept=kept), ()),
            replace(cause, lane="bulk"),
            noted="undone",
        )

    def _noted(self, decided: tuple[Rental, Sequence[Event]]) -> tuple[Rental, Sequence[Event]]:
        """Note by which rule a dwelling is visited from today on, and by whom; of one that is gone, nothing."""
        rental, events = decided
        if rental.withdrawn_at is not None:
            return decided
        rule = self.policy.grades[rental.grade.value]
        return windows.noted(rental, local_date(self.clock.now()), rule), events

    def _touched(self, batch_id: str) -> list[str]:
        codes = iter(self.piles.written(batch_id))
        touched: list[str] = []
        while stretch := list(islice(codes, AT_ONCE)):
            found = self.rentals.find_many(stretch)
            touched += [code for code in stretch if code in found and rules.is_touched(found[code].state, batch_id)]
        return touched

    def _must_be_over(self, batch: Import) -> None:
        tallies = self.piles.tallies([batch.id])[batch.id]
        is_given_up = batch.begun_at + rules.GIVEN_UP_AFTER <= self.clock.now()
        if not rules.is_whole(batch, tallies) and not is_given_up:
            raise Conflict("import.unfinished", parts=batch.parts, parts_done=len(tallies))

    def _own(self, batch_id: str, caller: Caller) -> Stored[Import]:
        found = self.imports.get(batch_id)
        if found.state.agency != caller.agency:
            raise NotFound("import.not_found")
        return found

    def _view(self, found: Stored[Import]) -> ImportView:
        return rules.as_view(found.state, found.version, self.piles.tallies([found.state.id])[found.state.id])


def part_id_of(batch_id: str, part: int) -> str:
    """Name a part: delivered twice, it is the same one."""
    return f"{batch_id}-{part:05d}"


def _of_row(cause: Cause, batch_id: str, code: str, way: str) -> Cause:
    return replace(cause, event_id=derived_id("line", batch_id, code, way), command_id=None)


def _done(row: RegisterRow, rental: Rental, batch_id: str) -> DoneRow:
    outcome = rules.outcome_in(rental, batch_id) or RowOutcome.UNCHANGED
    return DoneRow(row=row.row, rental_code=row.rental_code, outcome=outcome)


def _state(found: Stored[Rental] | None) -> Rental | None:
    return None if found is None else found.state


def _must_import(caller: Caller) -> None:
    if not may_import(caller.agency):
        raise Forbidden("import.not_your_register")

"""Imports in memory, beside an inspections desk in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lianxi.contracts.codec import as_plain
from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.imports import (
    BadRow,
    BeginImport,
    ColumnUse,
    Fault,
    GetImport,
    ImportKind,
    ImportRows,
    ImportView,
    RegisterLines,
    RegisterRow,
    UndoImport,
    UndoImportPart,
)
from lianxi.contracts.sealing import REGISTER, Opener, Sealer
from lianxi.greenroom.entries import Accepted
from lianxi.store.fakes import MemoryAggregates
from services.inspections.domain.imports import Import, Part, Profile, Tally, written_by
from services.inspections.handlers.imports import ImportDesk
from services.inspections.store import IMPORT_PARTS, IMPORT_PROFILES, IMPORTS
from tests.unit.inspections.desk import TENANCY, VILLAGE, InspectionsInMemory, shipped_rules

KEY = Opener.for_one_answer()
BATCH = "import_1"


@dataclass
class MemoryPiles:
    parts: MemoryAggregates[Part]

    def tallies(self, batch_ids: Sequence[str]) -> dict[str, list[Tally]]:
        return {
            batch_id: [
                Tally(
                    wrong=each.wrong,
                    added=each.added,
                    changed=each.changed,
                    unchanged=each.unchanged,
                    is_undone=each.is_undone,
                    kept=len(each.kept),
                )
                for each in self.parts.all()
                if each.batch_id == batch_id
            ]
            for batch_id in batch_ids
        }

    def written(self, batch_id: str) -> Sequence[str]:
        return [code for each in self.parts.all() if each.batch_id == batch_id for code in written_by(each.done)]

    def to_forget(self, now: datetime) -> Sequence[str]:
        return [each.id for each in self.parts.all() if each.repair_until is not None and each.repair_until <= now]


class ImportsInMemory:
    def __init__(self, town: InspectionsInMemory, key: Opener = KEY) -> None:
        self.town = town
        self.key = key
        self.imports: MemoryAggregates[Import] = MemoryAggregates(IMPORTS, town.clock)
        self.parts: MemoryAggregates[Part] = MemoryAggregates(IMPORT_PARTS, town.clock)
        self.profiles: MemoryAggregates[Profile] = MemoryAggregates(IMPORT_PROFILES, town.clock)
        self.desk = ImportDesk(
            imports=self.imports,
            parts=self.parts,
            profiles=self.profiles,
            rentals=town.rentals,
            piles=MemoryPiles(self.parts),
            opener=key,
            policy=shipped_rules(),
            clock=town.clock,
        )

    def begin(self, *parts: Sequence[RegisterRow], batch_id: str = BATCH, by: Caller = TENANCY) -> ImportView:
        rows = sum(len(each) for each in parts)
        return self.desk.begin_import(beginning(batch_id, rows=rows, parts=len(parts)), by)

    def hand_in(self, number: int, rows: Sequence[RegisterRow], bad: Sequence[BadRow] = (), batch: str = BATCH) -> None:
        self.desk.import_parts([Accepted(part(number, rows, bad, batch), cause())])

    def run(self, *parts: Sequence[RegisterRow], batch_id: str = BATCH) -> ImportView:
        self.begin(*parts, batch_id=batch_id)
        for number, rows in enumerate(parts):
            self.hand_in(number, rows, batch=batch_id)
        return self.view(batch_id)

    def view(self, batch_id: str = BATCH, by: Caller = TENANCY) -> ImportView:
        return self.desk.get_import(GetImport(batch_id=batch_id), by)

    def undo(self, batch_id: str = BATCH, by: Caller = TENANCY) -> ImportView:
        ordered = self.desk.undo_import(UndoImport(batch_id=batch_id), by)
        for number in range(ordered.parts):
            back = UndoImportPart(batch_id=batch_id, part=number, submitted_by=by.actor)
            self.desk.import_parts([Accepted(back, cause())])
        return self.view(batch_id)


def cause() -> Cause:
    return Cause(actor="client:tenancy", correlation_id="story")


def beginning(batch_id: str = BATCH, *, rows: int = 1, parts: int = 1, wrong: int = 0) -> BeginImport:
    return BeginImport(
        batch_id=batch_id,
        kind=ImportKind.RENTALS,
        file_name="台账.xlsx",
        file_sha256="ab" * 32,
        columns=(ColumnUse(header="编号", field="rental_code"), ColumnUse(header="承租人", field=None)),
        rows=rows,
        wrong=wrong,
        parts=parts,
    )


def part(number: int, rows: Sequence[RegisterRow], bad: Sequence[BadRow] = (), batch: str = BATCH) -> ImportRows:
    lines = as_plain(RegisterLines(good=tuple(rows), bad=tuple(bad)))
    sealed = Sealer(KEY.public_key).seal(lines, REGISTER)
    return ImportRows(batch_id=batch, part=number, sealed=sealed, submitted_by="client:tenancy")


def line(number: int, **told: object) -> RegisterRow:
    plain = {
        "row": number + 1,
        "rental_code": f"R-{number:04d}",
        "village": VILLAGE,
        "address": f"荷湾一街 {number} 号",
        "rooms": 6,
        "is_registered": True,
    }
    return RegisterRow(**{**plain, **told})  # type: ignore[arg-type]


def bad_line(row: int) -> BadRow:
    return BadRow(row=row, faults=(Fault(column="村", value="某＊", reason="village_unknown"),), cells=("R-9", "某村"))

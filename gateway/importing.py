"""How a file of a register is taken over: read in a thread, tried against the register, handed in part by part.

Clause: L46.1; criteria 15.1, 15.2. The id of an import follows from the request: sent again after a crash, it is the
same import, and its parts are known.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import PurePath
from typing import Any, Final

from gateway.exchange import House, Reading
from gateway.register_rows import RegisterFile, Villages, is_personal
from gateway.uploads import Upload
from lianxi.contracts import codec
from lianxi.contracts.envelope import Caller
from lianxi.contracts.imports import (
    ROWS_OF_A_PART,
    BadRow,
    BeginImport,
    ComparedRow,
    ComparedRows,
    CompareRows,
    GetImportProfile,
    ImportKind,
    ImportProfileView,
    ImportRows,
    ImportView,
    RegisterLines,
    RegisterRow,
    RowOutcome,
    UndoImportPart,
)
from lianxi.contracts.sealing import REGISTER, Sealer
from lianxi.kernel.ids import derived_id

SERVICE: Final = "inspections"
PART_BYTES: Final = 100_000
ROWS_OF_A_QUESTION: Final = 400
AT_ONCE: Final = 8
LONGEST_NAME: Final = 120


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it was sent, and what it is."""

    upload: Upload
    kind: ImportKind
    profile: str | None

    @property
    def sha256(self) -> str:
        """The digest of the file."""
        return hashlib.sha256(self.upload.raw).hexdigest()

    @property
    def name(self) -> str:
        """What the file is called, without a path and without anybody's number."""
        plain = PurePath(self.upload.name.replace("\\", "/")).name[:LONGEST_NAME]
        return "" if is_personal(plain) else "".join(each for each in plain if each.isprintable())


async def read_file(reading: Reading, sent: Sent) -> RegisterFile:
    """Read a file by the profile that its sender names.

    Raises:
        NotFound: import_profile.not_found.
        Refused, Turned, Unavailable: as `Files.read`.
    """
    profile: dict[str, str] | None = None
    if sent.profile is not None:
        asked = GetImportProfile(name=sent.profile)
        found = await reading.ask(SERVICE, "get_import_profile", asked, ImportProfileView)
        profile = {each.header: each.field for each in found.columns if each.field is not None}
    house = reading.house
    return await house.files.read(sent.upload.raw, profile, Villages.of(house.policy.villages))


async def compare(reading: Reading, file: RegisterFile) -> list[ComparedRow]:
    """Ask the desk what the lines of a file would do; nothing is written anywhere."""
    found: list[ComparedRow] = []
    for rows in _stretches(file.good or [], ROWS_OF_A_QUESTION):
        answer = await reading.ask(SERVICE, "compare_rows", CompareRows(rows=tuple(rows)), ComparedRows)
        found += answer.items
    if not file.good:
        # Whoever may not import hears so also of a file in which nothing can be read.
        await reading.ask(SERVICE, "compare_rows", CompareRows(rows=()), ComparedRows)
    return found


async def take_over(house: House, caller: Caller, sent: Sent, file: RegisterFile) -> ImportView:
    """Begin an import and hand all its parts in; it answers once the broker keeps them.

    Raises:
        Refused: the desk refuses to begin.
        BrokerDown: not all parts are known to be kept; sent again, the import goes on.
    """
    batch_id = derived_id("import", caller.agency, caller.command_id)
    parts = await house.files.in_turn(lambda: _parts(batch_id, file, house.visit_sealer, caller.actor))
    begin = BeginImport(
        batch_id=batch_id,
        kind=sent.kind,
        file_name=sent.name,
        file_sha256=sent.sha256,
        columns=file.columns,
        rows=file.rows,
        wrong=len(file.bad),
        parts=len(parts),
    )
    view = await house.ask(SERVICE, "begin_import", begin, caller, ImportView)
    await _hand_in(house, caller, parts)
    return view


async def take_back(house: House, caller: Caller, view: ImportView) -> None:
    """Hand in that each part of an import is taken back."""
    parts = [
        UndoImportPart(batch_id=view.batch_id, part=number, submitted_by=caller.actor) for number in range(view.parts)
    ]
    await _hand_in(house, caller, parts)


def counted(compared: Sequence[ComparedRow]) -> dict[str, int]:
    """Count what lines would do."""
    return {outcome.value: sum(1 for each in compared if each.outcome is outcome) for outcome in RowOutcome}


async def _hand_in(house: House, caller: Caller, parts: Sequence[ImportRows | UndoImportPart]) -> None:
    for stretch in _stretches(parts, AT_ONCE):
        await asyncio.gather(*(house.bus.hand_in(SERVICE, "bulk", each, caller.cause()) for each in stretch))


def _parts(batch_id: str, file: RegisterFile, sealer: Sealer, actor: str) -> list[ImportRows]:
    return [
        ImportRows(
            batch_id=batch_id,
            part=number,
            sealed=sealer.seal(codec.as_plain(lines), REGISTER),
            submitted_by=actor,
        )
        for number, lines in enumerate(_packed(file))
    ]


def _packed(file: RegisterFile) -> Iterator[RegisterLines]:
    """Pack lines into parts that fit into a letter: so many at most, and so many bytes."""
    good: list[RegisterRow] = []
    bad: list[BadRow] = []
    size = 0
    for line in chain(file.good, file.bad):
        length = len(json.dumps(codec.as_plain(line), ensure_ascii=False).encode())
        if good or bad:
            is_full = len(good) + len(bad) >= ROWS_OF_A_PART or size + length > PART_BYTES
            if is_full:
                yield RegisterLines(good=tuple(good), bad=tuple(bad))
                good, bad, size = [], [], 0
        size += length
        (good if isinstance(line, RegisterRow) else bad).append(line)  # type: ignore[arg-type]
    yield RegisterLines(good=tuple(good), bad=tuple(bad))


def _stretches(items: Sequence[Any], length: int) -> Iterator[list[Any]]:
    left = iter(items)
    while stretch := list(islice(left, length)):
        yield stretch

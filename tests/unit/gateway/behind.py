"""The inspections desk itself behind a gateway's door, in memory: it answers what is asked and takes parts in."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import Any

from lianxi.contracts.envelope import Caller
from lianxi.contracts.imports import BadRowPage, ImportPage, ImportProfilePage, ListBadRows
from lianxi.contracts.sealing import Opener
from lianxi.greenroom.entries import Accepted
from services.inspections.domain import imports as rules
from tests.support.gateway_fakes import Door
from tests.unit.inspections.desk import InspectionsInMemory
from tests.unit.inspections.importing import ImportsInMemory


class Behind:
    """The inspections desk behind a door: it answers what is asked, and takes parts when they are let through."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.town = InspectionsInMemory()
        key = Opener((door.settings.gateway_spool_dir.parent / "inspections-seal-private").read_text())
        self.imports = ImportsInMemory(self.town, key)
        desk = self.imports.desk
        door.bus.answers |= {
            "compare_rows": desk.compare_rows,
            "begin_import": desk.begin_import,
            "get_import": desk.get_import,
            "undo_import": desk.undo_import,
            "keep_import_profile": desk.keep_profile,
            "get_import_profile": desk.get_profile,
            "list_bad_rows": self.bad_rows,
            "list_imports": self.all_imports,
            "list_import_profiles": self.all_profiles,
        }

    def bad_rows(self, asked: ListBadRows, caller: Caller) -> BadRowPage:
        batch = self.imports.desk._own(asked.batch_id, caller).state
        headers = tuple(each.header for each in batch.columns if each.field is not None)
        bad_rows = sorted((each for part in self.imports.parts.all() for each in part.bad), key=lambda each: each.row)
        first = int(asked.cursor or 0)
        more = bad_rows[first : first + asked.limit]
        following = str(first + asked.limit) if len(bad_rows) > first + asked.limit else None
        return BadRowPage(headers=headers, items=tuple(more), next_cursor=following)

    def all_imports(self, _asked: Any, caller: Caller) -> ImportPage:
        found = [self.imports.view(each.id, caller) for each in self.imports.imports.all()]
        return ImportPage(items=tuple(reversed(found)))

    def all_profiles(self, _asked: Any, _caller: Caller) -> ImportProfilePage:
        return ImportProfilePage(items=tuple(rules.as_profile(each, 1) for each in self.imports.profiles.all()))

    def take_in(self) -> None:
        """Let the desk take in what waits on its bulk lane."""
        waiting, self.door.bus.handed_in[:] = list(self.door.bus.handed_in), []
        self.imports.desk.import_parts([Accepted(command, cause) for _, _, command, cause in waiting])

    def digest(self) -> str:
        """Work out a digest of everything that desk and gateway keep, but for who asked when."""
        kept: list[Any] = [self.town.rentals, self.imports.imports, self.imports.parts, self.imports.profiles]
        text = repr([asdict(each) for store in kept for each in store.all()])
        return hashlib.sha256((text + repr(self.door.ledger.remembered)).encode()).hexdigest()

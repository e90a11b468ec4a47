"""What the inspections desk shows of imports, and how it finds their parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from lianxi.contracts.envelope import Caller
from lianxi.contracts.imports import (
    BadRow,
    BadRowPage,
    ImportPage,
    ImportProfilePage,
    ListBadRows,
    ListImportProfiles,
    ListImports,
    RowOutcome,
)
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import Malformed, NotFound
from lianxi.store.connect import reaching_the_store
from lianxi.store.mapping import as_state
from lianxi.store.pages import FLOOR, LARGEST_PAGE, decode_cursor, encode_cursor, newest_first
from services.inspections.documents import ImportDocument, ImportPartDocument, ImportProfileDocument
from services.inspections.domain.imports import Import, Profile, Tally, as_profile, as_view

MOST_PARTS: Final = 10_000
PROFILES: Final = 200
AT_ONCE: Final = 200
_LEFT_OUT: Final = {"_outbox": 0, "_audit": 0, "_inbox": 0, "_cmds": 0}
_COUNTED: Final = {
    "batch_id": 1, "wrong": 1, "added": 1, "changed": 1, "unchanged": 1, "is_undone": 1, "kept": 1,
}  # fmt: skip


class ImportPiles:
    """Finds parts of imports."""

    def tallies(self, batch_ids: Sequence[str]) -> dict[str, list[Tally]]:
        """Count the parts of some imports."""
        found: dict[str, list[Tally]] = {each: [] for each in batch_ids}
        with reaching_the_store():
            rows = list(ImportPartDocument._get_collection().find({"batch_id": {"$in": list(batch_ids)}}, _COUNTED))
        for row in rows:
            found[row["batch_id"]].append(
                Tally(
                    wrong=row["wrong"],
                    added=row["added"],
                    changed=row["changed"],
                    unchanged=row["unchanged"],
                    is_undone=row["is_undone"],
                    kept=len(row.get("kept", ())),
                )
            )
        return found

    def written(self, batch_id: str) -> Sequence[str]:
        """Name the dwellings that an import wrote, by line."""
        rows = self._parts(batch_id, 0, {"done": 1, "number": 1})
        return [
            each["rental_code"]
            for row in rows
            for each in row.get("done", ())
            if each["outcome"] != RowOutcome.UNCHANGED.value
        ]

    def to_forget(self, now: datetime) -> Sequence[str]:
        """Name the parts whose cells have been kept for repair long enough."""
        past = {"repair_until": {"$gt": FLOOR, "$lte": now}}
        with reaching_the_store():
            return [row["_id"] for row in ImportPartDocument._get_collection().find(past, {"_id": 1}).limit(AT_ONCE)]

    def bad_after(self, batch_id: str, line: int, at_most: int) -> list[BadRow]:
        """List the lines that were not taken in, behind a line of the file."""
        found: list[BadRow] = []
        for row in self._parts(batch_id, 0, {"bad": 1, "number": 1, "wrong": 1}):
            found += [as_state(BadRow, each) for each in row.get("bad", ()) if each["row"] > line]
        return sorted(found, key=lambda each: each.row)[:at_most]

    def _parts(self, batch_id: str, first: int, wanted: Mapping[str, int]) -> list[dict[str, Any]]:
        match = {"batch_id": batch_id, "number": {"$gte": first, "$lt": MOST_PARTS}}
        with reaching_the_store():
            rows = list(ImportPartDocument._get_collection().find(match, wanted))
        return sorted(rows, key=lambda row: row["number"])


@dataclass(frozen=True)
class ImportViews:
    """Read-only answers about imports."""

    piles: ImportPiles
    clock: Clock

    def list_imports(self, request: ListImports, caller: Caller) -> ImportPage:
        """Show a page of the imports of the caller's agency, the newest first."""
        rows, following = newest_first(
            ImportDocument._get_collection(),
            {"agency": caller.agency},
            "begun_at",
            now=self.clock.now(),
            cursor=request.cursor,
            limit=request.limit,
        )
        tallies = self.piles.tallies([row["_id"] for row in rows])
        items = tuple(as_view(_import(row), row["_version"], tallies[row["_id"]]) for row in rows)
        return ImportPage(items=items, next_cursor=following)

    def list_bad_rows(self, request: ListBadRows, caller: Caller) -> BadRowPage:
        """Show a page of the lines of an import that were not taken in, by line.

        Raises:
            NotFound: import.not_found.
        """
        with reaching_the_store():
            row = ImportDocument._get_collection().find_one({"_id": request.batch_id}, _LEFT_OUT)
        if row is None or row["agency"] != caller.agency:
            raise NotFound("import.not_found")
        limit = max(1, min(request.limit, LARGEST_PAGE))
        found = self.piles.bad_after(request.batch_id, _line(request.cursor), limit + 1)
        following = encode_cursor(str(found[limit - 1].row)) if len(found) > limit else None
        headers = tuple(each.header for each in _import(row).columns if each.field is not None)
        return BadRowPage(headers=headers, items=tuple(found[:limit]), next_cursor=following)

    def list_import_profiles(self, _request: ListImportProfiles, caller: Caller) -> ImportProfilePage:
        """Show the profiles of the caller's agency, by name."""
        with reaching_the_store():
            rows = list(
                ImportProfileDocument._get_collection().find({"agency": caller.agency}, _LEFT_OUT).limit(PROFILES)
            )
        found = [(as_state(Profile, {**row, "id": row["_id"]}), row["_version"]) for row in rows]
        shown = sorted((as_profile(each, version) for each, version in found), key=lambda each: each.name)
        return ImportProfilePage(items=tuple(shown))


def _import(row: Mapping[str, Any]) -> Import:
    return as_state(Import, {**row, "id": row["_id"]})


def _line(cursor: str | None) -> int:
    told = "0" if cursor is None else decode_cursor(cursor, 1)[0]
    if not told.isdecimal():
        raise Malformed("cursor.unreadable")
    return int(told)

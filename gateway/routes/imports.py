"""Registers that are taken over from a spreadsheet: tried, applied, repaired, undone; and how a desk's files look."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Annotated, Any, Final, cast

from fastapi import APIRouter, Path, Response

from gateway import importing
from gateway.body import DoorRoute, PictureRoute
from gateway.exchange import Reading, Writing, decides, reads, shown, writes
from gateway.import_bodies import (
    MOST_SHOWN,
    ImportAnswer,
    ImportErrors,
    ImportMode,
    Profile,
    ProfileName,
    RowFault,
    RowPlan,
    UsedColumn,
)
from gateway.importing import SERVICE, Sent
from gateway.refusals import Unusable
from gateway.register_rows import RegisterFile
from gateway.register_words import register_words
from gateway.routes.parameters import Cursor, ItemPath, Limit
from gateway.tables import csv_answer
from gateway.uploads import read_upload
from lianxi.contracts import codec
from lianxi.contracts.envelope import Caller
from lianxi.contracts.imports import (
    BadRow,
    BadRowPage,
    ColumnUse,
    ComparedRow,
    GetImport,
    GetImportProfile,
    ImportKind,
    ImportPage,
    ImportProfilePage,
    ImportProfileView,
    ImportState,
    ImportView,
    KeepImportProfile,
    ListBadRows,
    ListImportProfiles,
    ListImports,
    RowOutcome,
    UndoImport,
)

uploads = APIRouter(route_class=PictureRoute, tags=["inspections"])
router = APIRouter(route_class=DoorRoute, tags=["inspections"])
MOST_FIELDS: Final = 10
LARGEST_PAGE: Final = 200
PATH: Final = "/v1/imports/{import_id}"
ProfilePath = Annotated[ProfileName, Path()]
_FORM: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "xlsx or csv, 8 MB at most"},
                        "kind": {"type": "string", "enum": list(ImportKind), "default": "rentals"},
                        "profile": {"type": "string", "maxLength": 40},
                        "mode": {"type": "string", "enum": list(ImportMode), "default": "dry_run"},
                    },
                }
            }
        },
    }
}
_TRIED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "model": ImportAnswer,
        "description": "What the file would do; with `Accept: text/csv` the lines to repair. Nothing is kept",
        "content": {"text/csv": {}},
    }
}
_CSV: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The lines to repair", "content": {"text/csv": {}}}
}


@uploads.post("/v1/imports", status_code=201, response_model=ImportAnswer, openapi_extra=_FORM, responses=_TRIED)
async def import_register(writing: Writing = writes("import.create")) -> Response:
    """Take a register over from a spreadsheet, or see what that would do: a dry run, the default, writes nothing.

    Applied, good lines go in and bad ones can be fetched for repair. The same file again changes nothing.
    """
    sent, mode = await _sent(writing)
    if mode is ImportMode.DRY_RUN:
        return await try_file(writing, sent)
    return await apply_file(writing, sent)


async def try_file(reading: Reading, sent: Sent) -> Response:
    """Say what a file would do."""
    file = await importing.read_file(reading, sent)
    compared = await importing.compare(reading, file)
    if "text/csv" in reading.request.headers.get("accept", ""):
        return repair_answer(file.columns, file.bad, "to-repair")
    return shown(_answer(sent, file, compared, None))


async def apply_file(writing: Writing, sent: Sent) -> Response:
    """Take a file over, once under the caller's key."""

    async def act(caller: Caller) -> Response:
        file = await importing.read_file(writing, sent)
        view = await importing.take_over(writing.house, caller, sent, file)
        answer = shown(_answer(sent, file, [], view), status=201)
        answer.headers["Location"] = PATH.format(import_id=view.batch_id)
        return answer

    said = {"sha256": sent.sha256, "kind": sent.kind.value, "profile": sent.profile}
    return await writing.once("inspections.import", said, act)


@router.get("/v1/imports", response_model=ImportPage)
async def list_imports(cursor: Cursor = None, limit: Limit = 50, reading: Reading = reads("import.read")) -> Response:
    """List your agency's imports, the newest first."""
    return await reading.page(SERVICE, "list_imports", ListImports(cursor=cursor, limit=limit), ImportPage)


@router.get(PATH, response_model=ImportView)
async def get_import(import_id: ItemPath, reading: Reading = reads("import.read")) -> Response:
    """Read how far an import is: `rows_done` of `rows`, and what became of them."""
    return await reading.show(SERVICE, "get_import", GetImport(batch_id=import_id), ImportView)


@router.get(f"{PATH}/errors", response_model=ImportErrors)
async def list_import_errors(
    import_id: ItemPath, cursor: Cursor = None, limit: Limit = 50, reading: Reading = reads("import.read")
) -> Response:
    """List the lines that were not taken in, cell by cell: line, column, the value blurred, and why."""
    asked = ListBadRows(batch_id=import_id, cursor=cursor, limit=limit)
    page = await reading.ask(SERVICE, "list_bad_rows", asked, BadRowPage)
    told = ImportErrors(items=list(faults_of(_seen(reading, page))), next_cursor=page.next_cursor)
    return shown(told)


@router.get(f"{PATH}/errors.csv", response_class=Response, response_model=None, responses=_CSV)
async def get_repair_file(import_id: ItemPath, reading: Reading = reads("import.read")) -> Response:
    """Fetch the lines that were not taken in as a file to repair and import again, with the reason behind each."""
    headers: tuple[str, ...] = ()
    bad: list[BadRow] = []
    async for page in _pages(reading, import_id):
        headers = page.headers
        bad += _seen(reading, page)
    columns = [ColumnUse(header=each, field=each) for each in headers]
    return repair_answer(columns, bad, f"{import_id}-to-repair")


@router.post(f"{PATH}/undo", response_model=ImportView)
async def undo_import(import_id: ItemPath, writing: Writing = writes("import.decide")) -> Response:
    """Take an import back, if nobody has touched since what it did; else 409 with the dwellings that were touched."""

    async def act(caller: Caller) -> Response:
        asked = UndoImport(batch_id=import_id)
        view = await writing.house.ask(SERVICE, "undo_import", asked, caller, ImportView)
        if view.state is ImportState.UNDOING:
            await importing.take_back(writing.house, caller, view)
        return writing.answer(view)

    return await writing.once("inspections.undo_import", {"import": import_id}, act)


@router.get("/v1/import-profiles", response_model=ImportProfilePage)
async def list_import_profiles(reading: Reading = reads("import.read")) -> Response:
    """List your agency's profiles."""
    return await reading.page(SERVICE, "list_import_profiles", ListImportProfiles(), ImportProfilePage)


@router.get("/v1/import-profiles/{name}", response_model=ImportProfileView)
async def get_import_profile(name: ProfilePath, reading: Reading = reads("import.read")) -> Response:
    """Read a profile."""
    return await reading.show(SERVICE, "get_import_profile", GetImportProfile(name=name), ImportProfileView)


@router.put("/v1/import-profiles/{name}", response_model=ImportProfileView)
async def keep_import_profile(
    name: ProfilePath, body: Profile, writing: Writing = decides("import.change")
) -> Response:
    """Keep which header of your files is which field of the register; `profile` of an import names it."""
    columns = tuple(ColumnUse(header=header, field=field.value) for header, field in body.columns.items())
    asked = KeepImportProfile(name=name, kind=body.kind, columns=columns, expected_version=writing.version)
    return await writing.decide(SERVICE, "keep_import_profile", asked, ImportProfileView)


def faults_of(bad: Sequence[BadRow]) -> Iterator[RowFault]:
    """Tell what is wrong, cell by cell, in both languages."""
    for row in bad:
        for each in row.faults:
            why = register_words().why(each.reason)
            yield RowFault(
                row=row.row,
                column=each.column,
                value=each.value,
                reason=each.reason,
                reason_zh=why.zh,
                reason_en=why.en,
            )


def repair_answer(columns: Sequence[ColumnUse], bad: Sequence[BadRow], name: str) -> Response:
    """Answer lines as a file to repair: the cells that were read, where they stood, and why they were not taken in."""
    known = register_words()
    headers = [each.header for each in columns if each.field is not None]
    rows = (
        [*_filled(each.cells, len(headers)), str(each.row), _why(each)]
        for each in sorted(bad, key=lambda each: each.row)
    )
    return csv_answer([*headers, known.row.zh, known.reason.zh], rows, name)


def _why(bad: BadRow) -> str:
    known = register_words()
    return ";".join(f"{each.column}:{known.why(each.reason).zh}".lstrip(":") for each in bad.faults)


def _filled(cells: Sequence[str], length: int) -> list[str]:
    return [*cells, *[""] * (length - len(cells))]


def _answer(sent: Sent, file: RegisterFile, compared: Sequence[ComparedRow], view: ImportView | None) -> ImportAnswer:
    counts = importing.counted(compared)
    moving = [each for each in compared if each.outcome is not RowOutcome.UNCHANGED]
    faults = list(faults_of(file.bad[:MOST_SHOWN]))
    return ImportAnswer(
        import_id=None if view is None else view.batch_id,
        state=ImportState.TRIED if view is None else view.state,
        kind=sent.kind,
        file_name=sent.name,
        file_sha256=sent.sha256,
        columns=[UsedColumn(header=each.header, field=each.field) for each in file.columns],
        rows=file.rows,
        added=counts["added"] if view is None else view.added,
        changed=counts["changed"] if view is None else view.changed,
        unchanged=counts["unchanged"] if view is None else view.unchanged,
        wrong=len(file.bad),
        faults=faults[:MOST_SHOWN],
        plan=[
            RowPlan(row=each.row, rental_code=each.rental_code, outcome=each.outcome, fields=list(each.fields))
            for each in moving[:MOST_SHOWN]
        ],
    )


def _seen(reading: Reading, page: BadRowPage) -> list[BadRow]:
    """Leave out what the reader may not see of lines that were not taken in."""
    told = reading.shown(page)["items"]
    return [codec.as_contract(BadRow, {"faults": (), "cells": (), **each}) for each in told]


async def _pages(reading: Reading, import_id: str) -> AsyncIterator[BadRowPage]:
    cursor: str | None = None
    while True:
        asked = ListBadRows(batch_id=import_id, cursor=cursor, limit=LARGEST_PAGE)
        page = cast("BadRowPage", await reading.ask(SERVICE, "list_bad_rows", asked, BadRowPage))
        yield page
        cursor = page.next_cursor
        if cursor is None:
            return


async def _sent(reading: Reading) -> tuple[Sent, ImportMode]:
    """Read what was sent.

    Raises:
        Unusable: import.file_missing, import.kind_unknown, import.mode_unknown.
        WrongType: form.not_multipart.
        BadRequest: form.unreadable.
    """
    form, upload = await read_upload(reading.request, MOST_FIELDS)
    if upload is None or not upload.raw:
        raise Unusable("import.file_missing")
    kind, mode = form.get("kind", ImportKind.RENTALS.value), form.get("mode", ImportMode.DRY_RUN.value)
    if kind not in set(ImportKind):
        raise Unusable("import.kind_unknown", allowed=list(ImportKind))
    if mode not in set(ImportMode):
        raise Unusable("import.mode_unknown", allowed=list(ImportMode))
    return Sent(upload, ImportKind(kind), form.get("profile") or None), ImportMode(mode)

"""A register from a spreadsheet, by forms: see what it would do, name the columns, take it over, undo it.

Between trying and taking over, the file stays with the browser, packed into the form, so that nothing of it lies here
before somebody has said yes.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import zlib
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from gateway.console.desk_view import instant
from gateway.console.ground import read_form
from gateway.console.paper import trouble_of
from gateway.console.staff import (
    StaffFileRoute,
    StaffRoute,
    beginning_for,
    problem_in,
    reading_for,
    staff_page,
)
from gateway.import_bodies import Profile, RegisterField
from gateway.importing import Sent
from gateway.language import language_of
from gateway.problems import Problem, problem_of
from gateway.refusals import TooLong, Turned, Unusable
from gateway.routes import imports
from gateway.routes.parameters import ItemPath
from gateway.uploads import Upload
from lianxi.contracts.imports import ImportKind, ImportState
from lianxi.kernel.errors import Refused, Unavailable

uploads = APIRouter(route_class=StaffFileRoute, tags=["pages"], include_in_schema=False)
router = APIRouter(route_class=StaffRoute, tags=["pages"], include_in_schema=False)
HERE: Final = "/desk/imports"
LISTED: Final = 20
FAULTS: Final = 100
LARGEST_FILE: Final = 8 * 1024 * 1024
LARGEST_PACKED: Final = 6 * 1024 * 1024
SEEN_AGAIN_SECONDS: Final = 4
COLUMN: Final = "column."
HEADER: Final = "header."
_CAUGHT: Final = (Turned, Refused, Unavailable)
_GOES_ON: Final = (ImportState.RUNNING, ImportState.UNDOING)


@router.get(HERE)
async def show_imports(request: Request) -> Response:
    """Where a file is handed in, and what was handed in before."""
    return await _start(request)


@uploads.post(f"{HERE}/try")
async def try_file(request: Request) -> Response:
    """See what a file would do; nothing is written."""
    try:
        return await _tried(request, _sent(request))
    except _CAUGHT as error:
        return await _start(request, problem_of(error))


@uploads.post(f"{HERE}/profile")
async def keep_profile(request: Request) -> Response:
    """Keep which column is which field under a name, and see the file by it."""
    form: dict[str, str] = request.state.form
    columns = {
        form.get(f"{HEADER}{name.removeprefix(COLUMN)}", ""): field
        for name, field in form.items()
        if name.startswith(COLUMN) and field in set(RegisterField)
    }
    try:
        sent = _sent(request)
        body = Profile.model_validate({"columns": columns})
        writing = await beginning_for(request, imports.keep_import_profile, form)
        problem = await problem_in(imports.keep_import_profile(form.get("name", "").strip() or "-", body, writing))
        if problem is not None:
            return await _start(request, problem)
        return await _tried(request, Sent(sent.upload, sent.kind, form.get("name", "").strip()))
    except ValueError:
        return await _start(request, Problem(422, "request.invalid"))
    except _CAUGHT as error:
        return await _start(request, problem_of(error))


@uploads.post(f"{HERE}/apply")
async def apply_file(request: Request) -> Response:
    """Take the file over that was looked at."""
    try:
        writing = await beginning_for(request, imports.import_register, request.state.form)
        answer = await imports.apply_file(writing, _sent(request))
    except _CAUGHT as error:
        return await _start(request, problem_of(error))
    told = json.loads(bytes(answer.body))
    if answer.status_code >= 400:
        return await _start(request, Problem(answer.status_code, told["code"], facts=told["facts"]))
    return RedirectResponse(f"{HERE}/{told['import_id']}", 303)


@router.get(f"{HERE}/{{import_id}}")
async def show_import(import_id: ItemPath, request: Request) -> Response:
    """How far an import is, and what was wrong."""
    return await _import(request, import_id)


@router.post(f"{HERE}/{{import_id}}/undo")
async def undo(import_id: ItemPath, request: Request) -> Response:
    """Take an import back."""
    writing = await beginning_for(request, imports.undo_import, await read_form(request))
    problem = await problem_in(imports.undo_import(import_id, writing))
    if problem is not None:
        return await _import(request, import_id, problem)
    return RedirectResponse(f"{HERE}/{import_id}", 303)


async def _start(request: Request, problem: Problem | None = None) -> Response:
    reading = await reading_for(request, imports.list_imports)
    page = await imports.list_imports(None, LISTED, reading)
    profiles = await imports.list_import_profiles(await reading_for(request, imports.list_import_profiles))
    facts = {} if problem is None else problem.facts
    return staff_page(
        request,
        "desk_imports.html",
        200 if problem is None else problem.status,
        here=HERE,
        trouble=None if problem is None else trouble_of(request, problem),
        missing=[each for each in facts.get("missing", ()) if each in set(RegisterField)],
        imports=[_row(each) for each in json.loads(bytes(page.body))["items"]],
        profiles=[each["name"] for each in json.loads(bytes(profiles.body))["items"]],
    )


async def _tried(request: Request, sent: Sent) -> Response:
    """Show what a file would do."""
    reading = await reading_for(request, imports.import_register)
    packed = _packed(sent.upload.raw)
    try:
        told = json.loads(bytes((await imports.try_file(reading, sent)).body))
    except Unusable as error:
        if error.code != "import.columns_missing":
            raise
        # The columns can be named on the page: what cannot be read yet is shown with what is missing.
        headers = [{"header": each, "field": None} for each in error.facts["columns"]]
        told = {**_NOTHING, "columns": headers, "missing": error.facts["missing"]}
    return staff_page(
        request,
        "desk_import_try.html",
        here=f"{HERE}/try",
        told=told,
        packed=packed,
        name=sent.name,
        profile=sent.profile or "",
        fields=list(RegisterField),
        keys=secrets.token_urlsafe,
        in_chinese=language_of(request.scope) == "zh",
    )


_NOTHING: Final[dict[str, Any]] = {
    "rows": 0, "added": 0, "changed": 0, "unchanged": 0, "wrong": 0, "plan": [], "faults": [],
}  # fmt: skip


async def _import(request: Request, import_id: str, problem: Problem | None = None) -> Response:
    answer = await imports.get_import(import_id, await reading_for(request, imports.get_import))
    errors = await imports.list_import_errors(
        import_id, None, FAULTS, await reading_for(request, imports.list_import_errors)
    )
    plain = json.loads(bytes(answer.body))
    goes_on = plain["state"] in _GOES_ON
    page = staff_page(
        request,
        "desk_import.html",
        200 if problem is None else problem.status,
        here=f"{HERE}/{import_id}",
        root=HERE,
        told=_row(plain),
        goes_on=goes_on,
        faults=json.loads(bytes(errors.body))["items"],
        keys=secrets.token_urlsafe,
        trouble=None if problem is None else trouble_of(request, problem),
        touched=[] if problem is None else problem.facts.get("rentals", []),
        in_chinese=language_of(request.scope) == "zh",
    )
    if goes_on and problem is None:
        page.headers["Refresh"] = str(SEEN_AGAIN_SECONDS)
    return page


def _row(plain: dict[str, Any]) -> dict[str, Any]:
    return {**plain, "begun_at": instant(plain.get("begun_at"))}


def _sent(request: Request) -> Sent:
    """Take the file of a form, as it came or packed as the page gave it back.

    Raises:
        Unusable: import.file_missing.
        TooLong: body.too_large.
    """
    form: dict[str, str] = request.state.form
    upload: Upload | None = request.state.upload
    raw = upload.raw if upload is not None and upload.raw else _unpacked(form.get("packed", ""))
    name = upload.name if upload is not None and upload.raw else form.get("file_name", "")
    if not raw:
        raise Unusable("import.file_missing")
    return Sent(Upload(name, raw), ImportKind.RENTALS, form.get("profile") or None)


def _packed(raw: bytes) -> str:
    packed = base64.b64encode(zlib.compress(raw, 6)).decode()
    if len(packed) > LARGEST_PACKED:
        raise TooLong("body.too_large", largest_bytes=LARGEST_PACKED * 3 // 4)
    return packed


def _unpacked(packed: str) -> bytes:
    try:
        return zlib.decompressobj().decompress(base64.b64decode(packed), LARGEST_FILE)
    except (binascii.Error, ValueError, zlib.error):
        raise Unusable("import.file_missing") from None

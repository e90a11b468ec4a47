"""What may be done on a page: the route of the interface that does it, the form that asks for it, and what came of it.

A deed never knows a desk. It reads a form into the very body that the route of the interface takes, calls that route,
and gives back what was refused together with everything that had been written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from fastapi import Request, Response
from pydantic import BaseModel, ValidationError

from gateway.console.paper import trouble_of
from gateway.console.staff import TYPED, here_of, writing_for, written_in
from gateway.problems import Problem, problem_of
from gateway.refusals import Turned
from lianxi.kernel.errors import Refused, Unavailable

Form = Mapping[str, str]
Plain = Mapping[str, Any]
CAUGHT: Final = (Turned, Refused, Unavailable)
NO_VERSION: Final = '"0"'
"""What a form says of something that has no version."""
NAMELESS: Final = frozenset({"-"})
"""What is wrong where no single field of a form is."""
_TOWN_TIME: Final = "+08:00"
ITEM: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,79}")
_MINUTE: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One field of a form, by the name that it has in the interface's body; `words` is the group that names codes."""

    name: str
    kind: Literal["text", "line", "choice", "radio", "many", "tick", "day", "moment", "number", "kept"] = "text"
    needed: bool = True
    most: int = 500
    codes: tuple[str, ...] = ()
    words: str = ""
    is_apart: bool = False
    """Whether it is no field of the body by itself; `Deed.more` reads it."""

    @property
    def field(self) -> str:
        """The name in the form; what is written at length can be told from the rest, and is never lost."""
        is_long = self.kind == "text" and self.name != TYPED
        return f"{TYPED}_{self.name}" if is_long else self.name


def nothing_more(_form: Form, _me: str) -> Mapping[str, Any]:
    """Add nothing to what was filled in."""
    return {}


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that may be done: by which route, with which body, from which entries.

    `more` gives what of the body nobody fills in: what the button itself says, and who presses it.
    """

    route: Callable[..., Awaitable[Response]]
    body: type[BaseModel] | None = None
    entries: tuple[Entry, ...] = ()
    more: Callable[[Form, str], Mapping[str, Any]] = nothing_more
    is_quiet: bool = False
    is_about: bool = True
    """Whether the route's path names the thing on whose page the form stands."""
    also: tuple[str, ...] = ()
    """Entries that name what else stands in the route's path."""

    def filled(self, form: Form, me: str) -> list[BaseModel]:
        """Read a form into the body that the route takes; no body, no list.

        Raises:
            ValidationError: something is missing or is not what it should be.
        """
        if self.body is None:
            return []
        in_body = [each for each in self.entries if not each.is_apart and each.name not in self.also]
        said = [each for each in in_body if _is_there(each, form)]
        told = {each.name: _value(each, form) for each in said}
        return [self.body.model_validate({**told, **self.more(form, me)})]

    def wrong(self, error: ValidationError) -> frozenset[str]:
        """Name the fields of the form that are not right."""
        names = {str(each["loc"][0]) for each in error.errors(include_url=False, include_input=False) if each["loc"]}
        return frozenset(each.field for each in self.entries if each.name in names) or NAMELESS


def _is_missing(entry: Entry, form: Form) -> bool:
    if not entry.needed or entry.kind in ("tick", "kept"):
        return False
    return not (chosen(entry.name, form) if entry.kind == "many" else form.get(entry.field, "").strip())


def _is_there(entry: Entry, form: Form) -> bool:
    if entry.kind == "many":
        return True
    return entry.kind == "tick" or form.get(entry.field, "").strip() != ""


def _value(entry: Entry, form: Form) -> Any:
    if entry.kind == "many":
        # Each box of a row has a name of its own, so that every field of a form stands once.
        return [code for code in entry.codes if form.get(f"{entry.name}.{code}")] or chosen(entry.name, form)
    if entry.kind == "tick":
        return form.get(entry.field) == "yes"
    written = form[entry.field].strip()
    is_minute = entry.kind == "moment" and _MINUTE.fullmatch(written)
    return f"{written}{_TOWN_TIME}" if is_minute else written


def chosen(name: str, form: Form) -> list[str]:
    """List the boxes of a row that were ticked."""
    return [field[len(name) + 1 :] for field in form if field.startswith(f"{name}.") and form[field]]


@dataclass(frozen=True, slots=True)
class Tried:
    """What somebody wanted to do, with what was filled in, and why it was not done."""

    deed: str
    form: Form
    problem: Problem | None = None
    wrong: frozenset[str] = frozenset()

    @property
    def status(self) -> int:
        """The status of the page that says so."""
        return 422 if self.problem is None else self.problem.status

    @property
    def is_stale(self) -> bool:
        """Whether somebody else was faster."""
        return self.problem is not None and self.problem.status in (409, 412)


@dataclass(frozen=True, slots=True)
class Done:
    """What the interface answered."""

    answer: Response = field(repr=False)

    @property
    def plain(self) -> Plain:
        """What it says."""
        found: Plain = json.loads(bytes(self.answer.body))
        return found


async def do(request: Request, name: str, deed: Deed, item_id: str, form: Form) -> Done | Tried:
    """Do it, once, and say what came of it."""
    unnamed = {each for each in deed.also if not ITEM.fullmatch(form.get(each, ""))}
    missing = frozenset(unnamed | {each.field for each in deed.entries if _is_missing(each, form)})
    if missing:
        return Tried(name, form, wrong=missing)
    ids = [*([item_id] if deed.is_about else []), *(form[each] for each in deed.also)]
    try:
        body = deed.filled(form, here_of(request).account.account_id)
    except ValidationError as error:
        return Tried(name, form, wrong=deed.wrong(error))
    try:
        answer = await deed.route(*ids, *body, writing=await writing_for(request, deed.route, form))
    except CAUGHT as error:
        return Tried(name, form, problem_of(error))
    if answer.status_code >= 400:
        told = json.loads(bytes(answer.body))
        return Tried(name, form, Problem(answer.status_code, told["code"], clause=told.get("clause")))
    return Done(answer)


def told(request: Request, tried: Tried | None, may: Sequence[str]) -> dict[str, Any]:
    """Say on a page what was tried, what came in its way, and what was written for a form that is gone."""
    if tried is None:
        return {"tried": "", "filled": {}, "wrong": frozenset(), "trouble": None, "is_stale": False, "orphan": ""}
    problem = tried.problem
    if problem is None and tried.wrong == NAMELESS:
        problem = Problem(422, "request.invalid")
    if problem is not None:
        request.state.problem_code = problem.code
    return {
        "tried": tried.deed,
        "filled": dict(tried.form),
        "wrong": tried.wrong,
        "trouble": None if problem is None else trouble_of(request, problem),
        "is_stale": tried.is_stale,
        # What can no longer be done has no form any more; what was written for it is shown all the same.
        "orphan": "" if tried.deed in may else written_in(tried.form),
    }

"""The page of one thing: how it stands, whose move it is and by which sentence, the forms of what I may do, its line.

A kind of thing says how it is read and told and which moves there are; everything else is the same for all of them.
Which moves there are from where it stands comes from the policy's table of processes wherever there is one.
"""

from __future__ import annotations

import json
import secrets
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from fastapi import Request, Response
from starlette.responses import RedirectResponse

from gateway.console.deeds import CAUGHT, ITEM, NO_VERSION, Deed, Done, Entry, Plain, Tried, do, told
from gateway.console.desk_view import Telling
from gateway.console.ground import read_form
from gateway.console.paper import trouble_of
from gateway.console.sayings import sayings
from gateway.console.staff import admitted, need_of, reading_for, staff_page, written_in
from gateway.console.where_view import where_told
from gateway.exchange import house_of
from gateway.language import language_of
from gateway.problems import problem_of
from gateway.refusals import NoSuchThing
from gateway.wording import Language
from lianxi.contracts.envelope import Caller
from lianxi.kernel.errors import Unavailable
from lianxi.policy.policy import Policy
from lianxi.policy.rights import Permissions

ANYBODY: Final = "*"
"""In place of a desk: whoever has the right to it."""
Choices = Mapping[str, Sequence[tuple[str, str]]]


_PAGES: Final = {
    "tip": "/desk/tips/",
    "case": "/desk/cases/",
    "criminal_referral": "/desk/handovers/",
    "referral": "/desk/handovers/",
    "assistance": "/desk/handovers/",
    "transfer": "/desk/transfers/",
    "tool": "/desk/tools/",
    "supervision_order": "/desk/orders/",
    "order": "/desk/orders/",
    "stage_report": "/desk/returns/",
    "deduction": "/desk/deductions/",
    "bulletin": "/desk/bulletins/",
    "reward": "/desk/rewards/",
    "meeting": "/desk/meetings/",
    "meeting_decision": "/desk/decisions/",
    "publicity": "/desk/publicity/",
    "campaign": "/desk/campaigns/",
    "joint_operation": "/desk/joint-operations/",
    "upward_report": "/desk/upward-reports/",
}
"""Where a thing has its page, by the noun before its id."""


def page_about(about: str | None) -> str:
    """Say where the page is of what a notice or an order is about; nothing when it has none."""
    noun, _, item_id = str(about or "").partition("/")
    if not item_id:
        noun, item_id = noun.partition("_")[0], noun
    return f"{_PAGES[noun]}{item_id}" if noun in _PAGES and ITEM.fullmatch(item_id) else ""


@dataclass(frozen=True, slots=True)
class Move:
    """A step that is open now: its deed, the desks whose step it is, its sentence, and the limits that it starts.

    What is not a main step may be done, and nobody waits for it.
    """

    deed: str
    desks: tuple[str, ...]
    clause: str = ""
    starts: tuple[str, ...] = ()
    is_main: bool = True


def moves_in(policy: Policy, process: str, state: str | None, holders: Mapping[str, str | None]) -> list[Move]:
    """Read the open steps off the policy's table; `holders` names the desk of each of the table's roles."""
    held = {by: desk for by, desk in holders.items() if desk}
    return [
        Move(step.code, tuple(held[by] for by in step.by if by in held), step.clause, step.starts)
        for step in policy.processes[process].steps
        if state in step.comes_from and any(by in held for by in step.by)
    ]


class Thing(ABC):
    """A kind of thing that has a page of its own."""

    noun: ClassVar[str]
    template: ClassVar[str]
    root: ClassVar[str]
    deeds: ClassVar[Mapping[str, Deed]]

    @abstractmethod
    async def read(self, request: Request, item_id: str) -> Response:
        """Ask the interface for it."""

    @abstractmethod
    async def facts(self, request: Request, telling: Telling, plain: Plain, tried: Tried | None) -> dict[str, Any]:
        """Tell it for its template; `tried` is what somebody wanted to do with it and could not."""

    @abstractmethod
    def moves(self, policy: Policy, plain: Plain) -> Sequence[Move]:
        """List the steps that are open now."""

    async def choices(self, request: Request, telling: Telling, plain: Plain) -> Choices:
        """Give what may be chosen, by the name of the entry, where no fixed list of codes says it."""
        del request, telling, plain
        return {}

    def choices_of(self, name: str, choices: Choices) -> Choices:
        """Narrow what may be chosen down to one deed."""
        del name
        return choices

    def given(self, plain: Plain) -> Mapping[str, str]:
        """Give what stands in a form before anybody writes."""
        del plain
        return {}

    def entries(self, deed: Deed, plain: Plain) -> Sequence[Entry]:
        """List the entries of a deed's form for this one thing."""
        del plain
        return deed.entries

    # --- the page

    async def page(
        self, request: Request, item_id: str, *, tried: Tried | None = None, fresh: Plain | None = None
    ) -> Response:
        """Write the page; `tried` is what was not done, `fresh` what was just answered and is shown this once."""
        try:
            answer = await self.read(request, item_id)
        except Unavailable as error:
            return away(request, error, "" if tried is None else written_in(tried.form))
        plain: Plain = json.loads(bytes(answer.body))
        telling = telling_for(request)
        moves = self.moves(house_of(request).policy, plain)
        callers = {each.deed: await admitted(request, self.deeds[each.deed].route) for each in moves}
        mine = [each for each in moves if _may(callers[each.deed], each.desks)]
        may = [each.deed for each in mine]
        choices = await self.choices(request, telling, plain)
        done = request.query_params.get("done", "")
        facts = {
            "version": answer.headers.get("ETag", NO_VERSION),
            "item_id": item_id,
            "here": f"{self.root}{item_id}",
            "keys": secrets.token_urlsafe,
            "done": f"deed.{self.noun}.{done}" if done in self.deeds else "",
            "fresh": fresh or {},
            "waiting": waiting(request, self, moves, callers),
            "forms": [
                self.form(request, plain, each, tried, choices)
                for each in mine
                if can_be_chosen(self.deeds[each.deed], self.choices_of(each.deed, choices))
            ],
            "way": where_told(telling, language_of(request.scope), self.noun, item_id, plain),
            **told(request, tried, may),
            **await self.facts(request, telling, plain, tried),
        }
        return staff_page(request, self.template, self.status(plain) if tried is None else tried.status, **facts)

    async def act(self, request: Request, item_id: str, name: str) -> Response:
        """Do what a form of the page asks for; what is refused comes back with everything that was written."""
        if name not in self.deeds:
            raise NoSuchThing("path.not_found")
        form = await read_form(request)
        came = await do(request, name, self.deeds[name], item_id, form)
        if isinstance(came, Tried):
            return await self.page(request, item_id, tried=came)
        return await self.after(request, item_id, name, came)

    async def after(self, request: Request, item_id: str, name: str, came: Done) -> Response:
        """Go on after something was done."""
        del request, came
        return RedirectResponse(f"{self.root}{item_id}?done={name}", 303)

    def form(self, request: Request, plain: Plain, move: Move, tried: Tried | None, choices: Choices) -> dict[str, Any]:
        """Describe the form of a move to the template."""
        deed, telling, given = self.deeds[move.deed], telling_for(request), self.given(plain)
        choices = self.choices_of(move.deed, choices)
        is_tried = tried is not None and tried.deed == move.deed
        values = tried.form if tried is not None and is_tried else given
        wrong = tried.wrong if tried is not None and is_tried else frozenset()
        language = language_of(request.scope)
        return {
            "deed": move.deed,
            "name": f"deed.{self.noun}.{move.deed}",
            "action": f"{self.root}{self.id_of(plain)}/{move.deed}",
            "clause": telling.clause(move.clause) if move.clause else "",
            "starts": [telling.limit(each) for each in move.starts],
            "is_quiet": deed.is_quiet,
            "is_open": is_tried,
            "entries": [
                described(language, self.noun, move.deed, each, choices, values, wrong)
                for each in self.entries(deed, plain)
            ],
        }

    def status(self, plain: Plain) -> int:
        """Say with which status the page is answered when nothing was tried."""
        del plain
        return 200

    def id_of(self, plain: Plain) -> str:
        """Name the thing."""
        return str(plain[f"{self.noun}_id"])


def can_be_chosen(deed: Deed, choices: Choices) -> bool:
    """Say whether a form can be filled in: there is something to choose wherever something must be chosen."""
    wanted = (each for each in deed.entries if each.kind == "choice" and each.needed and not each.codes)
    return all(choices.get(each.name) for each in wanted)


def described(
    language: Language,
    noun: str,
    deed: str,
    entry: Entry,
    choices: Choices,
    values: Mapping[str, str],
    wrong: Iterable[str],
) -> dict[str, Any]:
    """Describe one entry of a form to the template."""
    known = sayings(language)
    own = f"entry.{noun}.{entry.name}"
    key = own if own in known else f"entry.{entry.name}"
    coded = [(code, known[f"{entry.words}.{code}"]) for code in entry.codes]
    options = coded or choices.get(entry.name, [])
    return {
        "id": f"{deed}-{entry.field}",
        "field": entry.field,
        "kind": entry.kind,
        "label": "" if entry.kind == "kept" else known[key],
        "hint": known.get(f"{key}_hint", ""),
        "needed": entry.needed,
        "most": entry.most,
        "options": options,
        "value": values.get(entry.field, ""),
        "ticked": [code for code, _ in options if values.get(f"{entry.name}.{code}")],
        "is_wrong": entry.field in wrong,
    }


def waiting(
    request: Request, thing: Thing, moves: Sequence[Move], callers: Mapping[str, Caller | None]
) -> list[dict[str, Any]]:
    """Say for what the thing waits from others: from which desk, or from which roles of one's own."""
    telling, permissions = telling_for(request), house_of(request).policy.permissions
    found: dict[str, dict[str, Any]] = {}
    for each in moves:
        if _may(callers[each.deed], each.desks) or thing.deeds[each.deed].is_quiet or not each.is_main:
            continue
        row = found.setdefault(each.desks[0], {"desk": telling.name(each.desks[0]), "deeds": [], "roles": []})
        row["deeds"].append(f"deed.{thing.noun}.{each.deed}")
        if callers[each.deed] is None:
            right = thing.deeds[each.deed].route
            row["roles"] = roles_with(telling, permissions, right)
    return list(found.values())


def roles_with(telling: Telling, permissions: Permissions, route: Callable[..., Any]) -> list[str]:
    """Name the roles that have the right to a route."""
    resource, _, action = need_of(route).right.partition(".")
    codes = [role.code for role in permissions.roles if permissions.rows_of((role.code,), resource, action)]
    return [telling.name(f"role:{code}") for code in codes]


def _may(caller: Caller | None, desks: Iterable[str]) -> bool:
    return caller is not None and any(each == ANYBODY or caller.holds(each) for each in desks)


def telling_for(request: Request) -> Telling:
    """Make what tells codes by their names, in the language of whoever reads."""
    house = house_of(request)
    return Telling(house.policy, language_of(request.scope), house.clock.now())


def away(request: Request, error: Unavailable, written: str) -> Response:
    """Say that a desk does not answer, with everything that was written for it."""
    problem = problem_of(error)
    facts = {"trouble": trouble_of(request, problem), "correlation_id": "", "written": written}
    answer = staff_page(request, "desk_problem.html", problem.status, **facts)
    answer.headers.update(problem.headers)
    return answer


async def or_none(request: Request, route: Callable[..., Awaitable[Response]], *asked: Any) -> Plain | None:
    """Ask the interface for what a page can do without; `None` when it may not be seen, or does not come."""
    try:
        answer = await route(*asked, reading=await reading_for(request, route))
    except CAUGHT:
        return None
    found: Plain = json.loads(bytes(answer.body))
    return found

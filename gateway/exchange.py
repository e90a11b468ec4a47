"""What a route works with: who is asking, the desks behind the bus, and how an answer is written."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, Self, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Header, Request, Response, Security
from fastapi.openapi.models import OAuthFlowClientCredentials, OAuthFlows
from fastapi.security import OAuth2, SecurityScopes
from pydantic import BaseModel

from gateway.attachments import Attachments
from gateway.audit import RequestAudit
from gateway.auth import Register, Tokens
from gateway.bus import Bus
from gateway.crowding import Crowd
from gateway.filings import Filings
from gateway.idempotency import Answers, read_key
from gateway.idempotency import Request as Write
from gateway.ledger import Ledger
from gateway.outside_key import OutsideKey
from gateway.people.sessions import Sessions
from gateway.people.sign_in import SignIn
from gateway.principal import SCOPES, Principal
from gateway.problems import has_precondition, problem_of, written
from gateway.processes import Processes
from gateway.rates import Buckets, Rates
from gateway.receipts import Verifiers
from gateway.recent import Recent
from gateway.refusals import BadRequest, NotAllowed, NotKnown
from gateway.register_files import Files
from gateway.rights import admit, cut
from gateway.settings import GatewaySettings
from gateway.spool import Spool
from gateway.tries import Tries
from lianxi.contracts import audit, codec
from lianxi.contracts.audit import Kind
from lianxi.contracts.envelope import Caller
from lianxi.contracts.sealing import Sealer
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import Refused, StoreDown
from lianxi.kernel.ids import sortable_id
from lianxi.policy.policy import Policy
from lianxi.policy.published import Shelf
from lianxi.runtime.logs import get_log

log = get_log()
V = TypeVar("V")
_ETAG: Final = re.compile(r'^(?:W/)?"(\d{1,9})"$')
_SCHEME: Final = OAuth2(
    scheme_name="agency",
    description="Client credentials of an agency's machine",
    flows=OAuthFlows(clientCredentials=OAuthFlowClientCredentials(tokenUrl="/oauth/token", scopes=dict(SCOPES))),
    auto_error=False,
)


@dataclass
class House:
    """Everything one gateway process has."""

    settings: GatewaySettings
    clock: Clock
    policy: Policy
    shelf: Shelf
    bus: Bus
    crowd: Crowd
    ledger: Ledger
    key: OutsideKey
    sealer: Sealer
    person_sealer: Sealer
    visit_sealer: Sealer
    attachments: Attachments
    files: Files
    verifiers: Verifiers
    filings: Filings
    spool: Spool
    register: Register
    tokens: Tokens
    rates: Rates
    buckets: Buckets
    tries: Tries
    answers: Answers
    audit: RequestAudit
    recent: Recent
    sessions: Sessions
    sign_in: SignIn
    processes: Processes

    async def ask(self, service: str, method: str, request: Any, caller: Caller, contract: type[V]) -> V:
        """Ask a desk, and read its answer as its contract."""
        seconds = self.settings.gateway_rpc_timeout_seconds
        plain = await self.bus.ask(service, method, request, caller, timeout_seconds=seconds)
        return codec.as_contract(contract, plain)

    async def note(self, kind: Kind, what: str, actor: str, correlation_id: str) -> None:
        """Keep what was done or tried at the door itself for the audit's chain.

        Raises:
            StoreDown: it could not be kept.
        """
        now = self.clock.now()
        line = audit.entry(
            entry_id=sortable_id("line", now),
            at=now,
            kind=kind,
            actor=actor,
            what=what,
            correlation_id=correlation_id,
        )
        await self.ledger.note_audit(line)

    async def note_failed_sign_in(self, what: str, actor: str, correlation_id: str) -> None:
        """Keep a failed sign-in for the audit, whatever becomes of the request (criterion 13.2)."""
        try:
            await self.note("sign_in_failed", what, actor, correlation_id)
        except StoreDown as trouble:
            # The refusal stands; what could not be kept is at least in the log, by the same correlation id.
            log.warning("sign_in_failure_not_kept", actor=actor, reason=str(trouble))


def house_of(request: Request) -> House:
    """Find the house that a request came to."""
    house: House = request.app.state.house
    return house


async def the_house(request: Request) -> House:
    """Find the house as a route's dependency; asynchronous, so that no thread is woken for it."""
    return house_of(request)


async def caller_of(
    needed: SecurityScopes, request: Request, _token: Annotated[Any, Depends(_SCHEME)] = None
) -> Caller:
    """Say on whose behalf a request is made."""
    return caller_at(request.scope["state"], needed.scopes)


def caller_at(state: Mapping[str, Any], scopes: Iterable[str]) -> Caller:
    """Say on whose behalf a request is made, by what was written down at the door.

    Raises:
        NotKnown: there is no good token.
        NotAllowed: scope.missing.
    """
    door = state.get("door")
    if not isinstance(door, Principal):
        raise door if isinstance(door, Exception) else NotKnown("token.missing")
    missing = [scope for scope in scopes if scope not in door.scopes]
    if missing:
        raise NotAllowed("scope.missing", scope=missing[0])
    return Caller(
        actor=door.client_id,
        agency=door.agency,
        scopes=tuple(sorted(door.scopes)),
        roles=door.roles,
        desks=door.desks,
        areas=door.areas,
        is_person=door.is_person,
        correlation_id=state["correlation_id"],
        traceparent=state["traceparent"],
    )


@dataclass
class Reading:
    """A question of one caller, who has the right to ask it."""

    house: House
    caller: Caller
    request: Request

    def with_right(self, right: str) -> Self:
        """Go on if the caller has a right, as `tip.read`.

        Raises:
            NotAllowed: right.missing.
        """
        return replace(self, caller=admit(self.house.policy.permissions, self.caller, right))

    def answer(self, view: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        """Write a contract as an answer, cut to what the caller may see."""
        told = dict(headers or {})
        if hasattr(view, "version"):
            told["ETag"] = f'"{view.version}"'
        return Response(codec.to_bytes(self.shown(view)), status, told, "application/json")

    def shown(self, view: Any) -> Any:
        """Write a contract as plain JSON, cut to what the caller may see."""
        return cut(self.house.policy, self.caller, view)

    async def ask(self, service: str, method: str, asked: Any, contract: type[V], *, about: str = "") -> V:
        """Ask a desk; for an item that was accepted a moment ago, patiently."""
        return await self.house.recent.patiently(
            about, lambda: self.house.ask(service, method, asked, self.caller, contract)
        )

    async def show(self, service: str, method: str, asked: Any, contract: type[Any], *, about: str = "") -> Response:
        """Ask a desk and answer what it says."""
        return self.answer(await self.ask(service, method, asked, contract, about=about))

    async def page(self, service: str, method: str, asked: Any, contract: type[Any]) -> Response:
        """Ask a desk for a page, and say where the next one is."""
        return self.paged(await self.ask(service, method, asked, contract))

    def paged(self, page: Any) -> Response:
        """Write a page as an answer, and say where the next one is."""
        if page.next_cursor is None:
            return self.answer(page)
        kept = [(name, value) for name, value in self.request.query_params.multi_items() if name != "cursor"]
        query = urlencode([*kept, ("cursor", page.next_cursor)])
        return self.answer(page, headers={"Link": f'<{self.request.url.path}?{query}>; rel="next"'})


@dataclass
class Writing(Reading):
    """A write of one caller, under its idempotency key and on the version it was decided on."""

    key: str | None
    version: int | None

    async def decide(
        self, service: str, method: str, asked: Any, contract: type[Any], *, about: str = "", said: Any = None
    ) -> Response:
        """Have a desk decide, once, and answer the new state."""

        async def act(caller: Caller) -> Response:
            return self.answer(
                await self.house.recent.patiently(
                    about, lambda: self.house.ask(service, method, asked, caller, contract)
                )
            )

        return await self.once(f"{service}.{method}", codec.as_plain(asked) if said is None else said, act)

    async def create(
        self, service: str, method: str, asked: Any, contract: type[Any], *, at: Callable[[Any], str], said: Any = None
    ) -> Response:
        """Have a desk make something, once, and answer where it is."""

        async def act(caller: Caller) -> Response:
            view = await self.house.ask(service, method, asked, caller, contract)
            return self.answer(view, status=201, headers={"Location": at(view)})

        return await self.once(f"{service}.{method}", codec.as_plain(asked) if said is None else said, act)

    async def once(self, what: str, said: Any, act: Callable[[Caller], Awaitable[Response]], **wants: Any) -> Response:
        """Act once under the caller's key; the desk knows it again by its command id.

        Raises:
            BadRequest: idempotency.key_missing.
        """
        caller, key, fingerprint = self._known_again(what, said)
        answers = self.house.answers
        write = Write(
            key=answers.key("client", self.caller.actor, key),
            fingerprint=fingerprint,
            lives_seconds=self.house.settings.gateway_idempotency_seconds,
            **wants,
        )
        return await answers.once(write, lambda: act(caller), self.refused)

    async def unkept(self, what: str, said: Any, act: Callable[[Caller], Awaitable[Response]]) -> Response:
        """Act under the caller's key and keep nothing of the answer: the desk alone knows that it was done before.

        Raises:
            BadRequest: idempotency.key_missing.
        """
        return await act(self._known_again(what, said)[0])

    def _known_again(self, what: str, said: Any) -> tuple[Caller, str, str]:
        if self.key is None:
            raise BadRequest("idempotency.key_missing")
        fingerprint = self.house.answers.fingerprint(what, said)
        command_id = self.house.key.derive("command", self.caller.actor, self.key, fingerprint).hex()[:32]
        return replace(self.caller, command_id=command_id), self.key, fingerprint

    def refused(self, error: Refused) -> Response:
        """Write a desk's refusal as the answer that it is."""
        problem = problem_of(error, has_precondition=has_precondition(self.request.scope))
        return written(problem, self.request.scope)


IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="A new random text for every write, the same one when it is tried again; remembered for 24 hours",
    ),
]
IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description="The ETag on which the decision was taken; 412 when it has changed"),
]


async def reading(
    request: Request,
    caller: Annotated[Caller, Depends(caller_of)],
    house: Annotated[House, Depends(the_house)],
) -> Reading:
    """Put together what a reading route works with."""
    return Reading(house, caller, request)


async def writing(
    request: Request,
    caller: Annotated[Caller, Depends(caller_of)],
    house: Annotated[House, Depends(the_house)],
    idempotency_key: IdempotencyKey = None,
) -> Writing:
    """Put together what a writing route works with."""
    return Writing(house, caller, request, key=read_key(idempotency_key), version=None)


async def deciding(plain: Annotated[Writing, Depends(writing)], if_match: IfMatch = None) -> Writing:
    """Put together what a route works with that decides on something that has a version."""
    return replace(plain, version=read_version(if_match))


_AREAS: Final = {
    **dict.fromkeys(("tip", "message", "vault", "number_search", "saved_search"), "tips"),
    **dict.fromkeys(("rental", "grade", "visit", "import"), "visits"),
    **dict.fromkeys(("case", "party", "evidence", "referral", "assistance", "transfer", "operation"), "cases"),
    **dict.fromkeys(
        ("stage_report", "supervision", "assessment", "bulletin", "major_event", "upward_report"), "reports"
    ),
    **dict.fromkeys(("meeting", "meeting_decision", "publicity"), "reports"),
    **dict.fromkeys(("notice", "outside", "webhook", "warning", "campaign"), "notices"),
    "reward": "rewards",
    "policy": "plan",
    "letter": "ops",
    "audit": "audit",
    **dict.fromkeys(("account", "client"), "people"),
    **dict.fromkeys(("retention", "legal_hold"), "retention"),
}
"""Resource of the permission table → the area that a machine's scopes name."""


def _entitled(make: Callable[..., Any], right: str, scope: str | None, kind: str) -> Any:
    """Make what a route works with, once scope and right are there; nothing else is looked at before."""
    needed = Depends(make)

    async def entitled(made: Any = needed) -> Any:
        return made.with_right(right)

    entitled.right = right  # type: ignore[attr-defined]  # the public description names it
    return Security(entitled, scopes=[scope or f"{_AREAS[right.partition('.')[0]]}:{kind}"])


def reads(right: str, *, scope: str | None = None) -> Any:
    """Say that a route reads, and which right it needs, as `tip.read`; the scope follows unless another is named."""
    return _entitled(reading, right, scope, "read")


def writes(right: str, *, scope: str | None = None) -> Any:
    """Say that a route writes, and which right it needs."""
    return _entitled(writing, right, scope, "write")


def decides(right: str, *, scope: str | None = None) -> Any:
    """Say that a route decides on something that has a version, and which right it needs."""
    return _entitled(deciding, right, scope, "write")


def read_version(header: str | None) -> int | None:
    """Read `If-Match`.

    Raises:
        BadRequest: if_match.unreadable.
    """
    if header is None or header.strip() == "*":
        return None
    found = _ETAG.match(header.strip())
    if found is None:
        raise BadRequest("if_match.unreadable")
    return int(found[1])


def shown(told: Any, *, status: int = 200) -> Response:
    """Write what the gateway itself has to say: nothing in it belongs to anybody."""
    plain = told.model_dump(mode="json") if isinstance(told, BaseModel) else codec.as_plain(told)
    return Response(codec.to_bytes(plain), status, media_type="application/json")

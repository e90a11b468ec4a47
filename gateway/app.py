"""Puts the gateway together. Nothing happens at import; `create_app` opens nothing either, the lifespan does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import fastapi_offline
from fastapi import FastAPI
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from fastapi.staticfiles import StaticFiles
from starlette.responses import HTMLResponse

from gateway import problems
from gateway.attachments import Attachments
from gateway.audit import RequestAudit
from gateway.auth import Register, Tokens
from gateway.body import SizeLimits
from gateway.bus import Bus
from gateway.challenges import Challenges
from gateway.console import add_pages
from gateway.correlation import Correlation
from gateway.crowding import HEARD, Crowd, Turnstile
from gateway.exchange import House
from gateway.filings import Filings
from gateway.forgetting import Forgetting
from gateway.idempotency import Answers
from gateway.ledger import Ledger
from gateway.mongo_ledger import MongoLedger
from gateway.openapi import describe
from gateway.outside_key import OutsideKey
from gateway.people.departed import DepartedWatch
from gateway.people.handing_over import HandingOver
from gateway.people.sessions import Sessions
from gateway.people.sign_in import SignIn
from gateway.policy_keeper import PolicyKeeper
from gateway.processes import Processes, read_addresses
from gateway.rates import Buckets, Doorkeeper, Rates
from gateway.receipts import Verifiers
from gateway.recent import Recent
from gateway.register_files import Files
from gateway.routes import add_routes
from gateway.settings import GatewaySettings
from gateway.spool import Spool
from gateway.straight import Straight, ways_of
from gateway.tries import Tries
from gateway.watch import Watch
from lianxi import __version__
from lianxi.bus.client import BusClient
from lianxi.contracts.sealing import Sealer
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import StoreDown
from lianxi.policy.policy import Policy
from lianxi.runtime import metrics
from lianxi.runtime.health import Health
from lianxi.runtime.premises import shelf_of
from lianxi.runtime.settings import read_key

_STATIC = "/static-docs"
_DESCRIPTION = """The one door of a town's programme against pyramid selling.

Errors are problem documents (RFC 9457) with a stable `code`. Every write takes an `Idempotency-Key`. Lists page by an
opaque `cursor`. Versions travel as `ETag` and `If-Match`. Too many requests answer 429 with `Retry-After`."""


def create_app(
    settings: GatewaySettings,
    bus: Bus | None = None,
    clock: Clock | None = None,
    ledger: Ledger | None = None,
    policy: Policy | None = None,
) -> FastAPI:
    """Put the gateway together from its settings; tests give their own bus, clock, ledger and policy."""
    house = furnish(settings, bus, clock, ledger, policy)
    app = FastAPI(
        title="Lianxi 联席",
        version=__version__,
        description=_DESCRIPTION,
        lifespan=_open_house,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # Nothing of a request leaves for anybody's collector: figures are ours, and name nobody.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.house = house
    app.state.health = house.processes.health = _health(house)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    add_routes(app)
    add_pages(app)
    _add_docs(app)
    problems.install(app)
    _add_doorway(app, house)
    return app


def furnish(
    settings: GatewaySettings,
    bus: Bus | None = None,
    clock: Clock | None = None,
    ledger: Ledger | None = None,
    policy: Policy | None = None,
) -> House:
    """Make everything one gateway process has; nothing is connected yet."""
    clock = clock or settings.clock()
    crowd = Crowd(settings.gateway_tip_seconds, settings.gateway_tips_always)
    bus = bus or BusClient(settings.amqp_url.get_secret_value(), clock, overhears={HEARD: crowd.heard})
    ledger = ledger or MongoLedger(settings, clock)
    shelf = shelf_of(settings)
    key = OutsideKey(read_key(settings.gateway_receipt_key_file))
    sealer = Sealer(read_key(settings.gateway_seal_public_key_file))
    attachments = Attachments(key, sealer, settings, clock)
    register = Register(ledger, settings, clock)
    sessions = Sessions(ledger.people, key, clock, settings)
    return House(
        settings=settings,
        clock=clock,
        policy=policy or shelf.read(shelf.current()),
        shelf=shelf,
        bus=bus,
        crowd=crowd,
        ledger=ledger,
        key=key,
        sealer=sealer,
        person_sealer=Sealer(read_key(settings.gateway_cases_seal_public_key_file)),
        visit_sealer=Sealer(read_key(settings.gateway_inspections_seal_public_key_file)),
        attachments=attachments,
        files=Files(settings),
        verifiers=Verifiers(key, settings),
        filings=Filings(key, read_key(settings.gateway_signing_key_file), attachments),
        spool=Spool(settings, bus),
        register=register,
        tokens=Tokens(read_key(settings.gateway_token_key_file), register, settings, clock),
        rates=Rates(settings),
        buckets=Buckets(),
        tries=_tries(key, settings, clock),
        answers=Answers(ledger, key, clock, settings),
        audit=RequestAudit(ledger, flush_seconds=settings.gateway_audit_flush_seconds),
        recent=Recent(settings.gateway_recent_seconds),
        sessions=sessions,
        sign_in=SignIn(ledger.people, key, clock, settings, sessions),
        processes=Processes(
            read_addresses(settings.gateway_processes), clock, every_seconds=settings.gateway_processes_seconds
        ),
    )


def _tries(key: OutsideKey, settings: GatewaySettings, clock: Clock) -> Tries:
    bits, seconds = settings.gateway_proof_bits, settings.gateway_proof_seconds
    return Tries(Challenges(key, clock, bits=bits, seconds=seconds), settings)


@asynccontextmanager
async def _open_house(app: FastAPI) -> AsyncIterator[None]:
    house: House = app.state.house
    metrics.build_info.labels(__version__, house.settings.programme, "gateway").set(1)
    async with AsyncExitStack() as closing:
        closing.push_async_callback(house.ledger.close)
        # The door opens whether or not database and broker are there; whatever needs them says so.
        with suppress(StoreDown):
            await house.ledger.open()
        for part in _parts(house):
            await part.open()
            closing.push_async_callback(part.close)
        closing.callback(house.verifiers.close)
        closing.callback(house.sign_in.close)
        yield


def _parts(house: House) -> Iterator[Any]:
    yield from (house.bus, house.register, house.audit, house.spool, house.attachments, house.files)
    yield from (Forgetting(house), PolicyKeeper(house), house.processes)
    handing_over = HandingOver(house.ledger.people, house.ask, house.clock)
    yield DepartedWatch(handing_over, house.settings.gateway_departed_check_seconds)


def _health(house: House) -> Health:
    return Health(
        ready_checks={
            "broker": lambda: None if house.bus.is_connected else "away",
            "clients": lambda: None if house.register.is_known else "the list of clients has not been read yet",
            "database": lambda: house.register.trouble,
        }
    )


def _add_doorway(app: FastAPI, house: House) -> None:
    # The last one added is the first to see a request.
    app.add_middleware(Straight, house=house, ways=ways_of(app.routes))
    app.add_middleware(SizeLimits, settings=house.settings)
    app.add_middleware(Turnstile, crowd=house.crowd)
    app.add_middleware(
        Doorkeeper, tokens=house.tokens, sessions=house.sessions, rates=house.rates, buckets=house.buckets
    )
    app.add_middleware(Watch, clock=house.clock, audit=house.audit)
    app.add_middleware(problems.LastResort)
    app.add_middleware(Correlation)


def _add_docs(app: FastAPI) -> None:
    # The scripts lie beside us: an agency's network has no way to anybody else's server.
    folder = Path(fastapi_offline.__file__).with_name("static")
    app.mount(_STATIC, StaticFiles(directory=folder), name="static-docs")
    openapi, icon = "/openapi.json", f"{_STATIC}/favicon.png"

    async def docs() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url=openapi,
            title=app.title,
            swagger_js_url=f"{_STATIC}/swagger-ui-bundle.js",
            swagger_css_url=f"{_STATIC}/swagger-ui.css",
            swagger_favicon_url=icon,
        )

    async def redoc() -> HTMLResponse:
        script = f"{_STATIC}/redoc.standalone.js"
        return get_redoc_html(
            openapi_url=openapi, title=app.title, redoc_js_url=script, redoc_favicon_url=icon, with_google_fonts=False
        )

    app.add_api_route("/docs", docs, include_in_schema=False)
    app.add_api_route("/redoc", redoc, include_in_schema=False)

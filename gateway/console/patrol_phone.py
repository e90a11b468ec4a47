"""What the patrol's telephone needs beside its pages: the worker, a shell that holds nobody's data, an order to forget.

The worker keeps files and the shell only. Lists lie sealed in the browser's own store, and what waits is sent by the
page itself, so that nothing is ever answered out of an old answer.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_pem_x509_certificate
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from gateway.console.files import FOLDER, address_of
from gateway.console.ground import PageRoute
from gateway.console.paper import POLICY, page
from gateway.console.patrol_view import ENTRIES, NORMAL, RoundTelling
from gateway.console.sayings import say, sayings
from gateway.exchange import house_of, shown
from gateway.language import language_of
from gateway.refusals import NoSuchThing
from lianxi.contracts.inspections import Finding, VisitOutcome
from lianxi.kernel.ids import random_id

router = APIRouter(route_class=PageRoute, tags=["pages"], include_in_schema=False)
"""What is there without a session too: none of it says anything about anybody."""
PHONE_POLICY: Final = f"{POLICY}; worker-src 'self'"
SCRIPTS: Final = ("patrol_store.js", "patrol_queue.js", "patrol_photos.js", "patrol.js")
SHELL: Final = "/m/shell"
KEPT: Final = ("vendor/pico.min.css", "lianxi.css", "patrol.css", "mark.svg", "lianxi.js", *SCRIPTS)
FIELDS: Final = ("key", "visit_id", "entry", "text", *(f"saw_{each}" for each in Finding))
_OFFLINE: Final = "offline."
_WORKER_POLICY: Final = "default-src 'none'; connect-src 'self'"


@router.get("/m/worker.js")
async def worker(_request: Request) -> Response:
    """The worker that answers without a network; it changes whenever one of the files does."""
    files = json.dumps([address_of(each) for each in KEPT])
    text = (FOLDER / "patrol_worker.js").read_text(encoding="utf-8")
    version = hashlib.sha256((files + text).encode()).hexdigest()[:16]
    body = f"const FILES = {files};\nconst SHELL = {json.dumps(SHELL)};\nconst VERSION = {json.dumps(version)};\n{text}"
    headers = {
        "Service-Worker-Allowed": "/m/",
        "Cache-Control": "no-cache",
        "Content-Security-Policy": _WORKER_POLICY,
    }
    return Response(body, 200, headers, "text/javascript; charset=utf-8")


@router.get(SHELL)
async def shell(request: Request) -> Response:
    """The page of the round without a round: what a browser shows when there is no network."""
    facts: dict[str, Any] = {
        "round": None,
        "done": "",
        "is_shell": True,
        "here": "/m/today",
        "person": None,
        "csrf": "",
        "account": "",
    }
    answer = page(request, "patrol_today.html", kept="", **facts, **script_facts(request), **form_facts(request))
    answer.headers["Content-Security-Policy"] = PHONE_POLICY
    return answer


@router.get("/m/order")
async def order(request: Request) -> Response:
    """Before which instant lists were stored that every telephone is to forget, if the town has said one."""
    before = house_of(request).settings.gateway_phone_lists_wiped_before
    answer = shown({"wiped_before": None if before is None else before.isoformat()})
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.get("/m/setup")
async def setup(request: Request) -> Response:
    """How a phone comes to trust a town on the local network."""
    fingerprint = await run_in_threadpool(_fingerprint, house_of(request).settings.gateway_authority_file)
    facts: dict[str, Any] = {"here": "/m/setup", "person": None, "kept": "", "fingerprint": fingerprint}
    return page(request, "patrol_setup.html", **facts)


@router.get("/m/authority.crt")
async def authority(request: Request) -> Response:
    """The town's own authority; a town with a real certificate has none to give."""
    path = house_of(request).settings.gateway_authority_file
    if path is None:
        raise NoSuchThing("path.not_found")
    body = await run_in_threadpool(path.read_bytes)
    headers = {"Content-Disposition": 'attachment; filename="lianxi.crt"', "Cache-Control": "no-store"}
    return Response(body, 200, headers, "application/x-x509-ca-cert")


def _fingerprint(path: Path | None) -> str:
    if path is None:
        return ""
    digest = load_pem_x509_certificate(path.read_bytes()).fingerprint(SHA256()).hex().upper()
    return " ".join(digest[each : each + 4] for each in range(0, len(digest), 4))


def script_facts(request: Request) -> dict[str, Any]:
    """Say what the scripts are told: their own words, and what the codes of a visit are called."""
    language = language_of(request.scope)
    words = {key.removeprefix(_OFFLINE): said for key, said in sayings(language).items() if key.startswith(_OFFLINE)}
    outcomes = {each.value: say(language, f"outcome.{each}") for each in VisitOutcome}
    return {"scripts": SCRIPTS, "words": words, "outcomes": outcomes}


def telling(request: Request) -> RoundTelling:
    """Tell in the language of whoever asks."""
    house = house_of(request)
    return RoundTelling(house.policy, language_of(request.scope), house.clock.now())


def form_facts(request: Request, filled: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Say what the form of a visit is made of."""
    return {
        "entries": ENTRIES,
        "normal": NORMAL,
        "observations": telling(request).observations(),
        "keys": secrets.token_urlsafe,
        "visit_id": partial(random_id, "visit"),
        "filled": {**dict.fromkeys(FIELDS, ""), **(filled or {})},
    }

"""Whether the gateway lives, whether it can work, its figures, and the pages that explain its refusals."""

from __future__ import annotations

from html import escape
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.responses import HTMLResponse, JSONResponse

from gateway.refusals import NoSuchThing
from gateway.wording import Wording, words
from lianxi.runtime import metrics
from lianxi.runtime.health import Health

router = APIRouter(tags=["operators"])
_PAGE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{{font:1.1rem/1.6 sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}}</style></head>
<body><main>{body}</main></body></html>"""


def _health(request: Request) -> Health:
    health: Health = request.app.state.health
    return health


@router.get("/healthz", include_in_schema=False)
async def alive(request: Request) -> Response:
    """Say whether the process is worth keeping."""
    reasons = _health(request).liveness()
    return JSONResponse({"status": "alive" if not reasons else "failing", "reasons": reasons}, 503 if reasons else 200)


@router.get("/readyz", include_in_schema=False)
async def ready(request: Request) -> Response:
    """Say whether everything can be done now; public tips are taken in all the same while the broker is away."""
    reasons = _health(request).readiness()
    return JSONResponse({"status": "ready" if not reasons else "waiting", "reasons": reasons}, 503 if reasons else 200)


@router.get("/metrics", include_in_schema=False)
async def figures() -> Response:
    """Write all metrics."""
    return Response(metrics.exposition(), 200, {"Content-Type": metrics.CONTENT_TYPE})


@router.get("/problems/{code}", include_in_schema=False)
async def explain(code: str) -> Response:
    """Explain a code: what happened and what to do, in Chinese and English."""
    wording = words().known(code)
    if wording is None:
        raise NoSuchThing("path.not_found")
    return HTMLResponse(_PAGE.format(title=escape(code), body=_explained(wording)))


@router.get("/problems", include_in_schema=False)
async def explain_all() -> Response:
    """List every code with what it means."""
    body = "".join(_explained(each) for each in words().problems.values())
    return HTMLResponse(_PAGE.format(title="Lianxi: problems", body=body))


def _explained(wording: Wording) -> str:
    sentences: tuple[Any, ...] = (wording.what, wording.to_do)
    told = "".join(f"<p>{escape(each.zh)}<br><span lang='en'>{escape(each.en)}</span></p>" for each in sentences)
    return f"<section><h2><code>{escape(wording.code)}</code></h2>{told}</section>"

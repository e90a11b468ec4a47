"""The bare ASGI limit: one Starlette route that validates and answers. `python -m bench.bare PORT`."""

from __future__ import annotations

import sys

import uvicorn
from pydantic import BaseModel, ConfigDict
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


class TipIn(BaseModel):
    """A tip as it comes in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    category: str
    village: str
    place: str
    text: str
    channel: str
    wants_receipt: bool


async def submit(request: Request) -> JSONResponse:
    """Take a tip in and keep nothing."""
    tip = TipIn.model_validate_json(await request.body())
    return JSONResponse({"category": tip.category}, 202)


if __name__ == "__main__":
    app = Starlette(routes=[Route("/tips", submit, methods=["POST"])])
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)

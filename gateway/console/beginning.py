"""Forms that begin something new: they stand on a list's page, as the forms of things stand on theirs."""

from __future__ import annotations

import secrets
from typing import Any

from fastapi import Request

from gateway.console.deeds import NO_VERSION, Deed, Tried, told
from gateway.console.staff import admitted
from gateway.console.things import Choices, described, telling_for
from gateway.language import language_of


async def beginning(
    request: Request, noun: str, name: str, deed: Deed, path: str, choices: Choices, tried: Tried | None, clause: str
) -> dict[str, Any]:
    """Describe the form to the template, for whoever may fill it in; with what was written when it came back."""
    may = await admitted(request, deed.route) is not None
    values = {} if tried is None else tried.form
    wrong = frozenset[str]() if tried is None else tried.wrong
    language = language_of(request.scope)
    form = {
        "deed": name,
        "name": f"deed.{noun}.{name}",
        "action": path,
        "clause": telling_for(request).clause(clause),
        "starts": (),
        "is_quiet": True,
        "is_open": tried is not None,
        "entries": [described(language, noun, name, each, choices, values, wrong) for each in deed.entries],
    }
    return {
        "forms": [form] if may else [],
        "version": NO_VERSION,
        "keys": secrets.token_urlsafe,
        **told(request, tried, [name] if may else []),
    }

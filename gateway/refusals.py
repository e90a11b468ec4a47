"""What only the door itself refuses, as errors that the one table of `gateway.problems` turns into answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException

from lianxi.kernel.errors import LianxiError


class Turned(LianxiError):
    """A request turned away at the door, with the HTTP status it gets."""

    status = 400

    def __init__(self, code: str, *, headers: Mapping[str, str] | None = None, **facts: Any) -> None:
        super().__init__(code, **facts)
        self.headers = dict(headers or {})


class BadRequest(Turned):
    """The request cannot be understood."""


class NotKnown(Turned):
    """Nobody who may come in: no token, or not a good one."""

    status = 401

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code, headers={"WWW-Authenticate": f'Bearer realm="lianxi", error="{_bearer(code)}"'}, **facts)


class NotAllowed(Turned):
    """Known, but without the scope."""

    status = 403


class NoSuchThing(Turned):
    """Nothing is here."""

    status = 404


class Taken(Turned):
    """The key has been used for something else, or is in use."""

    status = 409


class TooSlow(Turned):
    """The body did not come within its time."""

    status = 408


class TooLong(Turned):
    """The body is larger than a request may be."""

    status = 413


class WrongType(Turned):
    """The body is not JSON by its own word."""

    status = 415


class Unusable(Turned):
    """Readable, but not what is wanted."""

    status = 422


class TooMany(Turned):
    """More requests than one client may make."""

    status = 429

    def __init__(self, code: str, *, retry_after_seconds: int, **facts: Any) -> None:
        super().__init__(code, headers={"Retry-After": str(max(1, retry_after_seconds))}, **facts)
        self.retry_after_seconds = retry_after_seconds


class HeadersTooLong(Turned):
    """More headers than a request may have."""

    status = 431


class UnreadableBody(HTTPException):
    """A body that is no JSON; FastAPI lets only its own kind of error out of reading one."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(400)
        self.told = BadRequest(code, **facts)


def _bearer(code: str) -> str:
    return "invalid_request" if code == "token.missing" else "invalid_token"

"""Which of the paths are the public's, which are pages for people, and which are counted and noted.

The public leaves nothing behind, whether it comes over the interface or through a page: no address, no correlation id
of its own making, no token, only the route and the hour.
"""

from __future__ import annotations

from typing import Any, Final

API: Final = "/v1/"
PUBLIC: Final = "/v1/public/"
GEOREPORT: Final = "/open311/"
TOKEN: Final = "/oauth/token"  # noqa: S105
STATIC: Final = "/static/"
PUBLIC_PAGES: Final = frozenset({"", "report", "track", "warnings", "numbers", "accessibility"})
"""First parts of the paths of pages that need no account."""
STAFF_PAGES: Final = frozenset({"desk", "m", "office", "ops", "developers"})
"""First parts of the paths of pages that need a session."""
_FOR_MACHINES: Final = (API, GEOREPORT, TOKEN, STATIC)


def is_public_page(path: str) -> bool:
    """Say whether a path is a page for everybody."""
    return _first(path) in PUBLIC_PAGES


def is_staff_page(path: str) -> bool:
    """Say whether a path is a page for officials: what its forms carry, the page itself checks."""
    return _first(path) in STAFF_PAGES


def is_page(path: str) -> bool:
    """Say whether a path is a page for people, with or without an account."""
    return is_public_page(path) or is_staff_page(path)


def is_public(path: str) -> bool:
    """Say whether whoever asks for this path is to leave no trace."""
    return path.startswith((PUBLIC, GEOREPORT)) or is_public_page(path)


def is_georeport(path: str) -> bool:
    """Say whether a path is one of GeoReport's, whose refusals have a shape of their own."""
    return path.startswith(GEOREPORT)


def is_counted(path: str) -> bool:
    """Say whether requests for this path are limited in number."""
    return path.startswith((API, GEOREPORT, TOKEN)) or is_page(path)


def is_noted(route: str) -> bool:
    """Say whether requests for this route get a row in the request audit."""
    return route.startswith((API, GEOREPORT)) or is_page(route)


def wants_page(scope: Any) -> bool:
    """Say whether a refusal is best told as a page: a person's browser is asking."""
    path = scope["path"]
    if is_page(path):
        return True
    accepted = next((value for name, value in scope["headers"] if name == b"accept"), b"")
    return not path.startswith(_FOR_MACHINES) and b"text/html" in accepted


def _first(path: str) -> str:
    return path.split("/", 2)[1] if path.startswith("/") else path

"""In which language whoever asks is answered: pages by what was chosen on them, everything else by its headers."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import Any, Final
from urllib.parse import parse_qs

from gateway import paths
from gateway.wording import Language, language_for

COOKIE: Final = "lang"
QUERY: Final = "lang"
_CHINESE_FIRST: Final = (paths.PUBLIC, paths.GEOREPORT, "/problems/")


def language_of(scope: Any) -> Language:
    """Choose the language of whoever asks: the public reads Chinese unless it says otherwise, machines English."""
    path = scope["path"]
    is_page = paths.wants_page(scope)
    chosen = chosen_in_query(scope) or _chosen_before(scope) if is_page else None
    if chosen is not None:
        return chosen
    chinese = is_page or path.startswith(_CHINESE_FIRST)
    return language_for(_header(scope, b"accept-language"), otherwise="zh" if chinese else "en")


def chosen_in_query(scope: Any) -> Language | None:
    """Read the language that the switch of a page has just been set to."""
    try:
        found = parse_qs(scope.get("query_string", b"").decode("latin-1"), max_num_fields=20).get(QUERY, [""])
    except ValueError:
        return None
    return _known(found[0])


def _chosen_before(scope: Any) -> Language | None:
    try:
        cookie = SimpleCookie(_header(scope, b"cookie")).get(COOKIE)
    except CookieError:
        return None
    return None if cookie is None else _known(cookie.value)


def _known(text: str) -> Language | None:
    return "zh" if text == "zh" else "en" if text == "en" else None


def _header(scope: Any, wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), "")

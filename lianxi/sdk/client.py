"""A thin client of the gateway: it keeps a token, makes a key for every write, and tries again what may be tried again.

::

    with Client("http://127.0.0.1:8000", client_id="police", client_secret=secret) as town:
        filed = town.post("/v1/tips", {"category": "online_scheme", "village": "village/banyan", "text": "…"})
        for tip in town.pages("/v1/tips", state="dispatched"):
            town.post(f"/v1/tips/{tip['tip_id']}/accept", version=tip_version)
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, Final

import httpx2

from lianxi.kernel.errors import LianxiError

RETRIED: Final = frozenset({429, 503, 504})
UNAUTHORIZED: Final = 401
LONGEST_WAIT_SECONDS: Final = 30.0
EARLY_SECONDS: Final = 60


class Problem(LianxiError):
    """The gateway said no; `document` is its problem document (RFC 9457)."""

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        super().__init__(str(document.get("code", "gateway.unreadable")), status=status)
        self.status = status
        self.document = dict(document)

    def __str__(self) -> str:
        told = [str(self.document[name]) for name in ("title", "detail") if self.document.get(name)]
        return f"{self.code} ({self.status}): {' '.join(told)}".rstrip(": ")


class Unreachable(LianxiError):
    """The gateway does not answer."""


class Client:
    """A connection to one gateway, in the name of one agency's client or of nobody.

    Args:
        gateway: its address.
        client_id: the client's id; without one only the public paths answer.
        client_secret: its secret.
        tries: how often a request is tried in all when the gateway or the network says "not now".
        language: of problem documents, ``zh`` or ``en``.
        http: a client of httpx2 to use instead of an own one.
        wait: how time is let pass between two tries.
    """

    def __init__(
        self,
        gateway: str,
        *,
        client_id: str | None = None,
        client_secret: str = "",
        tries: int = 4,
        language: str = "en",
        http: httpx2.Client | None = None,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http = http or httpx2.Client(base_url=gateway, timeout=30.0)
        self._client_id = client_id
        self._secret = client_secret
        self._tries = tries
        self._language = language
        self._wait = wait
        self._token = ""
        self._token_ends = 0.0

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def get(self, path: str, **query: Any) -> Any:
        """Read.

        Raises:
            Problem: the gateway said no.
            Unreachable: gateway.unreachable.
        """
        given = {name: value for name, value in query.items() if value is not None}
        return self._ask("GET", path, query=given).json()

    def pages(self, path: str, **query: Any) -> Iterator[Any]:
        """Read a list to its end, item by item.

        Raises:
            Problem: the gateway said no.
            Unreachable: gateway.unreachable.
        """
        cursor: str | None = None
        while True:
            page = self.get(path, **query, cursor=cursor)
            yield from page["items"]
            cursor = page.get("next_cursor")
            if cursor is None:
                return

    def post(
        self, path: str, body: Mapping[str, Any] | None = None, *, key: str | None = None, version: int | None = None
    ) -> Any:
        """Write, once however often it is tried; `version` makes it fail when the item has changed since.

        Raises:
            Problem: the gateway said no.
            Unreachable: gateway.unreachable.
        """
        return self._write("POST", path, body, key, version)

    def put(self, path: str, body: Mapping[str, Any], *, key: str | None = None) -> Any:
        """Write something to its own address.

        Raises:
            Problem: the gateway said no.
            Unreachable: gateway.unreachable.
        """
        return self._write("PUT", path, body, key, None)

    def _write(
        self, method: str, path: str, body: Mapping[str, Any] | None, key: str | None, version: int | None
    ) -> Any:
        headers = {"Idempotency-Key": key or secrets.token_hex(16)}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return self._ask(method, path, body=body, headers=headers).json()

    def _ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        renewed = False
        for attempt in range(1, self._tries + 1):
            last = attempt == self._tries
            told = {**(headers or {}), **self._identity(), "Accept-Language": self._language}
            response = self._send(method, path, last=last, params=query, json=body, headers=told)
            if response is None:
                self._wait(_pause(attempt))
            elif response.status_code == UNAUTHORIZED and self._token and not renewed:
                self._token, renewed = "", True
            elif response.status_code in RETRIED and not last:
                self._wait(_pause(attempt, response.headers.get("Retry-After")))
            else:
                return _checked(response)
        raise Unreachable("gateway.unreachable")

    def _send(self, method: str, path: str, *, last: bool, **more: Any) -> httpx2.Response | None:
        try:
            return self._http.request(method, path, **more)
        except httpx2.HTTPError as error:
            if last:
                raise Unreachable("gateway.unreachable", reason=type(error).__name__) from None
            return None

    def _identity(self) -> dict[str, str]:
        if self._client_id is None:
            return {}
        if not self._token or time.monotonic() >= self._token_ends:
            self._renew()
        return {"Authorization": f"Bearer {self._token}"}

    def _renew(self) -> None:
        form = {"grant_type": "client_credentials", "client_id": self._client_id, "client_secret": self._secret}
        for attempt in range(1, self._tries + 1):
            response = self._send("POST", "/oauth/token", last=attempt == self._tries, data=form)
            if response is not None and (response.status_code not in RETRIED or attempt == self._tries):
                granted = _checked(response).json()
                self._token = granted["access_token"]
                self._token_ends = time.monotonic() + max(0, granted["expires_in"] - EARLY_SECONDS)
                return
            self._wait(_pause(attempt, None if response is None else response.headers.get("Retry-After")))


def _pause(attempt: int, told: str | None = None) -> float:
    if told is not None and told.isdigit():
        return min(float(told), LONGEST_WAIT_SECONDS)
    return min(0.2 * 2.0**attempt, LONGEST_WAIT_SECONDS)


def _checked(response: httpx2.Response) -> httpx2.Response:
    if not response.is_error:
        return response
    try:
        document = response.json()
    except ValueError:
        document = {}
    raise Problem(response.status_code, document if isinstance(document, dict) else {})

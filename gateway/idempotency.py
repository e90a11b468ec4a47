"""A write under one key is done once, and asked again is answered as the first time.

Clause: none; DESIGN 12.5, criterion 14.2. Insert first, then do: two that come at once cannot both do it. Answers lie
in the gateway's database locked with the outside key, and never hold a receipt code.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from starlette.responses import Response

from gateway.ledger import Ledger, Remembered
from gateway.outside_key import NONCE_BYTES, OutsideKey
from gateway.refusals import BadRequest, Taken
from gateway.settings import GatewaySettings
from lianxi.contracts import codec
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import NotFound, Refused, StoreDown
from lianxi.runtime.logs import get_log

log = get_log()
REPLAYED: Final = "Idempotency-Replayed"
_KEY: Final = re.compile(r"^[\x21-\x7e]{1,128}$")
_LOCK: Final = "idempotent-answer"
_KEPT_HEADERS: Final = ("location", "etag", "content-type", "content-language")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it can be given again."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        """Write it out."""
        return Response(self.body, self.status, dict(self.headers))

    @staticmethod
    def of(response: Response) -> Answer:
        """Keep of an answer what makes it the same answer again."""
        headers = {name: value for name, value in response.headers.items() if name in _KEPT_HEADERS}
        return Answer(response.status_code, bytes(response.body), headers)


@dataclass(frozen=True, slots=True)
class Request:
    """A write as the store knows it: whose key, what is asked, and for how long it is remembered."""

    key: str
    fingerprint: str
    lives_seconds: int
    needs_store: bool = True


def read_key(header: str | None) -> str | None:
    """Read the header, with or without the quotes that its draft wants.

    Raises:
        BadRequest: idempotency.key_unreadable.
    """
    if header is None:
        return None
    key = header[1:-1] if len(header) > 1 and header[0] == header[-1] == '"' else header
    if not _KEY.match(key):
        raise BadRequest("idempotency.key_unreadable")
    return key


class Answers:
    """What has been answered under which key."""

    def __init__(self, ledger: Ledger, key: OutsideKey, clock: Clock, settings: GatewaySettings) -> None:
        self._ledger = ledger
        self._key = key
        self._clock = clock
        self._unfinished = timedelta(seconds=settings.gateway_unfinished_seconds)

    def key(self, *whose: str) -> str:
        """Name a write so that the store does not learn the key itself."""
        return self._key.derive("idempotency-key", *whose).hex()

    def fingerprint(self, what: str, said: Any) -> str:
        """Tell apart what is asked, without keeping it: keyed, because a tip's text could otherwise be guessed at."""
        return self._key.derive("fingerprint", what, json.dumps(said, sort_keys=True, ensure_ascii=False)).hex()

    async def once(
        self,
        request: Request,
        act: Callable[[], Awaitable[Response]],
        refused: Callable[[Refused], Response],
    ) -> Response:
        """Act, unless it has been done; a desk's refusal is an answer too, except that something is not there (yet).

        Raises:
            Taken: idempotency.key_reused, idempotency.in_progress.
            StoreDown: the store is away and the request needs it.
        """
        entry = self._entry(request)
        known = await self._begin(entry, request)
        if known is not None:
            return self._again(known, request)
        done: Response | None = None
        try:
            done = await self._do(act, refused)
            return done
        finally:
            await self._settle(entry, done)

    async def _do(self, act: Callable[[], Awaitable[Response]], refused: Callable[[Refused], Response]) -> Response:
        try:
            return await act()
        except NotFound:
            raise
        except Refused as error:
            return refused(error)

    def _entry(self, request: Request) -> Remembered:
        now = self._clock.now()
        ends = now + timedelta(seconds=request.lives_seconds)
        return Remembered(key=request.key, fingerprint=request.fingerprint, opened_at=now, expires_at=ends)

    async def _begin(self, entry: Remembered, request: Request) -> Remembered | None:
        try:
            return await self._ledger.begin(entry, stale_before=entry.opened_at - self._unfinished)
        except StoreDown:
            if request.needs_store:
                raise
            # What is taken in has an id that derives from its key: done twice, it lands on itself (DESIGN 12.2).
            return None

    async def _settle(self, entry: Remembered, done: Response | None) -> None:
        try:
            if done is None:
                await self._ledger.forget(entry)
            else:
                answer = Answer.of(done)
                await self._ledger.finish(entry, answer.status, self._lock(answer))
        except StoreDown as error:
            # The work is done or not done whatever the store says; tried again it is recognised by its command id.
            log.warning("answer_not_kept", reason=str(error))

    def _again(self, known: Remembered, request: Request) -> Response:
        if known.fingerprint != request.fingerprint:
            raise Taken("idempotency.key_reused")
        if known.status is None or known.answer is None:
            raise Taken("idempotency.in_progress", headers={"Retry-After": "1"})
        response = self._unlock(known.answer).response()
        response.headers[REPLAYED] = "true"
        return response

    def _lock(self, answer: Answer) -> bytes:
        body = base64.b64encode(answer.body).decode()
        plain = codec.to_bytes({"status": answer.status, "headers": dict(answer.headers), "body": body})
        return self._key.lock(_LOCK, secrets.token_bytes(NONCE_BYTES), plain)

    def _unlock(self, locked: bytes) -> Answer:
        plain = json.loads(self._key.unlock(_LOCK, locked))
        return Answer(plain["status"], base64.b64decode(plain["body"]), plain["headers"])

"""Sessions: a random token in the browser, its digest here, and an end that comes by itself.

Clause: none; criterion 23, DESIGN 12.6. A session is looked up at every request, so that a right taken away is gone at
the next one.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from starlette.requests import HTTPConnection
from starlette.types import Scope

from gateway import paths
from gateway.outside_key import OutsideKey
from gateway.people.accounts import Account, People, Session
from gateway.principal import SCOPES, Principal
from gateway.refusals import NotAllowed, NotKnown
from gateway.settings import GatewaySettings
from lianxi.kernel.clock import Clock

COOKIE: Final = "lianxi_session"
CSRF_HEADER: Final = "lianxi-csrf"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
TOKEN_BYTES: Final = 32
TOUCH_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An open session with whom it belongs to, and those whom this person stands in for today."""

    account: Account
    session: Session
    csrf: str
    absent: tuple[Account, ...] = ()

    def principal(self) -> Principal:
        """Say what the person may do: what their own roles give, and those of whoever they stand in for.

        Scopes narrow machines; a person is bound by roles alone. What is done is done in the person's own name.
        """
        everyone = (self.account, *self.absent)
        roles, desks, areas = (
            tuple(dict.fromkeys(each for one in everyone for each in getattr(one, field)))
            for field in ("roles", "desks", "areas")
        )
        scopes = frozenset(SCOPES) if roles else frozenset()
        return Principal(self.account.account_id, self.account.agency, scopes, roles, desks, areas, is_person=True)


class Sessions:
    """Opens, reads and ends sessions."""

    def __init__(self, people: People, key: OutsideKey, clock: Clock, settings: GatewaySettings) -> None:
        self._people = people
        self._key = key
        self._clock = clock
        self._idle = timedelta(seconds=settings.gateway_session_idle_seconds)
        self.lives = timedelta(seconds=settings.gateway_session_seconds)

    async def open(self, account: Account) -> tuple[str, SignedIn]:
        """Open a session; answers the token, which is known nowhere else."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        now = self._clock.now()
        kept = Session(
            digest=digest_of(token),
            account_id=account.account_id,
            opened_at=now,
            seen_at=now,
            ends_at=now + self.lives,
        )
        await self._people.open_session(kept)
        return token, SignedIn(account, kept, self._csrf(token))

    async def admit(self, scope: Scope) -> Principal | None:
        """Let in whoever's session a request comes in; `None` when it comes in none.

        Raises:
            NotKnown: session.over.
            NotAllowed: session.not_meant for a write that does not carry the session's own token.
            StoreDown: the database is away.
        """
        request = HTTPConnection(scope)
        token = request.cookies.get(COOKIE)
        if not token:
            return None
        signed_in = await self.read(token)
        # A form has no headers of its own: its pages carry the token in a field, and their route checks it there.
        is_checked_here = scope["method"] not in _SAFE and not paths.is_staff_page(scope["path"])
        if is_checked_here and not self.is_meant(signed_in, request.headers.get(CSRF_HEADER, "")):
            raise NotAllowed("session.not_meant")
        scope["state"]["signed_in"] = signed_in
        return signed_in.principal()

    async def read(self, token: str) -> SignedIn:
        """Say whose session a token opens.

        Raises:
            NotKnown: session.over when there is none, or it has ended.
            StoreDown: the database is away.
        """
        now = self._clock.now()
        session = await self._people.session(digest_of(token))
        if session is None or now >= min(session.ends_at, session.seen_at + self._idle):
            raise NotKnown("session.over")
        account = await self._people.account(session.account_id)
        if account is None or account.departed_at is not None:
            raise NotKnown("session.over")
        if now - session.seen_at >= timedelta(seconds=TOUCH_SECONDS):
            await self._people.touch(session.digest, now)
        return SignedIn(account, session, self._csrf(token), await self._absent(account, now))

    async def _absent(self, account: Account, now: datetime) -> tuple[Account, ...]:
        """Find those whom an official stands in for now; whoever has left the agency since has nothing to lend."""
        today = [each.stands_in_for for each in account.acting if each.begins_at <= now < each.ends_at]
        found = [await self._people.account(each) for each in today]
        return tuple(each for each in found if each and each.agency == account.agency and each.departed_at is None)

    async def close(self, token: str) -> None:
        """End a session."""
        await self._people.close_session(digest_of(token))

    def is_meant(self, signed_in: SignedIn, csrf: str) -> bool:
        """Say whether a write carries the token that only a page of ours could read."""
        return hmac.compare_digest(signed_in.csrf.encode(), csrf.encode())

    def _csrf(self, token: str) -> str:
        return self._key.derive("csrf", token).hex()


def digest_of(token: str) -> str:
    """What is kept of a token: it is 256 random bits, so a plain digest hides it well enough."""
    return hashlib.sha256(token.encode()).hexdigest()

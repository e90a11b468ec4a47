"""Who is asking: client credentials become a signed token of fifteen minutes, and a token becomes a caller.

Clause: none; DESIGN 9 and 12.6, criterion 14.1. Scopes say what a client may do, its agency which rows it sees;
neither widens the other.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
from collections import OrderedDict
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import jwt

from gateway.keeping import Keeper
from gateway.ledger import Client, Ledger
from gateway.principal import SCOPES, Principal
from gateway.refusals import NotKnown
from gateway.settings import GatewaySettings
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import Broken, StoreDown
from lianxi.runtime.logs import get_log

log = get_log()
ALGORITHM: Final = "HS256"
ISSUER: Final = "lianxi"
AUDIENCE: Final = "lianxi-gateway"
CLAIMS: Final = ("iss", "aud", "sub", "iat", "exp", "jti")
SIGNED_KEPT: Final = 4096
_NOBODY: Final = Client(client_id="", secret_sha256="0" * 64, agency="", scopes=())


class Register(Keeper):
    """The clients as last read from the database; nobody is let in who was last seen revoked, whatever is away."""

    def __init__(self, ledger: Ledger, settings: GatewaySettings, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._every = settings.gateway_clients_refresh_seconds
        self._file = settings.gateway_clients_file
        self._read_at = _changed_at(self._file)
        self._wanted = _read_file(self._file)
        self._known: dict[str, Client] | None = None
        self.trouble: str | None = None

    @property
    def is_known(self) -> bool:
        """Say whether the list has been read at least once."""
        return self._known is not None

    def find(self, client_id: str) -> Client | None:
        """Look a client up; those that were revoked or have run out are not found.

        Raises:
            StoreDown: clients.unknown_yet before the list could be read for the first time.
        """
        if self._known is None:
            raise StoreDown("clients.unknown_yet")
        client = self._known.get(client_id)
        if client is None or client.revoked_at is not None:
            return None
        return client if client.expires_at is None or self._clock.now() < client.expires_at else None

    def learn(self, client: Client) -> None:
        """Take over at once what this gateway itself has changed; the others read it within seconds."""
        if self._known is not None:
            self._known = {**self._known, client.client_id: client}

    async def open(self) -> None:
        """Read the list now if the database is there, and keep reading it."""
        await self._try()
        await super().open()

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            await self._try()

    async def _try(self) -> None:
        try:
            await self._refresh()
        except StoreDown as error:
            if self.trouble is None:
                log.warning("clients_not_read", reason=str(error))
            self.trouble = "away"
        else:
            self.trouble = None

    def _look_at_the_file(self) -> None:
        """Take over a list that was written anew: another agency's client needs no new start."""
        changed_at = _changed_at(self._file)
        if changed_at == self._read_at:
            return
        self._read_at = changed_at
        try:
            self._wanted = _read_file(self._file)
        except Broken as error:
            log.warning("clients_file_unreadable", reason=str(error))

    async def _refresh(self) -> None:
        self._look_at_the_file()
        if self._wanted:
            await self._ledger.open()
            await self._ledger.put_clients(self._wanted)
            self._wanted = ()
        self._known = {client.client_id: client for client in await self._ledger.clients()}


def _changed_at(path: Path | None) -> int:
    try:
        return 0 if path is None else path.stat().st_mtime_ns
    except OSError:
        return 0


def _read_file(path: Path | None) -> tuple[Client, ...]:
    if path is None:
        return ()
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return tuple(
            Client(
                client_id=row["client_id"],
                secret_sha256=row["secret_sha256"],
                agency=row["agency"],
                scopes=tuple(scope for scope in row["scopes"] if scope in SCOPES),
                roles=tuple(row["roles"]),
                desks=tuple(row.get("desks", ())),
            )
            for row in rows
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Broken("settings.clients_unreadable", path=str(path), reason=type(error).__name__) from None


def secret_digest(secret: str) -> str:
    """What is kept of a client's secret: it is 256 random bits, so a plain digest hides it well enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Tokens:
    """Makes and reads tokens; one algorithm, whatever a token says of itself."""

    def __init__(self, key_hex: str, register: Register, settings: GatewaySettings, clock: Clock) -> None:
        self._key = bytes.fromhex(key_hex)
        self._register = register
        self._clock = clock
        self._signed: OrderedDict[bytes, dict[str, Any]] = OrderedDict()
        self.lives_seconds = settings.gateway_token_seconds

    def grant(self, client_id: str, secret: str, wanted: frozenset[str]) -> tuple[str, frozenset[str]]:
        """Give a token for a client's secret, with the wanted scopes or all it may have.

        Raises:
            NotKnown: client.unknown for an unknown client, a wrong secret or a revoked one, all alike.
            StoreDown: clients.unknown_yet.
        """
        client = self._register.find(client_id) or _NOBODY
        right = hmac.compare_digest(client.secret_sha256, secret_digest(secret))
        if not right or client is _NOBODY:
            raise NotKnown("client.unknown")
        scopes = frozenset(client.scopes) & (wanted or frozenset(client.scopes))
        now = self._clock.now()
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": client.client_id,
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(seconds=self.lives_seconds)).timestamp()),
            "jti": secrets.token_hex(16),
            "scope": " ".join(sorted(scopes)),
        }
        return jwt.encode(claims, self._key, ALGORITHM), scopes

    def read(self, token: str) -> Principal:
        """Say who a token belongs to.

        Raises:
            NotKnown: token.unreadable, token.expired, token.client_revoked.
            StoreDown: clients.unknown_yet.
        """
        claims = self._claims(token)
        client = self._register.find(str(claims["sub"]))
        if client is None:
            raise NotKnown("token.client_revoked")
        # A right that was taken away is gone at once, not when the token ends.
        scopes = frozenset(str(claims.get("scope", "")).split()) & frozenset(client.scopes)
        return Principal(client.client_id, client.agency, scopes, client.roles, client.desks, client.areas)

    def _claims(self, token: str) -> dict[str, Any]:
        claims = self._signed_claims(token)
        expires = claims["exp"]
        if not isinstance(expires, int):
            raise NotKnown("token.unreadable")
        if expires <= self._clock.now().timestamp():
            raise NotKnown("token.expired")
        return claims

    def _signed_claims(self, token: str) -> dict[str, Any]:
        """Check a signature once: it stays right. Whether the token still counts is looked at each time."""
        digest = hashlib.sha256(token.encode()).digest()
        known = self._signed.get(digest)
        if known is None:
            known = self._signed[digest] = self._verified(token)
            if len(self._signed) > SIGNED_KEPT:
                self._signed.popitem(last=False)
        return known

    def _verified(self, token: str) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                # Expiry is reckoned by our own clock, which a rehearsal moves for every process together.
                options={"require": list(CLAIMS), "verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
        except (jwt.PyJWTError, ValueError):
            raise NotKnown("token.unreadable") from None
        return claims

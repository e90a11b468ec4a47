"""Signing in: name, password and code together, one answer and one length of time for whatever is wrong.

Clause: none; criterion 23.
"""

from __future__ import annotations

import base64
import secrets
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from gateway.outside_key import NONCE_BYTES, OutsideKey
from gateway.people import second_factor
from gateway.people.accounts import Account, People
from gateway.people.passwords import Passwords, accept
from gateway.people.sessions import Sessions, SignedIn, digest_of
from gateway.people.slowing import Devices, Slowing
from gateway.refusals import NotKnown, Unusable
from gateway.settings import GatewaySettings
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import Broken, Conflict

PASSWORD: Final = "account-password"  # noqa: S105
SECOND_FACTOR: Final = "account-second-factor"
UNKNOWN: Final = "unknown"
SECRET_BYTES: Final = 20
_NOBODYS_SECRET: Final = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Try:
    """What somebody signs in with, and from where."""

    name: str
    password: str
    code: str
    bucket: str
    device_cookie: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """A session just opened: its token and the device's cookie are known to the browser alone."""

    token: str
    device_cookie: str
    signed_in: SignedIn


class FirstAccount(TypedDict):
    """A row of the file of first accounts: whoever sets a town up writes it once, for those who invite the others."""

    account_id: str
    name: str
    shown_name: str
    agency: str
    roles: list[str]
    desks: list[str]
    areas: list[str]
    keeps: list[str]
    password_hash: str
    totp_secret: str


class SignInRefused(NotKnown):
    """Somebody was not let in; which account it was about is for the audit alone."""

    def __init__(self, actor: str) -> None:
        super().__init__("sign_in.refused")
        self.actor = actor


class SignIn:
    """Lets officials in, and changes what they sign in with."""

    def __init__(
        self, people: People, key: OutsideKey, clock: Clock, settings: GatewaySettings, sessions: Sessions
    ) -> None:
        self._people = people
        self._key = key
        self._clock = clock
        self._sessions = sessions
        self._file = settings.gateway_people_file
        self._passwords = Passwords(settings)
        self._devices = Devices(key)
        self._slowing = Slowing(settings)

    def close(self) -> None:
        """Let the threads go."""
        self._passwords.close()

    async def _put_first(self) -> None:
        """Take in the first accounts, those of the file; whoever is there already stays as he or she is."""
        if self._file is not None:
            await self._people.put_missing([self._first(row) for row in _read_file(self._file)])
            self._file = None

    async def open(self, tried: Try) -> Opened:
        """Let somebody in.

        Raises:
            SignInRefused: for an unknown name, a wrong password and a wrong code, all alike.
            TooMany: sign_in.slowed for whoever has failed too often.
            TooBusy: sign_in.busy.
        """
        await self._put_first()
        name = folded(tried.name)
        account = await self._usable(name)
        known = None if account is None else self._devices.known(tried.device_cookie, account.account_id)
        await self._slowing.admit(name, tried.bucket, known)
        is_right = await self._password_fits(account, tried.password, is_known_device=known is not None)
        came_in = await self._code_fits(account, tried.code, known, is_right=is_right)
        if account is None or not came_in:
            await self._slowing.failed(name, tried.bucket, known, account.account_id if account and is_right else None)
            raise SignInRefused(UNKNOWN if account is None else account.account_id)
        token, signed_in = await self._sessions.open(account)
        cookie = tried.device_cookie if known else self._devices.make(account.account_id)
        return Opened(token, cookie, signed_in)

    async def change_password(self, account: Account, now: str, new: str) -> None:
        """Change a password; every session ends.

        Raises:
            Unusable: password.wrong, password.too_short, password.too_long, password.too_common.
        """
        if not await self._password_fits(account, now, is_known_device=True):
            raise Unusable("password.wrong")
        hashed = await self._passwords.hashed(accept(new, account.name))
        await self._change(account, replace(account, password=self._lock(PASSWORD, hashed)))

    async def enrol(self, account: Account, secret: str, code: str) -> list[str]:
        """Take a new second factor, proven by a code of it; answers recovery codes. Every session ends.

        Raises:
            Unusable: second_factor.wrong.
        """
        after, codes = self._with_factor(account, secret, code)
        await self._change(account, after)
        return codes

    def offered_secret(self, account: Account, whence: str) -> str:
        """Work out the second factor that a session, or an invitation, offers: nothing is kept before it is proven."""
        drawn = self._key.derive("offered-second-factor", account.account_id, account.second_factor, whence)
        return base64.b32encode(drawn[:SECRET_BYTES]).decode()

    async def invited(self, invitation: str) -> Account:
        """Find whom an invitation is for.

        Raises:
            NotKnown: invitation.over when it is none, has been taken up, or is too old.
        """
        account = await self._people.invited(digest_of(invitation))
        is_open = account is not None and account.departed_at is None and account.invited_until is not None
        if account is None or not is_open or account.invited_until <= self._clock.now():  # type: ignore[operator]
            raise NotKnown("invitation.over")
        return account

    async def take_up(self, invitation: str, password: str, code: str) -> list[str]:
        """Set the first password and prove the second factor; answers recovery codes. The invitation is used up.

        Raises:
            NotKnown: invitation.over.
            Unusable: password.too_short, password.too_long, password.too_common, second_factor.wrong.
        """
        account = await self.invited(invitation)
        plain = accept(password, account.name)
        after, codes = self._with_factor(account, self.offered_secret(account, invitation), code)
        locked = self._lock(PASSWORD, await self._passwords.hashed(plain))
        await self._change(account, replace(after, password=locked, invitation=None, invited_until=None))
        return codes

    def _with_factor(self, account: Account, secret: str, code: str) -> tuple[Account, list[str]]:
        step = second_factor.step_of(secret, code, self._clock.now())
        if step is None:
            raise Unusable("second_factor.wrong")
        codes = second_factor.new_recovery_codes()
        kept = tuple(second_factor.recovery_digest(self._key, account.account_id, each) for each in codes)
        locked = self._lock(SECOND_FACTOR, secret)
        return replace(account, second_factor=locked, recovery=kept, last_step=step), codes

    async def _change(self, before: Account, after: Account) -> None:
        if not await self._people.change(before, after, ends_sessions=True):
            raise Conflict("account.changed")

    async def _usable(self, name: str) -> Account | None:
        account = await self._people.named(name)
        return account if account is not None and account.is_taken_up and account.departed_at is None else None

    async def _password_fits(self, account: Account | None, password: str, *, is_known_device: bool) -> bool:
        hashed = self._passwords.nobodys if account is None else self._unlock(PASSWORD, account.password)
        fits = await self._passwords.fits(password, hashed, is_known_device=is_known_device)
        return fits and account is not None

    async def _code_fits(self, account: Account | None, written: str, device: str | None, *, is_right: bool) -> bool:
        secret = _NOBODYS_SECRET if account is None else self._unlock(SECOND_FACTOR, account.second_factor)
        step = second_factor.step_of(secret, written, self._clock.now())
        if account is None or not is_right or not await self._slowing.admit_code(account.account_id, device):
            return False
        if step is not None:
            return await self._people.use_step(account.account_id, step)
        digest = second_factor.recovery_digest(self._key, account.account_id, written)
        return await self._people.use_recovery(account.account_id, digest)

    def _first(self, row: FirstAccount) -> Account:
        return Account(
            account_id=row["account_id"],
            name=folded(row["name"]),
            shown_name=row["shown_name"],
            agency=row["agency"],
            roles=tuple(row["roles"]),
            desks=tuple(row["desks"]),
            areas=tuple(row["areas"]),
            keeps=tuple(row["keeps"]),
            password=self._lock(PASSWORD, row["password_hash"]),
            second_factor=self._lock(SECOND_FACTOR, row["totp_secret"]),
        )

    def _lock(self, purpose: str, text: str) -> bytes:
        return self._key.lock(purpose, secrets.token_bytes(NONCE_BYTES), text.encode())

    def _unlock(self, purpose: str, locked: bytes) -> str:
        return self._key.unlock(purpose, locked).decode()


def folded(name: str) -> str:
    """Write a name as it is looked up."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _read_file(path: Path) -> list[FirstAccount]:
    try:
        return TypeAdapter(list[FirstAccount]).validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise Broken("settings.people_unreadable", path=str(path), reason=type(error).__name__) from None

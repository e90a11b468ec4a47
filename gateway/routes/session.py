"""Officials at the door: signing in and out, who one is, and what one signs in with."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response, Security
from fastapi.security import APIKeyCookie
from pydantic import BaseModel, Field

from gateway.bodies import Body
from gateway.body import DoorRoute
from gateway.exchange import House, house_of, shown
from gateway.people import second_factor
from gateway.people.sessions import COOKIE, SignedIn
from gateway.people.sign_in import Opened, SignInRefused, Try
from gateway.people.slowing import DEVICE_COOKIE, DEVICE_SECONDS
from gateway.refusals import NotKnown

router = APIRouter(route_class=DoorRoute, tags=["people"])
Password = Annotated[str, Field(min_length=1, max_length=200)]
Code = Annotated[str, Field(min_length=1, max_length=40)]
Invitation = Annotated[str, Field(min_length=20, max_length=100)]
_SESSION = APIKeyCookie(name=COOKIE, scheme_name="person", auto_error=False, description="An official's session")


class SigningIn(Body):
    """Who signs in."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    password: Password
    code: Code = Field(description="Six digits of the second factor, or a recovery code")


class NewPassword(Body):
    """A password in place of another."""

    password: Password
    new_password: Password


class NewFactor(Body):
    """The proof that the new second factor works."""

    code: Code


class Invited(Body):
    """What an official was handed by the agency's administrator."""

    invitation: Invitation


class TakingUp(Invited):
    """The first password, and the proof that the second factor works."""

    password: Password
    code: Code


class ActingNow(BaseModel):
    """Whom one stands in for."""

    stands_in_for: str
    ends_at: str


class Me(BaseModel):
    """Who one is."""

    account_id: str
    name: str
    shown_name: str
    agency: str
    desks: list[str]
    areas: list[str]
    roles: list[str]
    acting: list[ActingNow] = Field(description="Whom you stand in for now; their roles stand among yours")
    csrf: str = Field(description="Send it as `Lianxi-CSRF` with every write")
    ends_at: str = Field(description="When the session ends, whatever happens")
    recovery_codes_left: int


class OfferedFactor(BaseModel):
    """A second factor to be scanned. It counts once it has been proven with a code."""

    secret: str
    address: str
    picture: str = Field(description="The address as a QR code, SVG")


class RecoveryCodes(BaseModel):
    """Codes for a lost telephone, each good once; shown this one time."""

    recovery_codes: list[str]


async def signed_in(request: Request, _cookie: Annotated[str | None, Security(_SESSION)] = None) -> SignedIn:
    """Say whose session a request comes in.

    Raises:
        NotKnown: there is none.
    """
    found = getattr(request.state, "signed_in", None)
    if isinstance(found, SignedIn):
        return found
    door = getattr(request.state, "door", None)
    raise door if isinstance(door, Exception) else NotKnown("session.missing")


In = Annotated[SignedIn, Security(signed_in)]


@router.post("/v1/session", response_model=Me)
async def sign_in(body: SigningIn, request: Request) -> Response:
    """Sign in. Unknown name, wrong password and wrong code get the same answer after the same time."""
    opened = await let_in(request, body.name, body.password, body.code)
    answer = shown(_me(opened.signed_in))
    set_cookies(answer, opened, house_of(request), is_secure=request.url.scheme == "https")
    return answer


@router.delete("/v1/session", status_code=204, response_class=Response)
async def sign_out(request: Request, _here: In) -> Response:
    """Sign out: the session ends on the server too."""
    await house_of(request).sessions.close(request.cookies[COOKIE])
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return answer


@router.get("/v1/me", response_model=Me)
async def show_me(here: In) -> Response:
    """Read who you are, and the token that your writes must carry."""
    return _unkept(shown(_me(here)))


@router.post("/v1/me/password", status_code=204, response_class=Response)
async def change_password(body: NewPassword, request: Request, here: In) -> Response:
    """Change your password. Every session ends, this one too."""
    await house_of(request).sign_in.change_password(here.account, body.password, body.new_password)
    return Response(status_code=204)


@router.get("/v1/me/second-factor", response_model=OfferedFactor)
async def offer_factor(request: Request, here: In) -> Response:
    """Get a new second factor to scan; the present one holds until the new one is proven."""
    return _offered(house_of(request).sign_in.offered_secret(here.account, here.csrf), here.account.name)


@router.post("/v1/me/second-factor", response_model=RecoveryCodes)
async def enrol(body: NewFactor, request: Request, here: In) -> Response:
    """Prove the new second factor with a code of it; get recovery codes. Every session ends, this one too."""
    door = house_of(request).sign_in
    codes = await door.enrol(here.account, door.offered_secret(here.account, here.csrf), body.code)
    return _unkept(shown(RecoveryCodes(recovery_codes=codes)))


@router.post("/v1/invitations/second-factor", response_model=OfferedFactor)
async def show_invited_factor(body: Invited, request: Request) -> Response:
    """Get the second factor that goes with an invitation, to scan."""
    door = house_of(request).sign_in
    account = await door.invited(body.invitation)
    return _offered(door.offered_secret(account, body.invitation), account.name)


@router.post("/v1/invitations/take-up", response_model=RecoveryCodes)
async def take_up(body: TakingUp, request: Request) -> Response:
    """Take an account up: set its password, prove its second factor, and sign in from then on."""
    codes = await house_of(request).sign_in.take_up(body.invitation, body.password, body.code)
    return _unkept(shown(RecoveryCodes(recovery_codes=codes)))


async def let_in(request: Request, name: str, password: str, code: str) -> Opened:
    """Let somebody in; a failure is kept whatever becomes of the request (criterion 13.2).

    Raises:
        SignInRefused, TooMany, TooBusy, StoreDown: as `gateway.people.sign_in.SignIn.open`.
    """
    house = house_of(request)
    tried = Try(name, password, code, house.buckets.of(request.scope), request.cookies.get(DEVICE_COOKIE, ""))
    try:
        return await house.sign_in.open(tried)
    except SignInRefused as refusal:
        await house.note_failed_sign_in("session", refusal.actor, request.state.correlation_id)
        raise


def set_cookies(answer: Response, opened: Opened, house: House, *, is_secure: bool) -> None:
    """Give a browser its session and its device; no script can read either."""
    lives = int(house.sessions.lives.total_seconds())
    for name, value, seconds in (
        (COOKIE, opened.token, lives),
        (DEVICE_COOKIE, opened.device_cookie, DEVICE_SECONDS),
    ):
        answer.set_cookie(name, value, seconds, path="/", secure=is_secure, httponly=True, samesite="strict")
    _unkept(answer)


def _unkept(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _offered(secret: str, name: str) -> Response:
    address = second_factor.address(secret, name)
    return _unkept(shown(OfferedFactor(secret=secret, address=address, picture=second_factor.picture(address))))


def _me(here: SignedIn) -> Me:
    one, may = here.account, here.principal()
    lent = {each.account_id for each in here.absent}
    return Me(
        account_id=one.account_id,
        name=one.name,
        shown_name=one.shown_name,
        agency=one.agency,
        desks=list(may.desks),
        areas=list(may.areas),
        roles=list(may.roles),
        acting=[
            ActingNow(stands_in_for=each.stands_in_for, ends_at=each.ends_at.isoformat())
            for each in one.acting
            if each.stands_in_for in lent
        ],
        csrf=here.csrf,
        ends_at=here.session.ends_at.isoformat(),
        recovery_codes_left=len(one.recovery),
    )

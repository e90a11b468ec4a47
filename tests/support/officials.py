"""Officials at a browser: signed in over the interface, once each, because a second factor's code is good once."""

from __future__ import annotations

import time
from typing import Any

import httpx2
import pyotp

from deploy.local.places import read_json
from gateway.people.sessions import COOKIE as SESSION
from tests.support.town import RunningTown
from tests.support.waiting import wait_until

__all__ = ["SESSION", "account", "code_of", "cookie_of"]
STEP_SECONDS = 30


def account(town: RunningTown, name: str) -> dict[str, Any]:
    """Read who somebody is, and what they sign in with."""
    rows = (read_json(town.places.credentials_file) or {})["people"]
    return next(row for row in rows if row["name"] == name)


def code_of(town: RunningTown, name: str, steps: int = 0) -> str:
    return pyotp.TOTP(account(town, name)["totp_secret"]).at(time.time() + steps * STEP_SECONDS)


def cookie_of(town: RunningTown, name: str) -> str:
    """Sign somebody in; a code that another test has used is followed by the next one, which counts already."""

    def sign_in() -> str | None:
        for steps in (-1, 0, 1):
            body = {"name": name, "password": account(town, name)["password"], "code": code_of(town, name, steps)}
            answer = httpx2.post(f"{town.gateway_url}/v1/session", json=body, timeout=15, trust_env=False)
            if answer.is_success:
                return str(answer.cookies[SESSION])
        return None

    return wait_until(sign_in, 40, f"{name} to be let in")

"""A broker that somebody else runs (`LIANXI_AMQP_URL`): the town makes users and queues there, or shares a user."""

from __future__ import annotations

import base64
import http.client
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from deploy.local import commands, questions
from deploy.local.broker import VHOST, users_of
from deploy.local.places import CHECKOUT
from deploy.local.trouble import TownError

MANAGEMENT_PORT: Final = 15672
AMQP_PORT: Final = 5672
PATIENCE_SECONDS: Final = 15
DECLARE: Final = "import os; from lianxi.bus.topology import declare; declare(os.environ['TOWN_BROKER'])"
REMEDY: Final = (
    "Enable its management plugin and give an administrator's address "
    "(LIANXI_AMQP_MANAGEMENT_URL if it is not on port 15672), or set LIANXI_AMQP_SINGLE_USER=1."
)


@dataclass(frozen=True)
class GivenBroker:
    """The address of a broker, and of its management interface when that is not at the usual place."""

    url: str
    management_url: str | None = None

    @property
    def host(self) -> str:
        """The machine it runs on."""
        return urlsplit(self.url).hostname or "localhost"

    @property
    def port(self) -> int:
        """Where it takes clients."""
        return urlsplit(self.url).port or AMQP_PORT

    def check(self) -> None:
        """See that it is there.

        Raises:
            TownError: when it does not answer.
        """
        if not questions.amqp_answers(self.port, self.host):
            raise TownError(
                f"The broker at {self.host}:{self.port} (LIANXI_AMQP_URL) does not answer.", "Check that it runs."
            )

    def url_for(self, user: str, password: str) -> str:
        """The address for one of our own users."""
        return f"amqp://{user}:{quote(password, safe='')}@{self.host}:{self.port}/{VHOST}"

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One question to the management interface.

        Raises:
            TownError: when it cannot be reached or says no.
        """
        account = urlsplit(self.url)
        place = urlsplit(self.management_url or f"http://{self.host}:{MANAGEMENT_PORT}")
        kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
        connection = kind(place.hostname or self.host, place.port, timeout=PATIENCE_SECONDS)
        login = f"{unquote(account.username or 'guest')}:{unquote(account.password or 'guest')}"
        headers = {
            "Authorization": "Basic " + base64.b64encode(login.encode("utf-8")).decode("ascii"),
            "Content-Type": "application/json",
        }
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            raise TownError(f"The management interface of the broker at {self.host} does not answer.", REMEDY) from None
        finally:
            connection.close()
        if answer.status >= http.client.BAD_REQUEST:
            raise TownError(f"The broker at {self.host} refused {method} {path} ({answer.status}).", REMEDY)
        return json.loads(text) if text else None

    def load(self, definitions: Mapping[str, Any]) -> None:
        """Make vhost, users, rights and queues as its administrator.

        Raises:
            TownError: when the interface refuses, or users of our names belong to somebody else.
        """
        vhosts = {row["name"] for row in self.ask("GET", "/api/vhosts")}
        strangers = {row["name"] for row in self.ask("GET", "/api/users")} & set(users_of(definitions))
        if strangers and VHOST not in vhosts:
            names = ", ".join(sorted(strangers))
            raise TownError(
                f"The broker at {self.host} already has users named {names} that are not ours.", "Use another broker."
            )
        self.ask("POST", "/api/definitions", definitions)

    def declare_as_single_user(self, log: Path) -> None:
        """Make the queues with the given address alone; users and rights stay the owner's.

        Raises:
            TownError: when the broker refuses.
        """
        environment = os.environ | {"TOWN_BROKER": self.url}  # not an argument: those can be read by every user
        if commands.run_logged([sys.executable, "-c", DECLARE], log, environment=environment, folder=CHECKOUT) != 0:
            raise TownError(
                f"The broker at {self.host} did not let us make our queues.", "Give a user who may configure them.", log
            )

"""What may stand in a request's body about bulletins."""

from __future__ import annotations

from typing import Annotated

from gateway.bodies import Body, Day, text_of
from lianxi.contracts.bulletins import BulletinKind


class NewBulletin(Body):
    """A bulletin or a summary: of which period, under which title, with what the office adds."""

    kind: BulletinKind
    title: Annotated[str, text_of(120)]
    first_on: Day
    last_on: Day
    remarks: Annotated[str, text_of(4000, 0)] = ""

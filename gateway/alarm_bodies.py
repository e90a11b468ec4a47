"""What may stand in the body of an alarm."""

from __future__ import annotations

from gateway.bodies import Body
from lianxi.contracts.alarms import Mark


class Alarm(Body):
    """Why a tip outranks everything."""

    mark: Mark

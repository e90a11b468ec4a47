"""The letter an event travels in: CloudEvents 1.0, structured JSON, the same bytes everywhere."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal

from lianxi.kernel.ids import NAMESPACE

Lane = Literal["rescue", "normal", "bulk"]
LANES: tuple[Lane, ...] = ("rescue", "normal", "bulk")


class Event:
    """The root of all events. `KEY` is the CloudEvents type and the routing key on the bus."""

    KEY: ClassVar[str]


class Command:
    """The root of what may be put on an intake lane: accepted there, it is never refused later."""

    KEY: ClassVar[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Who set something off, and by what.

    `event_id` is set when an event is being handled, and guards against handling it twice; `subject`, `sequence` and
    `at` then say about which item, at which of its versions and when it was announced. `command_id` is the caller's
    idempotency key, and guards against a command sent twice.
    """

    actor: str
    correlation_id: str
    causation_id: str | None = None
    traceparent: str | None = None
    event_id: str | None = None
    command_id: str | None = None
    lane: Lane = "normal"
    subject: str | None = None
    sequence: int | None = None
    at: datetime | None = None


_OF_A_DESK = frozenset({"own", "own_desk"})
"""Row rules that reach no further than an official's own desks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """On whose behalf the gateway asks a desk something. Made by the gateway alone; rows are filtered by it.

    `roles` name what the permission table grants, and `rows` on which rows it grants what is asked now; `desks` and
    `areas` are the caller's own, where a role is bound to them. `is_person` says that an account signed in, not an
    agency's machine.
    """

    actor: str
    agency: str
    scopes: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    desks: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    is_person: bool = False
    rows: tuple[str, ...] = ()
    correlation_id: str = ""
    traceparent: str | None = None
    command_id: str | None = None

    @property
    def is_office(self) -> bool:
        """Say whether the caller is the joint-conference office, which sees across agencies."""
        return self.agency == "office"

    @property
    def sees_all(self) -> bool:
        """Say whether the permission table lets the caller at all rows of what is asked."""
        return "all" in self.rows

    @property
    def sees_own_only(self) -> bool:
        """Say whether the permission table ends at what the caller did or handed in."""
        return set(self.rows) == {"own"}

    @property
    def bound_to(self) -> tuple[str, ...] | None:
        """Name the desks that an official is bound to in what is asked; `None` where all of the agency is open."""
        return self.desks if self.desks and not set(self.rows) - _OF_A_DESK else None

    def holds(self, desk: str) -> bool:
        """Say whether a desk is the caller's: of the caller's agency, or for officials of a desk one of their own."""
        bound = self.bound_to
        return desk.partition("/")[0] == self.agency if bound is None else desk in bound

    def cause(self) -> Cause:
        """Say what an act of this caller is caused by."""
        return Cause(
            actor=self.actor,
            correlation_id=self.correlation_id,
            traceparent=self.traceparent,
            command_id=self.command_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One event in its letter. `data` is plain JSON; `lianxi.contracts.codec.open_event` turns it into its contract."""

    id: str
    type: str
    source: str
    subject: str
    time: datetime
    sequence: int
    data: Mapping[str, Any]
    actor: str
    correlationid: str
    causationid: str | None = None
    traceparent: str | None = None
    lane: Lane = "normal"

    @property
    def service(self) -> str:
        """Name the desk that announced it."""
        return self.type.partition(".")[0]

    def cause(self) -> Cause:
        """Say what whatever follows from this event is caused by."""
        return Cause(
            actor=self.actor,
            correlation_id=self.correlationid,
            causation_id=self.id,
            traceparent=self.traceparent,
            event_id=self.id,
            lane=self.lane,
            subject=self.subject,
            sequence=self.sequence,
            at=self.time,
        )


@dataclass(frozen=True, slots=True)
class Heard:
    """An event as a desk hears it among others, with what it causes."""

    event: Any
    cause: Cause


def event_id(aggregate_id: str, version: int, index: int) -> str:
    """Name the event that a version of an aggregate announced: the same every time it is worked out."""
    return str(uuid.uuid5(NAMESPACE, f"{aggregate_id}:{version}:{index}"))

"""The doors of a desk. They only mark methods; `lianxi.greenroom.runner` hangs the marked methods into nameko.

A desk's methods are ordinary blocking functions: a test calls them directly, with no broker and nothing patched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

from lianxi.contracts.envelope import Caller, Cause, Command, Event, Heard

S = TypeVar("S")
Q = TypeVar("Q")
R = TypeVar("R")
E = TypeVar("E", bound=Event)
C = TypeVar("C", bound=Command)
P = ParamSpec("P")
MARK = "__lianxi_entry__"


class Desk:
    """The root of desks: a `name`, and methods marked by the doors below."""

    name: str


@dataclass(frozen=True)
class Answers:
    """A question or decision by RPC: ``method(self, request, caller) -> answer``.

    `shows` names the kind of thing that it lets be read, where every reading is kept in the audit.
    """

    method: str
    shows: str | None = None


@dataclass(frozen=True)
class Consumes:
    """Events from the bus: one at a time, ``method(self, event, cause)``, or what waits, ``method(self, heard)``.

    A batch gathers for some seconds from its first event on.
    """

    handler: str
    events: tuple[type[Event], ...]
    in_batches: bool = False
    seconds: float = 0.0


@dataclass(frozen=True)
class Accepts:
    """Commands of an intake lane, in batches: ``method(self, commands) -> None``; all, or an error for the batch."""

    commands: tuple[type[Command], ...]


@dataclass(frozen=True)
class Every:
    """A sweep that runs every so many seconds: ``method(self) -> None``."""

    seconds: float


@dataclass(frozen=True)
class Accepted:
    """One command of a batch, with what caused it."""

    command: Any
    cause: Cause


def _marked(method: Callable[P, R], mark: Any) -> Callable[P, R]:
    setattr(method, MARK, mark)
    return method


def answers(method: Callable[[S, Q, Caller], R]) -> Callable[[S, Q, Caller], R]:
    """Answer a question by RPC under the method's own name; refusals travel back as values."""
    return _marked(method, Answers(method.__name__))


def shows(noun: str) -> Callable[[Callable[[S, Q, Caller], R]], Callable[[S, Q, Caller], R]]:
    """Answer a question by which somebody reads about a thing; that it was asked is kept before the answer leaves."""

    def mark(method: Callable[[S, Q, Caller], R]) -> Callable[[S, Q, Caller], R]:
        return _marked(method, Answers(method.__name__, noun))

    return mark


def consumes(
    handler: str, *events: type[E]
) -> Callable[[Callable[[S, E, Cause], None]], Callable[[S, E, Cause], None]]:
    """Take events from the queue of a handler named in `lianxi.bus.topology.SUBSCRIPTIONS`."""

    def mark(method: Callable[[S, E, Cause], None]) -> Callable[[S, E, Cause], None]:
        return _marked(method, Consumes(handler, events))

    return mark


def gathers(
    handler: str, *events: type[E], seconds: float = 0.0
) -> Callable[[Callable[[S, Sequence[Heard]], None]], Callable[[S, Sequence[Heard]], None]]:
    """Take what waits in the queue of a handler as one batch; if it fails as a whole, each event is tried alone.

    Where nobody waits for what is done, `seconds` lets others join the first, so that one write does for many.
    """

    def mark(method: Callable[[S, Sequence[Heard]], None]) -> Callable[[S, Sequence[Heard]], None]:
        return _marked(method, Consumes(handler, events, in_batches=True, seconds=seconds))

    return mark


def accepts(
    *commands: type[C],
) -> Callable[[Callable[[S, Sequence[Accepted]], None]], Callable[[S, Sequence[Accepted]], None]]:
    """Take batches of intake commands from every lane that brings them, and only them."""

    def mark(method: Callable[[S, Sequence[Accepted]], None]) -> Callable[[S, Sequence[Accepted]], None]:
        return _marked(method, Accepts(commands))

    return mark


def every(seconds: float) -> Callable[[Callable[Concatenate[S, P], None]], Callable[Concatenate[S, P], None]]:
    """Run a sweep every so many seconds; two processes may run it at once, so it claims what it does."""

    def mark(method: Callable[Concatenate[S, P], None]) -> Callable[Concatenate[S, P], None]:
        return _marked(method, Every(seconds))

    return mark


def entries_of(desk: type[Desk]) -> list[tuple[str, Any]]:
    """List a desk's marked methods with their marks."""
    found = [(name, getattr(getattr(desk, name), MARK, None)) for name in dir(desk) if not name.startswith("_")]
    return [(name, mark) for name, mark in found if mark is not None]

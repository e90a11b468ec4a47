"""How an item goes from its beginning to its end: states, who may do what in them, and which limit then runs."""

from __future__ import annotations

from dataclasses import dataclass, field

from lianxi.policy.model import Sourced

SYSTEM = "system"
"""The one actor that is no person: a sweep, or an event that is heard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A place where an item can stand."""

    code: str
    name_zh: str
    name_en: str
    is_first: bool = False
    is_final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Sourced):
    """An act that moves an item, or leaves it where it is. `by` are roles; `starts` are the limits that then run."""

    code: str
    name_zh: str
    name_en: str
    comes_from: tuple[str, ...]
    to: str
    by: tuple[str, ...]
    starts: tuple[str, ...] = ()
    within: str = ""
    """Until how long after it came there an item may take the step; without it there is no end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process(Sourced):
    """One kind of item's way through the town."""

    code: str
    name_zh: str
    name_en: str
    states: tuple[State, ...] = field(metadata={"key": "state"})
    steps: tuple[Step, ...] = field(metadata={"key": "step"})

"""What is done about time: rungs of a ladder, reasons for which a clock may stand still, and who must say yes first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from lianxi.policy.calendar import Unit
from lianxi.policy.model import Dated, Sourced

Mark = Literal["", "yellow", "red"]
Channel = Literal["desk", "desk_and_phone", "phone"]
Level = Literal["desk", "agency_head", "county_head", "collective", "two_roles", "nobody"]
Timing = Literal["before", "before_or_at_once_after"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One step of a ladder: when it is reached, who is told how, and whether a person must acknowledge.

    Exactly one of three says when: `at_percent` of the time from a clock's start to its end, `at_minutes` after its
    start, or `days_before` its last day, as that day begins. A receiver is a role (`owner`, `head`, `office`,
    `duty_leader`, `chair`) or a desk by its code.
    """

    code: str
    at_percent: int | None = None
    at_minutes: int | None = None
    days_before: int | None = None
    receivers: tuple[str, ...]
    channel: Channel = "desk"
    acknowledge: bool = False
    mark: Mark = ""
    text_zh: str
    text_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder(Dated):
    """Who hears of a clock as its time goes by. `clocks` names the limits it is for; the default serves the rest."""

    code: str
    name_zh: str
    name_en: str
    clocks: tuple[str, ...] = ()
    is_default: bool = False
    rungs: tuple[Rung, ...] = field(metadata={"key": "rung"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseReason(Dated):
    """A listed reason for which a clock may stand still, once another person has said yes."""

    code: str
    name_zh: str
    name_en: str
    clocks: tuple[str, ...]
    approver: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionReason(Dated):
    """A listed reason for which a clock may be given more time, how much, how often, and by whom."""

    code: str
    name_zh: str
    name_en: str
    clocks: tuple[str, ...]
    amount: int
    unit: Unit
    at_most: int
    approver: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseLimit(Sourced):
    """How much of a clock's own time all its pauses together may take."""

    max_share_percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval(Dated):
    """Who must say yes before a step happens.

    `approvers` are desks, posts or outside parties by code; `least` is how many persons. `level` says at which level
    of government the power lies; `nobody` is a step that is closed but for two named roles breaking the glass.
    """

    id: str
    step: str
    name_zh: str
    name_en: str
    level: Level
    approvers: tuple[str, ...]
    least: int = 1
    in_writing: bool = True
    timing: Timing = "before"
    condition_zh: str = ""
    condition_en: str = ""

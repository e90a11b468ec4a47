"""Readiness (考核验收): what it is measured by, what the system has counted of it, and what people must show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AnsweredBy(StrEnum):
    """Who can say how an indicator stands."""

    DATA = "data"
    BOTH = "both"
    PEOPLE = "people"
    NOBODY = "nobody"


class IndicatorState(StrEnum):
    """What the data says; `to_be_shown` where only people can, `not_counted` where nothing counts it yet."""

    SHOWN = "shown"
    GAPS = "gaps"
    NOTHING_YET = "nothing_yet"
    TO_BE_SHOWN = "to_be_shown"
    NOT_COUNTED = "not_counted"


class VetoState(StrEnum):
    """Whether something is reported beside the readiness; only a person confirms it, after the unit was heard."""

    NONE = "none"
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class GetReadiness:
    """Ask how ready the town is for the acceptance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """How often something has happened since the programme began, and when last."""

    event: str
    count: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorView:
    """One indicator: the sentence it comes from, where its proof lies, what shows it, and what stands against it."""

    indicator: str
    group: str
    clause: str
    sentence: str | None
    name_zh: str
    name_en: str
    evidence: str
    answered_by: AnsweredBy
    state: IndicatorState
    shown: tuple[Happened, ...]
    against: tuple[Happened, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VetoView:
    """One veto, with the deductions that a person has to decide or has decided; never part of any score."""

    veto: str
    clause: str
    sentence: str | None
    name_zh: str
    name_en: str
    state: VetoState
    deductions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadinessView:
    """How ready the town is: counts and proof, and no score."""

    as_of: datetime
    policy_version: int
    items: tuple[IndicatorView, ...]
    vetoes: tuple[VetoView, ...]

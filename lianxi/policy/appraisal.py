"""How a town is measured, assessed and rewarded: indicators, triggers, tools, publicity owed, rewards.

Nothing here computes a verdict. Indicators measure speed, coverage and completeness; a trigger is proposed by data and
confirmed by a person with the unit's reply; a tool is decided by whom the scheme names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from lianxi.policy.model import Dated, Sourced

Mode = Literal["automatic", "manual", "both"]
Punishes = Literal["omission", "occurrence", "concealment", "exposure"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorGroup(Sourced):
    """A group of indicators, with the share of the whole that places give it."""

    code: str
    name_zh: str
    name_en: str
    percent_from: int
    percent_to: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator(Sourced):
    """One thing that readiness is measured by, where the proof lies, and whether the system finds it itself.

    `shown_by` names the events that show it, `against` those that stand against it; without either nothing counts it.
    """

    id: str
    group: str
    name_zh: str
    name_en: str
    evidence: str
    mode: Mode
    practice: str = ""
    shown_by: tuple[str, ...] = ()
    against: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Veto(Sourced):
    """Something reported beside the score, never in it: confirmed by a person, with the unit's reply attached.

    `facts` are those of the assessment on which it turns: a deduction for one of them proposes it, an applied one
    confirms it.
    """

    id: str
    name_zh: str
    name_en: str
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme(Sourced):
    """Who assesses whom, and for how many points of how many. A plan that gives no number leaves both at zero."""

    code: str
    name_zh: str
    name_en: str
    level: Literal["town", "city"]
    assessor: str
    assessed: tuple[str, ...]
    points: int = 0
    out_of: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something a trigger turns on; recorded by itself, with its proof.

    `found_in` names the records in which it is searched for; one without any is found by a person alone.
    """

    code: str
    name_zh: str
    name_en: str
    evidence: str
    punishes: Punishes
    found_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger(Sourced):
    """A situation for which points may be taken. `rule` joins its facts with `and`, `or`, `not` and brackets.

    `tenths` of a point are proposed, `late_tenths` where what was owed came late but true: never more than for silence.
    The unit has `reply_within_days` to state its case.
    """

    code: str
    number: int
    name_zh: str
    name_en: str
    rule: str
    tenths: int = 0
    late_tenths: int = 0
    reply_within_days: int = 7
    facts: tuple[Fact, ...] = field(metadata={"key": "fact"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool(Sourced):
    """One of the ordered tools against a unit: proposed by data, decided by a person, with a reply and an end."""

    code: str
    order: int
    name_zh: str
    name_en: str
    decided_by: str
    reply_within_days: int
    is_veto: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """All of `assessment.toml`."""

    schemes: tuple[Scheme, ...] = field(metadata={"key": "scheme"})
    triggers: tuple[Trigger, ...] = field(metadata={"key": "trigger"})
    tools: tuple[Tool, ...] = field(metadata={"key": "tool"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity(Sourced):
    """Publicity that is owed: what, how often, by whom, from when to when. Each of `parties` owes it by itself."""

    code: str
    name_zh: str
    name_en: str
    lead: str
    parties: tuple[str, ...] = ()
    cadence: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    evidence: tuple[str, ...] = ()
    approval: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardBand:
    """One step of a reward table. Money in whole yuan; `persons_from` to `persons_to` are persons found at a den."""

    code: str
    name_zh: str
    name_en: str
    persons_from: int | None = None
    persons_to: int | None = None
    percent_of_fine: int | None = None
    yuan_from: int
    yuan_to: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardScheme(Dated):
    """One table of rewards, and who may have one. Of a merged group only the first reporter is proposed.

    From `finance_from_yuan` on, one of those who approve must be of the finance department (A-09).
    """

    code: str
    name_zh: str
    name_en: str
    cap_yuan: int
    real_name_needed: bool
    duty_bearers_excluded: bool
    officials_excluded: bool
    relatives_seeking_rescue_excluded: bool
    first_reporter_only: bool
    approvals_needed: int
    finance_from_yuan: int | None = None
    bands: tuple[RewardBand, ...] = field(metadata={"key": "band"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Sourced):
    """Which of several tables the town uses, and to which public key, as hex, orders for the paying point are sealed.

    Without a key no sealed orders are made, and the custodian tells the paying point.
    """

    scheme: str
    payer_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewards:
    """All of `rewards.toml`: alternative tables, and which one the town has chosen."""

    chosen: Choice
    schemes: tuple[RewardScheme, ...] = field(metadata={"key": "scheme"})

    @property
    def current(self) -> RewardScheme | None:
        """The table that the town has chosen; none when it names one that there is not."""
        return next((scheme for scheme in self.schemes if scheme.code == self.chosen.scheme), None)

"""Situations for which points may be taken: searched for in what the desk knows and in what persons have found.

A search says what is there and applies nothing. Facts about one unit and one item are put together; a situation is
where a trigger's rule holds. What the town suffered is the town's situation, never that of the unit which found it out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from lianxi.contracts.assessment import Lead
from lianxi.contracts.reporting import OrderState, StageReportState
from lianxi.contracts.tips import TipClosed, TipRungReached, TipVerified, VerificationOutcome
from lianxi.kernel.clock import local_date
from lianxi.policy.expressions import Expression, holds
from services.reporting.domain.facts import Fact, agencies_in
from services.reporting.domain.major_events import MajorEvent
from services.reporting.domain.orders import SupervisionOrder
from services.reporting.domain.returns import StageReport
from services.reporting.policy.assessment import TOWN_UNIT, AssessmentRules, TriggerRule

HELD = frozenset({"person_held", "student_trapped"})
VENUES = frozenset({"meeting_venue"})
MAJOR = frozenset({"person_held", "student_trapped", "major_event", "suspected_crime"})
ALARM_CLOCK = "rescue"
RED = "red"
SEARCHED_EVENTS = (TipRungReached.KEY, TipVerified.KEY, TipClosed.KEY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One fact about a unit and an item, and where its proof lies; `search` says in which records it was found.

    Clause: L88.2.
    """

    fact: str
    unit: str
    about: str
    proof: tuple[str, ...]
    came_late: bool = False
    found_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A trigger whose rule holds for a unit and an item.

    Clause: L88.2.
    """

    trigger: str
    unit: str
    about: str
    facts: tuple[str, ...]
    proof: tuple[str, ...]
    came_late: bool
    found_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Everything that is searched.

    Clause: L88.2.
    """

    now: datetime
    reports: Sequence[StageReport]
    orders: Sequence[SupervisionOrder]
    majors: Sequence[MajorEvent]
    facts: Sequence[Fact]


def observed(known: Known, rules: AssessmentRules) -> tuple[Observation, ...]:
    """Search all records for the facts that the policy wants searched there.

    Clause: L88.2; criterion 19.3.
    """
    found = {
        "phases": tuple(_phases(rules, local_date(known.now))),
        "stage_reports": tuple(_stage_reports(known.reports)),
        "supervision_orders": tuple(_orders(known.orders, known.now)),
        "major_events": tuple(_majors(known.majors)),
        "major_reports": tuple(_reported(known.majors)),
        "late_truths": tuple(_late_truths(known)),
        **_told_by_facts(known.facts),
    }
    return tuple(
        Observation(fact=fact, unit=unit, about=about, proof=proof, came_late=came_late)
        for fact in sorted(rules.facts)
        for search in sorted(rules.searches(fact))
        for unit, about, proof, came_late in found.get(search, ())
    )


Found = tuple[str, str, tuple[str, ...], bool]
"""Whose, about what, with which proof, and whether what was owed came late."""


def _phases(rules: AssessmentRules, today: date) -> Iterator[Found]:
    if today > rules.over_on:
        programme = f"programme/{rules.programme}"
        yield TOWN_UNIT, programme, (programme,), False


def _stage_reports(reports: Iterable[StageReport]) -> Iterator[Found]:
    for each in reports:
        if each.is_before_issue:
            continue
        if each.state in {StageReportState.MISSED, StageReportState.FILED_LATE}:
            name = f"stage_report/{each.id}"
            yield each.agency, name, (name,), each.state is StageReportState.FILED_LATE


def _orders(orders: Iterable[SupervisionOrder], now: datetime) -> Iterator[Found]:
    for each in orders:
        if each.state is OrderState.ISSUED and now >= each.due_at:
            name = f"supervision_order/{each.id}"
            yield each.agency, name, (name, each.about), False


def _majors(majors: Iterable[MajorEvent]) -> Iterator[Found]:
    """A major event is one as soon as its time to be reported upward is over, or it has been reported."""
    for each in majors:
        if each.is_missed or each.reported_at is not None:
            yield each.agency, _name(each), _proof(each), each.is_missed and each.reported_at is not None


def _reported(majors: Iterable[MajorEvent]) -> Iterator[Found]:
    for each in majors:
        if each.reported_at is not None and not each.is_missed:
            yield each.agency, _name(each), _proof(each), False


def _late_truths(known: Known) -> Iterator[Found]:
    for unit, about, proof, came_late in _stage_reports(known.reports):
        if came_late:
            yield unit, about, proof, True
    for each in known.majors:
        if each.is_missed and each.reported_at is not None:
            for about in (_name(each), *([each.about] if each.about else [])):
                yield each.agency, about, _proof(each), True


def _name(major: MajorEvent) -> str:
    return f"major_event/{major.id}"


def _proof(major: MajorEvent) -> tuple[str, ...]:
    return (_name(major), *([major.about] if major.about else []))


def _told_by_facts(facts: Sequence[Fact]) -> dict[str, tuple[Found, ...]]:
    """Read off the events of tips: what was substantiated, and which limits ran out unanswered."""
    settled = {each.subject for each in facts if each.event_type in {TipVerified.KEY, TipClosed.KEY}}
    categories = {each.subject: each.category for each in facts if each.category is not None}
    true = [
        each
        for each in facts
        if each.event_type == TipVerified.KEY and each.details.get("outcome") == VerificationOutcome.SUBSTANTIATED
    ]
    red = [each for each in facts if each.event_type == TipRungReached.KEY and each.details.get("mark") == RED]
    limits = [each for each in red if each.details.get("clock") != ALARM_CLOCK]
    return {
        "detentions": tuple(_of_town(each for each in true if each.category in HELD)),
        "venues": tuple(_of_town(each for each in true if each.category in VENUES)),
        "alarms": tuple(_of_owner((each for each in red if each.details.get("clock") == ALARM_CLOCK), set())),
        "tip_limits": tuple(_of_owner((e for e in limits if categories.get(e.subject) not in MAJOR), settled)),
        "major_leads": tuple(_of_owner((e for e in limits if categories.get(e.subject) in MAJOR), settled)),
    }


def _of_town(facts: Iterable[Fact]) -> Iterator[Found]:
    yield from dict.fromkeys((TOWN_UNIT, each.subject, (each.subject,), False) for each in facts)


def _of_owner(facts: Iterable[Fact], settled: set[str]) -> Iterator[Found]:
    named = ((agency, each.subject) for each in facts for agency in agencies_in(each.details.get("owner")))
    yield from dict.fromkeys((unit, about, (about,), about in settled) for unit, about in named)


def situations(rules: AssessmentRules, observations: Iterable[Observation]) -> tuple[Situation, ...]:
    """Name the situations that observations come to, by trigger, unit and item.

    Clause: L88.2; criterion 19.3.
    """
    return tuple(
        Situation(
            trigger=trigger.code,
            unit=unit,
            about=about,
            facts=tuple(sorted({each.fact for each in found})),
            proof=tuple(dict.fromkeys(reference for each in found for reference in each.proof)),
            came_late=any(each.came_late for each in found),
            found_by=tuple(sorted({each.found_by for each in found if each.found_by is not None})),
        )
        for (unit, about), seen in sorted(_together(observations).items())
        for trigger in rules.triggers.values()
        if (found := _of(trigger, seen)) and holds(trigger.rule, {each.fact for each in found})
    )


def leads(rules: AssessmentRules, observations: Iterable[Observation]) -> tuple[Lead, ...]:
    """Name what would be a situation if a person found what no record can say.

    Clause: L88.2; criterion 19.3.
    """
    named = []
    for (unit, about), seen in sorted(_together(observations).items()):
        for trigger in rules.triggers.values():
            found = _of(trigger, seen)
            facts = {each.fact for each in found}
            wanting = _wanting(trigger, facts)
            if facts & _asked(trigger.rule) and wanting:
                proof = tuple(dict.fromkeys(reference for each in found for reference in each.proof))
                told = tuple(sorted(facts))
                named.append(
                    Lead(trigger=trigger.code, unit=unit, about=about, facts=told, proof=proof, wanting=wanting)
                )
    return tuple(named)


def _together(observations: Iterable[Observation]) -> Mapping[tuple[str, str], list[Observation]]:
    gathered: defaultdict[tuple[str, str], list[Observation]] = defaultdict(list)
    for each in observations:
        gathered[each.unit, each.about].append(each)
    return gathered


def _of(trigger: TriggerRule, seen: Iterable[Observation]) -> list[Observation]:
    return [each for each in seen if each.fact in trigger.found_in]


def _wanting(trigger: TriggerRule, facts: set[str]) -> tuple[str, ...]:
    """Name the fewest facts that a person would have to find; none where the rule holds already, or cannot."""
    if holds(trigger.rule, facts):
        return ()
    by_person = sorted(_asked(trigger.rule) - facts)
    one = next((fact for fact in by_person if holds(trigger.rule, facts | {fact})), None)
    return () if one is None else (one,)


def _asked(rule: Expression, *, is_asked: bool = True) -> frozenset[str]:
    """Name the facts that a rule asks for, without those whose absence it asks for."""
    if rule.kind == "fact":
        return frozenset({rule.name}) if is_asked else frozenset()
    turned = not is_asked if rule.kind == "not" else is_asked
    return frozenset(name for part in rule.parts for name in _asked(part, is_asked=turned))

"""Figures worked out from all facts of a period at once: slow, short, and what kept cells must come to."""

from __future__ import annotations

from collections.abc import Iterable

from lianxi.contracts.notifications import NoticeAcknowledged, NoticeDelivered
from services.reporting.domain.facts import FIGURES, PATROL, TOWN, Fact, Figure, agencies_in


def figures_of(facts: Iterable[Fact], agency: str, patrols: frozenset[str]) -> dict[str, int]:
    known = list(facts)
    counted = {figure.name: sum(counts(figure, fact, agency, patrols) for fact in known) for figure in FIGURES}
    return counted | acknowledgement(known, agency)


def counts(figure: Figure, fact: Fact, agency: str, patrols: frozenset[str]) -> bool:
    if fact.event_type != figure.event.KEY:
        return False
    if figure.detail and fact.details.get(figure.detail) != figure.value:
        return False
    if figure.role == TOWN:
        return True
    if figure.role == PATROL:
        return agency in patrols
    return agency in agencies_in(fact.details.get(figure.role))


def acknowledgement(facts: list[Fact], agency: str) -> dict[str, int]:
    asked = {
        fact.subject: fact.details["acknowledge_by"]
        for fact in facts
        if fact.event_type == NoticeDelivered.KEY
        and fact.details.get("acknowledge_by") is not None
        and agency in agencies_in(fact.details.get("desk"))
    }
    in_time = [
        fact.subject
        for fact in facts
        if fact.event_type == NoticeAcknowledged.KEY
        and fact.subject in asked
        and fact.details["acknowledged_at"] <= asked[fact.subject]
    ]
    return {"notices_to_acknowledge": len(asked), "notices_acknowledged_in_time": len(in_time)}

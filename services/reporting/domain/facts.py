"""Facts, one for each event, and which figures they count for; `cells` folds them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, cast

from lianxi.contracts import (
    cases,
    inspections,
    meetings,
    notifications,
    publicity,
    reporting,
    tips,
    transfers,
    upward_reports,
)
from lianxi.contracts.envelope import Event
from lianxi.kernel.errors import InvariantBroken

ROLES = ("lead", "copies", "desk", "owner", "sender", "receiver", "agency", "next_owner", "target")
"""The fields of events that name a desk or an agency."""

KEPT = frozenset({
    *ROLES, "acknowledge_by", "acknowledged_at", "category", "change", "channel", "clock", "counts", "delivered_at",
    "due_at", "due_on", "event_type", "filed", "findings", "grade", "is_late", "issued", "kind", "ladder", "mark",
    "measure", "on_time", "outcome", "reason", "role", "round", "rung", "verification",
})  # fmt: skip
"""The fields of events that a fact keeps: codes and times that figures are made of, nothing that could be personal."""

OF_DWELLINGS = "inspections."
"""How the events begin that tell of dwellings."""

TOWN = "town"
PATROL = "patrol"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What is kept of one event.

    Clause: L79.2.
    """

    event_type: str
    at: datetime
    agencies: tuple[str, ...]
    subject: str
    correlation_id: str
    category: str | None
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tally:
    """How often something has happened, and when last.

    Clause: none.
    """

    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a stage report: which events count, for the agency in which role, under which condition.

    Denominators stand beside what they divide; no percentage is worked out.

    Clause: L79.2.
    """

    name: str
    event: type[Event]
    role: str
    detail: str = ""
    value: object = True


FIGURES = (
    Figure("town_tips_received", tips.TipReceived, TOWN),
    Figure("tips_led", tips.TipDispatched, "lead"),
    Figure("tips_copied", tips.TipDispatched, "copies"),
    Figure("tips_accepted", tips.TipAccepted, "desk"),
    Figure("tips_returned", tips.TipReturned, "desk"),
    Figure("tip_clocks_paused", tips.TipClockPaused, "owner"),
    Figure("tip_clocks_extended", tips.TipClockExtended, "owner"),
    Figure("tips_verified", tips.TipVerified, "desk"),
    Figure("tips_substantiated", tips.TipVerified, "desk", "outcome", "substantiated"),
    Figure("tips_closed", tips.TipClosed, "desk"),
    Figure("visits_recorded", inspections.VisitRecorded, PATROL),
    Figure("visits_counted", inspections.VisitRecorded, PATROL, "counts"),
    Figure("visits_on_time", inspections.VisitRecorded, PATROL, "on_time"),
    Figure("visits_missed", inspections.VisitMissed, PATROL),
    Figure("suspicions_raised", inspections.SuspicionRaised, PATROL),
    Figure("cases_opened", cases.CaseOpened, "owner"),
    Figure("cases_closed", cases.CaseClosed, "owner"),
    Figure("measures_recorded", cases.MeasureRecorded, "owner"),
    Figure("referrals_sent", cases.ReferralSent, "sender"),
    Figure("referrals_received", cases.ReferralSent, "receiver"),
    Figure("referrals_accepted", cases.ReferralAccepted, "receiver"),
    Figure("referrals_decided", cases.ReferralDecided, "receiver"),
    Figure("transfers_refused", transfers.TransferRefused, "receiver"),
    Figure("clocks_breached", cases.ClockBreached, "owner"),
    Figure("orders_received", reporting.OrderIssued, "target"),
    Figure("orders_answered", reporting.OrderAnswered, "target"),
    Figure("orders_accepted", reporting.OrderAccepted, "target"),
    Figure("orders_rejected", reporting.OrderRejected, "target"),
    Figure("publicity_held", publicity.ActivityRecorded, "agency"),
    Figure("publicity_withdrawn", publicity.ActivityWithdrawn, "agency"),
    Figure("publicity_missed", publicity.PublicityMissed, "agency"),
    Figure("meeting_decisions_taken", meetings.DecisionTaken, "owner"),
    Figure("meeting_decisions_done", meetings.DecisionDone, "owner"),
    Figure("notices_delivered", notifications.NoticeDelivered, "desk"),
    Figure("notices_acknowledged", notifications.NoticeAcknowledged, "desk"),
)

BOUNCES = ("tips_returned", "transfers_refused")
"""The figures that count what a unit gave back: dispatches, and matters that were handed over to it."""

BY_CATEGORY = frozenset({publicity.ActivityRecorded.KEY, meetings.MeetingHeld.KEY, upward_reports.UpwardReportSent.KEY})
"""The types of event that keep one sentence in one category and another sentence in another."""

COUNTED_EVENTS = tuple(dict.fromkeys(figure.event.KEY for figure in FIGURES))
"""The types of event that figures are made of."""


def fact_of(event: Event, *, at: datetime, subject: str, correlation_id: str) -> Fact:
    """Keep of an event what figures are made of; of what is told of a dwelling, not which one it was.

    So nowhere a history of a dwelling's grades or visits grows: the register holds what is in force, and facts count.

    Clause: L79.2, pipl-47 (domain 5.5).
    """
    held = {each.name: getattr(event, each.name) for each in fields(cast(Any, event))}
    details = {name: value for name, value in held.items() if name in KEPT and value is not None}
    agencies = {agency for role in ROLES for agency in agencies_in(details.get(role))}
    return Fact(
        event_type=event.KEY,
        at=at,
        agencies=tuple(sorted(agencies)),
        subject=subject.partition("/")[0] if event.KEY.startswith(OF_DWELLINGS) else subject,
        correlation_id=correlation_id,
        category=details.get("category"),
        details=details,
    )


def agencies_in(named: Any) -> frozenset[str]:
    """Name the agencies of desks or of agency codes.

    Clause: none.
    """
    codes = (named,) if isinstance(named, str) else (named or ())
    return frozenset(code.partition("/")[0] for code in codes)


def seal(figures: Mapping[str, int]) -> str:
    """Hash figures so that a later print can be compared: SHA-256 of their canonical JSON (RFC 8785), in hexadecimal.

    Clause: none (criterion 12.4).
    Raises:
        InvariantBroken: figures.not_whole: only for ASCII names and whole numbers is this writing the canonical one.
    """
    if not all(name.isascii() and type(count) is int for name, count in figures.items()):
        raise InvariantBroken("figures.not_whole")
    canonical = json.dumps(dict(figures), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def proofs_of(event_type: str, category: str | None) -> tuple[str, ...]:
    """Name what an event may be proof of: its type, and where sentences differ by category, its type in that category.

    Clause: L58.1, L60.1, L62.2, L65.1, L78.2, L83.2: publicity keeps the sentence of its own duty only, an opening is
        no conference.
    """
    return (event_type, f"{event_type}/{category}") if event_type in BY_CATEGORY and category else (event_type,)


def tallied(so_far: Mapping[str, Tally], happened: Iterable[tuple[str, datetime]]) -> dict[str, Tally]:
    """Go on counting events by type, from what has been counted so far.

    Clause: none.
    """
    tallies = dict(so_far)
    for event_type, at in happened:
        before = tallies.get(event_type)
        tallies[event_type] = Tally(
            count=1 if before is None else before.count + 1,
            last_at=at if before is None else max(before.last_at, at),
        )
    return tallies

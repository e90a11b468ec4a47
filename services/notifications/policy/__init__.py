"""Who is told of an event: the town's notice rules, read against what the event itself says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from lianxi.contracts.clocks import RungReached
from lianxi.contracts.envelope import Event
from lianxi.policy.model import Agency, Desk, NoticeRule, Party
from lianxi.policy.supervision import Ladder

ROLE_NAMES: Mapping[str, str] = {"copies": "copy", "receivers": "receiver"}
"""How a receiver is called in the notice, where that is not the receiver's own name in the rule."""

LEAD = "lead"
NAMED_DESK = "desk"
OFFICE = "office"
CARRIER = "carrier"
RESCUE = "rescue"
"""The clock of a person held: whoever is told of its rungs signs within minutes, not within a day."""

FIELDS = ("lead", "copies", "next_owner", "owner", "sender", "receiver", "receivers", "agency", "target")
"""The fields of events that name a desk or an agency, and may stand in a rule as a receiver."""

ALARM_DESKS = ("police/command-centre", "office/desk")
ALARM_MINUTES = 10
ALARM_WITHIN = timedelta(minutes=ALARM_MINUTES)
"""Who hears that a person is held and how fast, if the town's rules forget it: configuration cannot undo it."""

ALARM_ZH = "紧急:据报有人被限制人身自由或发生重大事件。请立即由值班人员签收。"
ALARM_EN = (
    "Urgent: somebody is said to be held, or a major event has happened. A person on duty must acknowledge at once."
)


class Rules(Protocol):
    """What this desk asks of the town's policy."""

    @property
    def agencies(self) -> Mapping[str, Agency]:
        """The agencies by their codes."""
        ...

    @property
    def desks(self) -> Mapping[str, Desk]:
        """The desks by their codes."""
        ...

    @property
    def parties(self) -> Mapping[str, Party]:
        """The villages, and those outside the conference."""
        ...

    @property
    def ladders(self) -> tuple[Ladder, ...]:
        """The ladders that time limits climb."""
        ...

    def notices_for(self, event_type: str) -> tuple[NoticeRule, ...]:
        """The rules for one type of event."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """A desk that is told, in which role, and what is asked of it."""

    desk: str
    role: str
    acknowledge: bool
    within: timedelta | None
    text_zh: str
    text_en: str


def addressees(rules: Rules, event: Event) -> tuple[Addressee, ...]:
    """Name the desks that are told of an event, each once; a desk that leads and is also copied is told as the lead.

    Clause: L35.1, L79.2, L81.2.
    """
    told: dict[str, Addressee] = {}
    for found in sorted(_all(rules, event), key=lambda each: each.role != LEAD):
        told.setdefault(found.desk, found)
    return tuple(told.values())


def alarm_addressees(rules: Rules, event: Event) -> tuple[Addressee, ...]:
    """Name the desks that hear an alarm: those of the rules, and always the police command centre and the office.

    Clause: L7.1 (people's safety first); criterion 17.1.
    """
    told = {found.desk: _urgent(found) for found in addressees(rules, event)}
    for desk in ALARM_DESKS:
        told.setdefault(
            desk,
            Addressee(
                desk=desk,
                role=NAMED_DESK,
                acknowledge=True,
                within=ALARM_WITHIN,
                text_zh=ALARM_ZH,
                text_en=ALARM_EN,
            ),
        )
    return tuple(told.values())


def first_desk(rules: Rules, code: str) -> str:
    """Name the desk that a code means: itself, an agency's own desk, or the office's when nobody knows the code.

    A notice for somebody unknown must not vanish: the office can pass it on.

    Clause: L35.1.
    """
    if code in rules.desks or is_carrier(rules, code):
        return code
    agency = rules.agencies.get(code)
    if agency is not None:
        own = f"{code}/desk"
        return own if own in rules.desks or not agency.desks else agency.desks[0].code
    return f"{OFFICE}/desk"


def is_carrier(rules: Rules, code: str) -> bool:
    """Say whether a code names a carrier: outside the conference, with a tray of its own here.

    Clause: L63.1.
    """
    party = rules.parties.get(code)
    return party is not None and party.kind == CARRIER


def _all(rules: Rules, event: Event) -> Iterator[Addressee]:
    for written in rules.notices_for(event.KEY):
        rule = _as_the_rung_says(rules, written, event) if isinstance(event, RungReached) else written
        for receiver in rule.receivers:
            for code in _codes(receiver, event):
                yield _addressee(rule, receiver, first_desk(rules, code))


def _as_the_rung_says(rules: Rules, rule: NoticeRule, event: RungReached) -> NoticeRule:
    """Let a rung speak for itself: its own sentence, and whether it wants a signature. A colour is only a sentence.

    The event says whether a signature is wanted, for it was fired by the ladder of its day; a rung that no ladder has
    any more is told in the rule's words.
    """
    rungs = {(ladder.code, rung.code): rung for ladder in rules.ladders for rung in ladder.rungs}
    rung = rungs.get((event.ladder, event.rung))
    spoken = rule if rung is None else replace(rule, text_zh=rung.text_zh, text_en=rung.text_en)
    if event.clock == RESCUE:
        spoken = replace(spoken, within_minutes=ALARM_MINUTES)
    return replace(spoken, acknowledge=event.acknowledge)


def _codes(receiver: str, event: Event) -> tuple[str, ...]:
    if receiver not in FIELDS:
        return (receiver,)
    value = getattr(event, receiver, None)
    if not value:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def _addressee(rule: NoticeRule, receiver: str, desk: str) -> Addressee:
    known = receiver in FIELDS or receiver == OFFICE
    return Addressee(
        desk=desk,
        role=ROLE_NAMES.get(receiver, receiver) if known else NAMED_DESK,
        acknowledge=rule.acknowledge,
        within=rule.within if rule.acknowledge else None,
        text_zh=rule.text_zh,
        text_en=rule.text_en,
    )


def _urgent(found: Addressee) -> Addressee:
    return replace(found, acknowledge=True, within=min(found.within or ALARM_WITHIN, ALARM_WITHIN))

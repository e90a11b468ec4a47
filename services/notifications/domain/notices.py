"""Notices: delivered, seen, acknowledged. A notice holds codes, times and a sentence of policy; no person's words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from lianxi.contracts.campaigns import NotificationsRungReached
from lianxi.contracts.envelope import Caller, Event, Lane
from lianxi.contracts.notifications import NoticeAcknowledged, NoticeDelivered, NoticeView
from lianxi.contracts.saved_searches import SearchMatched
from lianxi.kernel.clock import level_to_hour
from lianxi.kernel.errors import NotFound
from services.notifications.policy import Addressee


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One notice in the tray of one desk. `is_open` is true while an acknowledgement is owed.

    Clause: L79.2, L81.2.
    """

    id: str
    desk: str
    agency: str
    role: str
    event_type: str
    about: str
    reference: str
    lane: Lane
    text_zh: str
    text_en: str
    delivered_at: datetime
    acknowledge: bool
    acknowledge_by: datetime | None
    is_open: bool
    is_levelled: bool = False
    seen_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    fired: tuple[str, ...] = ()
    next_rung_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What a notice is given for: an event, the item it is about, and what an answer refers to.

    Clause: none.
    """

    event_type: str
    about: str
    reference: str
    number: str | None
    lane: Lane
    is_levelled: bool = False
    standing: tuple[str, str] | None = None


def occasion(event: Event, event_id: str, about: str, lane: Lane) -> Occasion:
    """Read from an event what its notices may say; a dispatch is referred to by its own id, all else by the event's.

    What matched a watched search is a tip, and the notice is about that; a rung names what whoever is told can open.

    Clause: L81.2.
    """
    return Occasion(
        event_type=event.KEY,
        about=_about(event, about),
        reference=getattr(event, "dispatch_id", None) or event_id,
        number=getattr(event, "number", None),
        lane=lane,
        is_levelled=bool(getattr(event, "is_anonymous", False)),
        standing=_standing(event),
    )


def _about(event: Event, subject: str) -> str:
    if isinstance(event, SearchMatched):
        return f"tip/{event.tip_id}"
    return (event.about if isinstance(event, NotificationsRungReached) else "") or subject


def deliver(
    notice_id: str, addressee: Addressee, given_for: Occasion, now: datetime
) -> tuple[Notice, tuple[NoticeDelivered, ...]]:
    """Lay a notice in a desk's tray; clocks that start with its delivery run from now, opened or not.

    A notice that follows an anonymous tip at once would tell when it was written, so its time is levelled to the hour.

    Clause: L81.2; criteria 2.7, 3.2.
    """
    now = level_to_hour(now) if given_for.is_levelled else now
    by = now + addressee.within if addressee.acknowledge and addressee.within is not None else None
    notice = Notice(
        id=notice_id,
        desk=addressee.desk,
        agency=addressee.desk.partition("/")[0],
        role=addressee.role,
        event_type=given_for.event_type,
        about=given_for.about,
        reference=given_for.reference,
        lane=given_for.lane,
        text_zh=_with_number(addressee.text_zh, "编号:", given_for.number) + _in_brackets(given_for.standing, 0),
        text_en=_with_number(addressee.text_en, " No. ", given_for.number) + _in_brackets(given_for.standing, 1),
        delivered_at=now,
        acknowledge=addressee.acknowledge,
        acknowledge_by=by,
        is_open=addressee.acknowledge,
        is_levelled=given_for.is_levelled,
    )
    delivered = NoticeDelivered(
        notice_id=notice_id,
        desk=notice.desk,
        role=notice.role,
        event_type=notice.event_type,
        about=notice.about,
        reference=notice.reference,
        delivered_at=now,
        acknowledge_by=by,
    )
    return notice, (delivered,)


def _with_number(text: str, label: str, number: str | None) -> str:
    return text if number is None else f"{text}{label}{number}"


def _standing(event: Event) -> tuple[str, str] | None:
    """Read how the person of an event stands: no notice speaks of somebody without it (criterion 8.5)."""
    zh, en = getattr(event, "standing_zh", None), getattr(event, "standing_en", None)
    return None if zh is None or en is None else (zh, en)


def _in_brackets(words: tuple[str, str] | None, language: int) -> str:
    return "" if words is None else f" ({words[language]})"


def announced_at(notice: Notice, now: datetime) -> datetime:
    """Say at which instant what happens to a notice is announced: its delivery as it is levelled, all else exactly.

    Clause: none (criterion 2.7).
    """
    return notice.delivered_at if notice.is_levelled and notice.seen_at is None else now


def see(notice: Notice, now: datetime) -> tuple[Notice, tuple[Event, ...]]:
    """Mark that somebody of the desk has opened the notice; only the first time counts.

    Clause: none.
    """
    return (notice if notice.seen_at is not None else replace(notice, seen_at=now)), ()


def acknowledge(notice: Notice, now: datetime, actor: str) -> tuple[Notice, tuple[NoticeAcknowledged, ...]]:
    """Sign for a notice (签收), once; signing again changes nothing and is no mistake.

    Clause: L81.2; criterion 18.3.
    """
    if notice.acknowledged_at is not None:
        return notice, ()
    signed = replace(
        notice,
        is_open=False,
        next_rung_at=None,
        seen_at=notice.seen_at or now,
        acknowledged_at=now,
        acknowledged_by=actor,
    )
    said = NoticeAcknowledged(
        notice_id=notice.id,
        desk=notice.desk,
        event_type=notice.event_type,
        about=notice.about,
        reference=notice.reference,
        acknowledged_at=now,
    )
    return signed, (said,)


def shown_to(notice: Notice, caller: Caller) -> Notice:
    """Show a notice to those who hold the desk on which it lies, and to nobody else.

    Clause: none (domain 5.4).
    Raises:
        NotFound: notice.not_found, so that nobody learns what lies on other desks.
    """
    if not caller.holds(notice.desk):
        raise NotFound("notice.not_found")
    return notice


def as_view(notice: Notice, version: int) -> NoticeView:
    """Write a notice as its desk reads it.

    Clause: none.
    """
    return NoticeView(
        notice_id=notice.id,
        version=version,
        desk=notice.desk,
        event_type=notice.event_type,
        about=notice.about,
        role=notice.role,
        lane=notice.lane,
        text_zh=notice.text_zh,
        text_en=notice.text_en,
        delivered_at=notice.delivered_at,
        seen_at=notice.seen_at,
        acknowledge=notice.acknowledge,
        acknowledge_by=notice.acknowledge_by,
        acknowledged_at=notice.acknowledged_at,
        acknowledged_by=notice.acknowledged_by,
        rungs=notice.fired,
    )

"""Messages to the outside: written once for each receiver and channel, tried by a ladder, sent or parked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lianxi.contracts.clocks import RungReached
from lianxi.contracts.envelope import Caller, Event, Lane
from lianxi.contracts.outside import DeliveryParked, DeliverySent, OutsideMessage, OutsideState
from lianxi.contracts.tips import RescueRaised
from lianxi.contracts.upward_reports import UpwardKind, UpwardReportWritten
from lianxi.kernel.errors import Conflict, NotFound
from lianxi.kernel.ids import derived_id
from lianxi.policy.outside import Outside, OutsideReceiver
from lianxi.policy.supervision import Ladder, Rung
from services.notifications.policy import ALARM_MINUTES, RESCUE

AGAIN_AFTER = tuple(timedelta(seconds=each) for each in (5, 30, 120, 600, 3_600, 21_600))
"""When a message that failed is tried again; after the last it is parked (criterion 4.3)."""

LEASE = timedelta(seconds=30)
"""How long whoever took a message has it alone; then somebody else tries it, under the same key."""

TRYING = frozenset({OutsideState.CREATED, OutsideState.FAILED})
TOLD = frozenset({OutsideState.SENT, OutsideState.DELIVERED})
TIP, UPWARD = "tip", "upward_report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to one receiver on one channel. Its id is the key by which a provider knows it again.

    `next_try_at` is when it is tried next, or when whoever has taken it must be done. `gathered` counts what
    a digest tells.

    Clause: L7.1.
    """

    id: str
    desk: str
    agency: str
    receiver: str
    channel: str
    event_type: str
    about: str
    lane: Lane
    text: str
    state: OutsideState
    written_at: datetime
    tries: int = 0
    next_try_at: datetime | None = None
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    acknowledged_at: datetime | None = None
    provider_reference: str | None = None
    trouble: str | None = None
    gathered: int = 0

    @property
    def where(self) -> str:
        """Where it goes: one receiver on one channel, which may be dead while the other is not."""
        return f"{self.receiver}/{self.channel}"


DeliveryDecision = tuple[Delivery, Sequence[Event]]


def messages(
    outside: Outside, ladders: Sequence[Ladder], event: Event, event_id: str, link: str, now: datetime
) -> Iterator[Delivery]:
    """Write the messages that an event wants: an alarm's to whom it calls, a rung's to whom the rung calls by phone.

    A report upward is announced to its addressees of the city by its number.

    Clause: L7.1, L37.1, L58.1 (criteria 11.3, 17.1).
    """
    lane: Lane = "rescue"
    noun = TIP
    if isinstance(event, RescueRaised):
        values = {"number": event.number, "clock": str(ALARM_MINUTES), "link": f"{link}/tips/{event.tip_id}"}
        called, about = outside.called(event.KEY, event.category), event.tip_id
    elif isinstance(event, RungReached) and event.clock == RESCUE:
        rung = _rung(ladders, event)
        if rung is None or rung.channel == "desk":
            return
        values = {"number": "", "clock": str(rung.at_minutes), "link": f"{link}/tips/{event.item}"}
        called, about = outside.reached_for(frozenset(rung.receivers)), event.item
    elif isinstance(event, UpwardReportWritten):
        values, noun = {"number": event.number, "clock": "", "link": ""}, UPWARD
        # An operation and a major event are reported at any hour; a summary does not wake anybody.
        lane = "normal" if event.category is UpwardKind.SUMMARY else "rescue"
        called, about = outside.called(event.KEY, event.category.value), event.report_id
    else:
        return
    for receiver in called:
        for channel in receiver.channels:
            template = outside.template(event.KEY, channel, receiver.language)
            if template is not None:
                text = template.text.format(**values)
                written = _written(receiver, channel, event.KEY, f"{noun}/{about}", lane, text, event_id, now)
                # Only the fast lane breaks into quiet hours.
                yield written if lane == "rescue" else replace(written, next_try_at=outside.opens_at(now))


def _rung(ladders: Sequence[Ladder], event: RungReached) -> Rung | None:
    return next(
        (rung for row in ladders if row.code == event.ladder for rung in row.rungs if rung.code == event.rung), None
    )


def _written(
    receiver: OutsideReceiver,
    channel: str,
    event_type: str,
    about: str,
    lane: Lane,
    text: str,
    event_id: str,
    now: datetime,
) -> Delivery:
    return Delivery(
        id=derived_id("delivery", event_id, receiver.code, channel),
        desk=receiver.desk,
        agency=receiver.desk.partition("/")[0],
        receiver=receiver.code,
        channel=channel,
        event_type=event_type,
        about=about,
        lane=lane,
        text=text,
        state=OutsideState.CREATED,
        written_at=now,
        next_try_at=now,
    )


def is_due(delivery: Delivery, now: datetime) -> bool:
    """Say whether a message waits for a try.

    Clause: none (criterion 4.3).
    """
    return delivery.state in TRYING and delivery.next_try_at is not None and delivery.next_try_at <= now


def take(delivery: Delivery, now: datetime) -> DeliveryDecision:
    """Take a message for one try, so that no other sender tries it meanwhile.

    Clause: none (criterion 4.3).
    """
    if not is_due(delivery, now):
        return delivery, ()
    return replace(delivery, tries=delivery.tries + 1, next_try_at=now + LEASE), ()


def sent(delivery: Delivery, reference: str, arrived: bool, now: datetime) -> DeliveryDecision:
    """Note that a provider has the message, with the provider's number; once noted it stays noted.

    Clause: L7.1.
    """
    if delivery.state not in TRYING:
        return delivery, ()
    done = replace(
        delivery,
        state=OutsideState.DELIVERED if arrived else OutsideState.SENT,
        next_try_at=None,
        sent_at=now,
        delivered_at=now if arrived else None,
        provider_reference=reference,
        trouble=None,
    )
    said = DeliverySent(
        delivery_id=done.id,
        called=done.receiver,
        channel=done.channel,
        about=done.about,
        tries=done.tries,
        sent_at=now,
    )
    return done, (said,)


def failed(delivery: Delivery, trouble: str, now: datetime) -> DeliveryDecision:
    """Note that a try failed: it is tried again after the next step of the ladder, or parked after the last.

    Clause: none (criterion 4.3).
    """
    if delivery.state not in TRYING:
        return delivery, ()
    if delivery.tries <= len(AGAIN_AFTER):
        again = now + AGAIN_AFTER[max(delivery.tries, 1) - 1]
        return replace(delivery, state=OutsideState.FAILED, trouble=trouble, next_try_at=again), ()
    parked = replace(delivery, state=OutsideState.PARKED, next_try_at=None, trouble=trouble)
    said = DeliveryParked(
        delivery_id=parked.id,
        called=parked.receiver,
        channel=parked.channel,
        about=parked.about,
        desk=parked.desk,
        tries=parked.tries,
        parked_at=now,
    )
    return parked, (said,)


def reported(delivery: Delivery, arrived: bool, trouble: str, now: datetime) -> DeliveryDecision:
    """Note what a provider said later: that a message arrived, or that it did not, which counts as a failed try.

    Clause: none (criterion 4.3).
    Raises:
        Conflict: delivery.not_sent.
    """
    if delivery.state is OutsideState.DELIVERED and arrived:
        return delivery, ()
    if delivery.state is not OutsideState.SENT:
        raise Conflict("delivery.not_sent", state=delivery.state.value)
    if arrived:
        return replace(delivery, state=OutsideState.DELIVERED, delivered_at=now), ()
    return failed(replace(delivery, state=OutsideState.FAILED, sent_at=None), trouble or "courier.refused", now)


def acknowledged(delivery: Delivery, now: datetime) -> DeliveryDecision:
    """Note that a human took on what a message tells of; one that is still being tried goes on, nothing holds it back.

    Clause: L7.1 (criterion 17.1).
    """
    if delivery.state not in TOLD | {OutsideState.PARKED}:
        return delivery, ()
    return replace(delivery, state=OutsideState.ACKNOWLEDGED, acknowledged_at=now), ()


def again(delivery: Delivery, now: datetime) -> DeliveryDecision:
    """Have a parked message tried again, from the ladder's first step.

    Clause: none (criterion 4.3).
    Raises:
        Conflict: delivery.not_parked.
    """
    if delivery.state is not OutsideState.PARKED:
        raise Conflict("delivery.not_parked", state=delivery.state.value)
    return replace(delivery, state=OutsideState.FAILED, tries=0, next_try_at=now), ()


def check_answers_for(delivery: Delivery, caller: Caller) -> None:
    """Refuse whoever does not answer for a message's receiver, in the words for one that is not there.

    Clause: none (domain 5.4).
    Raises:
        NotFound: delivery.not_found.
    """
    if not (caller.sees_all or caller.holds(delivery.desk)):
        raise NotFound("delivery.not_found")


def as_outside_message(delivery: Delivery, version: int) -> OutsideMessage:
    """Write a message as those who answer for its receiver read it.

    Clause: none.
    """
    return OutsideMessage(
        delivery_id=delivery.id,
        version=version,
        desk=delivery.desk,
        receiver=delivery.receiver,
        channel=delivery.channel,
        event_type=delivery.event_type,
        about=delivery.about,
        lane=delivery.lane,
        text=delivery.text,
        state=delivery.state,
        tries=delivery.tries,
        written_at=delivery.written_at,
        next_try_at=delivery.next_try_at,
        sent_at=delivery.sent_at,
        delivered_at=delivery.delivered_at,
        acknowledged_at=delivery.acknowledged_at,
        provider_reference=delivery.provider_reference,
        trouble=delivery.trouble,
    )

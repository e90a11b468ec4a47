"""Messages to the outside that are not urgent: they wait for quiet hours to end, and may be gathered into one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from lianxi.contracts.campaigns import NotificationsRungReached
from lianxi.contracts.envelope import Lane
from lianxi.contracts.outside import OutsideState
from lianxi.kernel.ids import derived_id
from lianxi.policy.outside import DIGEST, Outside, OutsideReceiver
from services.notifications.domain.outside import Delivery, DeliveryDecision

FAST: Lane = "rescue"


def ordinary(
    outside: Outside, event: NotificationsRungReached, event_id: str, lane: Lane, link: str, now: datetime
) -> Iterator[Delivery]:
    """Write the messages that a rung wants: at once on the fast lane, else after quiet hours or with the digest.

    Clause: L7.1, L81.2; criterion 18.1.
    """
    for receiver, channel in outside.told(event.KEY, event.receivers):
        is_gathered = bool(receiver.digest_at) and lane != FAST
        template = outside.template(DIGEST if is_gathered else event.KEY, channel, receiver.language)
        if template is None:
            continue
        if is_gathered:
            at = outside.gathers_until(receiver, now)
            named, about = f"{DIGEST} {at.isoformat()}", f"{DIGEST}/{receiver.code}"
        else:
            at = now if lane == FAST else outside.opens_at(now)
            named, about = event_id, event.about or event.item
        yield Delivery(
            id=derived_id("delivery", named, receiver.code, channel),
            desk=receiver.desk,
            agency=receiver.desk.partition("/")[0],
            receiver=receiver.code,
            channel=channel,
            event_type=event.KEY,
            about=about,
            lane=lane,
            text=template.text.format(number="1", clock="", link=f"{link}/desk"),
            state=OutsideState.CREATED,
            written_at=now,
            next_try_at=at,
            gathered=int(is_gathered),
        )


def joined(delivery: Delivery, outside: Outside, link: str) -> DeliveryDecision:
    """Count one more into a digest that has not gone out; the number is all that it tells.

    Clause: L81.2; criterion 18.1.
    """
    receiver = next((each for each in outside.receivers if each.code == delivery.receiver), None)
    template = outside.template(DIGEST, delivery.channel, _language(receiver))
    if template is None or delivery.tries or delivery.state is not OutsideState.CREATED:
        return delivery, ()
    number = delivery.gathered + 1
    text = template.text.format(number=str(number), clock="", link=f"{link}/desk")
    return replace(delivery, gathered=number, text=text), ()


def _language(receiver: OutsideReceiver | None) -> str:
    return "zh" if receiver is None else receiver.language

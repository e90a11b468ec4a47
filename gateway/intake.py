"""How a tip is taken in: checked against the policy, named, sealed, and handed to whoever keeps it."""

from __future__ import annotations

import secrets
from typing import Final

from gateway.bodies import AgencyTip, Told
from gateway.exchange import House
from gateway.receipts import derived_code
from gateway.refusals import Unusable
from lianxi.contracts.envelope import Caller, Cause, Lane
from lianxi.contracts.sealing import CONTACT, CONTENT
from lianxi.contracts.tips import Channel, SubmitTip, TipKind
from lianxi.kernel.clock import local_date
from lianxi.kernel.errors import BrokerDown
from lianxi.kernel.ids import derived_id, number_from
from lianxi.policy.sources import Source

SERVICE: Final = "tips"
VILLAGE: Final = "village/"
OFFICER: Final = "officer"


def seed_of(house: House, *parts: str) -> bytes:
    """Draw what id and number are made of: the same for the same request under a key, else random."""
    return house.key.derive("tip", *parts) if parts else secrets.token_bytes(32)


async def submission(
    house: House,
    told: Told,
    seed: bytes,
    *,
    kind: TipKind,
    channel: Channel,
    actor: str,
    verifier: str | None,
    source: str | None = None,
    is_receipt_temporary: bool = False,
    filed_by: str | None = None,
) -> SubmitTip:
    """Make the command that takes a tip in.

    Raises:
        Unusable: tip.category_unknown, village.unknown, attachment.unknown.
        Unavailable: attachments.unwritable.
    """
    lane = lane_of(house, told.category, kind)
    now = house.clock.now()
    contact = told.sealed_contact()
    prefix = house.policy.programme.number_prefix
    tip_id = derived_id("tip", seed.hex())
    return SubmitTip(
        tip_id=tip_id,
        number=number_from(prefix, local_date(now).year, int.from_bytes(seed[:8])),
        kind=kind,
        channel=channel,
        category=told.category,
        lane=lane,
        village=village_of(house, told.village),
        rental_code=told.rental_code,
        is_anonymous=contact is None,
        content=house.sealer.seal(told.sealed_content(), CONTENT),
        contact=None if contact is None else house.sealer.seal(contact, CONTACT),
        receipt_verifier=verifier,
        submitted_by=actor,
        received_at=now,
        # Kept before the tip is, so that a tip that is kept has its pictures.
        attachments=await house.attachments.claim(told.attachments, tip_id),
        is_receipt_temporary=is_receipt_temporary,
        source=source or channel.value,
        filed_by=filed_by,
    )


def lane_of(house: House, category: str, kind: TipKind) -> Lane:
    """Say how fast a category goes.

    Raises:
        Unusable: tip.category_unknown, with the categories there are.
    """
    if category not in house.policy.categories:
        raise Unusable("tip.category_unknown", allowed=list(house.policy.categories))
    return house.policy.route(category, kind=kind.value).lane


def source_of(house: House, told: AgencyTip) -> Source:
    """Find the source by which an officer files.

    Raises:
        Unusable: tip.channel_unknown, with the sources there are; tip.reference_needed, tip.reference_unwanted.
    """
    open_to_officers = {each.code: each for each in house.policy.sources if each.filed_by == "officer"}
    found = open_to_officers.get(told.channel)
    if found is None:
        raise Unusable("tip.channel_unknown", allowed=sorted(open_to_officers))
    if found.reference == "needed" and told.reference is None:
        raise Unusable("tip.reference_needed", channel=found.code)
    if found.reference == "none" and told.reference is not None:
        raise Unusable("tip.reference_unwanted", channel=found.code)
    return found


def seed_of_officers(house: House, told: AgencyTip, lane: Lane, caller: Caller) -> bytes:
    """Draw what id and number are made of: the same for one number of another system, but a rescue is never another's.

    Whoever takes the same number in again, with another key or on another day, comes to the tip that is there.
    """
    if told.reference is None or lane == "rescue":
        return seed_of(house, str(caller.command_id))
    return seed_of(house, "reference", caller.agency, told.channel, told.reference)


def village_of(house: House, code: str | None) -> str | None:
    """Read a village's code, with or without its prefix.

    Raises:
        Unusable: village.unknown, with the villages there are.
    """
    if code is None:
        return None
    full = code if code.startswith(VILLAGE) else f"{VILLAGE}{code}"
    if full not in house.policy.villages:
        raise Unusable("village.unknown", allowed=sorted(house.policy.villages))
    return full


def officers_code(house: House, told: AgencyTip, actor: str, key: str | None) -> str | None:
    """Work out the receipt code of a tip that an officer takes down; `None` when nobody is there to be given one.

    Raises:
        Unusable: receipt.nobody_there.
    """
    informant = source_of(house, told).informant
    wanted = informant == "present" if told.wants_receipt is None else told.wants_receipt
    if not wanted or key is None:
        return None
    if informant == "none":
        raise Unusable("receipt.nobody_there")
    return derived_code(house.key, *same_of_officers(house, told, actor, key))


def same_of_officers(house: House, told: AgencyTip, actor: str, key: str) -> tuple[str, str, str, str]:
    """Say what makes an officer's filing the same one when it is tried again."""
    return OFFICER, actor, key, house.answers.fingerprint(OFFICER, told.model_dump(mode="json"))


async def hand_in_or_spool(house: House, command: SubmitTip, cause: Cause) -> None:
    """Hand a public tip to the broker, or keep it on our own disk until the broker is back: nobody is turned away.

    Raises:
        Unavailable: spool.full, spool.unwritable.
    """
    house.crowd.handing_in(command.tip_id, command.lane)
    try:
        await house.bus.hand_in(SERVICE, command.lane, command, cause)
    except BrokerDown:
        await house.spool.keep(SERVICE, command.lane, command, cause)

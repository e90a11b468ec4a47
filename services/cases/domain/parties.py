"""The persons of a case: named with a source and a basis, never without how they stand, and cleared for good.

Nobody is an offender before a decision: until then the words are 有关人员, *person of interest*, and *suspected*.
What identifies a person travels through here only sealed, so that whatever keeps a `Party` keeps nobody's name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from lianxi.contracts.envelope import Event
from lianxi.contracts.masking import masked_name, masked_number
from lianxi.contracts.parties import (
    Certainty,
    CorrectParty,
    NamedPerson,
    PartyCleared,
    PartyCorrected,
    PartyNamed,
    PartyRole,
    PartyStanding,
    PartyUnmasked,
    PartyView,
    PersonOpened,
    PersonTold,
    StatementView,
)
from lianxi.kernel.errors import Conflict, RuleBroken

ACCURACY = "PIPL art. 8"
BASIS = "PIPL art. 13"
SENSITIVE = "PIPL art. 28"
DECIDES = "Regulation art. 24"

UNMASKED_FOR = timedelta(minutes=15)
ALWAYS_POSSIBLE_VICTIMS = frozenset({PartyRole.PARTICIPANT, PartyRole.VICTIM})
"""Who took part may well be a victim, and is treated so from the start (domain K-23)."""

_SUSPECTED: Mapping[PartyRole, tuple[str, str]] = {
    PartyRole.ORGANISER: ("涉嫌组织者", "suspected organiser"),
    PartyRole.KEY_MEMBER: ("涉嫌骨干", "suspected key member"),
    PartyRole.PARTICIPANT: ("涉嫌参与", "suspected participant"),
    PartyRole.VICTIM: ("疑似受害人", "suspected victim"),
    PartyRole.WITNESS: ("疑似知情人", "suspected witness"),
    PartyRole.FACILITATOR: ("涉嫌提供便利", "suspected facilitator"),
}
_CONFIRMED: Mapping[PartyRole, tuple[str, str]] = {
    PartyRole.ORGANISER: ("经决定认定的组织者", "organiser, confirmed by a decision"),
    PartyRole.KEY_MEMBER: ("经决定认定的骨干", "key member, confirmed by a decision"),
    PartyRole.PARTICIPANT: ("经决定认定的参与者", "participant, confirmed by a decision"),
    PartyRole.VICTIM: ("经决定认定的受害人", "victim, confirmed by a decision"),
    PartyRole.WITNESS: ("经决定认定的证人", "witness, confirmed by a decision"),
    PartyRole.FACILITATOR: ("经决定认定的提供便利者", "facilitator, confirmed by a decision"),
}
_CLEARED = ("已排除", "cleared")

_ID_NUMBER = re.compile(r"(?<!\d)\d(?:[\s\-_.·]{0,3}\d){16}[\s\-_.·]{0,3}[\dX](?!\d)", re.IGNORECASE)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_LETTERS = "10X98765432"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What is stated of a person, how sure it is, by what source and on what basis."""

    text: str
    certainty: Certainty
    source: str
    basis: str
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmasking:
    """Who may read a minor's name, and until when; the reason lies with the name."""

    actor: str
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What identifies a person of a case, and what is stated of them. It is sealed before it is kept anywhere."""

    name: str | None = None
    phone: str | None = None
    id_last4: str | None = None
    statements: tuple[Statement, ...] = ()
    unmasked_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A person as the database has them: encrypted under a key of their own, which lies locked beside it."""

    key_id: str
    wrapped_key: bytes
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A person of one case. `sealed` is gone once erased; `is_listed` ends with clearing.

    `id_mark` is a keyed hash of the identity number that means something in this case only: the same person has another
    one in another case, so that two cases cannot be joined by it.
    """

    id: str
    case_id: str
    number: str
    owner: str
    owner_agency: str
    role: PartyRole
    standing: PartyStanding = PartyStanding.SUSPECTED
    is_listed: bool = True
    is_possible_victim: bool
    is_minor: bool
    basis: str
    sealed: Sealed | None
    id_mark: str | None = None
    named_at: datetime
    decision_reference: str | None = None
    erased_at: datetime | None = None
    unmaskings: tuple[Unmasking, ...] = ()


Decision = tuple[Party, tuple[Event, ...]]


class Safe(Protocol):
    """What locks persons and opens them again."""

    @property
    def current(self) -> str:
        """The id of the key in use."""
        ...

    def lock(self, party_id: str, person: Person) -> Sealed:
        """Lock a person."""
        ...

    def unlock(self, party_id: str, sealed: Sealed) -> Person:
        """Open a person."""
        ...

    def rewrap(self, party_id: str, sealed: Sealed) -> Sealed:
        """Lock a person's own key under the key in use; the person is not opened."""
        ...

    def marks(self, case_id: str, id_number: str) -> tuple[str, ...]:
        """Work out an identity number's marks in one case, under each key; the one in use first."""
        ...


def standing_of(role: PartyRole, standing: PartyStanding) -> tuple[str, str]:
    """Say how somebody stands, in Chinese and English. Every word about a person anywhere comes from here.

    Who is cleared is nothing but cleared: what they were suspected of is no longer said.

    Clause: none (criterion 8.5; domain K-01).
    """
    if standing is PartyStanding.CLEARED:
        return _CLEARED
    return (_SUSPECTED if standing is PartyStanding.SUSPECTED else _CONFIRMED)[role]


def labelled(party: Party) -> NamedPerson:
    """Make the label of a person: what they may be called, with how they stand. Their name is not in it.

    Clause: none (criterion 8.5; domain K-01).
    """
    zh, en = standing_of(party.role, party.standing)
    is_decided = party.standing is PartyStanding.CONFIRMED
    digits = party.number.rpartition("-")[2]
    return NamedPerson(
        label_zh=f"{'当事人' if is_decided else '有关人员'}{digits}({zh})",
        label_en=f"{'party' if is_decided else 'person of interest'} {digits} ({en})",
        standing_zh=zh,
        standing_en=en,
    )


def is_masked_for(party: Party, actor: str, now: datetime) -> bool:
    """Say whether somebody reads a name and a number masked: a minor's, unless they have unmasked it just now.

    Clause: none (domain K-12).
    """
    return party.is_minor and not any(each.actor == actor and now < each.ends_at for each in party.unmaskings)


def opened(party: Party, person: Person, *, is_masked: bool) -> PersonOpened:
    """Show who somebody is and what is stated of them.

    Clause: none (domain K-12).
    """
    name, phone, last4 = person.name, person.phone, person.id_last4
    if is_masked:
        name, phone, last4 = name and masked_name(name), phone and masked_number(phone), None
    return PersonOpened(
        name=name,
        phone=phone,
        id_last4=last4,
        statements=tuple(
            StatementView(
                text=each.text,
                certainty=each.certainty,
                source=each.source,
                basis=each.basis,
                made_at=each.made_at,
            )
            for each in person.statements
        ),
    )


def as_view(party: Party, version: int, receivers: tuple[str, ...]) -> PartyView:
    """Show how somebody stands in a case, and not who they are.

    Clause: none (criterion 8.5).
    """
    person = labelled(party)
    return PartyView(
        party_id=party.id,
        version=version,
        case_id=party.case_id,
        number=party.number,
        owner=party.owner,
        receivers=receivers,
        role=party.role,
        standing=party.standing,
        standing_zh=person.standing_zh,
        standing_en=person.standing_en,
        is_possible_victim=party.is_possible_victim,
        is_minor=party.is_minor,
        basis=party.basis,
        named_at=party.named_at,
        decision_reference=party.decision_reference,
        erased_at=party.erased_at,
        person=person,
        statements=(),
    )


def check_texts(texts: Iterable[str | None]) -> None:
    """Refuse texts in which a whole identity number stands, however it is spaced.

    Clause: none (PIPL arts 6, 28; domain 5.3 item 5).
    Raises:
        RuleBroken: party.id_number_in_text.
    """
    if any(_ID_NUMBER.search(unicodedata.normalize("NFKC", text)) for text in texts if text):
        raise RuleBroken("party.id_number_in_text", clause=SENSITIVE)


def check_id_number(number: str) -> str:
    """Read an identity number; its last letter proves that it was not mistyped.

    Clause: none (PIPL art. 8).
    Raises:
        RuleBroken: party.id_number_wrong.
    """
    plain = unicodedata.normalize("NFKC", number).upper()
    if not re.fullmatch(r"\d{17}[\dX]", plain, re.ASCII):
        raise RuleBroken("party.id_number_wrong", clause=ACCURACY)
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, plain[:-1], strict=True))
    if _CHECK_LETTERS[total % 11] != plain[-1]:
        raise RuleBroken("party.id_number_wrong", clause=ACCURACY)
    return plain


def stated(told: PersonTold, certainty: Certainty, basis: str, now: datetime) -> Statement:
    """Make a statement about a person; what has no source or no legal basis is not stated.

    Clause: none (PIPL arts 8, 13).
    Raises:
        RuleBroken: party.source_missing, party.basis_missing, party.id_number_in_text.
    """
    if not told.source.strip():
        raise RuleBroken("party.source_missing", clause=ACCURACY)
    if not basis.strip():
        raise RuleBroken("party.basis_missing", clause=BASIS)
    check_texts((told.name, told.phone, told.statement, told.source, basis))
    return Statement(
        text=told.statement.strip(),
        certainty=certainty,
        source=told.source.strip(),
        basis=basis.strip(),
        made_at=now,
    )


def person_of(told: PersonTold, statement: Statement) -> Person:
    """Take down who is named.

    Clause: none (PIPL art. 8).
    Raises:
        RuleBroken: party.name_missing, party.id_number_wrong.
    """
    if told.name is None or not told.name.strip():
        raise RuleBroken("party.name_missing", clause=ACCURACY)
    return with_told(Person(), told, statement)


def with_told(person: Person, told: PersonTold, statement: Statement) -> Person:
    """Take over what is told of a person: fields that were wrong are not kept, why they changed is.

    Clause: none (PIPL art. 46).
    Raises:
        RuleBroken: party.id_number_wrong.
    """
    return replace(
        with_statement(person, statement),
        name=person.name if told.name is None else told.name.strip(),
        phone=person.phone if told.phone is None else told.phone.strip(),
        id_last4=person.id_last4 if told.id_number is None else check_id_number(told.id_number)[-4:],
    )


def with_statement(person: Person, statement: Statement) -> Person:
    """Add what is stated of a person.

    Clause: none (PIPL art. 8).
    """
    return replace(person, statements=(*person.statements, statement))


def named(party: Party) -> Decision:
    """Announce that a person was named, without saying who.

    Clause: L31.1.
    """
    return party, (PartyNamed(**_said_of(party)),)


def _said_of(party: Party) -> dict[str, Any]:
    """Say in an event whom it is about, and never without how they stand."""
    zh, en = standing_of(party.role, party.standing)
    return {
        "party_id": party.id,
        "case_id": party.case_id,
        "owner": party.owner,
        "role": party.role,
        "standing": party.standing,
        "standing_zh": zh,
        "standing_en": en,
    }


def confirm(party: Party, decision_reference: str) -> Decision:
    """Confirm what somebody was suspected of, by a decision and by nothing else.

    Clause: L31.1 (criterion 8.5).
    Raises:
        RuleBroken: party.decision_missing, party.id_number_in_text.
        Conflict: party.not_suspected, party.erased.
    """
    if party.standing is not PartyStanding.SUSPECTED:
        raise Conflict("party.not_suspected", standing=party.standing.value)
    if party.erased_at is not None:
        raise Conflict("party.erased")
    if not decision_reference.strip():
        raise RuleBroken("party.decision_missing", clause=DECIDES)
    check_texts((decision_reference,))
    return replace(party, standing=PartyStanding.CONFIRMED, decision_reference=decision_reference.strip()), ()


def clear(party: Party, sealed: Sealed, receivers: tuple[str, ...]) -> Decision:
    """Clear somebody for good: no list, count or look-up leads to them any more, and other holders are told.

    A decision that was set aside clears too, so it may come after confirming.

    Clause: none (criterion 8.5; PIPL art. 46).
    Raises:
        Conflict: party.already_cleared.
    """
    if party.standing is PartyStanding.CLEARED:
        raise Conflict("party.already_cleared")
    cleared = replace(party, standing=PartyStanding.CLEARED, is_listed=False, id_mark=None, sealed=sealed)
    event = PartyCleared(number=party.number, receivers=receivers, **_said_of(cleared))
    return cleared, (event,)


def unmask(party: Party, sealed: Sealed, actor: str, now: datetime) -> Decision:
    """Let somebody read a minor's name and number for a quarter of an hour, and tell the office.

    Clause: pipl-28 (criterion 8.3; domain K-12).
    """
    ends_at = now + UNMASKED_FOR
    event = PartyUnmasked(number=party.number, ends_at=ends_at, **_said_of(party))
    unmaskings = (*party.unmaskings, Unmasking(actor=actor, ends_at=ends_at))
    return replace(party, sealed=sealed, unmaskings=unmaskings), (event,)


def check_correction(asked: CorrectParty, told: PersonTold) -> None:
    """Refuse a correction that puts nothing right.

    Clause: none (PIPL art. 46).
    Raises:
        RuleBroken: party.nothing_corrected.
    """
    if all(each is None for each in (asked.role, asked.is_minor, told.name, told.phone, told.id_number)):
        raise RuleBroken("party.nothing_corrected", clause="PIPL art. 46")


def correct(
    party: Party, asked: CorrectParty, sealed: Sealed, id_mark: str | None, receivers: tuple[str, ...]
) -> Decision:
    """Put right what a case says of a person, and tell whoever holds papers of the case.

    Clause: none (PIPL art. 46; domain 5.6).
    Raises:
        Conflict: party.erased, party.role_decided.
    """
    if party.erased_at is not None:
        raise Conflict("party.erased")
    if asked.role not in (None, party.role) and party.standing is not PartyStanding.SUSPECTED:
        raise Conflict("party.role_decided", standing=party.standing.value)
    role = asked.role or party.role
    corrected = replace(
        party,
        role=role,
        is_minor=party.is_minor if asked.is_minor is None else asked.is_minor,
        is_possible_victim=party.is_possible_victim or role in ALWAYS_POSSIBLE_VICTIMS,
        sealed=sealed,
        id_mark=id_mark if party.is_listed else None,
    )
    event = PartyCorrected(number=party.number, receivers=receivers, **_said_of(corrected))
    return corrected, (event,)


def forget(party: Party, now: datetime) -> Decision:
    """Erase who somebody is, whatever was decided, because the case has been kept long enough.

    Clause: pipl-47 (domain 5.5).
    """
    if party.sealed is None:
        return party, ()
    gone = replace(party, basis="", sealed=None, id_mark=None, decision_reference=None)
    return replace(gone, erased_at=party.erased_at or now), ()


def erase(party: Party, now: datetime) -> Decision:
    """Erase who somebody is of whom a closed case has decided nothing; that there was one stays, as a number.

    Clause: none (domain 5.3 item 12).
    """
    if party.standing is not PartyStanding.SUSPECTED or party.erased_at is not None:
        return party, ()
    return replace(party, sealed=None, id_mark=None, erased_at=now), ()

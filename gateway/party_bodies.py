"""What may stand in the body of a request about persons of a case, and how what is sealed to a question is opened."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from gateway.bodies import Body, Short, text_of
from lianxi.contracts import codec
from lianxi.contracts.parties import (
    Certainty,
    PartyPage,
    PartyRole,
    PartyView,
    PersonOpened,
    PersonTold,
    SealedParties,
    SealedParty,
)
from lianxi.contracts.sealing import PERSON, PERSON_TOLD, Opener, Sealer

Name = Annotated[str, text_of(60)]
Phone = Annotated[str, StringConstraints(min_length=3, max_length=20, pattern=r"^[0-9+() -]+$")]
IdNumber = Annotated[
    str,
    Field(description="Whole; its last four digits and a keyed hash are kept, the number is not"),
    StringConstraints(min_length=18, max_length=18, pattern=r"^[0-9]{17}[0-9Xx]$"),
]
Words = Annotated[str, text_of(500)]
Basis = Annotated[str, Field(description="The law by which this may be kept"), text_of(100)]
Source = Annotated[Short, Field(description="Where this comes from; an informant is never named")]


class AboutPerson(Body):
    """The root of bodies that tell something of a person."""

    basis: Basis
    source: Source

    def told(self, to_desk: Sealer, statement: str) -> str:
        """Seal to the desk what identifies the person and what is stated."""
        identity = {name: getattr(self, name, None) for name in ("name", "phone", "id_number")}
        plain = PersonTold(statement=statement, source=self.source, **identity)
        return to_desk.seal(codec.as_plain(plain), PERSON_TOLD)


class NewParty(AboutPerson):
    """A person to be named in a case, always as suspected at first."""

    role: PartyRole
    name: Name
    phone: Phone | None = None
    id_number: IdNumber | None = None
    is_minor: bool = False
    is_possible_victim: bool = Field(default=False, description="Participants and victims always are")
    statement: Words
    certainty: Certainty


class PartyConfirming(Body):
    """The decision that confirms what somebody was suspected of."""

    decision_reference: Annotated[str, text_of(60)]


class PartyClearing(AboutPerson):
    """Why somebody is cleared."""

    reason: Words


class PartyCorrection(AboutPerson):
    """What is put right, and why."""

    reason: Words
    role: PartyRole | None = None
    name: Name | None = None
    phone: Phone | None = None
    id_number: IdNumber | None = None
    is_minor: bool | None = None


class PartyUnmasking(Body):
    """Why a minor's name is needed."""

    reason: Annotated[str, Field(description="Kept with the name; the office is told that, not why"), text_of(500, 4)]

    def told(self, to_desk: Sealer) -> str:
        """Seal the reason to the desk, for it may say who it is about."""
        return to_desk.seal(codec.as_plain(PersonTold(statement=self.reason, source="-")), PERSON_TOLD)


def opened(sealed: SealedParty, mine: Opener) -> PartyView:
    """Put together a person whom a desk sealed to this one question's key.

    Raises:
        ContractBroken: seal.unreadable.
    """
    if sealed.person is None:
        return sealed.party
    who: Any = codec.as_contract(PersonOpened, mine.open(sealed.person, PERSON))
    person = replace(sealed.party.person, name=who.name, phone=who.phone, id_last4=who.id_last4)
    return replace(sealed.party, person=person, statements=who.statements)


def opened_page(sealed: SealedParties, mine: Opener) -> PartyPage:
    """Put together a page of them."""
    return PartyPage(items=tuple(opened(each, mine) for each in sealed.items), next_cursor=sealed.next_cursor)

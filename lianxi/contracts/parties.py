"""What the cases desk is asked about the persons of a case, what it answers, and what it tells of them.

A person is named inside one case, with a source and a legal basis, and never without how they stand. No question asks
for a person by name, telephone or identity number; no event and no receipt holds any of the three.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from annotated_types import Len

from lianxi.contracts.envelope import Event
from lianxi.kernel.errors import InvariantBroken


class PartyRole(StrEnum):
    """What somebody is said to be in one case; in another case, the same person may be something else."""

    ORGANISER = "organiser"
    KEY_MEMBER = "key_member"
    PARTICIPANT = "participant"
    VICTIM = "victim"
    WITNESS = "witness"
    FACILITATOR = "facilitator"


class PartyStanding(StrEnum):
    """How sure it is: suspected until a decision confirms it, or until it is cleared for good."""

    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"
    CLEARED = "cleared"


class Certainty(StrEnum):
    """How sure a statement about a person is (domain K-01); only a decision makes it *decided*."""

    REPORTED = "reported"
    OBSERVED = "observed"
    VERIFIED_FACT = "verified_fact"
    DECIDED = "decided"


class Hidden(StrEnum):
    """What a list or an answer leaves out unless it is asked for, by somebody with the right to decide."""

    CLEARED = "cleared"


# --- commands and questions


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonTold:
    """What is told of a person. It crosses the broker only sealed to the desk, as `told` of a command.

    The identity number comes whole, for its last four digits and a keyed hash; it is kept nowhere. `statement` is what
    is stated, or why something is put right or somebody is cleared.
    """

    name: Annotated[str, Len(1, 60)] | None = None
    phone: Annotated[str, Len(1, 20)] | None = None
    id_number: Annotated[str, Len(18, 18)] | None = None
    statement: Annotated[str, Len(1, 500)]
    source: Annotated[str, Len(1, 200)]


@dataclass(frozen=True, slots=True, kw_only=True)
class NameParty:
    """Name a person in a case: what is stated, how sure it is, and on what legal basis (PIPL arts 8, 13)."""

    case_id: str
    role: PartyRole
    is_minor: bool = False
    is_possible_victim: bool = False
    certainty: Certainty
    basis: Annotated[str, Len(1, 100)]
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListParties:
    """Ask for a page of the persons of one case, newest first. There is no question across cases.

    What identifies them is sealed to `answer_key`, which lives as long as the question.
    """

    case_id: str
    answer_key: str
    cursor: str | None = None
    limit: int = 50
    including: Hidden | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetParty:
    """Ask for one person of one case; who they are is sealed to `answer_key`."""

    party_id: str
    answer_key: str
    including: Hidden | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmParty:
    """Record that a decision has found somebody to be what they were suspected to be; it names the decision."""

    party_id: str
    decision_reference: Annotated[str, Len(1, 60)]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearParty:
    """Clear somebody, for good, with the reason."""

    party_id: str
    basis: Annotated[str, Len(1, 100)]
    told: str
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectParty:
    """Put right what is wrong about a person; what was wrong is not kept."""

    party_id: str
    basis: Annotated[str, Len(1, 100)]
    told: str
    role: PartyRole | None = None
    is_minor: bool | None = None
    including: Hidden | None = None
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmaskParty:
    """Ask to read a minor's name and number for a quarter of an hour; `told` has the reason, as its statement."""

    party_id: str
    told: str


# --- answers


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPerson:
    """A person with how they stand: one cannot be shown without the other, for they are one value.

    Raises:
        InvariantBroken: party.no_standing.
    """

    label_zh: str
    label_en: str
    standing_zh: str
    standing_en: str
    name: str | None = None
    phone: str | None = None
    id_last4: str | None = None

    def __post_init__(self) -> None:
        """Refuse a person without how they stand."""
        if not (self.standing_zh.strip() and self.standing_en.strip()):
            raise InvariantBroken("party.no_standing")
        if self.standing_zh not in self.label_zh or self.standing_en not in self.label_en:
            raise InvariantBroken("party.no_standing")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementView:
    """What is stated of a person, how sure it is, by what source and on what basis."""

    text: str
    certainty: Certainty
    source: str
    basis: str
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyView:
    """A person of one case. `number` is theirs in papers and notices; it says nothing of how many there are.

    In answers to writes, which are kept for those who ask again, `person` holds no name and `statements` nothing.
    """

    party_id: str
    version: int
    case_id: str
    number: str
    owner: str
    receivers: tuple[str, ...]
    role: PartyRole
    standing: PartyStanding
    standing_zh: str
    standing_en: str
    is_possible_victim: bool
    is_minor: bool
    basis: str
    named_at: datetime
    decision_reference: str | None
    erased_at: datetime | None
    person: NamedPerson
    statements: tuple[StatementView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyPage:
    """A page of the persons of a case; `next_cursor` is absent on the last. It does not say how many there are."""

    items: tuple[PartyView, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonOpened:
    """What identifies a person and what is stated of them, as it lies in `SealedParty.person` for whoever asked."""

    name: str | None
    phone: str | None
    id_last4: str | None
    statements: tuple[StatementView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedParty:
    """A person of a case as it crosses the broker: how they stand in clear, who they are only sealed."""

    party: PartyView
    person: str | None

    @property
    def owner(self) -> str:
        """The desk that owns the case."""
        return self.party.owner


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedParties:
    """A page of persons as it crosses the broker."""

    items: tuple[SealedParty, ...]
    next_cursor: str | None = None


# --- events


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyNamed(Event):
    """A person was named in a case; who, only the case says."""

    KEY: ClassVar[str] = "cases.party.named.v1"

    party_id: str
    case_id: str
    owner: str
    role: PartyRole
    standing: PartyStanding
    standing_zh: str
    standing_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyCleared(Event):
    """A person of a case is cleared. Whoever holds papers of the case is told, and has to sign for it."""

    KEY: ClassVar[str] = "cases.party.cleared.v1"

    party_id: str
    case_id: str
    number: str
    owner: str
    receivers: tuple[str, ...]
    role: PartyRole
    standing: PartyStanding
    standing_zh: str
    standing_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyCorrected(Event):
    """What a case says of a person was put right. Whoever holds papers of the case is told, and has to sign for it."""

    KEY: ClassVar[str] = "cases.party.corrected.v1"

    party_id: str
    case_id: str
    number: str
    owner: str
    receivers: tuple[str, ...]
    role: PartyRole
    standing: PartyStanding
    standing_zh: str
    standing_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyUnmasked(Event):
    """Somebody may read a minor's name and number for a quarter of an hour; the office is told."""

    KEY: ClassVar[str] = "cases.party.unmasked.v1"

    party_id: str
    case_id: str
    number: str
    owner: str
    role: PartyRole
    standing: PartyStanding
    standing_zh: str
    standing_en: str
    ends_at: datetime

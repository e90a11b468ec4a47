"""What may stand in a request's body. Unknown fields are refused, texts and lists have an end, instants a zone."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from gateway.attachment_bodies import Tokens
from lianxi.contracts.cases import CaseKind, CaseOutcome, CloseReason, Measure, PaperStatus
from lianxi.contracts.clocks import ClockChange
from lianxi.contracts.inspections import Grade, RentalKind
from lianxi.contracts.reporting import ToolKind
from lianxi.contracts.tips import Channel, ReturnReason, TellingWay, TipKind, VerificationOutcome
from lianxi.policy.simulate import PastItem

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2100
C = TypeVar("C")


def _sane(value: Any) -> Any:
    # Years at the ends of the calendar cannot be turned into another zone, and no tip is from there.
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise PydanticCustomError("year_out_of_range", "The year is not between 2000 and 2100")
    return value


def _no_person(value: str) -> str:
    # A telephone's or an identity card's number is no reference: it names a person.
    if _PERSONAL.fullmatch(value):
        raise PydanticCustomError("reference_personal", "This is the number of a telephone or an identity card")
    return value


_PERSONAL = re.compile(r"1[3-9]\d{9}|\d{17}[\dX]")
Code = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9][A-Za-z0-9_./:-]*$")]
ItemId = Annotated[str, StringConstraints(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
RentalCode = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
ItemReference = Annotated[str, StringConstraints(max_length=120, pattern=r"^[a-z][a-z_]*/[A-Za-z0-9][A-Za-z0-9_.:-]*$")]
SourceReference = Annotated[
    str, StringConstraints(max_length=40, pattern=r"^[A-Z0-9][A-Z0-9-]{3,}$"), AfterValidator(_no_person)
]
DraftName = Annotated[str, StringConstraints(max_length=40, pattern=r"^[a-z]+\.toml$")]
DraftText = Annotated[str, StringConstraints(max_length=120_000)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


def text_of(longest: int, shortest: int = 1) -> Any:
    """Describe a text of people: of some length, trimmed, without control characters."""
    # Control characters are no part of any language, and not every reader behind us would bear a NUL.
    return StringConstraints(
        min_length=shortest,
        max_length=longest,
        strip_whitespace=True,
        pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$",
    )


Short = Annotated[str, text_of(200)]
Long = Annotated[str, text_of(4000)]
Instant = Annotated[AwareDatetime, AfterValidator(_sane)]
Day = Annotated[date, AfterValidator(_sane)]


class Body(BaseModel):
    """The root of all bodies."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def contract(self, kind: type[C], **more: Any) -> C:
        """Make the contract that this body and the path say together."""
        return kind(**{name: getattr(self, name) for name in type(self).model_fields}, **more)


# --- tips -----------------------------------------------------------------------------------------------------------


class Contact(Body):
    """Who may be called, and how; it goes under its own seal and into the vault unopened."""

    name: Short | None = None
    phone: Short | None = None
    other: Short | None = Field(default=None, description="Another way to be reached")


class Told(Body):
    """What somebody tells. At least one of village, rental_code and place says where it is."""

    category: Code = Field(description="A category of the policy; `other` if in doubt")
    village: Code | None = None
    rental_code: RentalCode | None = None
    place: Short | None = Field(default=None, description="Where, in words")
    text: Long
    happened_at: Instant | None = None
    people_count: int | None = Field(default=None, ge=1, le=100_000)
    contact: Contact | None = Field(default=None, description="Only if the informant wants to be reached")
    attachments: Tokens = ()

    @model_validator(mode="after")
    def _somewhere(self) -> Told:
        if self.village is None and self.rental_code is None and self.place is None:
            raise PydanticCustomError("nowhere", "Say where: a village, a rental's code, or words")
        return self

    def sealed_content(self) -> dict[str, Any]:
        """What goes under the seal."""
        return {
            "text": self.text,
            "place": self.place,
            "happened_at": None if self.happened_at is None else self.happened_at.isoformat(),
            "people_count": self.people_count,
        }

    def sealed_contact(self) -> dict[str, Any] | None:
        """What goes under the vault's seal; nothing when nothing was given."""
        given = {} if self.contact is None else self.contact.model_dump(exclude_none=True)
        return given or None


class PublicTip(Told):
    """A tip by anybody, without an account."""

    kind: TipKind = TipKind.TIP
    website: str | None = Field(
        default=None, max_length=200, description="Stays empty; programs that fill forms fill it in"
    )


class AgencyTip(Told):
    """A tip that an agency took down or found."""

    kind: TipKind = TipKind.TIP
    channel: Code = Field(default=Channel.AGENCY.value, description="A source of the policy that officers file by")
    reference: SourceReference | None = Field(
        default=None,
        description="The number under which another system knows it; the same number again is the same tip",
    )
    wants_receipt: bool | None = Field(
        default=None,
        description="Whether the informant gets a receipt code: by telephone and in person unless said otherwise, "
        "for a letter only when said; an agency's own tip has none",
    )

    def sealed_content(self) -> dict[str, Any]:
        """What goes under the seal, with another system's number, by which an informant might be found there."""
        return super().sealed_content() | {"reference": self.reference}


class Message(Body):
    """A message of the dialogue between desk and informant."""

    text: Long


class InformantMessage(Message):
    """A message from the informant's side, with pictures if there are any."""

    attachments: Tokens = ()


class Dispatch(Body):
    """To which desk a tip goes, and why."""

    lead: Code
    reason: Short
    copies: tuple[Code, ...] = Field(default=(), max_length=20)


class Return(Body):
    """Why a tip goes back, and who should have it."""

    reason: ReturnReason
    suggested_desk: Code
    explanation: Annotated[str, text_of(500)]


class Verification(Body):
    """What verifying found."""

    outcome: VerificationOutcome
    next_owner: Code | None = None


class Closing(Body):
    """The sentence that the informant will read."""

    outcome: Annotated[str, text_of(500)]


class Telling(Body):
    """How the informant was told what was decided."""

    way: TellingWay


class ClockAsking(Body):
    """Which clock should stand still, run on or have more time, and for which listed reason."""

    clock: Code = Field(description="A time limit that runs on the item, such as `T-01`")
    change: ClockChange
    reason: Annotated[Code, StringConstraints(max_length=60)] = Field(description="A reason that the policy lists")


class ClockDecision(Body):
    """Yes or no, by another person than the one who asked."""

    approve: bool


# --- inspections ----------------------------------------------------------------------------------------------------


class Rental(Body):
    """What the register says of a rental."""

    village: Code
    address: Short
    rooms: int = Field(ge=0, le=10_000)
    is_registered: bool
    assistant: Code | None = None
    address_code: Annotated[str, text_of(40, 0)] = ""
    kind: RentalKind = RentalKind.OTHER
    owner: Annotated[str, text_of(60, 0)] = Field(default="", description="Whom to ask; shown masked")
    agent: Annotated[str, text_of(60, 0)] = Field(default="", description="Who lets for the owner; shown masked")


class Grading(Body):
    """A grade of a dwelling, with who approved it and its last day."""

    grade: Grade
    reason: Short
    approved_by: Code
    expires_on: Day


# --- cases ----------------------------------------------------------------------------------------------------------


class NewCase(Body):
    """A case to be opened."""

    owner: Code
    kind: CaseKind
    basis: Annotated[str, text_of(100)]
    tip_id: ItemId | None = None
    rental_code: RentalCode | None = None
    suspected_crime: bool = False


class TakenMeasure(Body):
    """A measure that was taken, and who approved it."""

    measure: Measure
    approved_by: Code
    taken_at: Instant


class CaseClosing(Body):
    """How a case ended, and on what grounds."""

    outcome: CaseOutcome
    reason: CloseReason = Field(description="Each goes with one outcome")
    grounds: Annotated[str, text_of(1000)]


class ReferralPaper(Body):
    """One paper: its file's SHA-256, or why there is none."""

    name: Code
    status: PaperStatus
    sha256: Sha256 | None = None
    reason: Annotated[str, text_of(200, shortest=0)] = ""


class NewReferral(Body):
    """A criminal referral: to whom, by which officers, with which papers."""

    case_id: ItemId
    receiver: Code
    officers: tuple[Code, ...] = Field(max_length=20)
    papers: tuple[ReferralPaper, ...] = Field(max_length=20)


class ReferralDecision(Body):
    """The head's decision."""

    approve: bool
    head: Code
    reason: Annotated[str, text_of(500, shortest=0)] = ""


class ReferralAcceptance(Body):
    """Who signs for the police, and whether they are competent; who is not passes it on within 24 hours."""

    desk: Code
    officer: Code
    is_competent: bool = True


class MissingPapers(Body):
    """Which papers are missing."""

    papers: tuple[Code, ...] = Field(min_length=1, max_length=20)


class Supplement(Body):
    """The papers that were missing."""

    papers: tuple[ReferralPaper, ...] = Field(min_length=1, max_length=20)


class ReferralAnswer(Body):
    """What the police decided."""

    filed: bool
    reason: Annotated[str, text_of(500, shortest=0)] = ""
    police_reference: Annotated[str, text_of(60, shortest=0)] = ""


class PassingOn(Body):
    """To which police organ a referral is passed on, and why."""

    receiver: Code
    reason: Annotated[str, text_of(500)]


class Reasons(Body):
    """Why a refusal is contested."""

    reason: Annotated[str, text_of(500)]


class HelpWanted(Body):
    """What another agency is asked for, on what legal ground."""

    case_id: ItemId
    receiver: Code
    what: Annotated[str, text_of(1000)]
    legal_ground: Short
    is_urgent: bool = False


class HelpRefused(Body):
    """Why a request cannot be met."""

    reason: Annotated[str, text_of(500)]


class HelpGiven(Body):
    """Under which file number a request was answered. What the answer says goes another way."""

    reference: Annotated[str, text_of(60)] = Field(description="Your file number: capitals, at most ten digits, ()/._-")


# --- reporting and operations ---------------------------------------------------------------------------------------


FigureName = Annotated[str, StringConstraints(max_length=60, pattern=r"^[a-z][a-z_]*$")]
Count = Annotated[int, Field(ge=0, le=10_000_000)]


class StageReport(Body):
    """A stage report in its four parts; numbers that differ from the system's stand here, each with its remark."""

    practice: Long
    results: Long
    problems: Long
    advice: Long
    figures: dict[FigureName, Count] = Field(default_factory=dict, max_length=80)
    remarks: dict[FigureName, Annotated[str, text_of(500)]] = Field(default_factory=dict, max_length=80)


class TipOrder(Body):
    """What the office demands to know about a tip, of which desk or agency, by the end of which day."""

    target: Code
    question: Annotated[str, text_of(1000)]
    due_on: Day


class NewOrder(TipOrder):
    """What the office demands to know about an item."""

    about: ItemReference


class OrdersToLate(Body):
    """What the office demands to know of everybody whose stage report for a date is late."""

    report_due_on: Day
    question: Annotated[str, text_of(1000)]
    due_on: Day


class OrderAnswer(Body):
    """A unit's answer to a supervision order."""

    answer: Long


class OrderReview(Body):
    """Whether an answer is accepted; if not, why, and by when the next one is due."""

    accept: bool
    remark: Annotated[str, text_of(1000, shortest=0)] = ""
    new_due_on: Day | None = None


class ToolProposal(Body):
    """A tool of governance: for which unit, on which trigger, with which items as proof, and until when it is heard."""

    target: Code
    kind: ToolKind
    trigger: Annotated[str, StringConstraints(max_length=60, pattern=r"^[a-z][a-z0-9_.-]*$")]
    proof: tuple[ItemReference, ...] = Field(min_length=1, max_length=20)
    statement_due_on: Day


class ToolStatement(Body):
    """A unit's own case."""

    statement: Long


class ToolDecision(Body):
    """Whether a tool is issued or dropped, and on what grounds."""

    issue: bool
    grounds: Annotated[str, text_of(1000)]


class ToolEnding(Body):
    """On what grounds a tool ends."""

    grounds: Annotated[str, text_of(1000)]


class PastTip(Body):
    """A tip or complaint of the past: no text, no place, no person."""

    category: Code
    kind: TipKind = TipKind.TIP
    received_at: Instant


class PolicyDraft(Body):
    """Policy files as drafted, by their names such as `routing.toml`, and the past items to try them on."""

    draft: dict[DraftName, DraftText] = Field(min_length=1, max_length=30)
    tips: tuple[PastTip, ...] = Field(min_length=1, max_length=1000)

    def items(self) -> list[PastItem]:
        """What is replayed."""
        return [
            PastItem(category=each.category, kind=each.kind.value, received_at=each.received_at, id=str(number))
            for number, each in enumerate(self.tips, 1)
        ]


class Migration(Body):
    """From which version of the policy to which running items are moved; without `dry_run: false` only counted."""

    from_version: int = Field(ge=1, le=1_000_000)
    to_version: int = Field(ge=1, le=1_000_000)
    dry_run: bool = True
    at_most: int = Field(default=200, ge=1, le=500)


class Burial(Body):
    """Why a letter is given up."""

    reason: Annotated[str, text_of(300)]


# --- answers of the public part -------------------------------------------------------------------------------------


class Step(BaseModel):
    """A sentence with its code."""

    code: str
    text: str
    at: datetime | None = None
    due_at: datetime | None = None


class PublicMessage(BaseModel):
    """A message of the dialogue."""

    author: str
    text: str
    posted_at: datetime


class PublicOpening(BaseModel):
    """That somebody read who the informant is: when, and for what kind of reason."""

    opened_at: datetime
    kind: str
    text: str


class PublicReward(BaseModel):
    """Where an informant's reward stands."""

    state: str
    text: str
    number: str | None = Field(description="The number of the decision, by which the paying point knows it")
    amount_yuan: int | None
    ground: str | None
    claim_by: datetime | None


class PublicStatus(BaseModel):
    """A tip as its informant reads it."""

    tip_number: str
    state: str
    received_at: datetime
    steps: list[Step]
    verification: str | None
    outcome: str | None
    messages: list[PublicMessage]
    openings: list[PublicOpening] = []
    reward: PublicReward | None = Field(default=None, description="Only for a tip that was closed as true")
    reopen_until: date | None = Field(default=None, description="The last day on which the tip may be reopened")


class Accepted(BaseModel):
    """What was taken in, and is being kept."""

    tip_id: str
    number: str
    category: str
    lane: str
    received_at: datetime


class AcceptedVisit(BaseModel):
    """A visit that was taken in, and is being kept."""

    visit_id: str
    received_at: datetime

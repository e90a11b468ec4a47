"""What the cases desk (办案) answers and announces: cases, measures, criminal referrals.

No event names a person; officers are opaque actor ids; evidence of persons stays in the case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final

from annotated_types import Len

from lianxi.contracts.clocks import RungReached
from lianxi.contracts.envelope import Event
from lianxi.contracts.tasks import TaskView


class CaseKind(StrEnum):
    """What a case is about, by article of the Regulation (domain 2.1)."""

    HEADCOUNT_REWARD = "headcount_reward"
    ENTRY_FEE = "entry_fee"
    TEAM_COMPENSATION = "team_compensation"
    FACILITATION = "facilitation"
    ONLINE_SCHEME = "online_scheme"
    OTHER_CONDITIONS = "other_conditions"


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    CLOSED = "closed"


class CaseOutcome(StrEnum):
    """How a case ended. There is no default and no maximum penalty anywhere (domain X-14)."""

    PENALTY_DECIDED = "penalty_decided"
    NO_PENALTY = "no_penalty"
    TRANSFERRED_TO_POLICE = "transferred_to_police"
    NOT_ESTABLISHED = "not_established"
    SCHEME_ENDED = "scheme_ended"


class CloseReason(StrEnum):
    """Why a case ends as it does; each goes with one outcome."""

    DECISION_SERVED = "decision_served"
    MINOR_AND_CORRECTED = "minor_and_corrected"
    OUT_OF_TIME = "out_of_time"
    DEALT_WITH_ELSEWHERE = "dealt_with_elsewhere"
    MOVED_TO_POLICE = "moved_to_police"
    FACTS_NOT_ESTABLISHED = "facts_not_established"
    EVIDENCE_INSUFFICIENT = "evidence_insufficient"
    SCHEME_DISSOLVED = "scheme_dissolved"


REASONS: Final[Mapping[CaseOutcome, tuple[CloseReason, ...]]] = {
    CaseOutcome.PENALTY_DECIDED: (CloseReason.DECISION_SERVED,),
    CaseOutcome.NO_PENALTY: (
        CloseReason.MINOR_AND_CORRECTED,
        CloseReason.OUT_OF_TIME,
        CloseReason.DEALT_WITH_ELSEWHERE,
    ),
    CaseOutcome.TRANSFERRED_TO_POLICE: (CloseReason.MOVED_TO_POLICE,),
    CaseOutcome.NOT_ESTABLISHED: (CloseReason.FACTS_NOT_ESTABLISHED, CloseReason.EVIDENCE_INSUFFICIENT),
    CaseOutcome.SCHEME_ENDED: (CloseReason.SCHEME_DISSOLVED,),
}
"""Which reasons go with which outcome."""


VERIFIED: Final = frozenset({CaseOutcome.PENALTY_DECIDED, CaseOutcome.TRANSFERRED_TO_POLICE, CaseOutcome.SCHEME_ENDED})
"""How a case ends in which pyramid selling was found."""


class Measure(StrEnum):
    """What was done in a case, by article 14 of the Regulation."""

    ORDER_TO_STOP = "order_to_stop"
    PREMISES_ENTERED = "premises_entered"
    PREMISES_SEALED = "premises_sealed"
    GOODS_SEIZED = "goods_seized"
    PAPERS_COPIED = "papers_copied"


class ReferralState(StrEnum):
    """Where a criminal referral stands (domain 2.4)."""

    AWAITING_DECISION = "awaiting_decision"
    NOT_TRANSFERRED = "not_transferred"
    APPROVED = "approved"
    SENT = "sent"
    ACCEPTED = "accepted"
    SUPPLEMENTING = "supplementing"
    FILED = "filed"
    DECLINED = "declined"
    HANDED_OVER = "handed_over"
    NOT_COMPETENT = "not_competent"
    FORWARDED = "forwarded"
    RECONSIDERING = "reconsidering"
    UPHELD = "upheld"
    SUPERVISED = "supervised"
    TAKEN_BACK = "taken_back"


PAPERS = ("transfer_letter", "investigation_report", "list_of_items", "test_results", "other")
"""The papers of a referral (State Council Rule, art. 6)."""


class PaperStatus(StrEnum):
    """Whether a paper is there; without the file, a reason is owed (criterion 1.3)."""

    ATTACHED = "attached"
    NONE = "none"
    TO_FOLLOW = "to_follow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One paper of a referral: the SHA-256 of its file, or a recorded reason why there is none."""

    name: str
    status: PaperStatus
    sha256: str | None = None
    reason: Annotated[str, Len(0, 200)] = ""


# --- commands and questions


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCase:
    """Open a case; always an officer's act, never an event's (DESIGN 12.8)."""

    owner: str
    kind: CaseKind
    basis: Annotated[str, Len(1, 100)]
    tip_id: str | None = None
    rental_code: str | None = None
    suspected_crime: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMeasure:
    """Record a measure; those of article 14 need the approver named (domain A-01, A-02)."""

    case_id: str
    measure: Measure
    approved_by: str
    taken_at: datetime
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseCase:
    """Close a case with an outcome, its reason and the grounds; no punishment instead of transfer (criterion 1.6)."""

    case_id: str
    outcome: CaseOutcome
    reason: CloseReason
    grounds: Annotated[str, Len(1, 1000)]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenCase:
    """Take a closed case up again, and say why; how it ended before is kept."""

    case_id: str
    reason: Annotated[str, Len(1, 500)]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetCase:
    """Ask for one case."""

    case_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCases:
    """Ask for a page of the caller's cases, newest first."""

    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftReferral:
    """Name the officers and papers of a criminal referral and report to the head, who has three days (T-31)."""

    case_id: str
    receiver: str
    officers: tuple[str, ...]
    papers: tuple[Paper, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideReferral:
    """The head approves the transfer, or refuses it with a reason (T-31)."""

    referral_id: str
    approve: bool
    head: str
    reason: Annotated[str, Len(0, 500)] = ""
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendReferral:
    """Send an approved referral to the police, within 24 hours (T-32)."""

    referral_id: str
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptReferral:
    """The police sign the receipt, and then decide within three days (T-35).

    Police who are not competent sign too, say so, and pass the referral on within 24 hours (T-33).
    """

    referral_id: str
    desk: str
    officer: str
    is_competent: bool = True
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSupplement:
    """The police say within 24 hours that papers are missing; incompleteness is never a ground for refusal (T-34)."""

    referral_id: str
    papers: tuple[str, ...]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplementReferral:
    """The sender hands in what was missing, within three days (T-34)."""

    referral_id: str
    papers: tuple[Paper, ...]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerReferral:
    """The police file a criminal case, or decline with reasons in writing (T-35)."""

    referral_id: str
    filed: bool
    reason: Annotated[str, Len(0, 500)] = ""
    police_reference: Annotated[str, Len(0, 60)] = ""
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteReferral:
    """The sender has handed over items and papers, within three days of the filing notice (T-37)."""

    referral_id: str
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardReferral:
    """Police who are not competent pass the referral on, within 24 hours of their receipt, and say why (T-33)."""

    referral_id: str
    receiver: str
    reason: Annotated[str, Len(1, 500)]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestReconsideration:
    """The sender asks the police to think again about a refusal to file, within three days (T-36)."""

    referral_id: str
    reason: Annotated[str, Len(1, 500)]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideReconsideration:
    """The police file after all, or uphold their refusal with reasons, within three days (T-36d)."""

    referral_id: str
    filed: bool
    reason: Annotated[str, Len(0, 500)] = ""
    police_reference: Annotated[str, Len(0, 60)] = ""
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestSupervision:
    """The sender suggests to the procuratorate that it look into a refusal, within three days (T-36, T-36p)."""

    referral_id: str
    reason: Annotated[str, Len(1, 500)]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeReferralBack:
    """The sender leaves a refusal at that, and goes on with the administrative case."""

    referral_id: str
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetReferral:
    """Ask for one criminal referral; both sides may."""

    referral_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListReferrals:
    """Ask for a page of the caller's criminal referrals, sent or received, newest first."""

    cursor: str | None = None
    limit: int = 50


# --- answers


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureView:
    """A measure and, where the law ends it, the instant at which it lapses (T-19)."""

    measure: Measure
    approved_by: str
    taken_at: datetime
    lapses_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopening:
    """That a closed case was taken up again, and how it had ended."""

    at: datetime
    by: str
    reason: str
    outcome: CaseOutcome | None
    close_reason: CloseReason | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportNote:
    """That a case's file was taken along: by whom, when, and for what."""

    export_id: str
    at: datetime
    by: str
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case as its owner reads it."""

    case_id: str
    number: str
    version: int
    owner: str
    kind: CaseKind
    basis: str
    state: CaseState
    tip_id: str | None
    rental_code: str | None
    suspected_crime: bool
    opened_at: datetime
    decision_due_at: datetime
    measures: tuple[MeasureView, ...]
    referral_ids: tuple[str, ...]
    outcome: CaseOutcome | None
    grounds: str | None
    closed_at: datetime | None
    officer: str | None = None
    close_reason: CloseReason | None = None
    tasks: tuple[TaskView, ...] = ()
    reopenings: tuple[Reopening, ...] = ()
    exports: tuple[ExportNote, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSummary:
    """A case as a line of a list."""

    case_id: str
    number: str
    owner: str
    kind: CaseKind
    state: CaseState
    opened_at: datetime
    decision_due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """A page of cases; `next_cursor` is absent on the last."""

    items: tuple[CaseSummary, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatutoryClock:
    """One of the referral's time limits: running, met, or breached."""

    clock: str
    owner: str
    started_at: datetime
    due_at: datetime
    met_at: datetime | None = None
    breached_at: datetime | None = None
    rungs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A reason that one side has given in writing, and the step it was given for."""

    step: ReferralState
    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralView:
    """A criminal referral as its two sides read it; `receipt` is the signed receipt, once the police have signed."""

    referral_id: str
    version: int
    case_id: str
    case_number: str
    sender: str
    receiver: str
    state: ReferralState
    officers: tuple[str, ...]
    papers: tuple[Paper, ...]
    clocks: tuple[StatutoryClock, ...]
    missing_papers: tuple[str, ...]
    reason: str | None
    police_reference: str | None
    receipt: Mapping[str, Any] | None
    forwarded_to: str | None = None
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralPage:
    """A page of criminal referrals; `next_cursor` is absent on the last."""

    items: tuple[ReferralView, ...]
    next_cursor: str | None = None


# --- events


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOpened(Event):
    """An officer has opened a case (L31.1, L34.1)."""

    KEY: ClassVar[str] = "cases.case.opened.v1"

    case_id: str
    number: str
    kind: CaseKind
    owner: str
    tip_id: str | None
    rental_code: str | None
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureRecorded(Event):
    """A measure has been taken in a case."""

    KEY: ClassVar[str] = "cases.measure.recorded.v1"

    case_id: str
    owner: str
    measure: Measure
    taken_at: datetime
    lapses_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClosed(Event):
    """A case has ended."""

    KEY: ClassVar[str] = "cases.case.closed.v1"

    case_id: str
    number: str
    owner: str
    tip_id: str | None
    outcome: CaseOutcome
    closed_at: datetime
    reason: CloseReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReopened(Event):
    """A closed case has been taken up again."""

    KEY: ClassVar[str] = "cases.case.reopened.v1"

    case_id: str
    number: str
    owner: str
    tip_id: str | None
    reopened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralEvent(Event):
    """What every event of a criminal referral says (L32.1, L80.2; State Council Rule of 2001, revised 2020)."""

    referral_id: str
    case_id: str
    sender: str
    receiver: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralDrafted(ReferralEvent):
    """A written report has gone to the head, who has three days (T-31)."""

    KEY: ClassVar[str] = "cases.criminal_referral.drafted.v1"

    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralApproved(ReferralEvent):
    """The head has approved; it must be sent within 24 hours (T-32)."""

    KEY: ClassVar[str] = "cases.criminal_referral.approved.v1"

    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralRefused(ReferralEvent):
    """The head has refused the transfer, with a recorded reason."""

    KEY: ClassVar[str] = "cases.criminal_referral.refused.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralSent(ReferralEvent):
    """The referral is on its way to the police; the receiver's 24 hours to name missing papers run (T-34)."""

    KEY: ClassVar[str] = "cases.criminal_referral.sent.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralAccepted(ReferralEvent):
    """The police have signed the receipt; they have three days to decide (T-35), or 24 hours to pass it on (T-33)."""

    KEY: ClassVar[str] = "cases.criminal_referral.accepted.v1"

    receipt_number: str
    due_at: datetime
    is_competent: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplementRequested(ReferralEvent):
    """The police have said which papers are missing; the sender has three days (T-34)."""

    KEY: ClassVar[str] = "cases.criminal_referral.supplement_requested.v1"

    papers: tuple[str, ...]
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralSupplemented(ReferralEvent):
    """The missing papers are there."""

    KEY: ClassVar[str] = "cases.criminal_referral.supplemented.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralDecided(ReferralEvent):
    """The police have filed a criminal case, or declined in writing (T-35)."""

    KEY: ClassVar[str] = "cases.criminal_referral.decided.v1"

    filed: bool
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralHandedOver(ReferralEvent):
    """Items and papers have been handed over (T-37)."""

    KEY: ClassVar[str] = "cases.criminal_referral.handed_over.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralForwarded(ReferralEvent):
    """Police who are not competent have passed the referral on, which tells its sender so (T-33)."""

    KEY: ClassVar[str] = "cases.criminal_referral.forwarded.v1"

    passed_to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconsiderationRequested(ReferralEvent):
    """The sender has asked the police to think again; they have three days (T-36, T-36d)."""

    KEY: ClassVar[str] = "cases.criminal_referral.reconsideration_requested.v1"

    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconsiderationDecided(ReferralEvent):
    """The police have filed after all, or upheld their refusal in writing (T-36d)."""

    KEY: ClassVar[str] = "cases.criminal_referral.reconsidered.v1"

    filed: bool
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionSuggested(ReferralEvent):
    """The sender has suggested to the procuratorate that it look into the refusal (T-36p)."""

    KEY: ClassVar[str] = "cases.criminal_referral.supervision_suggested.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralTakenBack(ReferralEvent):
    """The sender leaves the refusal at that; the administrative case goes on."""

    KEY: ClassVar[str] = "cases.criminal_referral.taken_back.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockBreached(Event):
    """A statutory time limit has passed unmet: announced once."""

    KEY: ClassVar[str] = "cases.clock.breached.v1"

    referral_id: str
    case_id: str
    clock: str
    owner: str
    due_at: datetime
    breached_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRungReached(RungReached):
    """The clock of a criminal referral or an assistance request has come to a rung of its ladder (L81.2)."""

    KEY: ClassVar[str] = "cases.clock.rung_reached.v1"


class AssistanceState(StrEnum):
    """Where a request for assistance (协查) stands."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestAssistance:
    """Ask another agency's desk for one thing; the case stays with its owner (L37.1; T-42)."""

    case_id: str
    receiver: str
    what: Annotated[str, Len(1, 1000)]
    legal_ground: Annotated[str, Len(1, 200)]
    is_urgent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptAssistance:
    """The asked desk takes the request on."""

    assistance_id: str
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseAssistance:
    """The asked desk cannot help, and says why; the law wants it before the limit is over, and later is still told."""

    assistance_id: str
    reason: Annotated[str, Len(1, 500)]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerAssistance:
    """The asked desk has done it; only that it was answered, and under which reference, is kept (criterion 11.1)."""

    assistance_id: str
    reference: Annotated[str, Len(1, 60)]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetAssistance:
    """Ask for one request; both sides may."""

    assistance_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListAssistance:
    """Ask for a page of the caller's requests, asked or received, newest first."""

    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistanceView:
    """A request for assistance as its two sides read it."""

    assistance_id: str
    version: int
    case_id: str
    asker: str
    receiver: str
    what: str
    legal_ground: str
    is_urgent: bool
    state: AssistanceState
    asked_at: datetime
    due_at: datetime
    rungs: tuple[str, ...]
    reason: str | None
    reference: str | None
    settled_at: datetime | None = None
    is_late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistancePage:
    """A page of requests; `next_cursor` is absent on the last."""

    items: tuple[AssistanceView, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistanceEvent(Event):
    """What every event of a request for assistance says."""

    assistance_id: str
    case_id: str
    sender: str
    receiver: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistanceRequested(AssistanceEvent):
    """A desk has been asked for assistance; it has 15 working days, or says so before (T-42)."""

    KEY: ClassVar[str] = "cases.assistance.requested.v1"

    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistanceAccepted(AssistanceEvent):
    """The asked desk has taken the request on."""

    KEY: ClassVar[str] = "cases.assistance.accepted.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistanceRefused(AssistanceEvent):
    """The asked desk has said why it cannot help."""

    KEY: ClassVar[str] = "cases.assistance.refused.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistanceAnswered(AssistanceEvent):
    """The asked desk has answered, under its own reference."""

    KEY: ClassVar[str] = "cases.assistance.answered.v1"

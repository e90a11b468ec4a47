"""A cases desk in memory, with the shipped policy, a clock that stands still, and a key of its own."""

from __future__ import annotations

import itertools
import secrets
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pymongo.errors import DuplicateKeyError

from lianxi.contracts import codec
from lianxi.contracts.cases import (
    PAPERS,
    AcceptAssistance,
    AcceptReferral,
    AnswerAssistance,
    AnswerReferral,
    AssistanceView,
    CaseKind,
    CaseView,
    CompleteReferral,
    DecideReconsideration,
    DecideReferral,
    DraftReferral,
    ForwardReferral,
    GetReferral,
    OpenCase,
    Paper,
    PaperStatus,
    ReferralView,
    RefuseAssistance,
    RequestAssistance,
    RequestReconsideration,
    RequestSupplement,
    SendReferral,
    StatutoryClock,
    SuggestSupervision,
    SupplementReferral,
    TakeReferralBack,
)
from lianxi.contracts.codec import open_event
from lianxi.contracts.envelope import Caller, Cause, Event
from lianxi.contracts.parties import (
    Certainty,
    ClearParty,
    ConfirmParty,
    CorrectParty,
    GetParty,
    Hidden,
    ListParties,
    NameParty,
    PartyRole,
    PartyView,
    PersonOpened,
    PersonTold,
    SealedParty,
    UnmaskParty,
)
from lianxi.contracts.receipts import public_key_of
from lianxi.contracts.sealing import PERSON, PERSON_TOLD, Opener, Sealer
from lianxi.contracts.tips import TipVerified, VerificationOutcome
from lianxi.kernel.clock import FixedClock
from lianxi.policy.book import PolicyBook
from lianxi.policy.load import read_policy
from lianxi.store.envelope import KeyRing
from lianxi.store.fakes import MemoryAggregates
from lianxi.store.unit import Stored
from services.cases.domain.assistance import Assistance
from services.cases.domain.cases import Case
from services.cases.domain.evidence import Evidence
from services.cases.domain.parties import Party
from services.cases.domain.referrals import CriminalReferral
from services.cases.handlers import AssistanceDesk, CaseDesk, ClockKeeper, PartyDesk, ReferralDesk
from services.cases.handlers.casefile import CaseFileDesk
from services.cases.handlers.evidence import EvidenceDesk
from services.cases.handlers.tasks import TaskDesk
from services.cases.policy import CasesPolicy, slice_of
from services.cases.store import ASSISTANCE, CASES, EVIDENCE, PARTIES, REFERRALS, PersonSafe, ReceiptBook, TipRights

POLICY_FILES = Path(__file__).resolve().parents[3] / "deploy" / "policy"
NOW = datetime(2026, 11, 23, 8, 41, 17, tzinfo=UTC)
SENDER = "market/desk"
POLICE = "police/economic"
OFFICERS = ("market:officer-1", "market:officer-2")
SHA256 = "a" * 64
NAME = "王小明"
BASIS = "《禁止传销条例》第十四条"
FIRST_KEY, SECOND_KEY = "first " + "1a" * 32, "second " + "2b" * 32
PAPERS_GIVEN = tuple(Paper(name=name, status=PaperStatus.ATTACHED, sha256=SHA256) for name in PAPERS)


@cache
def shipped_rules() -> CasesPolicy:
    return slice_of(PolicyBook(read_policy(POLICY_FILES)))


class MemoryCollection:
    """As much of a collection as receipts and rights use, safe under threads, with unique fields."""

    def __init__(self, *unique: str) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self._unique = unique
        self._lock = threading.Lock()

    def find_one(self, match: Mapping[str, Any]) -> dict[str, Any] | None:
        with self._lock:
            return next((dict(row) for row in self.rows.values() if _meets(row, match)), None)

    def insert_one(self, row: Mapping[str, Any]) -> None:
        with self._lock:
            taken = any(row[name] == other[name] for other in self.rows.values() for name in self._unique)
            if taken or row["_id"] in self.rows:
                raise DuplicateKeyError("taken")
            self.rows[row["_id"]] = dict(row)

    def update_one(self, match: Mapping[str, Any], update: Mapping[str, Any]) -> SimpleNamespace:
        with self._lock:
            found = [row for row in self.rows.values() if _meets(row, match)]
            for row in found[:1]:
                row.update(update["$set"])
            return SimpleNamespace(matched_count=len(found[:1]))


def _meets(row: Mapping[str, Any], match: Mapping[str, Any]) -> bool:
    return all(
        row[name] < wanted["$lt"] if isinstance(wanted, dict) else row[name] == wanted for name, wanted in match.items()
    )


@dataclass
class MemoryDue:
    referrals: MemoryAggregates[CriminalReferral]
    assistance: MemoryAggregates[Assistance]

    def due_referrals(self, now: datetime) -> Sequence[str]:
        return _due(self.referrals.all(), now)

    def due_assistance(self, now: datetime) -> Sequence[str]:
        return _due(self.assistance.all(), now)

    def breached_clocks(self, _now: datetime) -> Mapping[str, int]:
        limits = [limit for each in self.referrals.all() for limit in each.clocks]
        limits += [each.limit for each in self.assistance.all()]
        return Counter(each.clock for each in limits if each.breached_at is not None and each.met_at is None)


def _due(items: Iterable[CriminalReferral | Assistance], now: datetime) -> Sequence[str]:
    return [each.id for each in items if each.next_rung_at is not None and each.next_rung_at <= now]


@dataclass
class MemoryEvidenceIndex:
    evidence: MemoryAggregates[Evidence]

    def of_case(self, case_id: str) -> Sequence[Stored[Evidence]]:
        return [self.evidence.get(each.id) for each in self.evidence.all() if each.case_id == case_id]

    def to_check(self, now: datetime) -> Sequence[str]:
        due = [each for each in self.evidence.all() if each.next_check_at is not None and each.next_check_at <= now]
        return [each.id for each in sorted(due, key=lambda each: (each.next_check_at, each.id))]

    def to_forget(self) -> Sequence[str]:
        return [each.id for each in self.evidence.all() if each.state == "destroyed" and each.file]

    def counts(self, _now: datetime) -> Mapping[str, int]:
        return {"altered": sum(1 for each in self.evidence.all() if each.altered_at is not None), "unchecked": 0}


@dataclass
class MemoryTaskIndex:
    cases: MemoryAggregates[Case]

    def with_open_tasks(self, agency: str) -> Sequence[Case]:
        return [each for each in self.cases.all() if each.owner_agency == agency and each.tasks_due_at is not None]

    def overdue(self, now: datetime) -> Sequence[str]:
        found = [each for each in self.cases.all() if each.tasks_untold_at is not None and each.tasks_untold_at <= now]
        return [each.id for each in found]


@dataclass
class MemoryPapers:
    kept: MemoryAggregates[CriminalReferral]
    asked: MemoryAggregates[Assistance]

    def referrals(self, ids: Sequence[str]) -> Sequence[CriminalReferral]:
        return [each for each in self.kept.all() if each.id in ids]

    def requests(self, case_id: str) -> Sequence[Assistance]:
        return [each for each in self.asked.all() if each.case_id == case_id]


@dataclass
class MemoryFiles:
    kept: dict[str, bytes] = field(default_factory=dict)

    def read(self, kept: str) -> bytes | None:
        return self.kept.get(kept)

    def forget(self, kept: Iterable[str]) -> int:
        return sum(1 for each in kept if self.kept.pop(each, None) is not None)


@dataclass
class MemoryPartyIndex:
    parties: MemoryAggregates[Party]

    def page(
        self, case_id: str, *, is_hidden_too: bool, cursor: str | None, limit: int
    ) -> tuple[Sequence[Stored[Party]], str | None]:
        assert cursor is None
        found = [each for each in self._of(case_id) if is_hidden_too or each.is_listed]
        return [self.parties.get(each.id) for each in reversed(found)][:limit], None

    def bearing(self, case_id: str, marks: Sequence[str]) -> str | None:
        return next((each.id for each in self._of(case_id) if each.is_listed and each.id_mark in marks), None)

    def suspected(self, case_id: str) -> Sequence[str]:
        return [each.id for each in self._of(case_id) if each.standing == "suspected" and each.erased_at is None]

    def kept(self, case_id: str) -> Sequence[str]:
        return [each.id for each in self._of(case_id) if each.sealed is not None]

    def under_other_keys(self, key_id: str) -> Sequence[str]:
        return [each.id for each in self.parties.all() if each.sealed is not None and each.sealed.key_id != key_id]

    def _of(self, case_id: str) -> list[Party]:
        return [each for each in self.parties.all() if each.case_id == case_id]


def caller(agency: str, command_id: str | None = None) -> Caller:
    return Caller(actor=f"client:{agency}", agency=agency, correlation_id="story", command_id=command_id)


MARKET = caller("market")
POLICE_CALLER = caller("police")


class CasesInMemory:
    def __init__(self) -> None:
        self.clock = FixedClock(NOW)
        self.cases: MemoryAggregates[Case] = MemoryAggregates(CASES, self.clock)
        self.referrals: MemoryAggregates[CriminalReferral] = MemoryAggregates(REFERRALS, self.clock)
        self.receipts = MemoryCollection("referral_id")
        self.rights = MemoryCollection()
        key = Ed25519PrivateKey.generate().private_bytes_raw().hex()
        self.public_key = public_key_of(key)
        rules = shipped_rules()
        entropy = itertools.count(1)
        self.desk = CaseDesk(
            self.cases, self.referrals, TipRights(lambda: self.rights), rules, self.clock, lambda _bits: next(entropy)
        )
        self.transfers = ReferralDesk(
            self.referrals, self.cases, ReceiptBook(lambda: self.receipts), rules, self.clock, key
        )
        self.assistance: MemoryAggregates[Assistance] = MemoryAggregates(ASSISTANCE, self.clock)
        self.helping = AssistanceDesk(self.assistance, self.cases, rules, self.clock)
        self.parties: MemoryAggregates[Party] = MemoryAggregates(PARTIES, self.clock)
        self.opener = Opener.for_one_answer()
        self.persons = self.party_desk(FIRST_KEY)
        self.evidence: MemoryAggregates[Evidence] = MemoryAggregates(EVIDENCE, self.clock)
        self.files = MemoryFiles()
        self.exhibits = EvidenceDesk(
            self.evidence,
            MemoryEvidenceIndex(self.evidence),
            self.files,
            self.cases,
            self.referrals,
            rules,
            self.opener,
            self.clock,
        )
        self.chores = TaskDesk(self.cases, MemoryTaskIndex(self.cases), rules, self.clock)
        papers = MemoryPapers(self.referrals, self.assistance)
        self.file_desk = CaseFileDesk(self.cases, papers, self.exhibits, self.clock, key)
        self.due = MemoryDue(self.referrals, self.assistance)
        self.clocks = ClockKeeper(self.referrals, self.assistance, self.due, rules, self.clock)

    def announced(self) -> list[Event]:
        return [
            open_event(each)
            for kept in (self.cases, self.referrals, self.assistance, self.parties, self.evidence)
            for each in kept.announced
        ]

    def party_desk(self, keys: str) -> PartyDesk:
        """A desk of persons that has these keys."""
        return PartyDesk(
            self.parties,
            MemoryPartyIndex(self.parties),
            PersonSafe(KeyRing(keys)),
            self.cases,
            self.referrals,
            self.opener,
            self.clock,
            secrets.randbits,
        )

    def told(self, **told: Any) -> str:
        plain = PersonTold(**{"statement": "带头讲课", "source": "现场检查笔录", **told})
        return Sealer(self.opener.public_key).seal(codec.as_plain(plain), PERSON_TOLD)

    def name(
        self,
        case_id: str,
        role: PartyRole = PartyRole.ORGANISER,
        *,
        by: Caller = MARKET,
        basis: str = BASIS,
        **told: Any,
    ) -> PartyView:
        given = {name: told.pop(name) for name in ("is_minor", "is_possible_victim") if name in told}
        return self.persons.name_party(
            NameParty(
                case_id=case_id,
                role=role,
                certainty=Certainty.OBSERVED,
                basis=basis,
                told=self.told(**{"name": NAME, **told}),
                **given,
            ),
            by,
        )

    def party(self, party_id: str, *, by: Caller = MARKET, including: Hidden | None = None) -> PartyView:
        mine = Opener.for_one_answer()
        asked = GetParty(party_id=party_id, answer_key=mine.public_key, including=including)
        return with_person(self.persons.get_party(asked, by), mine)

    def parties_of(
        self, case_id: str, *, by: Caller = MARKET, including: Hidden | None = None
    ) -> tuple[PartyView, ...]:
        mine = Opener.for_one_answer()
        asked = ListParties(case_id=case_id, answer_key=mine.public_key, including=including)
        return tuple(with_person(each, mine) for each in self.persons.list_parties(asked, by).items)

    def confirm_party(self, party_id: str, reference: str = "市监罚〔2026〕12号", *, by: Caller = MARKET) -> PartyView:
        return self.persons.confirm_party(ConfirmParty(party_id=party_id, decision_reference=reference), by)

    def clear_party(self, party_id: str, *, by: Caller = MARKET, **told: Any) -> PartyView:
        return self.persons.clear_party(ClearParty(party_id=party_id, basis=BASIS, told=self.told(**told)), by)

    def unmask_party(self, party_id: str, reason: str = "联系监护人", *, by: Caller = MARKET) -> PartyView:
        return self.persons.unmask_party(UnmaskParty(party_id=party_id, told=self.told(statement=reason)), by)

    def correct_party(
        self,
        party_id: str,
        *,
        by: Caller = MARKET,
        role: PartyRole | None = None,
        including: Hidden | None = None,
        is_minor: bool | None = None,
        **told: Any,
    ) -> PartyView:
        asked = CorrectParty(
            party_id=party_id,
            basis=BASIS,
            told=self.told(**told),
            role=role,
            is_minor=is_minor,
            including=including,
        )
        return self.persons.correct_party(asked, by)

    def sweep(self) -> None:
        self.clocks.climb_ladders()

    def wait(self, by: timedelta) -> None:
        self.clock.advance(by)

    def wait_until(self, instant: datetime) -> None:
        self.clock.instant = instant

    def verify(self, tip_id: str = "tip_1", owner: str | None = SENDER, *, at: datetime = NOW) -> None:
        self.desk.allow_reading(verified(tip_id, owner, at=at), Cause(actor="x", correlation_id="y"))

    def open(self, *, suspected_crime: bool = False, by: Caller = MARKET, tip_id: str | None = None) -> CaseView:
        return self.desk.open_case(opening(suspected_crime=suspected_crime, tip_id=tip_id), by)

    def draft(
        self,
        case_id: str,
        *,
        officers: tuple[str, ...] = OFFICERS,
        papers: tuple[Paper, ...] = PAPERS_GIVEN,
        receiver: str = POLICE,
    ) -> ReferralView:
        return self.transfers.draft_referral(
            DraftReferral(case_id=case_id, receiver=receiver, officers=officers, papers=papers), MARKET
        )

    def decide(self, referral_id: str, *, approve: bool = True, reason: str = "") -> ReferralView:
        return self.transfers.decide_referral(
            DecideReferral(referral_id=referral_id, approve=approve, head="market:head", reason=reason), MARKET
        )

    def send(self, referral_id: str) -> ReferralView:
        return self.transfers.send_referral(SendReferral(referral_id=referral_id), MARKET)

    def accept(self, referral_id: str, *, by: Caller = POLICE_CALLER, is_competent: bool = True) -> ReferralView:
        return self.transfers.accept_referral(
            AcceptReferral(referral_id=referral_id, desk=POLICE, officer="police:officer-7", is_competent=is_competent),
            by,
        )

    def ask(self, referral_id: str, *papers: str) -> ReferralView:
        return self.transfers.request_supplement(
            RequestSupplement(referral_id=referral_id, papers=papers or ("test_results",)), POLICE_CALLER
        )

    def supplement(self, referral_id: str, *papers: Paper) -> ReferralView:
        return self.transfers.supplement_referral(
            SupplementReferral(referral_id=referral_id, papers=papers or (attached("test_results", "b"),)), MARKET
        )

    def answer(self, referral_id: str, *, filed: bool = True, reason: str = "") -> ReferralView:
        return self.transfers.answer_referral(
            AnswerReferral(referral_id=referral_id, filed=filed, reason=reason), POLICE_CALLER
        )

    def complete(self, referral_id: str) -> ReferralView:
        return self.transfers.complete_referral(CompleteReferral(referral_id=referral_id), MARKET)

    def forward(
        self, referral_id: str, to: str = "city/police", reason: str = "the den lies in the city"
    ) -> ReferralView:
        return self.transfers.forward_referral(
            ForwardReferral(referral_id=referral_id, receiver=to, reason=reason), POLICE_CALLER
        )

    def decline(self, referral_id: str) -> ReferralView:
        return self.answer(referral_id, filed=False, reason="below the threshold")

    def contest(self, referral_id: str) -> ReferralView:
        return self.transfers.request_reconsideration(
            RequestReconsideration(referral_id=referral_id, reason="31 took part"), MARKET
        )

    def reconsider(self, referral_id: str, *, filed: bool = False, reason: str = "28 took part") -> ReferralView:
        return self.transfers.decide_reconsideration(
            DecideReconsideration(referral_id=referral_id, filed=filed, reason=reason), POLICE_CALLER
        )

    def suggest(self, referral_id: str) -> ReferralView:
        return self.transfers.suggest_supervision(
            SuggestSupervision(referral_id=referral_id, reason="three were not counted"), MARKET
        )

    def take_back(self, referral_id: str) -> ReferralView:
        return self.transfers.take_back_referral(TakeReferralBack(referral_id=referral_id), MARKET)

    def request_help(self, *, receiver: str = POLICE, is_urgent: bool = False, by: Caller = MARKET) -> AssistanceView:
        return self.helping.request_assistance(asking(self.open().case_id, receiver, is_urgent=is_urgent), by)

    def accept_help(self, assistance_id: str, *, by: Caller = POLICE_CALLER) -> AssistanceView:
        return self.helping.accept_assistance(AcceptAssistance(assistance_id=assistance_id), by)

    def refuse_help(self, assistance_id: str, reason: str = "no officers are free") -> AssistanceView:
        return self.helping.refuse_assistance(
            RefuseAssistance(assistance_id=assistance_id, reason=reason), POLICE_CALLER
        )

    def answer_help(self, assistance_id: str, reference: str = "GA-2026-0117") -> AssistanceView:
        return self.helping.answer_assistance(
            AnswerAssistance(assistance_id=assistance_id, reference=reference), POLICE_CALLER
        )

    def seen(self, referral_id: str) -> ReferralView:
        return self.transfers.get_referral(GetReferral(referral_id=referral_id), MARKET)

    def sent(self) -> ReferralView:
        referral = self.draft(self.open(suspected_crime=True).case_id)
        self.decide(referral.referral_id)
        return self.send(referral.referral_id)

    def accepted(self) -> ReferralView:
        return self.accept(self.sent().referral_id)


def with_person(sealed: SealedParty, mine: Opener) -> PartyView:
    """Put a person together as the gateway does."""
    assert sealed.person is not None
    who = codec.as_contract(PersonOpened, mine.open(sealed.person, PERSON))
    person = replace(sealed.party.person, name=who.name, phone=who.phone, id_last4=who.id_last4)
    return replace(sealed.party, person=person, statements=who.statements)


def attached(name: str, letter: str = "a") -> Paper:
    return Paper(name=name, status=PaperStatus.ATTACHED, sha256=letter * 64)


def asking(case_id: str, receiver: str = POLICE, *, is_urgent: bool = False) -> RequestAssistance:
    return RequestAssistance(
        case_id=case_id,
        receiver=receiver,
        what="Five officers at the gathering place on the day of the visit",
        legal_ground="Regulation art. 13",
        is_urgent=is_urgent,
    )


def opening(*, suspected_crime: bool = False, tip_id: str | None = None, owner: str = SENDER) -> OpenCase:
    return OpenCase(
        owner=owner,
        kind=CaseKind.HEADCOUNT_REWARD,
        basis="Regulation art. 7(1)",
        tip_id=tip_id,
        suspected_crime=suspected_crime,
    )


def verified(
    tip_id: str,
    owner: str | None,
    *,
    at: datetime = NOW,
    outcome: VerificationOutcome = VerificationOutcome.SUBSTANTIATED,
) -> TipVerified:
    return TipVerified(
        tip_id=tip_id,
        number="DY-2026-0000-0000",
        category="gathering_in_rental",
        desk="police/station",
        outcome=outcome,
        next_owner=owner,
        rental_code="R-1",
        verified_at=at,
    )


def clock_of(view: ReferralView, name: str) -> StatutoryClock:
    return next(each for each in reversed(view.clocks) if each.clock == name)

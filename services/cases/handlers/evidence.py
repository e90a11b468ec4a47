"""What is done with the evidence of a case: it is taken in, looked at, handed over by two, destroyed by two."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol, TypeVar

from lianxi.contracts.cases import ExportNote
from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.evidence import (
    AskDestruction,
    CheckEvidence,
    CollectEvidence,
    CustodyAct,
    DecideDestruction,
    DeclineEvidence,
    EvidenceKey,
    EvidenceList,
    EvidenceView,
    GetEvidence,
    ListEvidence,
    OfferEvidence,
    OpenEvidence,
    ReceiveEvidence,
    ReturnEvidence,
    SealEvidence,
    TakeEvidenceBack,
)
from lianxi.contracts.sealing import EVIDENCE, Opener, Sealer
from lianxi.contracts.timelines import ExportedFile
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import Broken, Forbidden, NotFound, Refused, RuleBroken
from lianxi.runtime import locked_files, metrics
from lianxi.store.unit import Aggregates, Stored
from services.cases.domain import evidence as rules
from services.cases.domain.cases import Case, agency_of, check_open
from services.cases.domain.evidence import Decision, Evidence, Finding, Hand, Said
from services.cases.domain.parties import check_texts
from services.cases.domain.referrals import CriminalReferral
from services.cases.handlers.cases import new_id, own_case, sent_to
from services.cases.policy import CasesPolicy

SEALED = ("key", "sha256")
R = TypeVar("R", bound="_Step")


class EvidenceIndex(Protocol):
    """Who knows which evidence there is."""

    def of_case(self, case_id: str) -> Sequence[Stored[Evidence]]:
        """List the evidence of a case, as it was collected."""
        ...

    def to_check(self, now: datetime) -> Sequence[str]:
        """Name some whose night has come, those that were looked at longest ago first."""
        ...

    def to_forget(self) -> Sequence[str]:
        """Name some that are destroyed and whose files still lie there."""
        ...

    def counts(self, now: datetime) -> Mapping[str, int]:
        """Count the altered, and those whose night passed a day ago without a look."""
        ...


class Files(Protocol):
    """Where files lie, encrypted."""

    def read(self, kept: str) -> bytes | None:
        """Read a file; `None` when it is not there."""
        ...

    def forget(self, kept: Iterable[str]) -> int:
        """Delete files for good; how many there were."""
        ...


@dataclass(frozen=True)
class _Words:
    """Why and where, as they came under a seal or from a run."""

    why: str
    where: str


@dataclass(frozen=True)
class EvidenceDesk:
    """The use cases of evidence. Whoever may read the case's papers may look; only its holder may hand it over."""

    evidence: Aggregates[Evidence]
    index: EvidenceIndex
    files: Files
    cases: Aggregates[Case]
    referrals: Aggregates[CriminalReferral]
    policy: CasesPolicy
    opener: Opener
    clock: Clock

    def collect_evidence(self, request: CollectEvidence, caller: Caller) -> EvidenceView:
        """Take a file into a case of the caller's agency.

        Emits: EvidenceCollected.
        Raises:
            NotFound: case.not_found.
            Conflict: case.already_closed.
            RuleBroken: party.id_number_in_text.
        """
        case = own_case(self.cases, request.case_id, caller).state
        check_open(case)
        told = self.opener.open(request.sealed, EVIDENCE)
        said = _Words(told["why"], told["where"])
        check_texts((told["label"], said.why, said.where))
        now = self.clock.now()
        made = Evidence(
            id=new_id("evidence", caller, now),
            case_id=case.id,
            owner=case.owner,
            owner_agency=case.owner_agency,
            kind=request.kind,
            file=request.file,
            media_type=request.media_type,
            size=request.size,
            sha256=told["sha256"],
            sealed=request.sealed,
            holder=case.owner,
            collected_at=now,
            checked_at=now,
            next_check_at=None,
        )
        first, events = rules.collect(made, said, Hand(by=caller.actor, desk=case.owner, at=now))
        self.evidence.add(first, events, caller.cause())
        return self._shown(self.evidence.get(first.id))

    def list_evidence(self, request: ListEvidence, caller: Caller) -> EvidenceList:
        """Show the evidence of a case to whoever may read its papers.

        Raises:
            NotFound: case.not_found.
        """
        case = self.cases.get(request.case_id).state
        receivers = sent_to(case, self.referrals)
        if not any(caller.holds(desk) for desk in (case.owner, *receivers)):
            raise NotFound("case.not_found")
        return EvidenceList(items=tuple(self._view(each, receivers) for each in self.index.of_case(case.id)))

    def get_evidence(self, request: GetEvidence, caller: Caller) -> EvidenceView:
        """Show one piece of evidence.

        Raises:
            NotFound: evidence.not_found.
        """
        return self._shown(self._seen(request.evidence_id, caller))

    def open_evidence(self, request: OpenEvidence, caller: Caller) -> EvidenceKey:
        """Give a file's key to whoever may read the case, once its custody says so.

        Raises:
            NotFound: evidence.not_found.
            Conflict: evidence.destroyed.
            ContractBroken: seal.key_unusable.
        """
        to_asker = Sealer(request.answer_key)
        found = self._seen(request.evidence_id, caller).state
        check_texts((request.why, request.where))
        receivers = self._receivers(found)
        hand = self._hand(found, receivers, caller)
        after = self.evidence.change(
            found.id,
            lambda each: rules.look(each, CustodyAct(request.looking.value), request, hand),
            caller.cause(),
            noted=f"{request.looking.value}_noted",
        ).state
        opened = self.opener.open(after.sealed, EVIDENCE)
        return EvidenceKey(
            evidence_id=after.id,
            case_id=after.case_id,
            owner=after.owner,
            holder=after.holder,
            receivers=receivers,
            media_type=after.media_type,
            file=after.file,
            sealed=to_asker.seal({name: opened[name] for name in SEALED}, EVIDENCE),
        )

    def copied(
        self, case: Case, note: ExportNote, answer_key: str, caller: Caller
    ) -> tuple[tuple[EvidenceView, ...], tuple[ExportedFile, ...]]:
        """Note in every custody that a copy goes along with the case's file, and give the keys."""
        to_asker, said = Sealer(answer_key), _Words(note.purpose, note.export_id)
        receivers = sent_to(case, self.referrals)
        views, files = [], []
        for each in self.index.of_case(case.id):
            stored = each
            if each.state.sealed:
                hand = self._hand(each.state, receivers, caller)
                noted = partial(rules.look, act=CustodyAct.COPY, said=said, hand=hand)
                stored = self.evidence.change(each.state.id, noted, caller.cause(), noted="copy_noted")
                opened = self.opener.open(stored.state.sealed, EVIDENCE)
                key = to_asker.seal({name: opened[name] for name in SEALED}, EVIDENCE)
                files.append(ExportedFile(evidence_id=each.state.id, file=stored.state.file, sealed=key))
            views.append(self._view(stored, receivers))
        return tuple(views), tuple(files)

    def seal_evidence(self, request: SealEvidence, caller: Caller) -> EvidenceView:
        """Note a seal's number."""
        return self._step(request, caller, lambda found, hand: rules.seal(found, request, hand))

    def offer_evidence(self, request: OfferEvidence, caller: Caller) -> EvidenceView:
        """Offer evidence to a desk that may read the case.

        Emits: EvidenceOffered.
        Raises:
            RuleBroken: desk.unknown, evidence.receiver_may_not_read.
        """
        if request.receiver not in self.policy.desks:
            raise RuleBroken("desk.unknown", desk=request.receiver)
        self._check_may_receive(self._seen(request.evidence_id, caller).state, request.receiver)
        return self._step(request, caller, lambda found, hand: rules.offer(found, request.receiver, request, hand))

    def return_evidence(self, request: ReturnEvidence, caller: Caller) -> EvidenceView:
        """Offer evidence back to the desk that it came from.

        Emits: EvidenceOffered.
        """
        return self._step(
            request,
            caller,
            lambda found, hand: rules.offer(found, rules.giver_of(found), request, hand, is_return=True),
        )

    def receive_evidence(self, request: ReceiveEvidence, caller: Caller) -> EvidenceView:
        """Confirm that it is there.

        Emits: EvidenceReceived.
        """
        return self._step(request, caller, lambda found, hand: rules.receive(found, request, hand), is_receiver=True)

    def decline_evidence(self, request: DeclineEvidence, caller: Caller) -> EvidenceView:
        """Say that it is not taken.

        Emits: EvidenceDeclined.
        """
        return self._step(request, caller, lambda found, hand: rules.decline(found, request, hand), is_receiver=True)

    def take_evidence_back(self, request: TakeEvidenceBack, caller: Caller) -> EvidenceView:
        """Take an offer back.

        Emits: EvidenceDeclined.
        """
        return self._step(request, caller, lambda found, hand: rules.take_back(found, request, hand))

    def ask_destruction(self, request: AskDestruction, caller: Caller) -> EvidenceView:
        """Ask that evidence be destroyed.

        Emits: DestructionAsked.
        """
        return self._step(
            request,
            caller,
            lambda found, hand: rules.ask_destruction(found, request, hand, is_kept_back=self._is_on_hold(found)),
        )

    def decide_destruction(self, request: DecideDestruction, caller: Caller) -> EvidenceView:
        """Approve or refuse, as another person; what is approved is deleted once that is written down.

        Emits: EvidenceDestroyed, DestructionRefused.
        """
        view = self._step(
            request,
            caller,
            lambda found, hand: rules.decide_destruction(found, request, hand, is_kept_back=self._is_on_hold(found)),
        )
        if request.approve:
            self._forget_file(view.evidence_id)
        return view

    def check_evidence(self, request: CheckEvidence, caller: Caller) -> EvidenceView:
        """Hash a file now; its custody says so only when something is wrong, or right again.

        Emits: EvidenceAltered, EvidenceRecovered.
        """
        found = self._seen(request.evidence_id, caller).state
        return self._shown(self._looked_at(found, caller.cause()))

    def check_nightly(self) -> None:
        """Hash the files whose night has come, and finish deleting what is destroyed.

        Emits: EvidenceAltered, EvidenceRecovered.
        Raises:
            Refused, Broken: the first of what kept single files back; the others have been looked at.
        """
        kept_back: list[Refused | Broken] = []
        for each in self.index.to_check(self.clock.now()):
            try:
                self._looked_at(self.evidence.get(each).state, Cause(actor="desk:cases", correlation_id=each))
            except (Refused, Broken) as error:
                kept_back.append(error)
        for each in self.index.to_forget():
            self._forget_file(each)
        for name, count in self.index.counts(self.clock.now()).items():
            metrics.evidence.labels(state=name).set(count)
        if kept_back:
            raise kept_back[0]

    def forget(self, case: Case) -> None:
        """Destroy what is left in a case that has been kept long enough, before the case itself is stripped."""
        cause = Cause(actor="desk:cases", correlation_id=case.id)
        run = _Words("retention", "-")
        hand = Hand(by="desk:cases", desk=case.owner, at=self.clock.now())
        for each in self.index.of_case(case.id):
            self.evidence.change(each.state.id, partial(rules.purge, run=run, hand=hand), cause, noted="purged")
            self._forget_file(each.state.id)

    def _looked_at(self, found: Evidence, cause: Cause) -> Stored[Evidence]:
        # A file that was just destroyed is not missing, whatever was read a moment before.
        finding = self._finding(found) if found.sealed else Finding.WHOLE
        metrics.evidence_checks_total.labels(outcome=finding.value).inc()
        now = self.clock.now()
        return self.evidence.change(found.id, lambda each: rules.looked_at(each, finding, now), cause, noted="checked")

    def _finding(self, found: Evidence) -> Finding:
        opened = self.opener.open(found.sealed, EVIDENCE)
        state = locked_files.state_of(found.file, self.files.read(found.file), opened["key"], found.sha256)
        return Finding(state.value)

    def _forget_file(self, evidence_id: str) -> None:
        """Delete the file of what is destroyed: after that was written down, and again if a crash came between."""
        found = self.evidence.get(evidence_id).state
        if found.file and not found.sealed:
            self.files.forget([found.file])
            cause = Cause(actor="desk:cases", correlation_id=evidence_id)
            self.evidence.change(evidence_id, rules.file_gone, cause, noted="file_deleted")

    def _step(
        self, request: R, caller: Caller, decide: Callable[[Evidence, Hand], Decision], *, is_receiver: bool = False
    ) -> EvidenceView:
        found = self._seen(request.evidence_id, caller).state
        check_texts((request.why, request.where))
        receivers = self._receivers(found)
        return self._shown(
            self.evidence.change(
                found.id,
                lambda each: decide(each, self._hand(each, receivers, caller, is_receiver=is_receiver)),
                caller.cause(),
                expected_version=request.expected_version,
            )
        )

    def _hand(self, found: Evidence, receivers: Sequence[str], caller: Caller, *, is_receiver: bool = False) -> Hand:
        """Say for which desk somebody acts: that which holds it or was offered it, if it is theirs."""
        both = (found.offered_to, found.holder) if is_receiver else (found.holder, found.offered_to)
        sides = (*both, found.owner, *receivers)
        desk = next((each for each in sides if each is not None and caller.holds(each)), None)
        if desk is None:
            raise Forbidden("evidence.not_your_hands", holder=found.holder)
        return Hand(by=caller.actor, desk=desk, at=self.clock.now())

    def _seen(self, evidence_id: str, caller: Caller) -> Stored[Evidence]:
        found = self.evidence.get(evidence_id)
        if not any(caller.holds(desk) for desk in (found.state.owner, *self._receivers(found.state))):
            raise NotFound("evidence.not_found")
        return found

    def _check_may_receive(self, found: Evidence, receiver: str) -> None:
        """Let evidence go only to whoever may read its case: the owner's agency, and those who were sent its papers."""
        readers = {agency_of(desk) for desk in (found.owner, *self._receivers(found))}
        if agency_of(receiver) not in readers:
            raise RuleBroken("evidence.receiver_may_not_read", clause="L32.1", desk=receiver)

    def _is_on_hold(self, found: Evidence) -> bool:
        return self.cases.get(found.case_id).state.keeping.hold is not None

    def _receivers(self, found: Evidence) -> tuple[str, ...]:
        return sent_to(self.cases.get(found.case_id).state, self.referrals)

    def _shown(self, stored: Stored[Evidence]) -> EvidenceView:
        return self._view(stored, self._receivers(stored.state))

    def _view(self, stored: Stored[Evidence], receivers: tuple[str, ...]) -> EvidenceView:
        found = stored.state
        label = self.opener.open(found.sealed, EVIDENCE)["label"] if found.sealed else ""
        return rules.as_view(found, stored.version, label, receivers)


class _Step(Said, Protocol):
    """What every command to a piece of evidence says."""

    @property
    def evidence_id(self) -> str: ...

    @property
    def expected_version(self) -> int | None: ...

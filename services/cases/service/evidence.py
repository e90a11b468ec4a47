"""The doors of evidence. Nothing is decided here."""

from __future__ import annotations

from lianxi.contracts.envelope import Caller
from lianxi.contracts.evidence import (
    AskDestruction,
    CheckEvidence,
    CollectEvidence,
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
from lianxi.greenroom.entries import Desk, answers, every, shows
from services.cases.handlers.evidence import EvidenceDesk


class EvidenceDoors(Desk):
    """What is asked about evidence."""

    exhibits: EvidenceDesk

    @answers
    def collect_evidence(self, request: CollectEvidence, caller: Caller) -> EvidenceView:
        """Take a file into a case."""
        return self.exhibits.collect_evidence(request, caller)

    @shows("case")
    def list_evidence(self, request: ListEvidence, caller: Caller) -> EvidenceList:
        """Show the evidence of a case."""
        return self.exhibits.list_evidence(request, caller)

    @shows("evidence")
    def get_evidence(self, request: GetEvidence, caller: Caller) -> EvidenceView:
        """Show one piece of evidence."""
        return self.exhibits.get_evidence(request, caller)

    @shows("evidence")
    def open_evidence(self, request: OpenEvidence, caller: Caller) -> EvidenceKey:
        """Give a file's key to whoever may look at it."""
        return self.exhibits.open_evidence(request, caller)

    @answers
    def seal_evidence(self, request: SealEvidence, caller: Caller) -> EvidenceView:
        """Note a seal's number."""
        return self.exhibits.seal_evidence(request, caller)

    @answers
    def offer_evidence(self, request: OfferEvidence, caller: Caller) -> EvidenceView:
        """Offer evidence to another desk."""
        return self.exhibits.offer_evidence(request, caller)

    @answers
    def return_evidence(self, request: ReturnEvidence, caller: Caller) -> EvidenceView:
        """Offer evidence back to the desk that it came from."""
        return self.exhibits.return_evidence(request, caller)

    @answers
    def receive_evidence(self, request: ReceiveEvidence, caller: Caller) -> EvidenceView:
        """Confirm that what was offered is there."""
        return self.exhibits.receive_evidence(request, caller)

    @answers
    def decline_evidence(self, request: DeclineEvidence, caller: Caller) -> EvidenceView:
        """Say that what was offered is not taken."""
        return self.exhibits.decline_evidence(request, caller)

    @answers
    def take_evidence_back(self, request: TakeEvidenceBack, caller: Caller) -> EvidenceView:
        """Take an offer back."""
        return self.exhibits.take_evidence_back(request, caller)

    @answers
    def ask_destruction(self, request: AskDestruction, caller: Caller) -> EvidenceView:
        """Ask that evidence be destroyed."""
        return self.exhibits.ask_destruction(request, caller)

    @answers
    def decide_destruction(self, request: DecideDestruction, caller: Caller) -> EvidenceView:
        """Approve a destruction, or refuse it."""
        return self.exhibits.decide_destruction(request, caller)

    @answers
    def check_evidence(self, request: CheckEvidence, caller: Caller) -> EvidenceView:
        """Hash a file now."""
        return self.exhibits.check_evidence(request, caller)

    @every(30)
    def check_nightly(self) -> None:
        """Hash the files whose night has come."""
        self.exhibits.check_nightly()

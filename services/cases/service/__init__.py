"""The doors of the cases desk."""

from __future__ import annotations

import secrets

from lianxi.contracts.cases import CasePage, CaseView, CloseCase, GetCase, ListCases, OpenCase, RecordMeasure
from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.sealing import Opener
from lianxi.contracts.tips import TipVerified
from lianxi.greenroom.entries import Desk, answers, consumes, every, shows
from lianxi.greenroom.handing_over import HandingOverDesk
from lianxi.greenroom.migrating import MigratingDesk
from lianxi.greenroom.purging import PurgingDesk
from lianxi.runtime.premises import Premises
from lianxi.runtime.sealed_files import SealedFiles
from lianxi.runtime.settings import read_key
from lianxi.store.envelope import KeyRing
from lianxi.store.handover import Holdings
from services.cases import policy, store
from services.cases.handlers import AssistanceDesk, CaseDesk, ClockKeeper, MigrationDesk, PartyDesk, ReferralDesk
from services.cases.handlers.casefile import CaseFileDesk
from services.cases.handlers.evidence import EvidenceDesk
from services.cases.handlers.joint_operations import JointOperationDesk
from services.cases.handlers.retention import case_retention
from services.cases.handlers.tasks import TaskDesk
from services.cases.handlers.transfers import TransferDesk
from services.cases.service.assistance import AssistanceDoors
from services.cases.service.casefile import CaseFileDoors
from services.cases.service.evidence import EvidenceDoors
from services.cases.service.joint_operations import JointOperationDoors
from services.cases.service.parties import PartyDoors
from services.cases.service.referrals import ReferralDoors
from services.cases.service.tasks import TaskDoors
from services.cases.service.transfers import TransferDoors
from services.cases.settings import CasesSettings
from services.cases.views import CaseViews
from services.cases.views.casefile import PaperFinder
from services.cases.views.evidence import EvidenceFinder
from services.cases.views.joint_operations import JointOperationViews
from services.cases.views.tasks import TaskFinder

SETTINGS = CasesSettings


class Cases(
    ReferralDoors,
    AssistanceDoors,
    PartyDoors,
    EvidenceDoors,
    TaskDoors,
    CaseFileDoors,
    TransferDoors,
    JointOperationDoors,
    MigratingDesk,
    HandingOverDesk,
    PurgingDesk,
):
    """办案: cases, their measures and persons, their transfer to the police, and requests for assistance."""

    name = "cases"
    handlers: CaseDesk
    clocks: ClockKeeper
    views: CaseViews

    @consumes("allow_reading", TipVerified)
    def allow_reading(self, event: TipVerified, cause: Cause) -> None:
        """Let the desk that a verified tip names open a case about it."""
        self.handlers.allow_reading(event, cause)

    @answers
    def open_case(self, request: OpenCase, caller: Caller) -> CaseView:
        """Open a case."""
        return self.handlers.open_case(request, caller)

    @shows("case")
    def get_case(self, request: GetCase, caller: Caller) -> CaseView:
        """Show one case."""
        return self.handlers.get_case(request, caller)

    @shows("case")
    def list_cases(self, request: ListCases, caller: Caller) -> CasePage:
        """Show a page of the caller's cases."""
        return self.views.list_cases(request, caller)

    @answers
    def record_measure(self, request: RecordMeasure, caller: Caller) -> CaseView:
        """Record a measure."""
        return self.handlers.record_measure(request, caller)

    @answers
    def close_case(self, request: CloseCase, caller: Caller) -> CaseView:
        """Close a case."""
        return self.handlers.close_case(request, caller)

    @every(5)
    def climb_ladders(self) -> None:
        """Tell the rungs that were reached and mark the limits that have passed."""
        self.clocks.climb_ladders()


def open_desk(premises: Premises[CasesSettings]) -> type[Desk]:
    """Put the desk together."""
    clock, rules, seen = premises.clock, policy.slice_of(premises.policies), CaseViews(premises.clock)
    kept, referred, helped = store.cases(clock), store.referrals(clock), store.assistance(clock)
    signing_key, book = read_key(premises.settings.cases_signing_key_file), store.receipts()
    safe = store.PersonSafe(KeyRing(read_key(premises.settings.cases_persons_keys_file)))
    index, opener = store.PartyIndex(clock), Opener(read_key(premises.settings.cases_seal_key_file))

    handed, operations = store.transfers(clock), store.joint_operations(clock)
    folder, proofs = SealedFiles(premises.settings.cases_attachments_dir), store.evidence(clock)
    proof_desk = EvidenceDesk(proofs, EvidenceFinder(), folder, kept, referred, rules, opener, clock)

    class OpenedCases(Cases):
        """The desk with its handlers and views."""

        handlers = CaseDesk(kept, referred, store.rights(), rules, clock, secrets.randbits)
        transfers = ReferralDesk(referred, kept, book, rules, clock, signing_key)
        helping = AssistanceDesk(helped, kept, rules, clock)
        matters = TransferDesk(handed, book, rules, clock, signing_key)
        joint = JointOperationDesk(operations, kept, rules, clock)
        joint_views = JointOperationViews(clock)
        persons = PartyDesk(store.parties(clock), index, safe, kept, referred, opener, clock, secrets.randbits)
        exhibits = proof_desk
        chores = TaskDesk(kept, TaskFinder(), rules, clock)
        files = CaseFileDesk(kept, PaperFinder(), proof_desk, clock, signing_key)
        clocks = ClockKeeper(referred, helped, seen, rules, clock)
        migrations = MigrationDesk(referred, helped, *store.running(), rules, clock)
        holdings = Holdings(store.held(kept, referred))
        retention = case_retention(
            kept,
            referred,
            handed,
            operations,
            *store.kept(),
            book,
            (persons.forget, proof_desk.forget),
            *store.purges(clock),
            premises.policies,
            clock,
        )
        views = seen

    return OpenedCases

"""The file of a case: its timeline, and what goes along when somebody takes it to a court."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from lianxi.contracts.cases import ExportNote
from lianxi.contracts.envelope import Caller
from lianxi.contracts.receipts import BUNDLE_KIND, sign
from lianxi.contracts.timelines import (
    BundleSignature,
    CaseExport,
    CaseTimeline,
    ExportCase,
    GetTimeline,
    SignBundle,
)
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import NotFound
from lianxi.store.unit import Aggregates
from services.cases.domain import cases as case_rules
from services.cases.domain.assistance import Assistance
from services.cases.domain.cases import Case
from services.cases.domain.parties import check_texts
from services.cases.domain.referrals import CriminalReferral
from services.cases.domain.timelines import timeline
from services.cases.handlers.cases import new_id, own_case
from services.cases.handlers.evidence import EvidenceDesk


class Papers(Protocol):
    """Who knows what hangs on a case."""

    def referrals(self, ids: Sequence[str]) -> Sequence[CriminalReferral]:
        """List criminal referrals by their ids."""
        ...

    def requests(self, case_id: str) -> Sequence[Assistance]:
        """List the requests for assistance of a case."""
        ...


@dataclass(frozen=True)
class CaseFileDesk:
    """The use cases of a case's file."""

    cases: Aggregates[Case]
    papers: Papers
    evidence: EvidenceDesk
    clock: Clock
    signing_key: str

    def get_timeline(self, request: GetTimeline, caller: Caller) -> CaseTimeline:
        """Show everything that happened in a case, as far as this desk knows.

        Raises:
            NotFound: case.not_found.
        """
        found = self.cases.get(request.case_id)
        case = found.state if caller.sees_all else own_case(self.cases, request.case_id, caller).state
        proofs = [each.state for each in self.evidence.index.of_case(case.id)]
        return timeline(case, proofs, self.papers.referrals(case.referral_ids), self.papers.requests(case.id))

    def export_case(self, request: ExportCase, caller: Caller) -> CaseExport:
        """Write down who takes a case's file along and for what, then give what goes along.

        Emits: CaseExported.
        Raises:
            NotFound: case.not_found.
            RuleBroken: case.purpose_missing, party.id_number_in_text.
        """
        case = own_case(self.cases, request.case_id, caller).state
        check_texts((request.purpose,))
        now = self.clock.now()
        note = ExportNote(
            export_id=new_id("export", caller, now), at=now, by=caller.actor, purpose=request.purpose.strip()
        )
        count = len(self.evidence.index.of_case(case.id))
        stored = self.cases.change(
            case.id, lambda each: case_rules.taken_along(each, note, count), caller.cause(), noted="exported"
        )
        written = next(each for each in stored.state.exports if each.export_id == note.export_id)
        views, files = self.evidence.copied(stored.state, written, request.answer_key, caller)
        receipts = (each.receipt for each in self.papers.referrals(case.referral_ids))
        return CaseExport(
            export_id=written.export_id,
            exported_at=written.at,
            case=case_rules.as_view(stored.state, stored.version),
            evidence=views,
            files=files,
            receipts=tuple(each for each in receipts if each),
        )

    def sign_bundle(self, request: SignBundle, caller: Caller) -> BundleSignature:
        """Sign the digest of the manifest of an export that was written down.

        Raises:
            NotFound: case.not_found, export.not_found.
        """
        case = own_case(self.cases, request.case_id, caller).state
        note = next((each for each in case.exports if each.export_id == request.export_id), None)
        if note is None or note.by != caller.actor:
            raise NotFound("export.not_found")
        said = {
            "kind": BUNDLE_KIND,
            "case_id": case.id,
            "case_number": case.number,
            "export_id": note.export_id,
            "exported_at": note.at.isoformat(),
            "exported_by": note.by,
            "manifest_sha256": request.manifest_sha256,
        }
        return BundleSignature(signature=sign(said, self.signing_key))

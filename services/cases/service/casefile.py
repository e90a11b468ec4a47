"""The doors of a case's file. Nothing is decided here."""

from __future__ import annotations

from lianxi.contracts.envelope import Caller
from lianxi.contracts.timelines import (
    BundleSignature,
    CaseExport,
    CaseTimeline,
    ExportCase,
    GetTimeline,
    SignBundle,
)
from lianxi.greenroom.entries import Desk, answers, shows
from services.cases.handlers.casefile import CaseFileDesk


class CaseFileDoors(Desk):
    """What is asked about a case's file."""

    files: CaseFileDesk

    @shows("case")
    def get_timeline(self, request: GetTimeline, caller: Caller) -> CaseTimeline:
        """Show everything that happened in a case."""
        return self.files.get_timeline(request, caller)

    @shows("case")
    def export_case(self, request: ExportCase, caller: Caller) -> CaseExport:
        """Give what goes along when a case's file is taken."""
        return self.files.export_case(request, caller)

    @answers
    def sign_bundle(self, request: SignBundle, caller: Caller) -> BundleSignature:
        """Sign what an export's manifest says."""
        return self.files.sign_bundle(request, caller)

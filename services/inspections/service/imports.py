"""The doors for imports. They say what comes in and who deals with it; nothing is decided here."""

from __future__ import annotations

from collections.abc import Sequence

from lianxi.contracts.envelope import Caller
from lianxi.contracts.imports import (
    BadRowPage,
    BeginImport,
    ComparedRows,
    CompareRows,
    GetImport,
    GetImportProfile,
    ImportPage,
    ImportProfilePage,
    ImportProfileView,
    ImportRows,
    ImportView,
    KeepImportProfile,
    ListBadRows,
    ListImportProfiles,
    ListImports,
    UndoImport,
    UndoImportPart,
)
from lianxi.greenroom.entries import Accepted, Desk, accepts, answers, every
from services.inspections.handlers.imports import ImportDesk
from services.inspections.views.imports import ImportViews


class ImportDoors(Desk):
    """What comes in and is asked about imports."""

    importing: ImportDesk
    imported: ImportViews

    @accepts(ImportRows, UndoImportPart)
    def import_parts(self, commands: Sequence[Accepted]) -> None:
        """Take parts of imports in and back."""
        self.importing.import_parts(commands)

    @answers
    def compare_rows(self, request: CompareRows, caller: Caller) -> ComparedRows:
        """Say what lines would do."""
        return self.importing.compare_rows(request, caller)

    @answers
    def begin_import(self, request: BeginImport, caller: Caller) -> ImportView:
        """Begin an import."""
        return self.importing.begin_import(request, caller)

    @answers
    def get_import(self, request: GetImport, caller: Caller) -> ImportView:
        """Show one import."""
        return self.importing.get_import(request, caller)

    @answers
    def list_imports(self, request: ListImports, caller: Caller) -> ImportPage:
        """Show a page of imports."""
        return self.imported.list_imports(request, caller)

    @answers
    def list_bad_rows(self, request: ListBadRows, caller: Caller) -> BadRowPage:
        """Show lines that were not taken in."""
        return self.imported.list_bad_rows(request, caller)

    @answers
    def undo_import(self, request: UndoImport, caller: Caller) -> ImportView:
        """Order that an import is taken back."""
        return self.importing.undo_import(request, caller)

    @answers
    def keep_import_profile(self, request: KeepImportProfile, caller: Caller) -> ImportProfileView:
        """Keep a profile."""
        return self.importing.keep_profile(request, caller)

    @answers
    def get_import_profile(self, request: GetImportProfile, caller: Caller) -> ImportProfileView:
        """Show a profile."""
        return self.importing.get_profile(request, caller)

    @answers
    def list_import_profiles(self, request: ListImportProfiles, caller: Caller) -> ImportProfilePage:
        """Show the agency's profiles."""
        return self.imported.list_import_profiles(request, caller)

    @every(3600)
    def forget_repairs(self) -> None:
        """Forget the cells of lines that nobody has repaired for long."""
        self.importing.forget_repairs()

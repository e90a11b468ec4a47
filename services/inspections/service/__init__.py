"""The doors of the inspections desk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.inspections import (
    GetRental,
    GetVisit,
    GetVisitPlan,
    GradeRental,
    ListRentals,
    ListVisits,
    RecordVisit,
    RegisterRental,
    RentalPage,
    RentalView,
    VisitList,
    VisitPlanView,
    VisitView,
)
from lianxi.contracts.rounds import GetRound, RoundView
from lianxi.contracts.sealing import Opener
from lianxi.contracts.tips import TipReceived
from lianxi.greenroom.entries import Accepted, Desk, accepts, answers, consumes, every
from lianxi.greenroom.handing_over import HandingOverDesk
from lianxi.greenroom.purging import PurgingDesk
from lianxi.runtime.premises import Premises
from lianxi.runtime.sealed_files import SealedFiles
from lianxi.runtime.settings import read_key
from lianxi.store.handover import Holdings
from lianxi.store.unit import Aggregates
from services.inspections import store
from services.inspections.domain.visits import Visit
from services.inspections.handlers import RentalDesk, visit_retention
from services.inspections.handlers.conflicts import ConflictDesk
from services.inspections.handlers.imports import ImportDesk
from services.inspections.handlers.photographs import PhotographDesk
from services.inspections.policy import slice_of
from services.inspections.service.conflicts import ConflictDoors
from services.inspections.service.coverage import CoverageDoors
from services.inspections.service.figures import FigureDoors
from services.inspections.service.imports import ImportDoors
from services.inspections.service.photographs import PhotographDoors
from services.inspections.settings import InspectionsSettings
from services.inspections.views import RentalViews
from services.inspections.views.conflicts import ConflictDocket, ConflictViews
from services.inspections.views.coverage import CoverageViews
from services.inspections.views.figures import VisitFigureViews, coverage_table
from services.inspections.views.imports import ImportPiles, ImportViews
from services.inspections.views.photographs import PhotographAlbum, PhotographViews

SETTINGS = InspectionsSettings


class Inspections(
    PhotographDoors, ConflictDoors, FigureDoors, CoverageDoors, ImportDoors, HandingOverDesk, PurgingDesk
):
    """巡查: the register of rentals, their grades, and visits."""

    name = "inspections"
    handlers: RentalDesk
    views: RentalViews

    @accepts(RecordVisit)
    def record_visits(self, commands: Sequence[Accepted]) -> None:
        """Take in visits, and what was here before them: their photographs and corrections."""
        self.handlers.record_visits(commands)
        self.photographs.join_those_of(commands)
        self.correcting.take_corrections_of(commands)

    @consumes("bring_visit_forward", TipReceived)
    def bring_visit_forward(self, event: TipReceived, cause: Cause) -> None:
        """Bring a rental's next visit forward when a tip names it."""
        self.handlers.bring_visit_forward(event, cause)

    @answers
    def register_rental(self, request: RegisterRental, caller: Caller) -> RentalView:
        """Put a rental on the register, or correct it."""
        return self.handlers.register_rental(request, caller)

    @answers
    def get_rental(self, request: GetRental, caller: Caller) -> RentalView:
        """Show one rental."""
        return self.handlers.get_rental(request, caller)

    @answers
    def list_rentals(self, request: ListRentals, caller: Caller) -> RentalPage:
        """Show a page of the register."""
        return self.views.list_rentals(request, caller)

    @answers
    def grade_rental(self, request: GradeRental, caller: Caller) -> RentalView:
        """Grade a dwelling."""
        return self.handlers.grade_rental(request, caller)

    @answers
    def get_visit_plan(self, request: GetVisitPlan, caller: Caller) -> VisitPlanView:
        """Show what is to be visited by a day."""
        return self.views.get_visit_plan(request, caller)

    @answers
    def get_round(self, request: GetRound, caller: Caller) -> RoundView:
        """Show an assistant's round."""
        return self.views.get_round(request, caller)

    @answers
    def get_visit(self, request: GetVisit, caller: Caller) -> VisitView:
        """Show one visit."""
        return self.handlers.get_visit(request, caller)

    @answers
    def list_visits(self, request: ListVisits, caller: Caller) -> VisitList:
        """Show the visits to one dwelling."""
        return self.views.list_visits(request, caller)

    @every(60)
    def announce_missed(self) -> None:
        """Announce the dwellings whose day has passed."""
        self.handlers.announce_missed()


def open_desk(premises: Premises[InspectionsSettings]) -> type[Desk]:
    """Put the desk together."""
    clock = premises.clock
    rules = slice_of(premises.policy)
    seen, kept, visited = RentalViews(clock, rules.villages), store.rentals(clock), store.visits(clock)
    opener, found = Opener(read_key(premises.settings.inspections_seal_key_file)), PhotographAlbum()
    counted = coverage_table()
    pictures = _photographs(premises, visited, found, opener)
    recording = RentalDesk(kept, visited, seen, rules, clock)
    waits, docket = timedelta(hours=premises.settings.inspections_pieces_wait_hours), ConflictDocket()
    deciding = ConflictDesk(visited, store.conflicts(clock), docket, recording, clock, waits)
    piles = ImportPiles()
    taking_over = ImportDesk(
        imports=store.imports(clock),
        parts=store.import_parts(clock),
        profiles=store.import_profiles(clock),
        rentals=kept,
        piles=piles,
        opener=opener,
        policy=rules,
        clock=clock,
    )

    class OpenedInspections(Inspections):
        """The desk with its handlers and views."""

        handlers = recording
        correcting = deciding
        conflicts = ConflictViews(docket)
        holdings = Holdings(store.held(kept, clock))
        views = seen
        figures = VisitFigureViews(clock, counted)
        months = CoverageViews(clock, rules.villages)
        importing = taking_over
        imported = ImportViews(piles, clock)
        coverage = counted
        photographs = pictures
        album = PhotographViews(found, opener)
        retention = visit_retention(
            visited,
            store.kept_visits(),
            *store.purges(clock),
            premises.policies,
            clock,
            (pictures.forget_those_of, deciding.forget_those_of),
        )

    return OpenedInspections


def _photographs(
    premises: Premises[InspectionsSettings], visits: Aggregates[Visit], album: PhotographAlbum, opener: Opener
) -> PhotographDesk:
    """Put together what is done with photographs."""
    settings = premises.settings
    return PhotographDesk(
        photographs=store.photographs(premises.clock),
        visits=visits,
        album=album,
        files=SealedFiles(settings.inspections_attachments_dir),
        opener=opener,
        policies=premises.policies,
        clock=premises.clock,
        waits=timedelta(hours=settings.inspections_pieces_wait_hours),
        most=settings.inspections_photographs_of_a_visit,
    )

"""Where rentals and visits are kept."""

from __future__ import annotations

from datetime import datetime

from lianxi.kernel.clock import Clock, level_to_hour, local_date
from lianxi.store.handover import HeldBy, Holding
from lianxi.store.outbox import Announcer
from lianxi.store.retention import KeptShelf, PartWatch, PurgePart
from lianxi.store.unit import AggregateStore
from services.inspections.documents import (
    ConflictDocument,
    ImportDocument,
    ImportPartDocument,
    ImportProfileDocument,
    InspectionsPurgeDocument,
    PhotographDocument,
    RentalDocument,
    VisitDocument,
)
from services.inspections.domain.conflicts import VisitConflict
from services.inspections.domain.imports import Import, Part, Profile
from services.inspections.domain.photographs import Photograph
from services.inspections.domain.rentals import Rental, brought_forward_because, handed_over
from services.inspections.domain.visits import Visit
from services.inspections.domain.windows import entrusted

RENTALS = Announcer(service="inspections", noun="rental")
VISITS = Announcer(service="inspections", noun="visit")
PHOTOGRAPHS = Announcer(service="inspections", noun="photograph")
CONFLICTS = Announcer(service="inspections", noun="conflict")
IMPORTS = Announcer(service="inspections", noun="import")
IMPORT_PARTS = Announcer(service="inspections", noun="import_part")
IMPORT_PROFILES = Announcer(service="inspections", noun="import_profile")
PURGES = Announcer(service="inspections", noun="purge")


def rentals(clock: Clock) -> AggregateStore[Rental]:
    """Open the register of rentals."""
    return AggregateStore(RentalDocument, Rental, RENTALS, clock, announced_at=announced_at)


def held(kept: AggregateStore[Rental], clock: Clock) -> tuple[Holding[Rental]]:
    """Open what assistants hold: the dwellings that they visit."""

    def hand_over(rental: Rental, leaver: str, successor: str) -> Rental:
        return entrusted(handed_over(rental, leaver, successor), local_date(clock.now()))

    return (Holding("rental", kept, HeldBy(RentalDocument, "assistant", {"is_standing": True}), hand_over),)


def visits(clock: Clock) -> AggregateStore[Visit]:
    """Open the collection of visits."""
    return AggregateStore(VisitDocument, Visit, VISITS, clock)


def photographs(clock: Clock) -> AggregateStore[Photograph]:
    """Open the collection of photographs."""
    return AggregateStore(PhotographDocument, Photograph, PHOTOGRAPHS, clock)


def conflicts(clock: Clock) -> AggregateStore[VisitConflict]:
    """Open the collection of conflicts."""
    return AggregateStore(ConflictDocument, VisitConflict, CONFLICTS, clock)


def imports(clock: Clock) -> AggregateStore[Import]:
    """Open the collection of imports."""
    return AggregateStore(ImportDocument, Import, IMPORTS, clock)


def import_parts(clock: Clock) -> AggregateStore[Part]:
    """Open the collection of parts of imports."""
    return AggregateStore(ImportPartDocument, Part, IMPORT_PARTS, clock)


def import_profiles(clock: Clock) -> AggregateStore[Profile]:
    """Open the collection of profiles."""
    return AggregateStore(ImportProfileDocument, Profile, IMPORT_PROFILES, clock)


def purges(clock: Clock) -> tuple[AggregateStore[PurgePart], PartWatch]:
    """Open this desk's parts in the runs that purge, and the search for those that it is not done with."""
    return AggregateStore(InspectionsPurgeDocument, PurgePart, PURGES, clock), PartWatch(InspectionsPurgeDocument)


def kept_visits() -> KeptShelf:
    """Open the search for visits that have been kept long enough."""
    return KeptShelf(VisitDocument)


def announced_at(rental: Rental, now: datetime) -> datetime:
    """Level the time of what a tip sets off to its hour: it would tell when the tip was written (DESIGN 12.12)."""
    return now if brought_forward_because(rental) is None else level_to_hour(now)

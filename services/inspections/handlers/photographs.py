"""What the inspections desk does with photographs: keep them, join them to their visits, show them, forget them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.inspections import RecordVisit
from lianxi.contracts.photographs import (
    GetPhotograph,
    PhotographKey,
    PhotographTaken,
    PhotographView,
    RecordPhotograph,
    SettlePhotograph,
)
from lianxi.contracts.sealing import VISIT_PICTURE, Opener, Sealer
from lianxi.kernel.clock import Clock, local_date
from lianxi.kernel.errors import Conflict, Forbidden, NotFound
from lianxi.policy.book import PolicyBook
from lianxi.policy.retention import VISIT, ended_before, period_of
from lianxi.store.unit import Aggregates
from services.inspections.domain import photographs as rules
from services.inspections.domain.photographs import Photograph
from services.inspections.domain.visits import Visit
from services.inspections.policy import bound_areas, may_keep, may_read, may_see


class Sent(Protocol):
    """A visit as it was sent in, with what caused it."""

    @property
    def command(self) -> RecordVisit:
        """The visit."""
        ...

    @property
    def cause(self) -> Cause:
        """What caused it."""
        ...


class Album(Protocol):
    """Who knows which photographs there are."""

    def of_visit(self, visit_id: str) -> Sequence[Photograph]:
        """List what has come for a visit, as it was taken."""
        ...

    def waiting(self) -> Sequence[Photograph]:
        """List those whose visit has not come."""
        ...

    def lost_before(self, before: datetime) -> Sequence[Photograph]:
        """List those that never found a visit and came before a moment."""
        ...


class Files(Protocol):
    """Where pictures lie, encrypted."""

    def forget(self, kept: Iterable[str]) -> int:
        """Delete pictures for good; how many there were."""
        ...


@dataclass(frozen=True)
class PhotographDesk:
    """What is done with photographs."""

    photographs: Aggregates[Photograph]
    visits: Aggregates[Visit]
    album: Album
    files: Files
    opener: Opener
    policies: PolicyBook
    clock: Clock
    waits: timedelta
    most: int

    def record_photograph(self, request: RecordPhotograph, caller: Caller) -> PhotographTaken:
        """Keep a photograph, once, and join it to its visit if that is here.

        Raises:
            Conflict: photograph.other_content; both are kept, and a person is shown the second.
        """
        came = rules.taken_in(request, bound_areas(caller), self.clock.now(), self.waits)
        is_new, kept = self._keep(came, caller.cause())
        self._join_those_of(came.visit_id, caller.cause())
        if kept.id != request.photo_id:
            raise Conflict("photograph.other_content", photo_id=request.photo_id)
        return rules.as_taken(self.photographs.get(kept.id).state, is_new=is_new)

    def join_those_of(self, visits: Sequence[Sent]) -> None:
        """Join what was here before the visits of a batch."""
        for each in visits:
            self._join_those_of(each.command.visit_id, each.cause)

    def get_photograph(self, request: GetPhotograph, caller: Caller) -> PhotographKey:
        """Find a photograph, and seal its key to whoever asked.

        Raises:
            NotFound: visit.not_found, photograph.not_found.
            ContractBroken: seal.key_unusable.
        """
        to_asker = Sealer(request.answer_key)
        if not may_read(caller.agency):
            raise NotFound("photograph.not_found")
        found = self.photographs.get(request.photo_id).state
        is_there = found.visit_id == request.visit_id and found.erased_at is None
        if not is_there or not may_see(caller, found.village):
            raise NotFound("photograph.not_found")
        key = self.opener.open(found.sealed, VISIT_PICTURE)
        return rules.as_key(found, to_asker.seal(key, VISIT_PICTURE))

    def settle_photograph(self, request: SettlePhotograph, caller: Caller) -> PhotographView:
        """Note that somebody who keeps the register has looked at a photograph.

        Raises:
            NotFound: photograph.not_found.
            Forbidden: rental.not_your_register.
        """
        if not may_read(caller.agency):
            raise NotFound("photograph.not_found")
        if not may_keep(caller.agency):
            raise Forbidden("rental.not_your_register")
        if self.photographs.get(request.photo_id).state.erased_at is not None:
            raise NotFound("photograph.not_found")
        settled = self.photographs.change(
            request.photo_id,
            lambda found: (rules.looked_at(found, caller.actor), ()),
            caller.cause(),
            noted="looked_at",
        ).state
        return rules.as_view(settled, self.opener.open(settled.sealed, VISIT_PICTURE).get("place"))

    def look_after(self) -> None:
        """Join what waits to visits that have come, show to a person what waited too long, forget what was kept long.

        A crash between the two writes of a visit and its photographs is mended here.
        """
        now = self.clock.now()
        cause = Cause(actor="desk:inspections", correlation_id="photographs")
        waiting = self.album.waiting()
        for visit_id in dict.fromkeys(each.visit_id for each in waiting):
            self._join_those_of(visit_id, cause)
        for each in waiting:
            if each.wait_ends_at <= now:
                self.photographs.change(each.id, lambda found: (rules.given_up(found, now), ()), cause)
        today = local_date(now)
        before = ended_before(period_of(self.policies.current.retention, VISIT, today), today)
        if before is not None:
            self._forget(self.album.lost_before(before), cause)

    def forget_those_of(self, visit: Visit) -> None:
        """Delete the photographs of a visit for good, before the visit itself becomes a count."""
        self._forget(self.album.of_visit(visit.id), Cause(actor="desk:inspections", correlation_id=f"purge/{visit.id}"))

    def _keep(self, came: Photograph, cause: Cause) -> tuple[bool, Photograph]:
        """Keep what came, or what differs beside what is there; says whether it is new, and which is its own."""
        if self.photographs.add(came, (), cause):
            return True, came
        kept = self.photographs.get(came.id).state
        if kept.erased_at is None and not rules.is_same(kept, came):
            other = rules.beside(came)
            if self.photographs.add(other, (), cause):
                return True, other
            kept = self.photographs.get(other.id).state
        if kept.file != came.file:
            # It came twice and was drawn twice; one is kept.
            self.files.forget([came.file])
        return False, kept

    def _join_those_of(self, visit_id: str, cause: Cause) -> None:
        found = self.visits.find(visit_id)
        if found is None:
            return
        own = self.album.of_visit(visit_id)
        if found.state.keeping.is_purged:
            self._forget(own, cause)
            return
        others = sum(1 for each in own if each.joined_at is not None)
        for each in own:
            if each.joined_at is None:
                self._join(each, found.state, others, cause)
                others += 1

    def _join(self, photograph: Photograph, visit: Visit, others: int, cause: Cause) -> None:
        now = self.clock.now()
        self.photographs.change(
            photograph.id,
            lambda found: (rules.joined(found, visit, others, self.most, now), ()),
            Cause(actor=cause.actor, correlation_id=cause.correlation_id),
            noted="joined",
        )

    def _forget(self, photographs: Sequence[Photograph], cause: Cause) -> None:
        now = self.clock.now()
        self.files.forget(each.file for each in photographs if each.file)
        for each in photographs:
            self.photographs.change(
                each.id,
                lambda found: (rules.erased(found, now), ()),
                Cause(actor=cause.actor, correlation_id=cause.correlation_id),
                noted="purged",
            )

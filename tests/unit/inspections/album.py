"""Photographs in memory, beside an inspections desk in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lianxi.contracts.attachments import AttachedPicture
from lianxi.contracts.photographs import PhotographTaken, RecordPhotograph
from lianxi.contracts.sealing import VISIT_PICTURE, Opener, Sealer
from lianxi.policy.book import PolicyBook
from lianxi.policy.load import read_policy
from lianxi.store.fakes import MemoryAggregates
from services.inspections.domain.photographs import Photograph
from services.inspections.handlers.photographs import PhotographDesk
from services.inspections.store import PHOTOGRAPHS
from tests.unit.inspections.desk import NOW, POLICY_FILES, TENANCY, InspectionsInMemory

MOST = 6
KEY = Opener.for_one_answer()


@dataclass
class MemoryAlbum:
    photographs: MemoryAggregates[Photograph]

    def of_visit(self, visit_id: str) -> Sequence[Photograph]:
        found = [each for each in self.photographs.all() if each.visit_id == visit_id]
        return sorted(found, key=lambda each: (each.taken_at, each.id))

    def waiting(self) -> Sequence[Photograph]:
        return [each for each in self.photographs.all() if each.is_waiting]

    def lost_before(self, before: datetime) -> Sequence[Photograph]:
        return [each for each in self.photographs.all() if each.lost_since is not None and each.lost_since < before]


@dataclass
class MemoryFiles:
    forgotten: list[str] = field(default_factory=list)

    def forget(self, kept: Iterable[str]) -> int:
        names = list(kept)
        self.forgotten += names
        return len(names)


class PhotographsInMemory:
    def __init__(self, town: InspectionsInMemory) -> None:
        self.kept: MemoryAggregates[Photograph] = MemoryAggregates(PHOTOGRAPHS, town.clock)
        self.files = MemoryFiles()
        self.desk = PhotographDesk(
            photographs=self.kept,
            visits=town.visits,
            album=MemoryAlbum(self.kept),
            files=self.files,
            opener=KEY,
            policies=PolicyBook(read_policy(POLICY_FILES)),
            clock=town.clock,
            waits=timedelta(hours=24),
            most=MOST,
        )

    def take(self, photo_id: str = "photo_0001", visit_id: str = "visit_1", **more: object) -> PhotographTaken:
        return self.desk.record_photograph(taking(photo_id, visit_id, **more), TENANCY)

    def one(self, photo_id: str = "photo_0001") -> Photograph:
        return self.kept.get(photo_id).state


def taking(photo_id: str = "photo_0001", visit_id: str = "visit_1", **more: object) -> RecordPhotograph:
    sealed = Sealer(KEY.public_key).seal(
        {"key": "00" * 32, "sha256": "11" * 32, "place": "22.4681,113.2858"}, VISIT_PICTURE
    )
    told: dict[str, object] = {
        "photo_id": photo_id,
        "visit_id": visit_id,
        "picture": AttachedPicture(file=f"file_{photo_id}", media_type="image/jpeg", size=9, sealed=sealed),
        "taken_at": NOW - timedelta(minutes=1),
        "sent_sha256": "ab" * 32,
        "kept_sha256": "cd" * 32,
        "submitted_by": "client:tenancy",
        "received_at": NOW,
    }
    return RecordPhotograph(**{**told, **more})  # type: ignore[arg-type]

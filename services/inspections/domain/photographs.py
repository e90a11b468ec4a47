"""Photographs of visits: kept whatever is wrong with them, joined to their visit whenever it comes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lianxi.contracts.photographs import PhotographKey, PhotographTaken, PhotographView, RecordPhotograph
from services.inspections.domain.visits import Visit

VISIT_MISSING = "photograph.visit_missing"
OTHER_CONTENT = "photograph.other_content"
TOO_MANY = "photograph.too_many"
FOREIGN_AREA = "visit.foreign_area"
OTHER_LETTERS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Photograph:
    """One photograph, under the id that the phone made. Without `joined_at` its visit has not come yet.

    `sealed` holds key, digest and place. `wait_ends_at` is when a person has to look for the visit, `lost_since` when
    one came whose visit did not.
    """

    id: str
    visit_id: str
    village: str | None
    submitted_by: str
    file: str
    media_type: str
    size: int
    sealed: str
    taken_at: datetime
    received_at: datetime
    sent_sha256: str
    kept_sha256: str
    wait_ends_at: datetime
    areas: tuple[str, ...] = ()
    joined_at: datetime | None = None
    came_early: bool = False
    is_waiting: bool = True
    needs_attention: str | None = None
    lost_since: datetime | None = None
    looked_at_by: str | None = None
    erased_at: datetime | None = None


def taken_in(command: RecordPhotograph, areas: tuple[str, ...], now: datetime, waits: timedelta) -> Photograph:
    """Make a photograph of what was sent in; nothing is ever refused here.

    Clause: L45.1 (criterion 6.6).
    """
    return Photograph(
        id=command.photo_id,
        visit_id=command.visit_id,
        village=None,
        submitted_by=command.submitted_by,
        file=command.picture.file,
        media_type=command.picture.media_type,
        size=command.picture.size,
        sealed=command.picture.sealed,
        taken_at=command.taken_at,
        received_at=command.received_at,
        sent_sha256=command.sent_sha256,
        kept_sha256=command.kept_sha256,
        wait_ends_at=now + waits,
        areas=areas,
    )


def is_same(kept: Photograph, sent: Photograph) -> bool:
    """Say whether what came under a known id is what is there.

    Clause: none (criterion 6.2).
    """
    return (kept.visit_id, kept.sent_sha256, kept.taken_at) == (sent.visit_id, sent.sent_sha256, sent.taken_at)


def beside(sent: Photograph) -> Photograph:
    """Name what came under an id that means something else already: both are kept, and a person looks.

    Clause: none (criterion 6.2).
    """
    return replace(sent, id=f"{sent.id}-{sent.sent_sha256[:OTHER_LETTERS]}", needs_attention=OTHER_CONTENT)


def joined(photograph: Photograph, visit: Visit, others: int, most: int, now: datetime) -> Photograph:
    """Join a photograph to its visit; one that was here first says so.

    Clause: L45.1 (criterion 6.5).
    """
    if photograph.joined_at is not None or photograph.erased_at is not None:
        return photograph
    is_foreign = bool(photograph.areas) and visit.village not in photograph.areas
    wrong = photograph.needs_attention if photograph.needs_attention != VISIT_MISSING else None
    return replace(
        photograph,
        village=visit.village,
        joined_at=now,
        is_waiting=False,
        lost_since=None,
        came_early=photograph.received_at < visit.received_at,
        needs_attention=wrong or (FOREIGN_AREA if is_foreign else TOO_MANY if others >= most else None),
    )


def given_up(photograph: Photograph, now: datetime) -> Photograph:
    """Show a photograph to a person when its visit has not come in time; it stays, and still joins when it comes.

    Clause: none (criterion 6.5).
    """
    if not photograph.is_waiting or photograph.wait_ends_at > now:
        return photograph
    return replace(
        photograph,
        is_waiting=False,
        lost_since=photograph.received_at,
        needs_attention=photograph.needs_attention or VISIT_MISSING,
    )


def looked_at(photograph: Photograph, by: str) -> Photograph:
    """Note that a person has looked; the photograph stays as it is.

    Clause: none (criterion 6.5).
    """
    return replace(photograph, needs_attention=None, looked_at_by=by)


def erased(photograph: Photograph, now: datetime) -> Photograph:
    """Leave of a photograph that there was one; its picture is deleted before.

    Clause: pipl-47 (domain 5.5).
    """
    return replace(
        photograph,
        submitted_by="",
        file="",
        sealed="",
        sent_sha256="",
        kept_sha256="",
        size=0,
        areas=(),
        is_waiting=False,
        needs_attention=None,
        lost_since=None,
        looked_at_by=None,
        erased_at=photograph.erased_at or now,
    )


def as_taken(photograph: Photograph, *, is_new: bool) -> PhotographTaken:
    """Tell whoever sent a photograph that it is kept.

    Clause: none (criterion 6.6).
    """
    return PhotographTaken(
        photo_id=photograph.id,
        visit_id=photograph.visit_id,
        received_at=photograph.received_at,
        sent_sha256=photograph.sent_sha256,
        kept_sha256=photograph.kept_sha256,
        is_waiting=photograph.is_waiting,
        is_new=is_new,
    )


def as_view(photograph: Photograph, place: str | None) -> PhotographView:
    """Show a photograph to the agencies that patrol.

    Clause: none.
    """
    return PhotographView(
        photo_id=photograph.id,
        visit_id=photograph.visit_id,
        village=photograph.village,
        taken_at=photograph.taken_at,
        received_at=photograph.received_at,
        place=place,
        media_type=photograph.media_type,
        size=photograph.size,
        sent_sha256=photograph.sent_sha256,
        kept_sha256=photograph.kept_sha256,
        is_waiting=photograph.is_waiting,
        came_early=photograph.came_early,
        needs_attention=photograph.needs_attention,
    )


def as_key(photograph: Photograph, sealed: str) -> PhotographKey:
    """Say where a photograph lies, with its key under the seal of whoever asked.

    Clause: none.
    """
    return PhotographKey(
        photo_id=photograph.id,
        visit_id=photograph.visit_id,
        village=photograph.village,
        media_type=photograph.media_type,
        file=photograph.file,
        sealed=sealed,
    )

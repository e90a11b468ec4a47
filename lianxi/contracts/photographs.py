"""Photographs that come with visits: what the device vouches for, and what is kept.

Two digests are kept. The device's is over the bytes that it sent, so that both sides can prove that they arrived; the
other is over the picture that was drawn anew, which is the only one that is kept. Where a photograph was taken is told
only under the seal, like its key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from annotated_types import Len

from lianxi.contracts.attachments import AttachedPicture, PublicKey, SealedKey

Digest = Annotated[str, Len(64, 64)]
"""A SHA-256 as hexadecimal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPhotograph:
    """Keep a photograph of a visit, under the id that the phone made; the visit may come after it.

    `picture.sealed` holds key, digest and place, encrypted to the inspections desk.
    """

    photo_id: str
    visit_id: str
    picture: AttachedPicture
    taken_at: datetime
    sent_sha256: Digest
    kept_sha256: Digest
    submitted_by: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPhotographs:
    """Ask for the photographs of a visit."""

    visit_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListStrayPhotographs:
    """Ask for photographs that a person has to look at, by id: above all those whose visit never came."""

    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlePhotograph:
    """Say that one has looked at a photograph that a person had to look at."""

    photo_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GetPhotograph:
    """Ask for the key of one photograph, sealed to a key that was made for this question alone."""

    visit_id: str
    photo_id: str
    answer_key: PublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotographTaken:
    """A photograph is kept: whether it is new, both digests, and whether it waits for its visit."""

    photo_id: str
    visit_id: str
    received_at: datetime
    sent_sha256: str
    kept_sha256: str
    is_waiting: bool
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotographView:
    """A photograph of a visit; `came_early` says that it was here before its visit."""

    photo_id: str
    visit_id: str
    village: str | None
    taken_at: datetime
    received_at: datetime
    place: str | None
    media_type: str
    size: int
    sent_sha256: str
    kept_sha256: str
    is_waiting: bool
    came_early: bool
    needs_attention: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotographPage:
    """Photographs, as they were taken, or by id; `next_cursor` is absent on the last page."""

    items: tuple[PhotographView, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotographKey:
    """Where a photograph lies, and its key under the seal of whoever asked; cut from who may not see it."""

    photo_id: str
    visit_id: str
    village: str | None
    media_type: str
    file: str
    sealed: SealedKey

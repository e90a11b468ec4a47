"""One correction of a visit, as it was made on a device and as it stands."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Final

from lianxi.contracts.conflicts import EditState, EditVisit, Fields

NAMES: Final = tuple(each.name for each in fields(Fields))


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One correction; once it stands, `revision` is the one that it made and `before` is what it replaced."""

    id: str
    base: int
    after: tuple[str, ...]
    changes: Fields
    by: str
    made_at: datetime
    received_at: datetime
    wait_ends_at: datetime
    state: EditState = EditState.WAITING
    revision: int | None = None
    before: Fields | None = None
    contested: tuple[str, ...] = ()
    is_merged: bool = False
    was_early: bool = False


def edit_of(request: EditVisit, by: str, now: datetime, waits: timedelta) -> Edit:
    """Make a correction of what was sent in.

    Clause: none (criterion 6.4).
    """
    return Edit(
        id=request.edit_id,
        base=request.base,
        after=request.after,
        changes=request.changes,
        by=by,
        made_at=request.made_at,
        received_at=request.received_at,
        wait_ends_at=now + waits,
    )


def is_same(kept: Edit, sent: Edit) -> bool:
    """Say whether what came under a known id is what is there.

    Clause: none (criterion 6.2).
    """
    return (kept.base, kept.after, kept.changes, kept.made_at) == (sent.base, sent.after, sent.changes, sent.made_at)


def named(changes: Fields) -> tuple[str, ...]:
    """Name the fields that a correction touches.

    Clause: none.
    """
    return tuple(name for name in NAMES if getattr(changes, name) is not None)

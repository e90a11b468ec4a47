"""Corrections of visits made on several devices at once, and what a supervisor decides where they contradict.

A correction carries what its maker had seen: the visit's revision, and their own corrections made after it. Where two
that had not seen one another change different fields, both hold; where they change the same field differently, what
stands stays, the other is kept beside it, and a person decides. No value is ever overwritten without a record.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from annotated_types import Len

from lianxi.contracts.envelope import Event
from lianxi.contracts.inspections import EntryBasis, Finding, VisitOutcome

Note = Annotated[str, Len(0, 200)]
Reason = Annotated[str, Len(1, 200)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What of a visit may be corrected; what is not there stays as it is."""

    outcome: VisitOutcome | None = None
    entry_basis: EntryBasis | None = None
    findings: tuple[Finding, ...] | None = None
    note: Note | None = None


class EditState(StrEnum):
    """What became of a correction: it waits for what it builds on, stands, is contested, or was decided by a person."""

    WAITING = "waiting"
    APPLIED = "applied"
    CONTESTED = "contested"
    SETTLED = "settled"


class ConflictKind(StrEnum):
    """Why a person has to decide: a contradiction, an id used twice, a visit that never came, or somebody asked."""

    EDIT = "edit"
    OTHER_CONTENT = "other_content"
    VISIT_MISSING = "visit_missing"
    ASKED = "asked"


class ConflictState(StrEnum):
    """Where a conflict stands; one that waits is not shown to anybody yet, one that dissolved needed nobody."""

    WAITING = "waiting"
    OPEN = "open"
    DECIDED = "decided"
    DISSOLVED = "dissolved"


class Verdict(StrEnum):
    """What the supervisor decides: what the device has, what the system has, or something else with its reason."""

    MINE = "mine"
    THEIRS = "theirs"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitSide:
    """A visit as one side has it."""

    rental_code: str
    assistant: str
    outcome: VisitOutcome
    entry_basis: EntryBasis
    findings: tuple[Finding, ...]
    visited_at: datetime
    note: Note = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditVisit:
    """Correct a visit, under an id that the device made.

    `base` is the revision that the device had seen, `after` its own earlier corrections on top of that, oldest first.
    """

    edit_id: str
    visit_id: str
    base: int
    after: tuple[str, ...]
    changes: Fields
    made_at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAboutVisit:
    """Ask the supervisor about a visit that was not taken in; `problem` is the code of the refusal."""

    visit_id: str
    side: VisitSide
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GetConflict:
    """Ask for one conflict."""

    conflict_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListConflicts:
    """Ask for a page of conflicts, by id; only those to be decided unless all are wanted."""

    only_open: bool = True
    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideConflict:
    """Decide a conflict; `other` names what is to stand, and every verdict its reason but the plain two."""

    conflict_id: str
    verdict: Verdict
    reason: Annotated[str, Len(0, 200)] = ""
    other: Fields | None = None
    expected_version: int | None = None


# --- answers


@dataclass(frozen=True, slots=True, kw_only=True)
class EditTaken:
    """A correction is kept, and what became of it; without a revision it does not stand yet."""

    edit_id: str
    visit_id: str
    state: EditState
    revision: int | None
    is_merged: bool
    was_early: bool
    conflict_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictView:
    """A conflict with both sides; `mine` is what the device has, `theirs` what the system has, if it has anything."""

    conflict_id: str
    version: int
    kind: ConflictKind
    state: ConflictState
    visit_id: str
    village: str | None
    contested: tuple[str, ...]
    mine: VisitSide | None
    changes: Fields | None
    theirs: VisitSide | None
    problem: str | None
    raised_by: str
    raised_at: datetime
    verdict: Verdict | None
    reason: str
    other: Fields | None
    decided_by: str | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictPage:
    """A page of conflicts; `next_cursor` is absent on the last."""

    items: tuple[ConflictView, ...]
    next_cursor: str | None = None


# --- events


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictRaised(Event):
    """Two sides of a visit contradict one another, and a person has to decide."""

    KEY: ClassVar[str] = "inspections.conflict.raised.v1"

    conflict_id: str
    visit_id: str
    village: str | None
    kind: ConflictKind
    contested: tuple[str, ...]
    raised_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictDecided(Event):
    """A person has decided which side of a visit stands."""

    KEY: ClassVar[str] = "inspections.conflict.decided.v1"

    conflict_id: str
    visit_id: str
    village: str | None
    verdict: Verdict
    decided_at: datetime

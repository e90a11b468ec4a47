"""What the tips desk is asked and says about tips that are alike, and about the bonds that people make between tips.

Nothing is ever merged by a program, and nothing is written to a tip: a bond stands beside the tips it binds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from annotated_types import Interval, Len

from lianxi.contracts.envelope import Event, Lane
from lianxi.contracts.tips import TipState


class BondKind(StrEnum):
    """How two tips belong together: they have to do with one another, or they tell of the same thing."""

    LINK = "link"
    MERGE = "merge"


@dataclass(frozen=True, slots=True, kw_only=True)
class FindSimilar:
    """Ask which tips that the caller may see may be about the same as one."""

    tip_id: str
    limit: Annotated[int, Interval(ge=1, le=50)] = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeBond:
    """Bind two tips, by a person; a machine names the `officer` who decided it."""

    tip_id: str
    other_tip_id: str
    kind: BondKind
    reason: Annotated[str, Len(1, 500)]
    officer: Annotated[str, Len(1, 80)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoBond:
    """Undo what was bound last between two tips, by a person; what was before it holds again."""

    tip_id: str
    bond_id: str
    reason: Annotated[str, Len(1, 500)]
    officer: Annotated[str, Len(1, 80)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListBonds:
    """Ask what a tip is bound to, as far as the caller may know of it."""

    tip_id: str


# --- answers


@dataclass(frozen=True, slots=True, kw_only=True)
class LikenessReason:
    """Why two tips may be about the same: `wording`, `place`, `rental`, or a kind of thing that both name."""

    code: str
    per_cent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarTip:
    """A tip that may be about the same, how far, and why. Nothing that both name is told, only of what kind it is."""

    tip_id: str
    number: str
    category: str
    lane: Lane
    state: TipState
    lead: str
    received_at: datetime
    per_cent: int
    reasons: tuple[LikenessReason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarTips:
    """Tips that may be about the same, the likeliest first."""

    items: tuple[SimilarTip, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TieView:
    """One binding: by whom, why, and whether and by whom it was undone."""

    kind: BondKind
    made_by: str
    made_at: datetime
    reason: str
    undone_by: str | None = None
    undone_at: datetime | None = None
    undone_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BondView:
    """What holds between two tips now, absent when all is undone, and everything that ever held."""

    bond_id: str
    version: int
    tip_ids: tuple[str, ...]
    kind: BondKind | None
    ties: tuple[TieView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedTip:
    """A tip of those merged, in the order in which they were received; the first reporter's is the first."""

    tip_id: str
    number: str
    place: int
    state: TipState
    lead: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BondList:
    """What a tip is bound to: each bond, and the tips that are merged with it, itself among them."""

    tip_id: str
    bonds: tuple[BondView, ...]
    merged: tuple[MergedTip, ...]


# --- events


@dataclass(frozen=True, slots=True, kw_only=True)
class BondMade(Event):
    """A person has bound two tips; both stay what they are."""

    KEY: ClassVar[str] = "tips.bond.made.v1"

    bond_id: str
    tip_id: str
    other_tip_id: str
    kind: BondKind
    agency: str
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BondUndone(Event):
    """A person has undone a bond; what was before it holds again."""

    KEY: ClassVar[str] = "tips.bond.undone.v1"

    bond_id: str
    tip_id: str
    other_tip_id: str
    kind: BondKind
    agency: str
    undone_at: datetime

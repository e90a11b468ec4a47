"""Reading an informant's own words instead of the redacted ones: for a reason, for fifteen minutes, told to the office.

Criterion 8.3. What an informant wrote may point to a person; desks work with the redacted text. Whoever needs the words
says why, and the office reads each week how often that was. The words cross the broker sealed to one question's key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, ClassVar

from annotated_types import Len

from lianxi.contracts.envelope import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmask:
    """Ask to read the words of a tip, with the reason; it is granted at once, and written down."""

    tip_id: str
    reason: Annotated[str, Len(1, 1000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListUnmaskings:
    """Ask for a page of unmaskings, newest first: the office's and an auditor's all, anybody else's own."""

    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class GetWords:
    """Ask for the words of a tip, by whoever has unmasked it.

    Args:
        answer_key: the public key, as hex, that the words are sealed to.
    """

    tip_id: str
    answer_key: Annotated[str, Len(64, 64)]


# --- answers


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmaskingView:
    """Who reads the words of which tip, why, and until when."""

    unmasking_id: str
    tip_id: str
    version: int
    reason: str
    asked_by: str
    agency: str
    asked_at: datetime
    ends_at: datetime
    read_at: tuple[datetime, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmaskingPage:
    """A page of unmaskings; `next_cursor` is absent on the last."""

    items: tuple[UnmaskingView, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedWords:
    """The words of a tip as they cross the broker: `Words` sealed to the question's key."""

    tip_id: str
    ends_at: datetime
    sealed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What an informant wrote, word for word; `messages` are the informant's own, in order.

    No role reads this by the permission table alone, so that nothing is cut here: an unmasking that runs gives it.
    """

    tip_id: str
    ends_at: datetime
    text: str
    place: str | None = None
    messages: tuple[str, ...] = ()


# --- events


@dataclass(frozen=True, slots=True, kw_only=True)
class TipUnmasked(Event):
    """Somebody may read an informant's own words for a quarter of an hour."""

    KEY: ClassVar[str] = "tips.tip.unmasked.v1"

    unmasking_id: str
    tip_id: str
    agency: str
    asked_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyUnmaskings:
    """How often an agency has unmasked tips in a week."""

    agency: str
    unmaskings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmaskingsReported(Event):
    """The week's unmaskings, for the office (criterion 8.3); a week without any is reported too."""

    KEY: ClassVar[str] = "tips.unmaskings.reported.v1"

    report_id: str
    week_from: date
    week_to: date
    unmaskings: int
    agencies: tuple[AgencyUnmaskings, ...]
    reported_at: datetime

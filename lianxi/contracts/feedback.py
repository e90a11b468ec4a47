"""What came of it: told to whoever handed a finding in, such as a village's liaison (L47.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from annotated_types import Interval

from lianxi.contracts.envelope import Event
from lianxi.contracts.tips import TipState, VerificationOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFeedback:
    """Ask what came of what the caller handed in, newest first."""

    cursor: str | None = None
    limit: Annotated[int, Interval(ge=1, le=200)] = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackView:
    """What came of one finding; `outcome` is the sentence with which it was closed."""

    tip_id: str
    number: str
    handed_in_at: datetime
    state: TipState
    verification: VerificationOutcome | None
    outcome: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackPage:
    """A page of what came of findings; `next_cursor` is absent on the last."""

    items: tuple[FeedbackView, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackGiven(Event):
    """A finding that somebody handed in for an agency has a result; the agency's desk thanks them and passes it on."""

    KEY: ClassVar[str] = "tips.feedback.given.v1"

    tip_id: str
    number: str
    receiver: str
    outcome: VerificationOutcome
    is_anonymous: bool
    given_at: datetime

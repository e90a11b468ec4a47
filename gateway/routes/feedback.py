"""What came of what one handed in oneself, in plain words: for liaisons and whoever else takes tips down."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from gateway.body import DoorRoute
from gateway.exchange import Reading, reads, shown
from gateway.language import language_of
from gateway.routes.parameters import Cursor, Limit
from gateway.wording import words
from lianxi.contracts.feedback import FeedbackPage, FeedbackView, ListFeedback
from lianxi.contracts.tips import TipState, VerificationOutcome

router = APIRouter(route_class=DoorRoute, tags=["tips"])
SERVICE = "tips"


class Feedback(BaseModel):
    """What came of one finding."""

    tip_id: str
    number: str
    handed_in_at: datetime
    state: TipState
    verification: VerificationOutcome | None
    text: str = Field(description="What that means, in the reader's language")
    outcome: str | None = Field(description="The sentence with which it was closed")


class FeedbackList(BaseModel):
    """What came of what one handed in."""

    items: list[Feedback]
    next_cursor: str | None = None


@router.get("/v1/feedback", response_model=FeedbackList)
async def read_feedback(cursor: Cursor = None, limit: Limit = 50, reading: Reading = reads("tip.read")) -> Response:
    """Read what came of the tips that you handed in yourself, newest first."""
    asked = ListFeedback(cursor=cursor, limit=limit)
    page = await reading.ask(SERVICE, "list_feedback", asked, FeedbackPage)
    return shown(FeedbackList(items=[_told(each, reading) for each in page.items], next_cursor=page.next_cursor))


def _told(view: FeedbackView, reading: Reading) -> Feedback:
    code = "waiting" if view.verification is None else view.verification.value
    return Feedback(
        tip_id=view.tip_id,
        number=view.number,
        handed_in_at=view.handed_in_at,
        state=view.state,
        verification=view.verification,
        text=words().steps[f"feedback_{code}"].told(language_of(reading.request.scope)),
        outcome=view.outcome,
    )

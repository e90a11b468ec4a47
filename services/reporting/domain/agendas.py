"""What data puts on the agenda of the conference by itself: whatever is late, open or was left over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from lianxi.contracts.meetings import ItemOutcome, ItemSource, MeetingState
from lianxi.contracts.publicity import GapView
from lianxi.kernel.clock import local_date
from lianxi.kernel.ids import derived_id
from services.reporting.domain import decisions, orders, returns
from services.reporting.domain.decisions import Owed
from services.reporting.domain.meetings import OPEN_TO_ALL, AgendaItem, Meeting, carried
from services.reporting.domain.orders import SupervisionOrder
from services.reporting.domain.returns import StageReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """What an agenda is filled from: decisions still open, the conference before, reports, orders, and gaps.

    Clause: L78.2.
    """

    owed: Sequence[Owed] = ()
    before: Meeting | None = None
    reports: Sequence[StageReport] = ()
    orders: Sequence[SupervisionOrder] = ()
    gaps: Sequence[GapView] = ()


def agenda_of(meeting: Meeting, late: Late, now: datetime) -> tuple[AgendaItem, ...]:
    """Write out an agenda: what people proposed, and until the meeting is held what data proposes now.

    Clause: L78.2; criterion 21.
    """
    if meeting.state is not MeetingState.CALLED:
        return meeting.agenda
    return (*meeting.agenda, *from_data(meeting, late, now))


def from_data(meeting: Meeting, late: Late, now: datetime) -> tuple[AgendaItem, ...]:
    """Propose what is late, open or left over to a meeting of all members; a meeting about cases is spared it.

    Clause: L78.2; criterion 21.
    """
    if meeting.kind not in OPEN_TO_ALL:
        return ()
    return (*_owed(meeting, late, now), *_left_over(meeting, late), *_overdue(meeting, late))


def _owed(meeting: Meeting, late: Late, now: datetime) -> Iterator[AgendaItem]:
    for owed in sorted(late.owed, key=lambda each: (each.due_at, each.id)):
        about = decisions.named(owed)
        source = ItemSource.DECISION_OVERDUE if now >= owed.due_at else ItemSource.DECISION_OPEN
        yield AgendaItem(
            id=_id(meeting, about),
            source=source,
            title=owed.what if owed.is_shared else "",
            about=about,
            agency=owed.agency,
            due_on=_last_day(owed.due_at),
        )


def _left_over(meeting: Meeting, late: Late) -> Iterator[AgendaItem]:
    for item in () if late.before is None else carried(late.before):
        yield AgendaItem(
            id=_id(meeting, item.id),
            source=ItemSource.PARKED,
            title=item.title,
            about=item.about,
            agency=item.agency,
            outcome=ItemOutcome.OPEN,
        )


def _overdue(meeting: Meeting, late: Late) -> Iterator[AgendaItem]:
    for report in sorted(late.reports, key=lambda each: (each.due_on, each.agency)):
        about = returns.item_of(report)
        yield AgendaItem(
            id=_id(meeting, about),
            source=ItemSource.RETURN_MISSING,
            about=about,
            agency=report.agency,
            due_on=report.due_on,
        )
    for order in sorted(late.orders, key=lambda each: (each.due_at, each.id)):
        about = orders.item_of(order)
        yield AgendaItem(
            id=_id(meeting, about),
            source=ItemSource.ORDER_OVERDUE,
            about=about,
            agency=order.agency,
            due_on=_last_day(order.due_at),
        )
    for gap in late.gaps:
        about = f"publicity_duty/{gap.duty}"
        yield AgendaItem(
            id=_id(meeting, about, gap.party or "", gap.last_on.isoformat()),
            source=ItemSource.PUBLICITY_MISSED,
            about=about,
            agency=gap.unit,
            due_on=gap.last_on,
        )


def _last_day(due_at: datetime) -> date:
    # A named last day is over at the midnight after it.
    return local_date(due_at - timedelta(seconds=1))


def _id(meeting: Meeting, *named: str) -> str:
    return derived_id("item", meeting.id, *named)

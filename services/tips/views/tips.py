"""What the tips desk answers: the tip as desks read it, its line in a list, and the same as its informant reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import Any

from lianxi.contracts.clocks import ClockChangeView
from lianxi.contracts.envelope import Caller
from lianxi.contracts.rewards import RewardNotice
from lianxi.contracts.tips import (
    ClockView,
    DispatchView,
    GetTip,
    ListTips,
    MessageView,
    StatusStep,
    TimelineEntry,
    TipKind,
    TipPage,
    TipState,
    TipStatusView,
    TipSummary,
    TipView,
)
from lianxi.contracts.vault import OpeningNotice
from lianxi.kernel.clock import Clock, level_to_hour, local_date
from lianxi.store.pages import BOOKKEEPING, newest_first
from lianxi.store.unit import Aggregates, Stored
from services.tips.documents import TipDocument
from services.tips.domain.returning import REOPENED_LINE
from services.tips.domain.tip import OFFICE, WHOLE_DAYS, AskedChange, Dispatch, Line, Tip, check_readable
from services.tips.domain.tip import Clock as TipClock
from services.tips.policy import ALARM_CLOCK, TELLING_CLOCK, UNREAD_AFTER
from services.tips.views.attachments import show_attachments

_NOT_LISTED = (
    *BOOKKEEPING, "sealed_content", "redacted_text", "redacted_place", "receipt", "messages",
    "timeline", "openings", "attachments", "reopenings",
)  # fmt: skip


def no_reward(_tip: Tip) -> RewardNotice | None:
    """Say nothing of any reward."""
    return None


def never(_tip: Tip) -> date | None:
    """Say of no tip that it may be taken up again."""
    return None


A_MINUTE = timedelta(minutes=1)
"""By how much a page reaches beyond its instant (`newest_first`)."""


def tips_collection() -> Any:
    """Hand out the collection that lists are read from."""
    return TipDocument._get_collection()


@dataclass(frozen=True)
class TipViews:
    """The read-only answers; `reward` and `reopen_until` say what an informant reads of a reward and of reopening."""

    tips: Aggregates[Tip]
    clock: Clock
    collection: Callable[[], Any] = tips_collection
    reward: Callable[[Tip], RewardNotice | None] = no_reward
    reopen_until: Callable[[Tip], date | None] = never

    def get_tip(self, request: GetTip, caller: Caller) -> TipView:
        """Show a tip to an agency that holds it.

        Raises:
            NotFound: tip.not_found, also for a tip that the caller may not know of.
        """
        found = self.tips.get(request.tip_id)
        check_readable(found.state, caller)
        return self.show(found)

    def list_tips(self, request: ListTips, caller: Caller) -> TipPage:
        """List the tips that the caller's agency may see, newest first.

        Raises:
            Malformed: cursor.unreadable.
        """
        # The office stands among the readers of every tip, so that "all" is a range of the same index.
        match: dict[str, Any] = {"agencies": OFFICE if caller.sees_all else caller.agency}
        if caller.sees_own_only:
            match = {"filed_by": caller.actor}
        if request.state is not None:
            match["state"] = request.state.value
        if request.kind is not None:
            match["kind"] = request.kind.value
        now = self.clock.now()
        rows, cursor = newest_first(
            self.collection(),
            match,
            "unread_since" if request.unread else "listed_at",
            now=now - UNREAD_AFTER - A_MINUTE if request.unread else now,
            cursor=request.cursor,
            limit=request.limit,
            leave_out=_NOT_LISTED,
        )
        return TipPage(items=tuple(_summary(row) for row in rows), next_cursor=cursor)

    def show(self, stored: Stored[Tip]) -> TipView:
        """Show a tip as the desks that hold it read it."""
        tip = stored.state
        return TipView(
            tip_id=tip.id,
            number=tip.number,
            version=stored.version,
            kind=tip.kind,
            channel=tip.channel,
            category=tip.category,
            lane=tip.lane,
            state=tip.state,
            village=tip.village,
            rental_code=tip.rental_code,
            is_anonymous=tip.is_anonymous,
            text=tip.redacted_text,
            place=tip.redacted_place,
            received_at=tip.listed_at,
            lead=tip.lead,
            copies=tip.dispatch.copies,
            dispatches=tuple(_dispatch(tip, each) for each in tip.dispatches),
            clocks=tuple(_clock(tip, each, self.clock.now()) for each in tip.clocks),
            verification=tip.verification,
            next_owner=tip.next_owner,
            case_id=tip.case_id,
            outcome=tip.outcome,
            messages=_messages(tip),
            timeline=tuple(_entry(tip, each) for each in tip.timeline),
            clock_changes=tuple(_change(tip, each) for each in tip.clock_changes),
            policy_version=tip.policy_version,
            attachments=show_attachments(tip),
            officer=tip.officer,
            source=tip.source or tip.channel.value,
            reference=tip.reference,
            visit_id=tip.visit_id,
            unread_since=self._unread_since(tip),
        )

    def _unread_since(self, tip: Tip) -> date | None:
        """Say since when a reply waits for its informant, once that is a week; sooner it would show them reading."""
        is_told = tip.unread_since is not None and tip.unread_since <= self.clock.now() - UNREAD_AFTER
        return local_date(tip.unread_since) if is_told and tip.unread_since is not None else None

    def _reopen_until(self, tip: Tip) -> date | None:
        until = self.reopen_until(tip)
        return None if until is None or local_date(self.clock.now()) > until else until

    def show_status(self, stored: Stored[Tip]) -> TipStatusView:
        """Show a tip as its informant reads it."""
        tip = stored.state
        return TipStatusView(
            number=tip.number,
            state=tip.state,
            received_at=tip.listed_at,
            steps=_steps(tip),
            verification=tip.verification,
            outcome=tip.outcome,
            messages=_messages(tip),
            openings=tuple(
                OpeningNotice(opened_at=each.opened_at, kind=each.kind) for each in tip.openings if not each.is_withheld
            ),
            reward=self.reward(tip),
            reopen_until=self._reopen_until(tip),
        )


def _shown(tip: Tip, instant: datetime | None) -> datetime | None:
    return None if instant is None else tip.shown(instant)


def _dispatch(tip: Tip, given: Dispatch) -> DispatchView:
    return DispatchView(
        dispatch_id=given.dispatch_id,
        round=given.round,
        lead=given.lead,
        copies=given.copies,
        reason=given.reason,
        dispatched_at=tip.shown(given.dispatched_at),
        delivered_at=_shown(tip, given.delivered_at),
    )


def _clock(tip: Tip, clock: TipClock, now: datetime) -> ClockView:
    """Show a clock: its start would tell when an anonymous informant wrote, and so would an end in minutes."""
    since = clock.running.pauses[-1].from_at if clock.running.is_paused(now) else None
    return ClockView(
        clock=clock.clock,
        desk=clock.desk,
        started_at=tip.shown(clock.started_at),
        due_at=tip.shown_end(clock.running),
        stopped_at=_shown(tip, clock.stopped_at),
        paused_since=_shown(tip, since),
        rungs=clock.running.fired,
    )


def _change(tip: Tip, asked: AskedChange) -> ClockChangeView:
    return ClockChangeView(
        change_id=asked.change_id,
        clock=asked.clock,
        change=asked.change,
        reason=asked.reason,
        asked_by=asked.asked_by,
        asked_at=tip.shown(asked.asked_at),
        state=asked.state,
        decided_by=asked.decided_by,
        decided_at=_shown(tip, asked.decided_at),
    )


def _messages(tip: Tip) -> tuple[MessageView, ...]:
    return tuple(
        MessageView(author=each.author.value, text=each.text, posted_at=tip.shown(each.posted_at))
        for each in tip.messages
    )


def _entry(tip: Tip, line: Line) -> TimelineEntry:
    return TimelineEntry(
        at=tip.shown(line.at), what=line.what, by=line.by, clause=line.clause, reference=line.reference
    )


def _steps(tip: Tip) -> tuple[StatusStep, ...]:
    limits = {each.clock: each.due_at for each in tip.clocks if each.stopped_at is None and each.clock != ALARM_CLOCK}
    promised = limits.pop(TELLING_CLOCK, None)
    running = next(reversed(limits.values()), None)
    return (
        StatusStep(code="received", at=tip.listed_at),
        StatusStep(code="passed_on", at=tip.shown(tip.dispatches[0].dispatched_at)),
        StatusStep(code="being_checked", at=_last(tip, "tip.accepted"), due_at=running),
        StatusStep(code="finished", at=_last(tip, "tip.closed"), due_at=promised),
    )


def _last(tip: Tip, what: str) -> datetime | None:
    """Say when something was done last; once a tip was taken up again, only what was done since counts."""
    lines = takewhile(lambda line: line.what != REOPENED_LINE, reversed(tip.timeline))
    return _shown(tip, next((line.at for line in lines if line.what == what), None))


def first_end(row: Mapping[str, Any]) -> datetime | None:
    """Say when the first limit of a stored tip ends, as its desks read it.

    As `Tip.shown_end` says it: the end of a limit in days is a midnight and tells nothing.
    """
    ends = [
        clock["due_at"] if not row["is_anonymous"] or clock["unit"] in WHOLE_DAYS else level_to_hour(clock["due_at"])
        for clock in (each["running"] for each in row["clocks"])
        if clock["stopped_at"] is None
    ]
    return min(ends, default=None)


def _summary(row: Mapping[str, Any]) -> TipSummary:
    return TipSummary(
        tip_id=row["_id"],
        number=row["number"],
        kind=TipKind(row["kind"]),
        category=row["category"],
        lane=row["lane"],
        state=TipState(row["state"]),
        lead=row["dispatches"][-1]["lead"],
        received_at=row["listed_at"],
        due_at=first_end(row),
        next_owner=row.get("next_owner"),
    )

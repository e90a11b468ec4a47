"""What the notifications desk (告知) answers and announces: notices, their delivery and acknowledgement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from lianxi.contracts.envelope import Event, Lane


@dataclass(frozen=True, slots=True, kw_only=True)
class ListNotices:
    """Ask for a page of the caller's notices, newest first."""

    only_open: bool = False
    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class GetNotice:
    """Ask for one notice; reading it marks it seen."""

    notice_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgeNotice:
    """A person of the addressed desk says: received (签收)."""

    notice_id: str
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView:
    """A notice as its desk reads it: what happened to which item, what is asked, by when; no content."""

    notice_id: str
    version: int
    desk: str
    event_type: str
    about: str
    role: str
    lane: Lane
    text_zh: str
    text_en: str
    delivered_at: datetime
    seen_at: datetime | None
    acknowledge: bool
    acknowledge_by: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    rungs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticePage:
    """A page of notices; `next_cursor` is absent on the last."""

    items: tuple[NoticeView, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeDelivered(Event):
    """A notice lies in its desk's tray: from here clocks run (criterion 3.2, DESIGN 12.9)."""

    KEY: ClassVar[str] = "notifications.notice.delivered.v1"

    notice_id: str
    desk: str
    role: str
    event_type: str
    about: str
    reference: str
    delivered_at: datetime
    acknowledge_by: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeAcknowledged(Event):
    """A person of the addressed desk has acknowledged a notice."""

    KEY: ClassVar[str] = "notifications.notice.acknowledged.v1"

    notice_id: str
    desk: str
    event_type: str
    about: str
    reference: str
    acknowledged_at: datetime

"""Where notices are kept."""

from __future__ import annotations

from lianxi.kernel.clock import Clock
from lianxi.store.outbox import Announcer
from lianxi.store.unit import AggregateStore
from services.notifications.documents import NoticeDocument
from services.notifications.domain import Notice, announced_at

ANNOUNCER = Announcer(service="notifications", noun="notice")


def notices(clock: Clock) -> AggregateStore[Notice]:
    """Open the collection of notices."""
    return AggregateStore(NoticeDocument, Notice, ANNOUNCER, clock, announced_at)

"""Seeing and signing for a notice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianxi.contracts.envelope import Caller, Cause, Heard
from lianxi.contracts.notifications import AcknowledgeNotice, GetNotice, NoticeAcknowledged
from lianxi.contracts.tips import TipDispatched
from lianxi.kernel.clock import FixedClock
from lianxi.kernel.errors import Conflict, NotFound
from lianxi.runtime import metrics
from lianxi.store.fakes import MemoryAggregates
from lianxi.store.mapping import as_fields, as_state
from services.notifications import domain
from services.notifications.documents import NoticeDocument
from services.notifications.domain import Notice, Occasion
from services.notifications.handlers import NoticeDesk
from services.notifications.policy import Addressee

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
POLICE = Caller(actor="officer-3", agency="police", correlation_id="c")
MARKET = Caller(actor="officer-4", agency="market", correlation_id="c")
OFFICE = Caller(actor="officer-5", agency="office", correlation_id="c", rows=("all",))
Letter = Callable[..., Cause]


@pytest.fixture
def notice_id(desk: NoticeDesk, tray: MemoryAggregates[Notice], letter: Letter) -> str:
    """A notice in the tray of the police station."""
    event = TipDispatched(
        tip_id="tip_1", number="DY-2026-7K3M-9QXD", category="gathering", lane="normal", dispatch_id="dispatch_1",
        round=1, lead="police/station", copies=(), clause="L36.1", dispatched_at=NOON,
    )  # fmt: skip
    desk.give_notices([Heard(event, letter())])
    return tray.all()[0].id


def test_reading_marks_a_notice_seen_once(desk: NoticeDesk, clock: FixedClock, notice_id: str) -> None:
    first = desk.get_notice(GetNotice(notice_id=notice_id), POLICE)
    clock.advance(timedelta(hours=1))
    second = desk.get_notice(GetNotice(notice_id=notice_id), POLICE)

    assert first.seen_at is not None
    assert second == first
    assert second.version == 2
    assert second.acknowledged_at is None


@pytest.mark.parametrize("caller", [MARKET, OFFICE])
def test_another_agency_s_notice_does_not_exist(desk: NoticeDesk, notice_id: str, caller: Caller) -> None:
    with pytest.raises(NotFound, match=r"notice\.not_found"):
        desk.get_notice(GetNotice(notice_id=notice_id), caller)
    with pytest.raises(NotFound, match=r"notice\.not_found"):
        desk.acknowledge_notice(AcknowledgeNotice(notice_id=notice_id), caller)
    with pytest.raises(NotFound, match=r"notice\.not_found"):
        desk.get_notice(GetNotice(notice_id="notice_none"), caller)


def test_signing_closes_a_notice_and_is_announced_once(
    desk: NoticeDesk, tray: MemoryAggregates[Notice], clock: FixedClock, notice_id: str
) -> None:
    first = desk.acknowledge_notice(AcknowledgeNotice(notice_id=notice_id, expected_version=1), POLICE)
    clock.advance(timedelta(hours=1))
    second = desk.acknowledge_notice(AcknowledgeNotice(notice_id=notice_id, expected_version=1), POLICE)

    assert second == first
    assert (first.acknowledged_by, first.acknowledged_at) == ("officer-3", first.seen_at)
    assert not tray.get(notice_id).state.is_open
    said = [each for each in tray.announced if each.type == NoticeAcknowledged.KEY]
    assert [(each.data["reference"], each.data["desk"]) for each in said] == [("dispatch_1", "police/station")]


def test_signing_what_has_changed_since_is_refused(desk: NoticeDesk, notice_id: str) -> None:
    desk.get_notice(GetNotice(notice_id=notice_id), POLICE)

    with pytest.raises(Conflict, match=r"notice\.changed"):
        desk.acknowledge_notice(AcknowledgeNotice(notice_id=notice_id, expected_version=1), POLICE)


def test_operators_see_what_is_owed_and_when_it_is_settled(desk: NoticeDesk, clock: FixedClock, notice_id: str) -> None:
    owed = metrics.notices_unacknowledged.labels("police")
    desk.measure_owed()
    assert owed._value.get() == 0

    clock.advance(timedelta(hours=24))
    desk.measure_owed()
    assert owed._value.get() == 1

    desk.acknowledge_notice(AcknowledgeNotice(notice_id=notice_id), POLICE)
    desk.measure_owed()
    assert owed._value.get() == 0
    assert metrics.emergency_unacknowledged._value.get() == 0


ASKING = Addressee(
    desk="police/station", role="lead", acknowledge=True, within=timedelta(hours=24), text_zh="请签收", text_en="Sign"
)


@given(steps=st.lists(st.tuples(st.sampled_from(["see", "sign"]), st.integers(0, 10_000)), max_size=12))
def test_whatever_is_done_a_notice_is_signed_at_most_once_and_stays_signed(steps: list[tuple[str, int]]) -> None:
    about = Occasion(event_type="t", about="tip/tip_1", reference="r", number=None, lane="normal")
    notice, _ = domain.deliver("notice_1", ASKING, about, NOON)
    said: list[NoticeAcknowledged] = []
    now = NOON
    for step, seconds in steps:
        now += timedelta(seconds=seconds)
        if step == "see":
            notice, _ = domain.see(notice, now)
        else:
            notice, events = domain.acknowledge(notice, now, f"officer-{seconds}")
            said += events

    signed = any(step == "sign" for step, _ in steps)
    assert len(said) == signed
    assert notice.is_open is not signed
    assert (notice.acknowledged_at is not None) is signed
    assert (notice.seen_at is None) is (not steps)
    if signed:
        assert notice.seen_at is not None
        assert notice.acknowledged_at is not None
        assert notice.seen_at <= notice.acknowledged_at


def test_a_notice_reads_back_as_it_was_written() -> None:
    about = Occasion(event_type="t", about="tip/tip_1", reference="r", number="DY-1", lane="rescue")
    notice, _ = domain.deliver("notice_1", ASKING, about, NOON)
    fields = as_fields(notice)

    assert as_state(Notice, fields) == notice
    assert set(fields) <= set(NoticeDocument._fields)

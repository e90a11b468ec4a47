"""A clearing or a correction of a person reaches every desk that holds the case, and is signed for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from lianxi.contracts.envelope import Caller, Cause, Heard
from lianxi.contracts.notifications import AcknowledgeNotice
from lianxi.contracts.parties import PartyCleared, PartyCorrected, PartyRole, PartyStanding
from lianxi.store.fakes import MemoryAggregates
from services.notifications.domain import Notice
from services.notifications.handlers import NoticeDesk

Letter = Callable[..., Cause]
CORRECTED = PartyCorrected(
    party_id="party_1",
    case_id="case_1",
    number="DYAJ-2026-7K3M-9QXD-482913",
    owner="market/desk",
    receivers=("police/economic", "city/police"),
    role=PartyRole.VICTIM,
    standing=PartyStanding.SUSPECTED,
    standing_zh="疑似受害人",
    standing_en="suspected victim",
)
CLEARED = PartyCleared(
    party_id="party_1",
    case_id="case_1",
    number="DYAJ-2026-7K3M-9QXD-482913",
    owner="market/desk",
    receivers=("police/economic", "city/police"),
    role=PartyRole.ORGANISER,
    standing=PartyStanding.CLEARED,
    standing_zh="已排除",
    standing_en="cleared",
)


@pytest.mark.criterion("8.5")
@pytest.mark.parametrize("event", [CORRECTED, CLEARED])
def test_every_receiver_of_the_case_is_told_how_the_person_stands_and_signs(
    desk: NoticeDesk, tray: MemoryAggregates[Notice], letter: Letter, event: PartyCorrected | PartyCleared
) -> None:
    # The city's police have no desk in the town: the office hears for them, and passes it on.
    for _ in range(2):
        desk.give_notices([Heard(event, letter(subject="party/party_1"))])

    assert [each.desk for each in tray.all()] == ["police/economic", "office/desk"]
    for notice in tray.all():
        assert notice.text_zh.endswith(f"编号:{event.number} ({event.standing_zh})")
        assert notice.text_en.endswith(f"No. {event.number} ({event.standing_en})")
        assert (notice.about, notice.is_open) == ("party/party_1", True)
        assert notice.acknowledge_by == notice.delivered_at + timedelta(hours=24)
        signer = Caller(actor="officer-3", agency=notice.agency, correlation_id="c")
        signed = desk.acknowledge_notice(AcknowledgeNotice(notice_id=notice.id), signer)
        assert signed.acknowledged_by == "officer-3"
    assert not any(each.is_open for each in tray.all())


def test_a_case_that_was_sent_to_nobody_is_told_to_nobody(
    desk: NoticeDesk, tray: MemoryAggregates[Notice], letter: Letter
) -> None:
    desk.give_notices([Heard(replace(CLEARED, receivers=()), letter(subject="party/party_1"))])

    assert tray.all() == []

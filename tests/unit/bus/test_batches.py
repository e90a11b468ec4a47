"""A batch is done together or, when one in it is bad, one by one: the bad one fails alone and no letter is left out."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from lianxi.bus import wire
from lianxi.contracts import codec
from lianxi.contracts.envelope import Envelope, Heard
from lianxi.contracts.tips import TipAccepted
from lianxi.kernel.clock import SystemClock
from lianxi.kernel.errors import Conflict, ContractBroken, StoreDown

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # eventlet tells everybody that it is not developed any more
    from lianxi.greenroom.work import Arrival, Outcome, Stopping, Worker

BATCH = 200
BAD = 117


def letter(number: int, body: bytes | None = None) -> Arrival:
    now = datetime.now(UTC)
    event = TipAccepted(tip_id=f"tip_{number}", desk="police/station", accepted_at=now)
    envelope = Envelope(
        id=f"event_{number}",
        type=TipAccepted.KEY,
        source="/lianxi/tips",
        subject=f"tip/tip_{number}",
        time=now,
        sequence=1,
        data=codec.as_plain(event),
        actor="test",
        correlationid="c",
    )
    plain = codec.to_bytes(codec.envelope_as_plain(envelope))
    return Arrival(plain if body is None else body, {wire.ATTEMPT: 0}, {}, number)


@dataclass
class Desk:
    """A desk that refuses one tip, whole batches that hold it included."""

    refuses: str = ""
    error: Exception = field(default_factory=lambda: ContractBroken("tip.bad"))
    calls: list[int] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    def take(self, heard: Sequence[Heard]) -> None:
        self.calls.append(len(heard))
        events: list[Any] = [each.event for each in heard]
        if self.refuses in {each.tip_id for each in events}:
            raise self.error
        self.done += [each.tip_id for each in events]


def worker(*, is_stopping: bool = False) -> Worker:
    return Worker("tips", "test", SystemClock(), lambda: is_stopping)


def test_a_good_batch_is_one_call() -> None:
    desk = Desk()
    settled = worker().gathered(desk.take, [letter(number) for number in range(BATCH)])
    assert desk.calls == [BATCH]
    assert [each.arrival.tag for each in settled] == list(range(BATCH))
    assert {each.outcome for each in settled} == {Outcome.DONE}


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (ContractBroken("tip.bad"), Outcome.PARK),
        (Conflict("tip.contended"), Outcome.RETRY),
        (ValueError(), Outcome.RETRY),
    ],
)
def test_a_poisoned_one_among_two_hundred_fails_alone(error: Exception, outcome: Outcome) -> None:
    desk = Desk(refuses=f"tip_{BAD}", error=error)
    settled = worker().gathered(desk.take, [letter(number) for number in range(BATCH)])
    assert desk.calls == [BATCH, *([1] * BATCH)]
    assert [each.arrival.tag for each in settled if each.outcome is not Outcome.DONE] == [BAD]
    assert settled[BAD].outcome is outcome
    assert sorted(desk.done) == sorted(f"tip_{number}" for number in range(BATCH) if number != BAD), "each once"


def test_a_letter_that_cannot_be_read_does_not_break_the_batch() -> None:
    desk = Desk()
    letters = [letter(number, b"{" if number == BAD else None) for number in range(BATCH)]
    settled = worker().gathered(desk.take, letters)
    assert desk.calls == [BATCH - 1]
    assert [each.arrival.tag for each in settled if each.outcome is Outcome.PARK] == [BAD]
    assert [each.arrival.tag for each in settled] == list(range(BATCH)), "each is settled in its place"


def test_a_batch_that_waits_for_the_database_when_the_desk_closes_stays_unsettled() -> None:
    desk = Desk(refuses="tip_0", error=StoreDown("store.down"))
    with pytest.raises(Stopping):
        worker(is_stopping=True).gathered(desk.take, [letter(number) for number in range(3)])
    assert desk.done == []

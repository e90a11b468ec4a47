"""Looking at processes: what is read of each, what is told of the town, and that silence is told too."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from gateway.console.ops_view import thinned
from gateway.processes import KEPT, READ, Look, Processes, read_addresses
from gateway.town_state import town_state
from lianxi.kernel.clock import FixedClock
from lianxi.kernel.errors import Broken
from lianxi.runtime import metrics

NOW = datetime(2015, 11, 19, 2, 0, tzinfo=UTC)
TIPS, RELAY = "http://tips", "http://relay"
TIPS_FIGURES = """# HELP lianxi_in_flight x
# TYPE lianxi_in_flight gauge
lianxi_in_flight{desk="tips"} 3.0
lianxi_in_flight_created 7.0
lianxi_events_handled_total{desk="tips",handler="file_tip",outcome="done"} 40.0
lianxi_events_handled_total{desk="tips",handler="keep_trace",outcome="done"} 2.0
lianxi_consumer_connected{desk="tips",handler="file_tip"} 1.0
lianxi_consumer_connected{desk="tips",handler="keep_trace"} 0.0
lianxi_build_info{process="tips",programme="dayong-2015",version="1.2"} 1.0
process_resident_memory_bytes 1.0e+08
process_cpu_seconds_total 10.0
"""
RELAY_FIGURES = """lianxi_outbox_pending{desk="tips"} 4.0
lianxi_outbox_oldest_seconds{desk="tips"} 300.0
lianxi_parked_messages{desk="tips"} 2.0
lianxi_broker_blocked{desk="tips"} 1.0
lianxi_audit_head_age_seconds 100000.0
lianxi_emergency_unacknowledged 1.0
lianxi_outside_parked 5.0
"""


class Town:
    """Answers as the processes of a town do."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, str] | None] = {
            f"{TIPS}/readyz": (200, '{"status": "ready", "reasons": {}}'),
            f"{TIPS}/metrics": (200, TIPS_FIGURES),
            f"{RELAY}/readyz": (503, '{"status": "waiting", "reasons": {"database": "away"}}'),
            f"{RELAY}/metrics": (200, RELAY_FIGURES),
        }

    async def __call__(self, address: str) -> tuple[int, str] | None:
        return self.answers[address]


def processes(town: Town, clock: FixedClock) -> Processes:
    return Processes({"tips": TIPS, "relay": RELAY}, clock, every_seconds=15, ask=town, own=lambda: b"")


def test_every_process_is_told_with_what_it_waits_for() -> None:
    town, clock = Town(), FixedClock(NOW)
    looked = processes(town, clock)
    asyncio.run(looked.look())
    told = {each.name: each for each in town_state(looked.looks, 15).processes}
    assert set(told) == {"gateway", "tips", "relay"}
    assert (told["tips"].state, told["tips"].version, told["tips"].in_flight) == ("ready", "1.2", 3)
    assert told["tips"].memory_bytes == 100_000_000
    assert (told["relay"].state, told["relay"].waits_for) == ("waiting", {"database": "away"})
    assert told["gateway"].state == "ready"


def test_what_is_wrong_is_told_by_the_name_of_its_rule() -> None:
    town, clock = Town(), FixedClock(NOW)
    looked = processes(town, clock)
    asyncio.run(looked.look())
    state = town_state(looked.looks, 15)
    (desk,) = state.desks
    assert (desk.desk, desk.outbox_pending, desk.outbox_oldest_seconds, desk.parked) == ("tips", 4, 300, 2)
    assert desk.deaf_handlers == ("keep_trace",)
    assert {(each.rule, each.about) for each in state.alarms} == {
        ("EmergencyUnacknowledged", "town"),
        ("OutsideParked", "town"),
        ("AuditHeadOld", "town"),
        ("NotReady", "relay"),
        ("BrokerBlocked", "tips"),
        ("ConsumerDisconnected", "tips"),
        ("OutboxStuck", "tips"),
        ("MessagesParked", "tips"),
    }


def test_a_process_that_says_nothing_is_away_and_what_others_know_of_it_stays() -> None:
    town, clock = Town(), FixedClock(NOW)
    looked = processes(town, clock)
    town.answers |= {f"{TIPS}/readyz": None, f"{TIPS}/metrics": None}
    asyncio.run(looked.look())
    state = town_state(looked.looks, 15)
    assert ("DeskDown", "tips") in {(each.rule, each.about) for each in state.alarms}
    assert state.desks[0].outbox_pending == 4


def test_rates_are_reckoned_between_looks_and_a_new_start_is_no_burst() -> None:
    town, clock = Town(), FixedClock(NOW)
    looked = processes(town, clock)
    asyncio.run(looked.look())
    clock.advance(timedelta(seconds=30))
    town.answers[f"{TIPS}/metrics"] = (200, TIPS_FIGURES.replace("40.0", "100.0").replace("total 10.0", "total 25.0"))
    asyncio.run(looked.look())
    told = next(each for each in town_state(looked.looks, 15).processes if each.name == "tips")
    assert (told.letters_per_minute, told.cores) == (120, 0.5)
    clock.advance(timedelta(seconds=30))
    town.answers[f"{TIPS}/metrics"] = (200, TIPS_FIGURES.replace("40.0", "1.0"))
    asyncio.run(looked.look())
    told = next(each for each in town_state(looked.looks, 15).processes if each.name == "tips")
    assert told.letters_per_minute == 0
    assert told.letters_series == (120, 0)


def test_whoever_asks_is_told_how_things_are_now() -> None:
    town, clock = Town(), FixedClock(NOW)
    looked = processes(town, clock)
    asyncio.run(looked.look())
    town.answers[f"{TIPS}/readyz"] = None
    told = asyncio.run(looked.fresh())
    assert [each.state for each in told["tips"]] == ["ready", "away"]
    assert [each.state for each in looked.looks["tips"]] == ["ready"]


def test_an_hour_is_kept_and_no_more() -> None:
    town, clock = Town(), FixedClock(NOW)
    looked = processes(town, clock)
    for _ in range(KEPT + 5):
        asyncio.run(looked.look())
    assert {len(each) for each in looked.looks.values()} == {KEPT}


@pytest.mark.parametrize("text", ["", "[]", "<html>", '{"reasons": 3}'])
def test_an_answer_that_nobody_can_read_harms_nobody(text: str) -> None:
    town, clock = Town(), FixedClock(NOW)
    looked = processes(town, clock)
    town.answers |= {f"{TIPS}/readyz": (200, text), f"{TIPS}/metrics": (500, "<html>")}
    asyncio.run(looked.look())
    assert looked.looks["tips"][-1] == Look(at=NOW, state="ready", waits_for={}, figures={})


def test_only_what_the_page_shows_is_read_of_a_metric_text() -> None:
    assert set(metrics.read(TIPS_FIGURES + "other_total 4.0\n", READ)) == {
        "lianxi_in_flight",
        "lianxi_events_handled_total",
        "lianxi_consumer_connected",
        "lianxi_build_info",
        "process_resident_memory_bytes",
        "process_cpu_seconds_total",
    }


def test_addresses_are_read_as_the_environment_has_them() -> None:
    assert read_addresses("tips=http://tips:9700/, relay=http://relay:9700,") == {
        "tips": "http://tips:9700",
        "relay": "http://relay:9700",
    }
    assert read_addresses("") == {}


@pytest.mark.parametrize("written", ["tips", "tips=", "=http://x", "tips=ftp://x", "tips=http://x,relay"])
def test_an_address_that_cannot_be_read_stops_the_start(written: str) -> None:
    with pytest.raises(Broken, match="processes_unreadable"):
        read_addresses(written)


@pytest.mark.parametrize(("length", "most"), [(0, 5), (3, 5), (5, 5), (6, 5), (240, 30), (7, 3)])
def test_a_thinned_series_keeps_its_peak_and_its_end(length: int, most: int) -> None:
    series = list(range(length))
    told = thinned(series, most)
    assert len(told) == min(length, most)
    assert told[-1:] == series[-1:]
    assert max(told, default=0) == max(series, default=0)

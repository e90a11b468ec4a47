"""What an operator is told of the town: its processes, its desks' letters, and what is wrong, made of single looks.

Clause: none; criterion 24. What is wrong has the names of the rules in `deploy/prometheus/alerts.yml`, so that the page
and whoever is woken at night say the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from gateway.processes import CPU, HANDLED, MEMORY, SELF, Look
from lianxi.contracts.registry import SERVICES

RELAY = "relay"
OUTBOX_SECONDS = 120
AUDIT_SECONDS = 26 * 3600
MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessState:
    """One process as it was seen last.

    Units: bytes; share of a core; letters a minute. A series has one number for each look, oldest first.
    """

    name: str
    state: str
    waits_for: Mapping[str, str]
    seen_at: datetime
    version: str
    memory_bytes: int
    cores: float
    in_flight: int
    letters_per_minute: int
    memory_series: tuple[int, ...]
    letters_series: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskState:
    """One desk's letters: what it has not sent yet, what stopped, and which handlers hear nothing.

    Units: seconds.
    """

    desk: str
    outbox_pending: int
    outbox_oldest_seconds: int
    parked: int
    is_blocked: bool
    deaf_handlers: tuple[str, ...]
    outbox_series: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something that wants an operator: the rule's name, whom it is about, and a number."""

    rule: str
    about: str
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TownState:
    """Everything that `/ops` shows of the processes.

    Units: seconds between two looks; letters that wait in the gateway's spool.
    """

    processes: tuple[ProcessState, ...]
    desks: tuple[DeskState, ...]
    alarms: tuple[Alarm, ...]
    spool_entries: int
    every_seconds: int


def town_state(looks: Mapping[str, Sequence[Look]], every_seconds: float) -> TownState:
    """Tell how the town is, from what was seen of each process."""
    seen = {name: tuple(each) for name, each in looks.items() if each}
    processes = tuple(_process(name, each) for name, each in seen.items())
    desks = tuple(_desk(desk, seen) for desk in SERVICES if desk in seen)
    last = {name: each[-1] for name, each in seen.items()}
    return TownState(
        processes=processes,
        desks=desks,
        alarms=tuple(_alarms(processes, desks, last)),
        spool_entries=int(_figure(last, SELF, "lianxi_spool_entries")),
        every_seconds=round(every_seconds),
    )


def _process(name: str, looks: Sequence[Look]) -> ProcessState:
    last = looks[-1]
    letters = _per_minute(looks, HANDLED)
    cores = [rate / MINUTE for rate in _per_minute(looks, CPU)]
    versions = last.by("lianxi_build_info", "version")
    return ProcessState(
        name=name,
        state=last.state,
        waits_for=last.waits_for,
        seen_at=last.at,
        version=next(iter(versions), ""),
        memory_bytes=int(last.total(MEMORY)),
        cores=round(cores[-1], 2) if cores else 0.0,
        in_flight=int(last.total("lianxi_in_flight")),
        letters_per_minute=round(letters[-1]) if letters else 0,
        memory_series=tuple(int(each.total(MEMORY)) for each in looks),
        letters_series=tuple(round(each) for each in letters),
    )


def _per_minute(looks: Sequence[Look], name: str) -> list[float]:
    """Say how fast a counter grew between looks; a process that began anew counts from nothing."""
    return [
        max(0.0, later.total(name) - earlier.total(name)) * MINUTE / (later.at - earlier.at).total_seconds()
        for earlier, later in pairwise(looks)
        if later.at > earlier.at
    ]


def _desk(desk: str, seen: Mapping[str, Sequence[Look]]) -> DeskState:
    sent = [each.by("lianxi_outbox_oldest_seconds", "desk").get(desk, 0.0) for each in seen.get(RELAY, ())]
    pending = seen[RELAY][-1].by("lianxi_outbox_pending", "desk") if RELAY in seen else {}
    blocked = [each[-1].by("lianxi_broker_blocked", "desk").get(desk, 0.0) for each in seen.values()]
    parked = [each[-1].by("lianxi_parked_messages", "desk").get(desk, 0.0) for each in seen.values()]
    connected = seen[desk][-1].by("lianxi_consumer_connected", "handler")
    return DeskState(
        desk=desk,
        outbox_pending=int(pending.get(desk, 0)),
        outbox_oldest_seconds=round(sent[-1]) if sent else 0,
        parked=int(max(parked, default=0.0)),
        is_blocked=any(blocked),
        deaf_handlers=tuple(sorted(name for name, is_there in connected.items() if not is_there)),
        outbox_series=tuple(round(each) for each in sent),
    )


def _figure(last: Mapping[str, Look], name: str, figure: str) -> float:
    return last[name].total(figure) if name in last else 0.0


def _alarms(processes: Sequence[ProcessState], desks: Sequence[DeskState], last: Mapping[str, Look]) -> Iterator[Alarm]:
    yield from _of_the_town(last)
    for one in processes:
        if one.state == "away":
            yield Alarm(rule="DeskDown", about=one.name)
        elif one.state == "waiting":
            yield Alarm(rule="NotReady", about=one.name)
    for desk in desks:
        yield from _of_a_desk(desk)


def _of_the_town(last: Mapping[str, Look]) -> Iterator[Alarm]:
    held = max((each.total("lianxi_emergency_unacknowledged") for each in last.values()), default=0)
    stopped = max((each.total("lianxi_outside_parked") for each in last.values()), default=0)
    head = _figure(last, RELAY, "lianxi_audit_head_age_seconds")
    spooled = _figure(last, SELF, "lianxi_spool_entries")
    if held:
        yield Alarm(rule="EmergencyUnacknowledged", about="town", number=int(held))
    if stopped:
        yield Alarm(rule="OutsideParked", about="town", number=int(stopped))
    if head > AUDIT_SECONDS:
        yield Alarm(rule="AuditHeadOld", about="town", number=round(head / 3600))
    if spooled:
        yield Alarm(rule="SpoolFilling", about=SELF, number=int(spooled))


def _of_a_desk(desk: DeskState) -> Iterator[Alarm]:
    if desk.is_blocked:
        yield Alarm(rule="BrokerBlocked", about=desk.desk)
    if desk.deaf_handlers:
        yield Alarm(rule="ConsumerDisconnected", about=desk.desk, number=len(desk.deaf_handlers))
    if desk.outbox_oldest_seconds > OUTBOX_SECONDS:
        yield Alarm(rule="OutboxStuck", about=desk.desk, number=desk.outbox_oldest_seconds)
    if desk.parked:
        yield Alarm(rule="MessagesParked", about=desk.desk, number=desk.parked)

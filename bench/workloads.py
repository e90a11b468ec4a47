"""What the page says of each workload that stands alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any, Final

from bench.markdown import number


def said_of(row: Mapping[str, Any], write: Callable[[Mapping[str, Any]], Iterator[str]]) -> str:
    """Write one workload, or that it failed."""
    return f"**failed**: {row['failed']}" if "failed" in row else "; ".join(write(row))


def _public(row: Mapping[str, Any]) -> Iterator[str]:
    yield f"{number(row['end_to_end_rate'])} tips/s end to end, accepted {number(row['accepted_rate'])}/s"
    yield f"accept p50 {number(row['accept_p50'])} ms, p99 {number(row['accept_p99'])} ms"
    yield f"gateway {number(row['cpu']['gateway'])} µs for one"
    yield f"of which Argon2id {number(row['argon2_us'])} µs on purpose"


def _latency(row: Mapping[str, Any]) -> Iterator[str]:
    for run in row["runs"]:
        yield (
            f"{number(row['per_second'])}/s: "
            f"accept p50 {number(run['accept_p50'])} / p99 {number(run['accept_p99'])} ms, "
            f"end to end p50 {number(run['end_p50'])} / p99 {number(run['end_p99'])} ms"
        )


def _rescue(row: Mapping[str, Any]) -> Iterator[str]:
    yield f"{row['backlog']:,} ordinary tips waiting (of {row['wanted']:,} that were offered)"
    yield f"rescue told outside: p50 {number(row['p50'])} s, p99 {number(row['p99'])} s of {row['rescues']}"
    yield f"without a backlog: p50 {number(row['quiet_p50'])} s, p99 {number(row['quiet_p99'])} s"


def _fanout(row: Mapping[str, Any]) -> Iterator[str]:
    yield f"one tip makes {number(row['events'])} events and {number(row['letters'])} letters to handlers"
    yield f"{number(row['letters_per_second'])} letters/s handled while saturated"


def _overload(row: Mapping[str, Any]) -> Iterator[str]:
    yield f"{number(row['offered'])}/s offered for {number(row['seconds'])} s"
    answers = ", ".join(f"{count} × {status}" for status, count in sorted(row["statuses"].items()))
    yield f"answers: {answers}; none lost, none doubled"
    yield f"accepted: end to end p50 {number(row['end_p50'])} ms, p99 {number(row['end_p99'])} ms"


def _kills(row: Mapping[str, Any]) -> Iterator[str]:
    yield f"{row['tips']} tips answered while {', '.join(row['names'])} were killed in turn"
    yield f"lost {row['lost']}, doubled {row['doubled']}; back after {number(row['slowest_return'])} s at most"


def _rest(row: Mapping[str, Any]) -> Iterator[str]:
    counted = f" (what processes share is counted {row['shares']})" if "shares" in row else ""
    yield f"{number(sum(row['megabytes'].values()))} MiB in all{counted}"
    yield ", ".join(
        f"{name} {number(each)}" for name, each in sorted(row["megabytes"].items(), key=lambda one: -one[1])
    )
    yield f"idle processor time {row['idle_cores']:.1%} of one core"


def _start(row: Mapping[str, Any]) -> Iterator[str]:
    for name, seconds in row.items():
        yield f"{name} {number(median(seconds))} s"


def _likeness(row: Mapping[str, Any]) -> Iterator[str]:
    for each in row["sizes"]:
        levels = ", ".join(
            f"{level}: {ours['first']:.2f} / {ours['at_2']:.2f} / {ours['at_1']:.2f} "
            f"(scan {theirs['first']:.2f} / {theirs['at_2']:.2f} / {theirs['at_1']:.2f})"
            for level, ours, theirs in zip(each["levels"], each["ours"], each["scan"], strict=True)
        )
        yield (
            f"{each['texts']:,} texts: {number(each['ours_ms'])} ms (p99 {number(each['ours_p99'])}) against "
            f"{number(each['scan_ms'])} ms; recall@1 / at 2 % / at 1 % false alarms, {levels}"
        )


def _plan(row: Mapping[str, Any]) -> Iterator[str]:
    for each in row["sizes"]:
        if "list_ms" not in each:
            yield f"{each['rentals']:,} rentals: the scan only, in memory"
            continue
        exact = "the same rentals in the same order" if each["is_exact"] else "**not the same as the scan**"
        yield f"{each['rentals']:,} rentals: {exact}, {each['lines']} lines on the day's list"


Writer = Callable[[Mapping[str, Any]], Iterator[str]]
OTHERS: Final[Sequence[tuple[str, str, Writer]]] = (
    ("public", "public intake, with Argon2id", _public),
    ("latency", "half of the capacity, latency from the scheduled time", _latency),
    ("hundred", "100/s, latency from the scheduled time", _latency),
    ("overload", "twice the capacity offered", _overload),
    ("rescue", "rescues under a backlog", _rescue),
    ("fanout", "fan-out", _fanout),
    ("kills", "each process killed in turn under load", _kills),
    ("plan", "visit plans, exactness", _plan),
    ("likeness", "near-duplicates", _likeness),
    ("rest", "memory at rest", _rest),
    ("start", "start-up", _start),
)

"""Made-up results of a run, whole enough for a page."""

from __future__ import annotations

from typing import Any


def run(rate: float, cpu: float = 1_000.0) -> dict[str, Any]:
    return {
        "tips": 100,
        "accepted_rate": 2 * rate,
        "end_to_end_rate": rate,
        "accept_p50": 5.0,
        "accept_p99": 50.0,
        "end_p50": 10.0,
        "end_p99": 100.0,
        "cpu": {"door": cpu, "database": cpu, "broker": cpu},
        "generator_cpu": 50.0,
        "refused": 0,
        "statuses": {"201": 100},
    }


def bare(rate: float) -> dict[str, Any]:
    return {"rate": rate, "cpu": {"broker": 50.0, "client": 50.0}, "p50": 1.0, "p99": 2.0}


def machine() -> dict[str, Any]:
    return {
        "measured_at": "2026-11-28T00:00+00:00",
        "commit": "0123456789ab",
        "processors": 2,
        "processor": "a processor",
        "memory_gib": 24,
        "system": "Linux",
        "python": "3.11.7",
        "packages": {"pika": "1.4.4"},
    }


def side_by_side() -> dict[str, Any]:
    names = ("door alone", "publish classic", "publish quorum", "take quorum", "insert", "bare HTTP", "round trip")
    return {
        "work": {"tips": {"audit": [2.0, 540, 3]}},
        "runs": {
            "lianxi": [run(100.0), run(200.0)],
            "D": [run(50.0), run(400.0)],
            "D=": [run(25.0), run(25.0)],
            **{code: [run(10.0), run(10.0)] for code in ("A", "A=", "E", "E=", "F", "F=")},
        },
        "bare": {name: [bare(1_000.0), bare(2_000.0)] for name in names},
        "absent": ["F2"],
    }


def whole(**steps: Any) -> dict[str, Any]:
    return {"machine": machine(), "steps": steps, "taken": {name: taken() for name in steps}}


def taken(load: float = 0.1, *, is_short: bool = True) -> dict[str, Any]:
    row = {"measured_at": "2026-11-28T00:00+00:00", "commit": "0123456789ab", "seconds": 100}
    return {**row, "is_short": is_short, "load": [load, 2.0]}


def latency(rate: float) -> dict[str, Any]:
    return {"per_second": rate, "runs": [run(rate), run(rate)]}


def likeness() -> dict[str, Any]:
    level = {"first": 1.0, "at_2": 0.9, "at_1": 0.8}
    row = {"levels": ["L0"], "ours": [level], "scan": [level], "ours_ms": 5.0, "ours_p99": 9.0, "scan_ms": 70.0}
    return {"sizes": [{**row, "texts": 1_000}, {**row, "texts": 10_000}]}


def plan() -> dict[str, Any]:
    stored = {"scan_ms": 30.0, "list_ms": 3.0, "month_ms": 4.0, "lines": 8, "is_exact": True}
    rows = [
        {"rentals": 1_000, **stored},
        {"rentals": 10_000, **stored, "scan_ms": 300.0},
        {"rentals": 100_000, "scan_ms": 3_000.0, "lines": 0, "is_exact": True},
    ]
    return {"sizes": rows, "stored": [1_000, 10_000]}


def reports() -> dict[str, Any]:
    row = {"report_ms": 10.0, "group_ms": 900.0, "rebuild_ms": 500.0, "kept_per_second": 900.0}
    rows = [{"events": 1_000, **row}, {"events": 10_000, **row}]
    return {"sizes": rows, "counted_per_second": 900.0, "events_of_one": 6, "fold_events": 100_000, "fold_s": 0.1}


def everything() -> dict[str, Any]:
    killed = {"tips": 90, "unanswered": 10, "lost": 0, "doubled": 0, "killed": 2, "names": ["gateway", "tips"]}
    return whole(
        side_by_side=side_by_side(),
        public={**run(10.0), "cpu": {"gateway": 40_000.0}, "argon2_us": 36_000.0},
        latency=latency(50.0),
        hundred=latency(100.0),
        overload={**run(50.0), "offered": 100.0, "seconds": 3.0},
        rescue={
            "backlog": 200,
            "wanted": 200,
            "rescues": 8,
            "quiet_p50": 0.5,
            "quiet_p99": 0.9,
            "p50": 0.6,
            "p99": 1.0,
        },
        fanout={"events": 6.0, "letters": 14.0, "letters_per_second": 700.0},
        kills={**killed, "returns": {"gateway": 3.0}, "slowest_return": 3.0},
        plan=plan(),
        likeness=likeness(),
        reports=reports(),
        rest={"megabytes": {"gateway": 100.0, "broker": 120.0}, "idle_cores": 0.1},
        start={"the gateway alone": [3.0, 4.0]},
    )

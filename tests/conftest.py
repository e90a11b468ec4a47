"""Ties tests to the product's numbered criteria, and remembers how each test's last run went for `make criteria`."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Generator
from datetime import UTC, datetime

import pytest

from deploy.local.criteria import CRITERIA_FILE, RESULTS_FILE, Outcome, Results
from deploy.local.floors import TURNS
from tests.support.turns import lane, only_one, turn

pytest_plugins = ("tests.support.town",)
CARRIED = "criterion"
ALONE = "alone"


def known_numbers() -> frozenset[str]:
    with CRITERIA_FILE.open("rb") as file:
        return frozenset(row["number"] for row in tomllib.load(file)["criterion"])


def numbers_of(item: pytest.Item) -> list[str]:
    return [str(number) for marker in item.iter_markers(CARRIED) for number in marker.args]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    known = known_numbers()
    for item in items:
        numbers = numbers_of(item)
        unknown = sorted(set(numbers) - known)
        if unknown:
            raise pytest.UsageError(f"{item.nodeid}: docs/criteria.toml has no criterion {', '.join(unknown)}")
        # Properties travel with the report from pytest-xdist's workers to the process that writes.
        item.user_properties += [(CARRIED, number) for number in numbers]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Set-up and tear-down belong to the turn; time spent waiting for it does not count against the test."""
    if lane() is None:
        return (yield)
    with turn(TURNS, item.get_closest_marker(ALONE) is not None):
        return (yield)


class LastRun:
    """Collects what the tests of criteria came to."""

    def __init__(self) -> None:
        self.seen: dict[str, dict[str, Outcome]] = {}

    def take(self, report: pytest.TestReport) -> None:
        # A failing set-up or tear-down counts against the test; a passing one says nothing.
        if report.when != "call" and report.outcome == "passed":
            return
        now = datetime.now(UTC).isoformat(timespec="seconds")
        size = "full" if os.environ.get("LIANXI_CHAOS") == "full" else "smoke"
        for name, number in report.user_properties:
            if name == CARRIED:
                self.seen.setdefault(str(number), {})[report.nodeid] = Outcome(report.outcome, now, size)


_LAST_RUN = LastRun()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _LAST_RUN.take(report)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput") or not _LAST_RUN.seen:
        return
    with only_one(RESULTS_FILE):
        Results.read(RESULTS_FILE).with_run(_LAST_RUN.seen).write(RESULTS_FILE)

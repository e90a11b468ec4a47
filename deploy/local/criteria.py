"""`make criteria`: every criterion, the tests that carry its number, and how their last run went.

Collecting runs no test. Results are those that `tests/conftest.py` wrote at the end of the last runs.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from deploy.local.places import CHECKOUT, of_checkout, read_json, write_private_json

CRITERIA_FILE: Final = CHECKOUT / "docs" / "criteria.toml"
RESULTS_FILE: Final = of_checkout().root / "criteria.json"
NO_TEST: Final = "no test yet"
NOT_RUN: Final = "not run yet"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One numbered criterion of the product."""

    number: str
    title: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the last run of one test went: `passed`, `failed` or `skipped`, when, and at which size."""

    outcome: str
    at: str
    size: str


@dataclass(frozen=True, slots=True)
class Results:
    """The last outcomes, by criterion and test; those at full size are kept beside later ones at smoke size."""

    last: Mapping[str, Mapping[str, Outcome]]
    full: Mapping[str, Mapping[str, Outcome]]

    @classmethod
    def read(cls, path: Path) -> Results:
        """Read what earlier runs wrote; nothing when there was none."""
        written = read_json(path) or {}
        return cls(last=_outcomes(written.get("last", {})), full=_outcomes(written.get("full", {})))

    def with_run(self, seen: Mapping[str, Mapping[str, Outcome]]) -> Results:
        """Add a run: of a test that ran again, the new outcome counts."""
        at_full_size = {
            number: {test: each for test, each in tests.items() if each.size == "full"}
            for number, tests in seen.items()
        }
        return Results(last=_merged(self.last, seen), full=_merged(self.full, at_full_size))

    def write(self, path: Path) -> None:
        """Write all of it in one step."""
        write_private_json(path, {"last": _plain(self.last), "full": _plain(self.full)})


def _of_size(size: str, outcomes: Mapping[str, Outcome]) -> dict[str, Outcome]:
    return {test: each for test, each in outcomes.items() if each.size == size}


def _outcomes(written: Mapping[str, Mapping[str, Mapping[str, str]]]) -> dict[str, dict[str, Outcome]]:
    return {number: {test: Outcome(**each) for test, each in tests.items()} for number, tests in written.items()}


def _plain(outcomes: Mapping[str, Mapping[str, Outcome]]) -> dict[str, dict[str, dict[str, str]]]:
    return {number: {test: asdict(each) for test, each in tests.items()} for number, tests in outcomes.items()}


def _merged(
    before: Mapping[str, Mapping[str, Outcome]], new: Mapping[str, Mapping[str, Outcome]]
) -> dict[str, dict[str, Outcome]]:
    numbers = [*before, *(number for number in new if number not in before)]
    return {number: {**before.get(number, {}), **new.get(number, {})} for number in numbers}


def read_criteria(path: Path = CRITERIA_FILE) -> list[Criterion]:
    """Read the list of criteria, in its order."""
    with path.open("rb") as file:
        return [Criterion(row["number"], row["title"]) for row in tomllib.load(file)["criterion"]]


class _Carriers:
    """A plugin of pytest that notes which test carries which criterion."""

    def __init__(self) -> None:
        self.tests: dict[str, list[str]] = {}

    def pytest_itemcollected(self, item: object) -> None:
        """Note one collected test."""
        for marker in item.iter_markers("criterion"):  # type: ignore[attr-defined]
            for number in marker.args:
                self.tests.setdefault(str(number), []).append(item.nodeid)  # type: ignore[attr-defined]


def collect_carriers(folder: Path = CHECKOUT / "tests") -> dict[str, list[str]]:
    """Ask pytest which tests carry which criterion.

    Raises:
        SystemExit: when the tests cannot be collected, with what pytest said.
    """
    import pytest  # only this command needs it; the town itself runs without

    carriers, said = _Carriers(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider", str(folder)], plugins=[carriers])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        _, mark, errors = said.getvalue().partition("= ERRORS =")
        raise SystemExit(f"The tests cannot be collected.\n{mark}{errors or said.getvalue()}")
    return carriers.tests


def verdict(tests: Sequence[str], outcomes: Mapping[str, Outcome]) -> str:
    """Say in a word how a criterion stands: the worst of its tests decides."""
    if not tests:
        return NO_TEST
    found = {outcomes[test].outcome if test in outcomes else NOT_RUN for test in tests}
    return next((word for word in ("failed", NOT_RUN, "skipped") if word in found), "passed")


def _last(outcomes: Mapping[str, Outcome], tests: Sequence[str]) -> str:
    return max((outcomes[test].at for test in tests if test in outcomes), default="")


def table(criteria: Sequence[Criterion], carriers: Mapping[str, Sequence[str]], results: Results) -> list[str]:
    """Write the table: a line for each criterion, and below it its tests."""
    lines = []
    for each in criteria:
        tests = carriers.get(each.number, ())
        last, full = results.last.get(each.number, {}), results.full.get(each.number, {})
        at, at_full = _last(last, tests), _last(full, tests)
        lines.append(f"{each.number:>5}  {verdict(tests, last):<12} {each.title}" + (f"  ({at})" if at else ""))
        lines += [f"{'':20} {test}" for test in tests]
        if at_full:
            lines.append(f"{'':20} full size: {verdict(tests, full)} ({at_full})")
    return lines


def summary(criteria: Sequence[Criterion], carriers: Mapping[str, Sequence[str]], results: Results) -> str:
    """Count the verdicts."""
    verdicts = [verdict(carriers.get(each.number, ()), results.last.get(each.number, {})) for each in criteria]
    counted = ", ".join(f"{verdicts.count(word)} {word}" for word in dict.fromkeys(sorted(verdicts)))
    return f"{len(criteria)} criteria: {counted}"


def main() -> int:
    """Print the table."""
    criteria, carriers, results = read_criteria(), collect_carriers(), Results.read(RESULTS_FILE)
    print("\n".join(table(criteria, carriers, results)))
    print(summary(criteria, carriers, results))
    return 0


if __name__ == "__main__":
    sys.exit(main())

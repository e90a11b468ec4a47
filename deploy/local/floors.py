"""Runs the floors of the test house one after another and ends with one table: `python -m deploy.local.floors unit`.

A floor on which no test ran has failed: a green table must not come from an empty folder.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.local import browser, install
from deploy.local.places import CHECKOUT
from deploy.local.progress import Progress
from deploy.local.trouble import TownError

TOOLS: Final = Path(sys.executable).parent
CODE: Final = ("lianxi", "services", "gateway", "deploy", "bench", "tests")
REPORTS: Final = CHECKOUT / ".cache" / "reports"
STARTS_NOTHING: Final = frozenset({"architecture", "unit", "contract"})
"""Floors that only reckon: one process for each core of the machine."""
NEEDS_BROKER: Final = frozenset({"integration", "e2e", "browser", "chaos"})
NEEDS_BROWSER: Final = frozenset({"browser"})
INSTALL_LOG: Final = CHECKOUT / ".cache" / "install.log"


@dataclass(frozen=True)
class Result:
    """What one floor came to.

    Units: seconds.
    """

    floor: str
    passed: int
    failed: int
    skipped: int
    seconds: float

    @property
    def is_good(self) -> bool:
        """Nothing failed, and something ran."""
        return self.failed == 0 and self.passed > 0


def run_tool(floor: str, *commands: Sequence[str]) -> Result:
    """Run checkers that only say yes or no; each counts as one test."""
    began_at = time.monotonic()
    codes = [subprocess.run(list(command), cwd=CHECKOUT, check=False).returncode for command in commands]
    failed = sum(code != 0 for code in codes)
    return Result(floor, len(codes) - failed, failed, 0, time.monotonic() - began_at)


def run_style() -> Result:
    """Formatting and lint."""
    code = [folder for folder in CODE if (CHECKOUT / folder).exists()]
    ruff = str(TOOLS / "ruff")
    return run_tool("style", [ruff, "format", "--check", "--quiet", *code], [ruff, "check", "--quiet", *code])


def run_types() -> Result:
    """Types, strict."""
    return run_tool("types", [str(TOOLS / "mypy"), "--no-error-summary"])


def run_imports() -> Result:
    """The layers of the house."""
    return run_tool("imports", [str(TOOLS / "lint-imports"), "--no-cache"])


CHECKS: Final[Mapping[str, Callable[[], Result]]] = {"style": run_style, "types": run_types, "imports": run_imports}


def run_tests(floor: str) -> Result:
    """One folder of tests in a pytest of its own."""
    began_at = time.monotonic()
    folder, report = Path("tests") / floor, REPORTS / f"{floor}.xml"
    if not (CHECKOUT / folder).is_dir():
        return Result(floor, 0, 1, 0, 0.0)
    REPORTS.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    side_by_side = ["-n", "auto", "--dist", "loadfile"] if floor in STARTS_NOTHING else []
    command = [sys.executable, "-m", "pytest", str(folder), "-q", "--no-header", f"--junitxml={report}", *side_by_side]
    code = subprocess.run(command, cwd=CHECKOUT, check=False).returncode
    return read_report(floor, report, code, time.monotonic() - began_at)


def read_report(floor: str, report: Path, code: int, seconds: float) -> Result:
    """Count what pytest wrote down; a pytest that ended badly counts as a failure whatever it wrote."""
    if not report.exists():
        return Result(floor, 0, 1, 0, seconds)
    suites = ElementTree.parse(report).getroot().iter("testsuite")  # noqa: S314 - written by our own pytest a moment ago
    rows = [{key: int(suite.get(key, "0")) for key in ("tests", "failures", "errors", "skipped")} for suite in suites]
    total, skipped = sum(row["tests"] for row in rows), sum(row["skipped"] for row in rows)
    failed = sum(row["failures"] + row["errors"] for row in rows)
    passed = max(0, total - failed - skipped)
    return Result(floor, passed, failed or int(code != 0), skipped, seconds)


def table(results: Sequence[Result]) -> str:
    """The one table at the end."""
    head = f"{'floor':<14}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}"
    rows = [
        f"{row.floor:<14}{row.passed:>8}{row.failed:>8}{row.skipped:>9}{row.seconds:>9.1f}  {verdict(row)}".rstrip()
        for row in results
    ]
    seconds = sum(row.seconds for row in results)
    passed, failed, skipped = (sum(getattr(row, key) for row in results) for key in ("passed", "failed", "skipped"))
    foot = f"{'all':<14}{passed:>8}{failed:>8}{skipped:>9}{seconds:>9.1f}"
    return "\n".join(["", head, "-" * len(head), *rows, "-" * len(head), foot])


def verdict(result: Result) -> str:
    """The word at the end of a row that is not good."""
    if result.is_good:
        return ""
    return "FAILED" if result.failed else "NO TEST RAN"


def prepare(floors: Sequence[str], progress: Progress) -> None:
    """Fetch the broker's program, and a browser, when a floor needs them and the machine has none.

    Raises:
        TownError: when it cannot be had.
    """
    if NEEDS_BROKER & set(floors) and install.find() is None:
        progress.begin("program")
        found = install.ensure(INSTALL_LOG, progress, dict(os.environ))
        progress.done("program", found.version)
    if NEEDS_BROWSER & set(floors) and not browser.is_ready():
        progress.line(f"   {browser.ensure(INSTALL_LOG, progress)}")


def main(floors: Sequence[str]) -> int:
    """Run the named floors; zero when all are good."""
    wrong = [floor for floor in floors if not re.fullmatch(r"[a-z][a-z0-9]*", floor)]
    if wrong or not floors:
        sys.stderr.write("usage: python -m deploy.local.floors style types imports architecture unit …\n")
        return 2
    progress = Progress()
    try:
        prepare(floors, progress)
    except TownError as error:
        progress.fail(error)
        return 1
    results = []
    for floor in floors:
        progress.line(f"── {floor}")
        result = CHECKS[floor]() if floor in CHECKS else run_tests(floor)
        progress.line(f"   {floor}: {result.passed} passed, {result.failed} failed, {result.seconds:.1f} s")
        results.append(result)
    progress.line(table(results))
    return 0 if all(result.is_good for result in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

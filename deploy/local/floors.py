"""Runs the floors of the test house and ends with one table: `python -m deploy.local.floors unit`.

A floor on which no test ran has failed: a green table must not come from an empty folder. Floors that drive a town wait
most of their time, for a broker to come up or a letter to arrive: two of them run side by side. The few tests that
failed in company are run once more alone, and one that passes then is told as unsteady.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ElementTree
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import takewhile
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
LANES: Final = 2
LANE: Final = "TEST_LANE"
"""Tells a run of pytest the number of its lane; it has no settings' name because no process of the town reads it."""
TURNS: Final = CHECKOUT / ".cache" / "turns"
SAID: Final = 1_000
MOST_AGAIN: Final = 3
"""So many tests of a floor are run again when they failed beside another floor."""
WIDTH: Final = max(map(len, NEEDS_BROKER))


@dataclass(frozen=True)
class Trouble:
    """A test that failed, by the name that pytest takes, and the beginning of what it said."""

    test: str
    said: str


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
    troubles: tuple[Trouble, ...] = ()
    unsteady: int = 0
    """Those of the passed that have failed in company."""

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
    return run_folder(floor, run_here)


def run_here(command: Sequence[str]) -> int:
    """Run a command that writes where this process writes."""
    return subprocess.run(command, cwd=CHECKOUT, check=False).returncode


def run_folder(floor: str, run: Callable[[Sequence[str]], int], *more: str) -> Result:
    """Have a folder of tests run, and read what came of it."""
    folder = Path("tests") / floor
    if not (CHECKOUT / folder).is_dir():
        return Result(floor, 0, 1, 0, 0.0)
    side_by_side = ["-n", "auto", "--dist", "loadfile"] if floor in STARTS_NOTHING else []
    return run_pytest(floor, [str(folder)], run, *side_by_side, *more)


def run_pytest(name: str, tests: Sequence[str], run: Callable[[Sequence[str]], int], *more: str) -> Result:
    """Have tests run, and read what came of it."""
    began_at, report = time.monotonic(), REPORTS / f"{name}.xml"
    REPORTS.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    code = run([sys.executable, "-m", "pytest", *tests, "-q", "--no-header", f"--junitxml={report}", *more])
    return read_report(name, report, code, time.monotonic() - began_at)


def run_in_lane(command: Sequence[str], floor: str, lane: int, progress: Progress) -> int:
    """Run a floor beside another one: each line that it writes says whose it is."""
    environment = os.environ | {LANE: str(lane), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        for line in running.stdout or ():
            progress.line(f"{floor:<{WIDTH}} | {line.rstrip()}")
    return running.returncode


def run_side_by_side(floors: Sequence[str], progress: Progress) -> list[Result]:
    """Run floors that start a town in lanes: whichever lane is free takes the next one."""
    if len(floors) < LANES:
        return [run_alone(floor, progress) for floor in floors]
    waiting, done, taking = deque(floors), dict[str, Result](), threading.Lock()

    def go(lane: int) -> None:
        while True:
            with taking:
                if not waiting:
                    return
                floor = waiting.popleft()
                progress.line(f"── {floor}")
            # A line for each test, because dots would only come by the row.
            done[floor] = run_folder(floor, partial(run_in_lane, floor=floor, lane=lane, progress=progress), "-vv")
            progress.line(told(done[floor]))

    with ThreadPoolExecutor(LANES) as lanes:
        try:
            for each in [lanes.submit(go, lane) for lane in range(LANES)]:
                each.result()
        finally:
            waiting.clear()  # whoever interrupts wants no further floor
    return [done[floor] for floor in floors]


def told(result: Result) -> str:
    """What one floor came to, as a line."""
    return f"   {result.floor}: {result.passed} passed, {result.failed} failed, {result.seconds:.1f} s"


def read_report(floor: str, report: Path, code: int, seconds: float) -> Result:
    """Count what pytest wrote down; a pytest that ended badly counts as a failure whatever it wrote."""
    if not report.exists():
        return Result(floor, 0, 1, 0, seconds)
    root = ElementTree.parse(report).getroot()  # noqa: S314 - written by our own pytest a moment ago
    suites = root.iter("testsuite")
    rows = [{key: int(suite.get(key, "0")) for key in ("tests", "failures", "errors", "skipped")} for suite in suites]
    total, skipped = sum(row["tests"] for row in rows), sum(row["skipped"] for row in rows)
    failed = sum(row["failures"] + row["errors"] for row in rows)
    passed = max(0, total - failed - skipped)
    return Result(floor, passed, failed or int(code != 0), skipped, seconds, tuple(troubles(root)))


def troubles(report: ElementTree.Element) -> Iterator[Trouble]:
    """Name each test that failed and say how: whoever sees only the end of a long output wants to know no more."""
    for test in report.iter("testcase"):
        for kind in ("failure", "error"):
            for each in test.iter(kind):
                said = (each.get("message") or "")[:SAID].rstrip()
                yield Trouble(pytest_name(test.get("classname", ""), test.get("name", "")), said)


def pytest_name(classname: str, name: str) -> str:
    """Write the name by which pytest runs a test, from what its report calls it."""
    parts = classname.split(".")
    module = list(takewhile(lambda part: not part.startswith("Test"), parts))
    return "::".join([f"{'/'.join(module)}.py", *parts[len(module) :], name])


def look_again(result: Result, progress: Progress) -> Result:
    """Run alone the few tests that failed in company; one that passes then was disturbed, and is told as unsteady.

    More than a few, or a floor that broke off, is no disturbance.
    """
    tests = tuple(dict.fromkeys(each.test for each in result.troubles))
    if not 0 < len(result.troubles) == result.failed <= MOST_AGAIN:
        return result
    progress.line(f"── {result.floor}, once more alone: {' '.join(tests)}")
    again = run_pytest(f"{result.floor}-again", tests, run_here)
    progress.line(told(again))
    seconds = result.seconds + again.seconds
    if not again.is_good or again.passed != len(tests):
        return replace(result, seconds=seconds)
    return replace(result, passed=result.passed + len(tests), failed=0, seconds=seconds, unsteady=len(tests))


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
        return f"{result.unsteady} unsteady" if result.unsteady else ""
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


def run_alone(floor: str, progress: Progress) -> Result:
    """Run a floor that keeps every core busy."""
    progress.line(f"── {floor}")
    result = CHECKS[floor]() if floor in CHECKS else run_tests(floor)
    progress.line(told(result))
    return result


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
    began_at = time.monotonic()
    alone = [floor for floor in floors if floor not in NEEDS_BROKER]
    results = [run_alone(floor, progress) for floor in alone]
    in_company = run_side_by_side([floor for floor in floors if floor in NEEDS_BROKER], progress)
    results += [look_again(each, progress) for each in in_company]
    progress.line(table(results))
    progress.line(f"{'by the clock':<14}{time.monotonic() - began_at:>34.1f}")
    for result in results:
        for each in result.troubles:
            progress.line(f"\n{'UNSTEADY' if result.unsteady else 'FAILED'} {each.test}\n{each.said}")
    return 0 if all(result.is_good for result in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

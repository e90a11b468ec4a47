"""Processes of the town live and die as they are told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local import children
from deploy.local.children import Child, Recipe
from deploy.local.trouble import TownError
from tests.support.waiting import wait_until

CHECKOUT = Path(__file__).resolve().parents[3]
WAITS = "import signal, sys; print('up', flush=True); signal.pause()"
STUBBORN = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True)\nwhile True: signal.pause()"
)
PARENT = """
import sys
from pathlib import Path
from deploy.local.children import Child, Recipe
child = Child(Recipe("orphan", [sys.executable, "-c", sys.argv[1]], {}, Path.cwd(), Path(sys.argv[2]), lambda: True))
child.start()
print(child.pid, flush=True)
sys.stdin.readline()
"""


def recipe(folder: Path, program: str, *, ready: str = "up", seconds: float = 20, stop_seconds: float = 10) -> Recipe:
    log = folder / "log" / "child.jsonl"
    return Recipe(
        name="child",
        command=[sys.executable, "-c", program],
        environment=dict(os.environ),
        folder=folder,
        log=log,
        is_ready=lambda: log.exists() and ready in log.read_text(),
        start_seconds=seconds,
        stop_seconds=stop_seconds,
        hint="Mend it.",
    )


def test_a_child_is_ready_when_it_says_so_and_ends_when_asked(tmp_path: Path) -> None:
    child = Child(recipe(tmp_path, WAITS))
    child.start()
    children.await_ready([child])
    assert os.getpgid(child.pid) == child.pid, "it leads a group of its own"
    assert child.stop()
    assert not child.is_alive()
    assert child.process is not None
    assert child.process.returncode == -signal.SIGTERM


def test_a_child_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    child = Child(recipe(tmp_path, STUBBORN, stop_seconds=0.2))
    child.start()
    children.await_ready([child])
    assert not child.stop()
    assert not child.is_alive()


def test_a_child_that_ends_while_starting_is_told_with_its_log(tmp_path: Path) -> None:
    child = Child(recipe(tmp_path, "print('the disk is full'); raise SystemExit(3)"))
    child.start()
    with pytest.raises(TownError) as told:
        children.await_ready([child])
    assert told.value.what == "child ended while starting (exit code 3)."
    assert told.value.remedy == "Mend it."
    assert told.value.log is not None
    assert "the disk is full" in told.value.log.read_text()


def test_a_child_that_stays_silent_meets_its_deadline(tmp_path: Path) -> None:
    child = Child(recipe(tmp_path, WAITS, ready="never", seconds=0.3))
    child.start()
    try:
        with pytest.raises(TownError, match="did not become ready"):
            children.await_ready([child])
    finally:
        child.kill()


def test_a_child_does_not_outlive_whoever_started_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT, WAITS, str(tmp_path / "orphan.log")]
    with subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        orphan = int(parent.stdout.readline())
        assert children.start_time(orphan) is not None
        parent.kill()
    wait_until(lambda: children.start_time(orphan) is None, what="the orphan to be gone")


def test_a_recycled_process_number_has_another_start_time() -> None:
    assert children.start_time(os.getpid()) not in {None, children.start_time(1)}
    assert children.start_time(2**22 + 1) is None


def test_a_large_log_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "LOG_LIMIT_BYTES", 10)
    log = tmp_path / "tips.jsonl"
    log.write_text("x" * 11)
    children.roll(log)
    assert not log.exists()
    assert (tmp_path / "tips.jsonl.1").read_text() == "x" * 11

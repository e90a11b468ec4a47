"""Processes of the town: started in their own group, tied to the life of whoever started them, stopped by number."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from deploy.local.trouble import TownError

# Every Debian and Ubuntu has it; elsewhere the town works too, but a killed supervisor leaves its children behind.
SETPRIV: Final = shutil.which("setpriv")
LOG_LIMIT_BYTES: Final = 10_000_000
PAUSE_SECONDS: Final = 0.05

Question = Callable[[], bool]


@dataclass(frozen=True)
class Recipe:
    """How one process is started, how it is asked whether it is ready, and how long it may take to come and to go.

    `orphaned` is what it hears when its supervisor was killed: what keeps data may close its files, the rest just ends,
    because with its broker and database ending too it could wait for them for minutes.

    Units: seconds.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    log: Path
    is_ready: Question
    start_seconds: float = 60
    stop_seconds: float = 25
    orphaned: Literal["TERM", "KILL"] = "KILL"
    hint: str = "Read the log, then try again."


@dataclass
class Child:
    """One process of the town and what became of it."""

    recipe: Recipe
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    restarts: int = 0
    was_ready: bool = False

    @property
    def name(self) -> str:
        """The name under which the town knows the process."""
        return self.recipe.name

    @property
    def pid(self) -> int:
        """The process number; asking for it before the start is a mistake of the caller."""
        if self.process is None:
            raise ProcessLookupError(f"{self.name} was not started")
        return self.process.pid

    def start(self) -> None:
        """Start the process in a group of its own, with its output in its own log.

        Call it from the main thread: the kernel ends a child together with the *thread* that made it.
        """
        roll(self.recipe.log)
        self.recipe.log.parent.mkdir(parents=True, exist_ok=True)
        with self.recipe.log.open("ab") as log:
            self.process = subprocess.Popen(
                tethered(self.recipe.command, self.recipe.orphaned),
                env=dict(self.recipe.environment),
                cwd=self.recipe.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.started_at = time.monotonic()
        self.was_ready = False

    def is_alive(self) -> bool:
        """Say whether the process runs."""
        return self.process is not None and self.process.poll() is None

    def is_ready(self) -> bool:
        """Ask the process its readiness question."""
        self.was_ready = self.is_alive() and self.recipe.is_ready()
        return self.was_ready

    def ask_to_stop(self) -> None:
        """Ask the process to end by itself (SIGTERM); no word is said to one that has ended."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the whole group at once (SIGKILL) and wait until the process is gone."""
        if self.process is None:
            return
        if self.process.poll() is None:
            kill_group(self.process.pid)
        self.process.wait()

    def await_end(self, seconds: float) -> bool:
        """Wait for the process to end; say whether it did in time."""
        if self.process is None:
            return True
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> bool:
        """Ask, wait as long as the recipe grants, then kill; say whether asking was enough."""
        self.ask_to_stop()
        if self.await_end(self.recipe.stop_seconds):
            return True
        self.kill()
        return False

    def did_not_start(self) -> TownError:
        """The sentence for a process that ended or stayed silent while it should have become ready."""
        if self.is_alive():
            what = f"{self.name} did not become ready within {self.recipe.start_seconds:.0f} s."
        else:
            code = None if self.process is None else self.process.returncode
            what = f"{self.name} ended while starting (exit code {code})."
        return TownError(what, self.recipe.hint, self.recipe.log)


def tethered(command: Sequence[str], orphaned: Literal["TERM", "KILL"] = "KILL") -> list[str]:
    """The same command, which the kernel ends with a signal when whoever started it is gone.

    `setpriv` sets that and then becomes the program, so the process number stays the program's own. Doing it in Python
    between fork and exec is unsafe as soon as the parent has threads.
    """
    return [SETPRIV, "--pdeathsig", orphaned, "--", *command] if SETPRIV else list(command)


def kill_group(pid: int) -> None:
    """End a process that leads its own group, with everything in it."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def roll(log: Path) -> None:
    """Set a log aside once it has grown large, so that a town running for weeks does not fill the disk."""
    if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(log.suffix + ".1"))


def start_time(pid: int) -> str | None:
    """When the kernel says a process began, in clock ticks since boot; None when there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]


def await_ready(children: Sequence[Child], each_round: Callable[[], None] = lambda: None) -> None:
    """Wait until every process answers its readiness question; `each_round` runs between the questions.

    Raises:
        TownError: when one ends or stays silent past its deadline.
    """
    waiting = list(children)
    while waiting:
        waiting = [child for child in waiting if not child.is_ready()]
        for child in waiting:
            late = time.monotonic() - child.started_at > child.recipe.start_seconds
            if late or not child.is_alive():
                raise child.did_not_start()
        each_round()
        if waiting:
            time.sleep(PAUSE_SECONDS)

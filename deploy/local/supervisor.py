"""Keeps the town's processes: starts them in order, restarts what dies, and stops all of it so that nothing is left."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

from deploy.local import children
from deploy.local.children import Child, Recipe
from deploy.local.places import write_private_json
from deploy.local.progress import Progress
from deploy.local.trouble import TownError

RESTARTS: Final = 3
FIRST_PAUSE_SECONDS: Final = 1.0
FORGIVEN_AFTER_SECONDS: Final = 120.0
SAME_WISH_SECONDS: Final = 0.5
STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(Exception):
    """Somebody asked the town to stop while it was still starting."""


class Wishes:
    """How often somebody has asked the town to stop: once is politely, twice is at once."""

    def __init__(self) -> None:
        self.count = 0
        self._heard_at = -SAME_WISH_SECONDS

    def listen(self) -> None:
        """Take Ctrl-C, SIGTERM and a closed terminal as a wish to stop."""
        for number in STOP_SIGNALS:
            signal.signal(number, self._heard)

    def check(self) -> None:
        """Leave off starting when somebody wants to stop.

        Raises:
            Interrupted: once a wish was heard.
        """
        if self.count:
            raise Interrupted

    def _heard(self, _number: int, _frame: FrameType | None) -> None:
        # `make` and `timeout` pass on what the whole group has heard already: two signals at once are one wish.
        now = time.monotonic()
        if now - self._heard_at >= SAME_WISH_SECONDS:
            self.count += 1
        self._heard_at = now


@dataclass
class Revival:
    """A process that ended and will be started again."""

    child: Child
    due_at: float


class Supervisor:
    """The processes of one town, by name, in the order in which they were started."""

    def __init__(self, record: Path, progress: Progress, wishes: Wishes | None = None) -> None:
        self.children: dict[str, Child] = {}
        self._record = record
        self._progress = progress
        self._wishes = wishes or Wishes()
        self._revivals: dict[str, Revival] = {}
        self._deliberately_down: set[str] = set()

    def spawn(self, recipe: Recipe) -> Child:
        """Start a process and remember it; it is not asked for readiness yet."""
        child = self.children.setdefault(recipe.name, Child(recipe))
        child.recipe = recipe
        child.start()
        self._deliberately_down.discard(recipe.name)
        self.record()
        return child

    def start(self, recipes: Sequence[Recipe], each_round: Callable[[], None] | None = None) -> None:
        """Start processes side by side and wait until all of them are ready.

        Raises:
            TownError: when one ends or stays silent.
            Interrupted: when somebody wants to stop.
        """
        self.await_ready([self.spawn(recipe) for recipe in recipes], each_round)

    def await_ready(self, waiting: Sequence[Child], each_round: Callable[[], None] | None = None) -> None:
        """Wait until all of these are ready, with a sign of life between the questions."""

        def each() -> None:
            self._wishes.check()
            if each_round is not None:
                each_round()
            self._progress.beat()

        children.await_ready(waiting, each)

    def record(self) -> None:
        """Write down each process's number and start time, for `make stop` and for whoever looks."""
        rows = {
            child.name: {"pid": child.pid, "started": children.start_time(child.pid), "log": str(child.recipe.log)}
            for child in self.children.values()
            if child.is_alive()
        }
        write_private_json(self._record, rows)

    def look_after(self) -> None:
        """One round of watching: plan the restart of what died, carry out what is due.

        Raises:
            TownError: when a process has died too often.
        """
        now = time.monotonic()
        for child in self.children.values():
            if not child.is_alive() and child.name not in self._revivals.keys() | self._deliberately_down:
                self._plan_revival(child, now)
            if child.restarts and not child.was_ready and child.is_ready():
                self._progress.say("revived", name=child.name)
        for revival in [each for each in self._revivals.values() if each.due_at <= now]:
            del self._revivals[revival.child.name]
            revival.child.start()
            self.record()

    def _plan_revival(self, child: Child, now: float) -> None:
        code = None if child.process is None else child.process.returncode
        if now - child.started_at > FORGIVEN_AFTER_SECONDS:
            child.restarts = 0
        if child.restarts >= RESTARTS:
            what = f"{child.name} keeps ending (exit code {code}); it was restarted {RESTARTS} times."
            raise TownError(what, child.recipe.hint, child.recipe.log)
        pause = FIRST_PAUSE_SECONDS * 2**child.restarts
        child.restarts += 1
        self._progress.say("died", name=child.name, code=code, wait=int(pause), count=child.restarts, limit=RESTARTS)
        self._revivals[child.name] = Revival(child, now + pause)

    def take_down(self, name: str) -> None:
        """Stop one process on purpose; it is not started again by itself."""
        self._deliberately_down.add(name)
        self.children[name].stop()

    def shoot(self, name: str) -> None:
        """End one process at once (SIGKILL), as a crash would; it is not started again by itself."""
        self._deliberately_down.add(name)
        self.children[name].kill()

    def bring_up(self, name: str) -> Child:
        """Start a process again that was taken down or shot, and wait until it is ready."""
        child = self.spawn(self.children[name].recipe)
        self.await_ready([child])
        return child

    def stop(self, order: Sequence[Sequence[str]]) -> bool:
        """Stop everything, group after group, and say whether asking politely was enough for all."""
        self._revivals.clear()
        polite = True
        for group in order:
            running = [
                self.children[name] for name in group if name in self.children and self.children[name].is_alive()
            ]
            for child in running:
                child.ask_to_stop()
            for child in running:
                polite = self._await_end(child) and polite
        self._record.unlink(missing_ok=True)
        return polite

    def _await_end(self, child: Child) -> bool:
        began_at = time.monotonic()
        while child.is_alive():
            late = time.monotonic() - began_at > child.recipe.stop_seconds
            if late or self._wishes.count > 1:
                child.kill()
                self._progress.line(f"   {child.name:<16}{self._progress.word('killed')}")
                return False
            time.sleep(children.PAUSE_SECONDS)
        self._progress.line(f"   {child.name:<16}{self._progress.word('stopped')} {time.monotonic() - began_at:5.1f} s")
        return True

    def kill_everything(self) -> None:
        """Leave nothing behind, whatever happened before."""
        for child in reversed(self.children.values()):
            child.kill()
        self._record.unlink(missing_ok=True)

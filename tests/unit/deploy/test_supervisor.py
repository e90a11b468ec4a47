"""The supervisor restarts what dies, gives up after three times, and stops in order."""

from __future__ import annotations

import io
import os
import signal
import sys
from pathlib import Path

import pytest

from deploy.local import supervisor
from deploy.local.children import Recipe
from deploy.local.places import read_json
from deploy.local.progress import Progress
from deploy.local.supervisor import Interrupted, Supervisor, Wishes
from deploy.local.trouble import TownError
from tests.support.waiting import wait_until

WAITS = "import signal; print('up', flush=True); signal.pause()"


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def watched(tmp_path: Path, out: io.StringIO) -> Supervisor:
    return Supervisor(tmp_path / "children.json", Progress(stream=out, environment={"LANG": "C"}))


def recipe(folder: Path, name: str, program: str = WAITS) -> Recipe:
    log = folder / f"{name}.log"
    return Recipe(
        name=name,
        command=[sys.executable, "-c", program],
        environment=dict(os.environ),
        folder=folder,
        log=log,
        is_ready=lambda: log.exists() and "up" in log.read_text(),
    )


def test_what_dies_is_started_again(
    tmp_path: Path, watched: Supervisor, out: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_SECONDS", 0.01)
    try:
        watched.start([recipe(tmp_path, "tips")])
        before = watched.children["tips"].pid
        os.kill(before, signal.SIGKILL)

        def is_back() -> bool:
            watched.look_after()
            return watched.children["tips"].was_ready and watched.children["tips"].pid != before

        wait_until(is_back, what="tips to be restarted")
        assert "tips ended unexpectedly (exit code -9)" in out.getvalue()
        assert "tips is back" in out.getvalue()
        assert read_json(tmp_path / "children.json")["tips"]["pid"] == watched.children["tips"].pid
    finally:
        watched.kill_everything()


def test_what_keeps_dying_stops_the_town_with_a_reason(
    tmp_path: Path, watched: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_SECONDS", 0.0)
    watched.spawn(recipe(tmp_path, "cases", "raise SystemExit(7)"))

    def watch_until_it_gives_up() -> bool:
        watched.look_after()
        return False

    with pytest.raises(TownError, match=r"cases keeps ending \(exit code 7\)"):
        wait_until(watch_until_it_gives_up, what="the supervisor to give up")
    assert watched.children["cases"].restarts == supervisor.RESTARTS


def test_what_was_taken_down_on_purpose_stays_down(tmp_path: Path, watched: Supervisor, out: io.StringIO) -> None:
    try:
        watched.start([recipe(tmp_path, "relay")])
        watched.shoot("relay")
        watched.look_after()
        assert not watched.children["relay"].is_alive()
        assert "unexpectedly" not in out.getvalue()
        assert watched.bring_up("relay").is_alive()
    finally:
        watched.kill_everything()


def test_it_stops_group_after_group_and_tells_each(tmp_path: Path, watched: Supervisor, out: io.StringIO) -> None:
    watched.start([recipe(tmp_path, name) for name in ("broker", "tips", "gateway")])
    assert watched.stop([["gateway"], ["tips"], ["broker"]])
    told = [line.split()[0] for line in out.getvalue().splitlines()]
    assert told == ["gateway", "tips", "broker"]
    assert not (tmp_path / "children.json").exists()


def test_a_wish_to_stop_ends_the_start(tmp_path: Path, out: io.StringIO) -> None:
    wishes = Wishes()
    wishes.count = 1
    watched = Supervisor(tmp_path / "children.json", Progress(stream=out, environment={"LANG": "C"}), wishes)
    try:
        with pytest.raises(Interrupted):
            watched.start([recipe(tmp_path, "slow", "import signal; signal.pause()")])
    finally:
        watched.kill_everything()
    assert not watched.children["slow"].is_alive()


def test_a_second_wish_kills_at_once(tmp_path: Path, out: io.StringIO) -> None:
    wishes = Wishes()
    stubborn = "import signal; signal.signal(15, signal.SIG_IGN); print('up', flush=True)\nwhile True: signal.pause()"
    watched = Supervisor(tmp_path / "children.json", Progress(stream=out, environment={"LANG": "C"}), wishes)
    watched.start([recipe(tmp_path, "gateway", stubborn)])
    wishes.count = 2
    assert not watched.stop([["gateway"]])
    assert "had to be killed" in out.getvalue()

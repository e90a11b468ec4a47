"""`make run` from the outside: a copy of the checkout, in a path with Chinese and spaces, started, used and stopped."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2
import psutil
import pytest

from deploy.local.places import Places, read_json
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(300)]

CHECKOUT = Path(__file__).resolve().parents[2]
FOLDERS = ("lianxi", "services", "gateway", "deploy")
START_SECONDS = 120
MOST_MEGABYTES = 900


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("copy") / "路径 有空格"
    for folder in FOLDERS:
        shutil.copytree(CHECKOUT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return root


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LIANXI_")}
    return kept | {"HOME": str(home), "LANG": "en_US.UTF-8", "PYTHONUTF8": "1"} | more


def town(copy: Path, command: str = "run", out: str | None = None, **more: str) -> subprocess.Popen[str]:
    with (copy / f"{out or command}.out").open("w") as told:
        return subprocess.Popen(
            [sys.executable, "-m", "deploy.local.town", command],
            cwd=copy,
            env=environment(copy.parent, **more),
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
        )


def printed(copy: Path, out: str = "run") -> str:
    return (copy / f"{out}.out").read_text("utf-8")


def living(copy: Path) -> Iterator[psutil.Process]:
    """Every process that lives in this copy of the checkout."""
    for process in psutil.process_iter():
        try:
            data = process.environ().get("RABBITMQ_MNESIA_BASE")
            if process.cwd().startswith(str(copy)) or (data and str(Path(data).resolve()).startswith(str(copy))):
                yield process
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue


def left_over(copy: Path) -> list[str]:
    """What still runs, as it was called."""
    found = []
    for process in living(copy):
        with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            found.append(" ".join(process.cmdline()))
    return found


def megabytes(copy: Path) -> float:
    """The memory of all that runs, each shared page counted once."""
    return sum(process.memory_full_info().pss for process in living(copy)) / 1_000_000


@contextmanager
def serving(copy: Path) -> Iterator[subprocess.Popen[str]]:
    """A town that has played its story and serves."""
    running = town(copy)
    try:
        wait_until(
            lambda: "Serving." in printed(copy) or running.poll() is not None, START_SECONDS, "the town to serve"
        )
        assert running.poll() is None, printed(copy)
        yield running
    finally:
        if running.poll() is None:
            running.kill()
        running.wait()
        wait_until(lambda: not left_over(copy), 60, "the killed town's children to be gone")


def test_once_plays_the_story_ends_with_zero_and_leaves_nothing(copy: Path) -> None:
    running = town(copy, ONCE="1")
    code = running.wait(START_SECONDS)
    out = printed(copy)
    assert code == 0, out
    assert "Traceback" not in out
    for number in range(1, 7):
        assert re.search(rf"^ {number}/6 ", out, flags=re.MULTILINE), out
    stopped = re.findall(r"^   (\w+) +stopped", out, flags=re.MULTILINE)
    assert stopped[0] == "gateway"
    assert stopped[-4:] == ["relay", "database", "broker", "epmd"]
    assert set(stopped[1:-4]) == {"tips", "inspections", "cases", "reporting", "notifications"}
    assert left_over(copy) == []


def test_a_second_start_serves_on_the_kept_data_heals_and_stops_when_told(copy: Path) -> None:
    places = Places(copy / ".lianxi")
    secrets = places.credentials_file.read_text()
    with serving(copy) as running:
        assert places.credentials_file.read_text() == secrets, "yesterday's credentials still hold"
        gateway = read_json(places.town_file)["gateway"]
        assert httpx2.get(f"{gateway}/readyz", trust_env=False).status_code == httpx2.codes.OK

        assert megabytes(copy) <= MOST_MEGABYTES

        assert town(copy, out="again").wait(30) == 0
        assert gateway in printed(copy, "again")

        before = read_json(places.children_file)["tips"]["pid"]
        os.kill(before, signal.SIGKILL)
        wait_until(
            lambda: read_json(places.children_file).get("tips", {}).get("pid", before) != before, 30, "a new tips"
        )
        wait_until(
            lambda: httpx2.get(f"{gateway}/readyz", trust_env=False).status_code == httpx2.codes.OK, 60, "readiness"
        )

        assert town(copy, "stop").wait(60) == 0, printed(copy, "stop")
        assert running.wait(10) == 0
        assert left_over(copy) == []
        assert not places.town_file.exists()


def test_ctrl_c_stops_everything_with_zero(copy: Path) -> None:
    with serving(copy) as running:
        running.send_signal(signal.SIGINT)
        assert running.wait(60) == 0, printed(copy)
        assert left_over(copy) == []
        assert "nothing left running" in printed(copy)


def test_nobody_survives_a_supervisor_that_was_killed(copy: Path) -> None:
    with serving(copy) as running:
        assert len(left_over(copy)) >= 11
        running.kill()
        running.wait()
        wait_until(lambda: not left_over(copy), 60, "every child to be gone")


def test_a_failure_is_told_without_a_traceback(copy: Path) -> None:
    running = town(copy, LIANXI_MONGOURL="mongodb://misspelt/")
    assert running.wait(60) == 1
    out = printed(copy)
    assert "Nobody reads LIANXI_MONGOURL" in out
    assert "What to do:" in out
    assert "Traceback" not in out
    assert left_over(copy) == []


def test_reset_deletes_the_folder_and_nothing_else(copy: Path) -> None:
    assert town(copy, "reset").wait(60) == 0
    assert not (copy / ".lianxi").exists()
    assert (copy / "deploy").exists()
    assert town(copy, "stop").wait(60) == 0
    assert "No town is running here" in printed(copy, "stop")

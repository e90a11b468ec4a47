"""`make run`, `make stop`, `make reset`: the whole town on this machine.

`python -m deploy.local.town run` brings the town up, plays the story once and keeps serving; with ONCE=1 it ends after
the story.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from deploy.local import children, lan, preflight
from deploy.local.assembly import Options, Town
from deploy.local.database import plain_environment
from deploy.local.places import CHECKOUT, Places, of_checkout, read_json
from deploy.local.ports import PortBook
from deploy.local.progress import Progress
from deploy.local.supervisor import Interrupted, Wishes
from deploy.local.trouble import TownError
from lianxi import __version__

STEPS: Final = 6
WATCH_SECONDS: Final = 0.25
STOP_SECONDS: Final = 90
FAILED: Final = 1
NOT_POLITE: Final = 130


class AlreadyRunning(Exception):
    """Another supervisor holds the lock of this checkout."""


@contextmanager
def only_one(places: Places) -> Iterator[None]:
    """Hold the checkout's lock, so that two supervisors never share one folder.

    Raises:
        AlreadyRunning: when somebody else holds it.
    """
    places.make()
    with places.lock_file.open("a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning from None
        lock.truncate(0)
        lock.write(f"{os.getpid()} {children.start_time(os.getpid())}\n")
        lock.flush()
        yield


def run(places: Places, progress: Progress, *, once: bool) -> int:
    """Bring the town up, play the story, serve until somebody wants to stop; answer the exit code."""
    wishes = Wishes()
    wishes.listen()
    progress.before_beat = wishes.check
    try:
        with only_one(places):
            return serve(places, progress, wishes, once=once)
    except AlreadyRunning:
        progress.say("running")
        show_addresses(progress, read_json(places.town_file))
        return FAILED if once else 0


def serve(places: Places, progress: Progress, wishes: Wishes, *, once: bool) -> int:
    """All that happens while the lock is held."""
    progress.say("title", version=__version__)
    progress.line()
    town = Town(places, PortBook(), progress, Options(), wishes)
    code = 0
    try:
        preflight.check(places, os.environ)
        town.start()
        code = play_story(town, progress, wishes)
        show_addresses(progress, read_json(places.town_file))
        if not once:
            code = 0
            progress.say("serving")
            watch(town, wishes)
    except Interrupted:
        progress.line()
    except TownError as error:
        progress.fail(error)
        code = FAILED
    except OSError as error:
        remedy = "Mend what the sentence names, then start again."
        progress.fail(
            TownError(f"The machine refused: {error.strerror or error} {error.filename or ''}".strip(), remedy)
        )
        code = FAILED
    finally:
        code = stop(town, progress) or code
    return code


def stop(town: Town, progress: Progress) -> int:
    """Stop everything, each printed; 0 when nothing had to be killed."""
    if not any(child.is_alive() for child in town.supervisor.children.values()):
        return 0
    progress.line()
    progress.say("stopping")
    polite = town.stop()
    progress.say("all_stopped")
    return 0 if polite else NOT_POLITE


def watch(town: Town, wishes: Wishes) -> None:
    """Look after the processes until somebody wants to stop."""
    while not wishes.count:
        town.supervisor.look_after()
        time.sleep(WATCH_SECONDS)


def play_story(town: Town, progress: Progress, wishes: Wishes) -> int:
    """Run the story as its own process, which speaks HTTP only; it prints its steps itself. Answer its exit code."""
    progress.begin("story", town.gateway_url)
    progress.line()
    environment = plain_environment(os.environ) | {"PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}
    story = subprocess.Popen(
        children.tethered([sys.executable, "-m", "deploy.local.story"]),
        cwd=CHECKOUT,
        env=environment | {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while story.poll() is None:
            wishes.check()
            town.supervisor.look_after()
            time.sleep(WATCH_SECONDS)
    finally:
        if story.poll() is None:
            children.kill_group(story.pid)
            story.wait()
    progress.done("story", mark="✔" if story.returncode == 0 else "✘")
    if story.returncode != 0:
        progress.say("story_failed", code=story.returncode, log=town.places.log)
    return FAILED if story.returncode else 0


def show_addresses(progress: Progress, addresses: Any) -> None:
    """Print where the town is."""
    if addresses is None:
        return
    progress.line()
    progress.say("pages", url=addresses["gateway"])
    progress.say("api", url=addresses["gateway"])
    progress.say("docs", url=addresses["gateway"])
    progress.say("credentials", path=shown(Path(addresses["credentials"])))
    progress.say("logs", path=shown(Path(addresses["log"])))
    if addresses.get("phones"):
        progress.say("phones", url=addresses["phones"])
        progress.line(lan.picture(addresses["phones"]))
        progress.say("fingerprint", fingerprint=addresses["fingerprint"])
    progress.line()


def shown(path: Path) -> str:
    """A path as a person in the checkout would type it."""
    return str(path.relative_to(CHECKOUT)) if path.is_relative_to(CHECKOUT) else str(path)


def stop_from_outside(places: Places, progress: Progress) -> int:
    """Ask the supervisor of this checkout to stop, and wait until it is gone; never hits a process that is not ours."""
    holder = lock_holder(places)
    if holder is None:
        progress.say("not_running")
        return 0
    progress.say("stopping")
    pid, started = holder
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while children.start_time(pid) == started:
        if time.monotonic() > deadline:
            progress.fail(TownError(f"The town (process {pid}) did not stop.", f"Type `kill -KILL {pid}`."))
            return FAILED
        time.sleep(WATCH_SECONDS)
    progress.say("all_stopped")
    return 0


def lock_holder(places: Places) -> tuple[int, str] | None:
    """Process number and start time of the running supervisor, or None; a recycled number is not mistaken for it."""
    if not places.lock_file.exists():
        return None
    fields = places.lock_file.read_text(encoding="ascii").split()
    if len(fields) != 2 or children.start_time(int(fields[0])) != fields[1]:
        return None
    return int(fields[0]), fields[1]


def reset(places: Places, progress: Progress) -> int:
    """Delete the town's folder, keys and data included, after saying how large it is."""
    if lock_holder(places) is not None:
        progress.fail(TownError("The town is running.", "Stop it first: `make stop`."))
        return FAILED
    if places.root.exists():
        size = sum(file.stat().st_size for file in places.root.rglob("*") if file.is_file())
        progress.line(f"{shown(places.root)}: {size / 1_000_000:.1f} MB")
        shutil.rmtree(places.root)
    return 0


def main(arguments: Sequence[str]) -> int:
    """Run, stop or reset the town of this checkout."""
    places = of_checkout()
    match list(arguments):
        case [] | ["run"]:
            return run(places, Progress(STEPS), once=os.environ.get("ONCE", "") not in {"", "0"})
        case ["stop"]:
            return stop_from_outside(places, Progress())
        case ["reset"]:
            return reset(places, Progress())
        case _:
            sys.stderr.write("usage: python -m deploy.local.town [run|stop|reset]\n")
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

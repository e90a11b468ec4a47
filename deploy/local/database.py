"""The town's database: the one it is given, or SecantusDB as a child process for trying out."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.local import questions
from deploy.local.children import Recipe
from deploy.local.places import CHECKOUT
from deploy.local.ports import LOOPBACK
from deploy.local.trouble import TownError

PREFERRED_PORT: Final = 27117
PROGRAM: Final = "secantusd-py"
CACHE_SIZE: Final = "128M"
TASKSET: Final = shutil.which("taskset")


@dataclass(frozen=True)
class PrivateDatabase:
    """SecantusDB on this machine only, with its data in the town's own folder."""

    folder: Path
    log: Path
    port: int

    @property
    def url(self) -> str:
        """How clients reach it; retried writes are off because they make this database eleven times slower."""
        return f"mongodb://{LOOPBACK}:{self.port}/?retryWrites=false&directConnection=true"

    def recipe(self) -> Recipe:
        """How it is started.

        Raises:
            TownError: when the program is not installed.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        configuration = self.folder / "secantusd.toml"
        configuration.touch()  # naming a file keeps the program from reading one out of somebody's home
        return Recipe(
            name="database",
            command=[
                *on_one_core(self.port),
                str(find_program()),
                *("--config", str(configuration)),
                *("--host", LOOPBACK, "--port", str(self.port)),
                *("--storage-path", str(self.folder / "data")),
                *("--cache-size", CACHE_SIZE, "--log-level", "WARNING", "--standalone"),
                # Measured: without it a killed database forgets up to two seconds of writes that it had confirmed.
                "--sync-on-commit",
            ],
            environment=plain_environment(os.environ),
            folder=CHECKOUT,
            log=self.log,
            is_ready=lambda: questions.database_answers(self.port),
            start_seconds=40,
            stop_seconds=15,
            orphaned="TERM",
            hint="If its data is damaged, `make reset` starts again with an empty town.",
        )


def on_one_core(number: int) -> list[str]:
    """How to keep a program on one core, a different one for each number.

    Measured: the threads of this database wait for one interpreter lock, and handing it from core to core costs more
    than the work; on one of two cores it did twice as much with half the processor time.
    """
    cores = sorted(os.sched_getaffinity(0))
    return [TASKSET, "--cpu-list", str(cores[number % len(cores)])] if TASKSET else []


def plain_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without anything that is meant for Lianxi's own processes or for another Python."""
    return {
        name: value for name, value in environment.items() if not name.startswith(("LIANXI_", "PYTHON", "RABBITMQ_"))
    }


def find_program() -> Path:
    """The database's command beside the Python that runs us.

    Raises:
        TownError: when it is not installed.
    """
    program = Path(sys.executable).parent / PROGRAM
    if not program.exists():
        raise TownError(
            "The database for trying out (SecantusDB) is not installed.",
            "Start with `make run`, which installs it, or give LIANXI_MONGO_URL.",
        )
    return program


def check_given(url: str) -> str:
    """Ask a database that we were given for its version.

    Raises:
        TownError: when it does not answer or is too old.
    """
    version = questions.database_version(url, seconds=10)
    if version is None:
        raise TownError("The database of LIANXI_MONGO_URL does not answer.", "Check the address and that it runs.")
    if int(version.partition(".")[0]) < 7:
        raise TownError(f"The database of LIANXI_MONGO_URL is version {version}.", "MongoDB 7 or newer is needed.")
    return version

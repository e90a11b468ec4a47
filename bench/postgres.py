"""A private PostgreSQL for the peer that is documented with one, as far as this machine has its programs."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from deploy.local.children import Recipe
from deploy.local.database import plain_environment

USER: Final = "bench"
KEEPER: Final = "postgres"


def programs() -> Path | None:
    """Find the folder of its programs; `None` when it is not on this machine."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    named = shutil.which("initdb")
    return None if named is None else Path(named).resolve().parent


def as_keeper(command: Sequence[str]) -> list[str]:
    """Let another than root run it, because PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return list(command)
    return ["setpriv", f"--reuid={KEEPER}", f"--regid={KEEPER}", "--clear-groups", "--pdeathsig=INT", "--", *command]


def is_here() -> bool:
    """Say whether it can be started on this machine."""
    if programs() is None:
        return False
    try:
        return os.geteuid() != 0 or bool(pwd.getpwnam(KEEPER))
    except KeyError:
        return False


def recipe(folder: Path, port: int) -> Recipe:
    """Make a cluster and say how it is started; writes are flushed to the disk, as they are by default."""
    home = programs()
    assert home is not None
    data = folder / "data"
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        shutil.chown(folder, KEEPER)
    environment = plain_environment(os.environ)
    asked = [str(home / "pg_isready"), "-h", "127.0.0.1", "-p", str(port)]
    make = [str(home / "initdb"), "-D", str(data), "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
    subprocess.run(as_keeper(make), check=True, capture_output=True, cwd="/", env=environment)
    return Recipe(
        name="postgres",
        command=as_keeper(
            [
                *(str(home / "postgres"), "-D", str(data), "-p", str(port), "-k", str(folder)),
                *("-c", "listen_addresses=127.0.0.1", "-c", "shared_buffers=128MB"),
            ]
        ),
        environment=environment,
        folder=Path("/"),
        log=folder.with_name("postgres.log"),
        is_ready=lambda: subprocess.run([*asked, "-q"], check=False).returncode == 0,
        start_seconds=30,
        orphaned="TERM",
    )


def make_database(port: int, name: str) -> None:
    """Make an empty database."""
    home = programs()
    assert home is not None
    command = [str(home / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", USER, name]
    subprocess.run(command, check=True, capture_output=True, cwd="/", env=plain_environment(os.environ))

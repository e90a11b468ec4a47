"""Runs another program to its end, with its output in a log and a sign of life meanwhile."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

BEAT_SECONDS: Final = 0.1


def nothing() -> None:
    """The sign of life of somebody who gives none."""


def run_logged(
    command: Sequence[str],
    log: Path,
    *,
    beat: Callable[[], None] = nothing,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> int:
    """Run a program, append all it prints to a log, and give its exit code; 127 when there is no such program."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        output.write(("$ " + " ".join(command) + "\n").encode())
        output.flush()
        try:
            process = subprocess.Popen(
                list(command), stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment, cwd=folder
            )
        except FileNotFoundError:
            return 127
        try:
            while True:
                try:
                    return process.wait(BEAT_SECONDS)
                except subprocess.TimeoutExpired:
                    beat()
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()


def output_of(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    """What a program prints, or nothing when it fails or is not there."""
    try:
        done = subprocess.run(list(command), capture_output=True, text=True, check=False, env=environment)
    except FileNotFoundError:
        return ""
    return done.stdout if done.returncode == 0 else ""

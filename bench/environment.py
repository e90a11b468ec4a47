"""Makes the bench's own environment from its hashed lock, then becomes the bench: `python -m bench.environment`.

It lies apart from `.venv`, so that no peer's package ever stands where the product could import it.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from deploy.local import bootstrap, commands
from deploy.local.places import CHECKOUT
from deploy.local.trouble import TownError

HOME: Final = CHECKOUT / ".cache" / "bench"
ENVIRONMENT: Final = HOME / "environment"
LOCK: Final = CHECKOUT / "requirements" / "bench.txt"
LOG: Final = HOME / "environment.log"
MARK: Final = ENVIRONMENT / ".lianxi-bench"


def ensure() -> Path:
    """Make the environment unless it is current; answer its Python.

    Raises:
        TownError: when the packages cannot be had.
    """
    base = bootstrap.needed_python() or sys.executable
    python = ENVIRONMENT / "bin" / "python"
    print_of_lock = bootstrap.fingerprint(base, [LOCK])
    if MARK.exists() and MARK.read_text(encoding="ascii") == print_of_lock:
        return python
    HOME.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    print("bench: making its own environment (once for each lock)", flush=True)
    for step in steps(base, python, bootstrap.usable_uv()):
        if commands.run_logged(step, LOG) != 0:
            raise TownError("The bench's packages could not be installed.", "Read the log.", LOG)
    site = commands.output_of([str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]).strip()
    (Path(site) / "lianxi-checkout.pth").write_text(f"{CHECKOUT}\n", encoding="utf-8")
    MARK.write_text(print_of_lock, encoding="ascii")
    return python


def steps(base: str, python: Path, uv: str | None) -> Sequence[Sequence[str]]:
    """How an environment is made and filled, with uv or without."""
    if uv is not None:
        install = [uv, "pip", "install", "--quiet", "--python", str(python)]
        return [
            [uv, "venv", "--quiet", "--python", base, str(ENVIRONMENT)],
            [*install, "--require-hashes", "-r", str(LOCK)],
        ]
    install = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    return [[base, "-m", "venv", str(ENVIRONMENT)], [*install, "--require-hashes", "-r", str(LOCK)]]


def main(arguments: Sequence[str]) -> None:
    """Become the bench."""
    try:
        python = ensure()
    except TownError as error:
        sys.exit(str(error))
    os.execv(str(python), [str(python), "-m", "bench", *arguments])  # noqa: S606 -- our own Python, our own module


if __name__ == "__main__":
    main(sys.argv[1:])

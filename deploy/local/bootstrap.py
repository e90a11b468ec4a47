"""Makes the virtual environment `.venv` from the hashed requirements: `python3 -m deploy.local.bootstrap run|test`.

It runs before anything is installed, with whatever `python3` the machine has: standard library only, and syntax that an
old Python can read well enough to say that a newer one is needed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.local import commands
from deploy.local.places import CHECKOUT
from deploy.local.progress import Progress
from deploy.local.trouble import TownError

OLDEST = (3, 11)
NEWER_NAMES = ("python3.13", "python3.12", "python3.11")
ENVIRONMENT = CHECKOUT / ".venv"
LOG = CHECKOUT / ".cache" / "bootstrap.log"
SETS = {"run": ("runtime", "demo"), "test": ("runtime", "demo", "dev")}
COMPILED = ("lianxi", "services", "gateway", "deploy")
COMMAND_TEXT = """\
#!{python}
import sys

from lianxi.cli.main import main

sys.exit(main())
"""


def needed_python() -> str | None:
    """The Python to build with: this one, or a newer one on the machine; None when there is none."""
    if sys.version_info >= OLDEST:
        # Run from inside `.venv`, this is the Python that it was made with: what is made anew cannot make itself.
        return os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    found = [path for path in map(shutil.which, NEWER_NAMES) if path]
    return found[0] if found else None


def requirement_files(purpose: str) -> list[Path]:
    """The hashed requirement files of a purpose, as far as they exist."""
    files = [CHECKOUT / "requirements" / f"{name}.txt" for name in SETS[purpose]]
    return [file for file in files if file.exists()]


def fingerprint(python: str, files: Sequence[Path]) -> str:
    """Changes whenever the environment would have to be made anew."""
    digest = hashlib.sha256(python.encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def is_current(purpose: str, python: str) -> bool:
    """Say whether the environment already holds what a purpose needs."""
    if not (ENVIRONMENT / "bin" / "python").exists():
        return False
    return any(read_mark(each) == fingerprint(python, requirement_files(each)) for each in at_least(purpose))


def at_least(purpose: str) -> list[str]:
    """The purposes whose environment also serves this one."""
    return [each for each in SETS if set(SETS[purpose]) <= set(SETS[each])]


def mark_file(purpose: str) -> Path:
    """Where the fingerprint of what was installed is kept."""
    return ENVIRONMENT / f".lianxi-{purpose}"


def read_mark(purpose: str) -> str:
    """The fingerprint of what was installed, or nothing."""
    return mark_file(purpose).read_text(encoding="ascii") if mark_file(purpose).exists() else ""


def usable_uv() -> str | None:
    """The path of `uv` when there is one that really runs; a shim without its tool does not count."""
    uv = shutil.which("uv")
    return uv if uv and commands.output_of([uv, "--version"]) else None


def make_environment(python: str, progress: Progress) -> None:
    """An empty virtual environment with pip.

    Raises:
        TownError: when Python's own tools for it are missing and cannot be had.
    """
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    build = [python, "-m", "venv", str(ENVIRONMENT)]
    if commands.run_logged(build, LOG, beat=progress.beat) == 0:
        return
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    version = commands.output_of([python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]).strip()
    package = f"python{version}-venv"
    remedy = f"Type `apt-get update && apt-get install {package}` as root, or install uv."
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise TownError(f"Python's venv and ensurepip are missing ({package}).", remedy, LOG)
    from deploy.local.install import apt_install

    if not apt_install([package], LOG, progress.beat) or commands.run_logged(build, LOG, beat=progress.beat) != 0:
        raise TownError(f"The virtual environment could not be made, not even with {package}.", remedy, LOG)


def install_with_uv(uv: str, python: str, files: Sequence[Path], progress: Progress) -> bool:
    """Say whether uv could make the environment and fill it."""
    environment = dict(os.environ, VIRTUAL_ENV=str(ENVIRONMENT))
    steps = [[uv, "pip", "install", "--quiet", "--require-hashes", *requirement_arguments(files)]]
    if not is_current("run", python):
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        steps.insert(0, [uv, "venv", "--quiet", "--python", python, str(ENVIRONMENT)])
    return all(commands.run_logged(step, LOG, beat=progress.beat, environment=environment) == 0 for step in steps)


def install_with_pip(files: Sequence[Path], progress: Progress) -> None:
    """Fill the environment with pip.

    Raises:
        TownError: when it cannot.
    """
    pip = [str(ENVIRONMENT / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    command = [*pip, "--no-compile", "--require-hashes", *requirement_arguments(files)]
    if commands.run_logged(command, LOG, beat=progress.beat) != 0:
        raise TownError(
            "The packages could not be installed.", "Check that this machine reaches its package index.", LOG
        )


def requirement_arguments(files: Sequence[Path]) -> list[str]:
    """The files as pip and uv want them."""
    return [argument for file in files for argument in ("-r", str(file))]


def site_packages() -> Path:
    """Where the environment keeps its packages."""
    python = str(ENVIRONMENT / "bin" / "python")
    return Path(commands.output_of([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]).strip())


def compile_ahead(progress: Progress) -> None:
    """Compile packages and checkout on all cores; pip does it on one, and processes that start at once do it each.

    What cannot be compiled is some package's example for another Python; what nobody imports does not matter.
    """
    code = [str(CHECKOUT / name) for name in COMPILED]
    python = str(ENVIRONMENT / "bin" / "python")
    commands.run_logged(
        [python, "-m", "compileall", "-q", "-j", "0", str(site_packages()), *code], LOG, beat=progress.beat
    )


def link_checkout() -> None:
    """Let the environment see this checkout, and give it the `lianxi` command."""
    python = ENVIRONMENT / "bin" / "python"
    site = site_packages()
    (site / "lianxi-checkout.pth").write_text(f"{CHECKOUT}\n", encoding="utf-8")
    command = ENVIRONMENT / "bin" / "lianxi"
    command.write_text(COMMAND_TEXT.format(python=python), encoding="utf-8")
    command.chmod(0o755)


def bootstrap(purpose: str, progress: Progress) -> None:
    """Bring `.venv` up to what a purpose needs; quick and silent when it is there already.

    Raises:
        TownError: when it cannot be done.
    """
    python = needed_python()
    if python is None:
        found = ".".join(map(str, sys.version_info[:3]))
        raise TownError(f"Python 3.11 or newer is needed; this is {found}.", "Install python3.11 or newer.")
    if is_current(purpose, python):
        return
    files = requirement_files(purpose)
    LOG.parent.mkdir(parents=True, exist_ok=True)
    LOG.write_text("", encoding="utf-8")
    progress.begin("packages", f"Python {'.'.join(map(str, sys.version_info[:3]))}")
    uv = usable_uv()
    if uv is None or not install_with_uv(uv, python, files, progress):
        if not is_current("run", python):
            make_environment(python, progress)
        install_with_pip(files, progress)
    compile_ahead(progress)
    link_checkout()
    for each in SETS:
        if set(SETS[each]) <= set(SETS[purpose]):
            mark_file(each).write_text(fingerprint(python, requirement_files(each)), encoding="ascii")
    progress.done("packages")


def main(arguments: Sequence[str]) -> int:
    """Make the environment; the exit code says whether it is there."""
    purpose = arguments[0] if arguments else "run"
    if purpose not in SETS:
        sys.stderr.write("usage: python3 -m deploy.local.bootstrap [run|test]\n")
        return 2
    progress = Progress()
    try:
        bootstrap(purpose, progress)
    except TownError as error:
        progress.fail(error)
        return 1
    except KeyboardInterrupt:
        progress.line()
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

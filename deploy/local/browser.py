"""Finds a browser for the tests of the pages, or installs Debian's together with letters for Chinese."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from deploy.local import commands
from deploy.local.install import apt_install
from deploy.local.progress import Progress
from deploy.local.trouble import TownError

PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
PACKAGES: Final = ("chromium", "fonts-wqy-microhei", "fontconfig")
REMEDY: Final = (
    f"Type `apt-get update && apt-get install --no-install-recommends {' '.join(PACKAGES)}` as root, "
    "or put a chromium and a Chinese font on this machine."
)


def find() -> Path | None:
    """The browser of this machine."""
    found = next((where for name in PROGRAMS if (where := shutil.which(name)) is not None), None)
    return None if found is None else Path(found)


def has_chinese() -> bool:
    """Say whether this machine has letters for Chinese; without them every page is rows of boxes."""
    return bool(commands.output_of(["fc-list", ":lang=zh-cn"]).strip())


def is_ready() -> bool:
    """Say whether nothing is missing."""
    return find() is not None and has_chinese()


def ensure(log: Path, progress: Progress) -> Path:
    """The browser, fetched first if this machine has none.

    Raises:
        TownError: when it, or a Chinese font, is missing and cannot be installed.
    """
    if not is_ready():
        if shutil.which("apt-get") is None or os.geteuid() != 0:
            raise TownError("A browser or a Chinese font is missing.", REMEDY)
        apt_install(list(PACKAGES), log, progress.beat)
    found = find()
    if found is None or not has_chinese():
        raise TownError("Debian's chromium could not be installed.", REMEDY, log)
    return found

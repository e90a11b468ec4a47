"""The notifications desk's environment."""

from __future__ import annotations

from pathlib import Path

from lianxi.runtime.settings import Settings


class NotificationsSettings(Settings):
    """What the notifications desk reads beside what every process does: how receivers outside are reached."""

    notifications_addresses_file: Path | None = None
    notifications_link: str = "http://127.0.0.1:8000"
    notifications_hooks_key_file: Path
    """Holds 32 bytes in hexadecimal; every hook's secret is worked out from it."""
    notifications_hooks_networks: str = ""
    """Networks of departments, separated by commas, in which hooks may be although they are not public."""

"""The notifications desk's environment."""

from __future__ import annotations

from pathlib import Path

from lianxi.runtime.settings import Settings


class NotificationsSettings(Settings):
    """What the notifications desk reads beside what every process does: how receivers outside are reached."""

    notifications_addresses_file: Path | None = None
    notifications_link: str = "http://127.0.0.1:8000"

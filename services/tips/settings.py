"""The tips desk's environment."""

from __future__ import annotations

from pathlib import Path

from lianxi.runtime.settings import Settings


class TipsSettings(Settings):
    """What the tips desk reads beside what every process does: the key that opens what was sealed to it."""

    tips_seal_key_file: Path

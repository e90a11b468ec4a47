"""The reporting desk's own settings."""

from __future__ import annotations

from pathlib import Path

from lianxi.runtime.settings import Settings


class ReportingSettings(Settings):
    """What this desk reads beside what every process does: the Ed25519 key that signs certificates, hexadecimal."""

    reporting_signing_key_file: Path

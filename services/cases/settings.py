"""The cases desk's own settings."""

from __future__ import annotations

from pathlib import Path

from lianxi.runtime.settings import Settings


class CasesSettings(Settings):
    """What the cases desk reads beyond what every process does: the Ed25519 key that signs receipts, as hexadecimal."""

    cases_signing_key_file: Path

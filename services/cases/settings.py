"""The cases desk's own settings."""

from __future__ import annotations

from pathlib import Path

from lianxi.runtime.settings import Settings


class CasesSettings(Settings):
    """What the cases desk reads beside what every process does: its keys, and where evidence lies."""

    cases_signing_key_file: Path
    cases_seal_key_file: Path
    cases_persons_keys_file: Path
    cases_attachments_dir: Path

"""The tips desk's environment."""

from __future__ import annotations

from pathlib import Path

from lianxi.runtime.settings import Settings


class TipsSettings(Settings):
    """What the tips desk reads beside what every process does: its seal's key, the vault's own, where pictures lie."""

    tips_seal_key_file: Path
    tips_vault_keys_file: Path
    tips_attachments_dir: Path

"""The inspections desk's environment."""

from __future__ import annotations

from pathlib import Path

from lianxi.runtime.settings import Settings


class InspectionsSettings(Settings):
    """What the inspections desk reads beside what every process does: its seal's key, where pictures lie, its waits."""

    inspections_seal_key_file: Path
    inspections_attachments_dir: Path
    inspections_pieces_wait_hours: int = 24
    """How long a piece waits for what it belongs to before a person is shown it."""
    inspections_photographs_of_a_visit: int = 6

"""A folder of files that nobody has named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lianxi.kernel.errors import Broken
from lianxi.runtime.sealed_files import SealedFiles

AT = datetime(2026, 11, 23, 8, 41, 17, tzinfo=UTC)
CLAIM, OTHER = "0" * 16, "1" * 16


@pytest.fixture
def files(tmp_path: Path) -> SealedFiles:
    folder = SealedFiles(tmp_path)
    folder.open()
    return folder


def test_what_is_kept_outlives_the_sweep_and_what_waits_does_not(files: SealedFiles) -> None:
    files.put("picture_A", b"one", AT)
    files.put("picture_B", b"three", AT)
    kept = files.keep("picture_A", CLAIM)
    assert kept is not None

    assert files.sweep(AT - timedelta(hours=1)) == 8
    assert files.sweep(AT + timedelta(hours=1)) == 0

    assert files.read(kept) == b"one"
    assert files.keep("picture_A", CLAIM) == kept
    assert files.keep("picture_B", CLAIM) is None


def test_what_two_things_named_is_forgotten_for_each_alone(files: SealedFiles) -> None:
    files.put("picture_A", b"one", AT)
    one, two = files.keep("picture_A", CLAIM), files.keep("picture_A", OTHER)
    assert one is not None
    assert two is not None

    assert files.forget([one]) == 1
    assert files.forget([one]) == 0

    assert files.read(one) is None
    assert files.read(two) == b"one"
    assert files.keep("picture_A", "2" * 16) is None


def test_half_a_file_is_cleared_away_and_no_name_leads_out_of_the_folder(files: SealedFiles, tmp_path: Path) -> None:
    (tmp_path / "waiting" / "picture_A.half").write_bytes(b"o")
    assert files.sweep(AT) == 1  # somebody may still be writing it
    assert files.sweep(datetime.now(UTC) + timedelta(hours=1)) == 0
    assert list((tmp_path / "waiting").iterdir()) == []
    for name in ("../../etc/passwd", "picture/A", "", "picture_A.half"):
        with pytest.raises(Broken):
            files.read(name)


def test_the_time_of_a_file_tells_the_hour_only(files: SealedFiles, tmp_path: Path) -> None:
    files.put("picture_A", b"one", AT)
    kept = files.keep("picture_A", CLAIM)

    for place in (tmp_path / "waiting" / "picture_A", tmp_path / "kept" / str(kept)):
        told = datetime.fromtimestamp(place.stat().st_mtime, UTC)
        assert told == AT.replace(minute=0, second=0)

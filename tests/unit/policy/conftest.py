from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import settings

from lianxi.policy.load import read_policy
from lianxi.policy.policy import Policy

# How long one example takes says how busy the machine is, not whether a rule holds.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

SHIPPED = Path(__file__).resolve().parents[3] / "deploy" / "policy"


@pytest.fixture(scope="session")
def policy() -> Policy:
    return read_policy(SHIPPED)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the shipped policy folder that a test may spoil."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "policy"))

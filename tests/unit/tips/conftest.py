from __future__ import annotations

import pytest

from tests.unit.tips.desk import TipDesk


@pytest.fixture
def desk() -> TipDesk:
    return TipDesk()

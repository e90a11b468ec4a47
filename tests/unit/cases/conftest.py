from __future__ import annotations

import pytest

from tests.unit.cases.desk import CasesInMemory


@pytest.fixture
def town() -> CasesInMemory:
    return CasesInMemory()

from __future__ import annotations

import pytest

from tests.unit.inspections.desk import InspectionsInMemory


@pytest.fixture
def town() -> InspectionsInMemory:
    return InspectionsInMemory()

"""What may stand in the body of a request about keeping and deleting."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.bodies import Body, Long

ITEM = r"^[a-z_]+/[A-Za-z0-9][A-Za-z0-9_.-]*$"


class NewHold(Body):
    """Which item must not be purged, and why."""

    item: Annotated[str, Field(max_length=120, pattern=ITEM, description="As `tip/tip_…`")]
    reason: Annotated[Long, Field(min_length=4, max_length=300)]


class RunDecision(Body):
    """Another person's yes or no."""

    approve: bool

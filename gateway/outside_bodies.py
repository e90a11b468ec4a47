"""What may stand in the body of a request about a message to the outside."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.bodies import Body


class OutsideReport(Body):
    """What a provider said of a message that it had taken."""

    arrived: bool
    trouble: Annotated[str, Field(max_length=80, pattern=r"^[a-z0-9_.\-]*$")] = Field(
        default="", description="The provider's code for what went wrong, never words or numbers of people"
    )

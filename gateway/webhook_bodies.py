"""What may stand in the body of a request about a hook."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.bodies import Body, Code


class NewWebhook(Body):
    """Where to tell, of what, and as far as which key may read."""

    address: Annotated[str, Field(min_length=8, max_length=500, description="https; no redirects are followed")]
    events: Annotated[list[Code], Field(max_length=60)] = Field(
        default_factory=list, description="Types of events; all that are offered if empty"
    )
    client_id: Code | None = Field(default=None, description="A key of your agency; the one that asks if absent")


class ReplayFrom(Body):
    """From which event on."""

    from_event: Annotated[str, Field(min_length=8, max_length=80, description="The `webhook-id` of an event")]

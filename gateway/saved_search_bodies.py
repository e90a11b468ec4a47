"""What may stand in the body of a request about searches that are kept."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.bodies import Body, Code, Short

Name = Annotated[Short, Field(max_length=80, description="What the desk calls it")]
Typed = Annotated[Short, Field(max_length=100, description="What is looked for, as in `GET /v1/search`")]
Shared = Annotated[bool, Field(description="Whether everybody at the desk sees it; only you change it")]
Watched = Annotated[bool, Field(description="Whether the desk gets a notice of each new tip that matches")]


class SavedSearchWish(Body):
    """A search to keep."""

    name: Name
    text: Typed
    desk: Code | None = Field(default=None, description="A desk of yours; without one the first")
    is_shared: Shared = False
    is_watched: Watched = False


class SavedSearchChange(Body):
    """What is to be different; what is not named stays."""

    name: Name | None = None
    text: Typed | None = None
    is_shared: Shared | None = None
    is_watched: Watched | None = None

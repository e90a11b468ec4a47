"""How requests and answers name pictures."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, Field, StringConstraints

MOST_AT_ONCE: Final = 5
Token = Annotated[str, StringConstraints(min_length=40, max_length=600, pattern=r"^[A-Za-z0-9_-]+$")]
Tokens = Annotated[
    tuple[Token, ...],
    Field(max_length=MOST_AT_ONCE, description="What the uploads of up to five pictures answered as `attachment`"),
]


class Attached(BaseModel):
    """A picture that is kept for an hour until a tip or message names it, as it was drawn anew."""

    attachment: str = Field(description="Names the picture in `attachments` of a tip or message; tell nobody else")
    sha256: str
    size: int
    media_type: str

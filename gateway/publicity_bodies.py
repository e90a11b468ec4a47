"""What may stand in the bodies of the register of publicity."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from gateway.bodies import Body, Code, Day, Sha256

Told = Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class ActivityRecord(Body):
    """An activity of publicity: heads are counted, names are not kept."""

    duty: Code = Field(description="A duty of the policy, such as `sms-monthly`")
    what: Told
    place: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    held_on: Day
    reach: int = Field(ge=0, le=100_000_000, description="Heads, messages sent, copies handed out")
    party: Code | None = Field(default=None, description="Who carried it out, where several owe it each by itself")
    village: Code | None = None
    material: Annotated[str, StringConstraints(max_length=1000)] = ""
    photos: tuple[Sha256, ...] = Field(default=(), max_length=20, description="SHA-256 of attachments")
    is_warning: bool = Field(default=False, description="Whether it warns of somebody, or shows a case")
    approval: Annotated[str, StringConstraints(max_length=120)] | None = Field(
        default=None, description="The number of the approval, which a warning or a case needs first"
    )


class ActivityWithdrawal(Body):
    """Why an activity is taken back."""

    reason: Told

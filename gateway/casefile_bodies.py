"""What may stand in the body of a request about a case's tasks and its file."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.bodies import Body, Code, Instant, ItemId, text_of


class NewTask(Body):
    """Something to be done in a case, by a desk of its agency."""

    title: Annotated[str, text_of(200)]
    owner: Code
    due_at: Instant
    parent_id: ItemId | None = Field(default=None, description="The task that this one is a part of")
    is_mandatory: bool = Field(default=False, description="The case cannot close while it is open")


class TaskDone(Body):
    """What came of a task."""

    result: Annotated[str, text_of(500)]


class TaskDropping(Body):
    """Why a task need not be done any more."""

    reason: Annotated[str, text_of(500)]


class CaseReopening(Body):
    """Why a closed case is taken up again."""

    reason: Annotated[str, text_of(500)]


class CaseExporting(Body):
    """For what a case's file is taken along; kept in the case, and in the custody of each piece of evidence."""

    purpose: Annotated[str, text_of(300)]

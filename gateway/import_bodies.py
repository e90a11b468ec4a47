"""How requests and answers speak of files of a register."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from gateway.bodies import Body
from lianxi.contracts.imports import ImportKind, ImportState, RowOutcome

ProfileName = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[^\s/\\?#%\x00-\x1f\x7f]+$")]
Header = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+$")]
MOST_SHOWN = 100
"""How many faults and how many changes the answer to an upload holds; the rest is a page or a file away."""


class ImportMode(StrEnum):
    """Whether a file is only tried, or taken over."""

    DRY_RUN = "dry_run"
    APPLY = "apply"


class RegisterField(StrEnum):
    """What the register says of a dwelling."""

    RENTAL_CODE = "rental_code"
    VILLAGE = "village"
    ADDRESS = "address"
    ROOMS = "rooms"
    IS_REGISTERED = "is_registered"
    ASSISTANT = "assistant"
    ADDRESS_CODE = "address_code"
    KIND = "kind"
    OWNER = "owner"
    AGENT = "agent"


class Profile(Body):
    """Which header of an agency's files is which field of the register."""

    kind: ImportKind = ImportKind.RENTALS
    columns: dict[Header, RegisterField] = Field(min_length=1, max_length=60, description="Header → field")


class UsedColumn(BaseModel):
    """A column of the file, and the field that it is read as; null when it is not read at all."""

    header: str
    field: str | None


class RowFault(BaseModel):
    """What is wrong in a cell: line and column as the file has them, the value blurred, and why."""

    row: int
    column: str
    value: str
    reason: str
    reason_zh: str
    reason_en: str


class RowPlan(BaseModel):
    """A line that adds a dwelling or changes one, and which fields it changes."""

    row: int
    rental_code: str
    outcome: RowOutcome
    fields: list[str]


class ImportAnswer(BaseModel):
    """A file as it was understood. A dry run (`state` is `tried`) has no id, because it lies nowhere."""

    import_id: str | None
    state: ImportState
    kind: ImportKind
    file_name: str
    file_sha256: str
    columns: list[UsedColumn]
    rows: int
    added: int = Field(description="In a dry run: what would be. Once taken over: what has been so far")
    changed: int
    unchanged: int
    wrong: int
    faults: list[RowFault] = Field(description="The first hundred")
    plan: list[RowPlan] = Field(description="In a dry run: the first hundred lines that add or change something")


class ImportErrors(BaseModel):
    """A page of what is wrong, cell by cell; `next_cursor` is null on the last."""

    items: list[RowFault]
    next_cursor: str | None = None

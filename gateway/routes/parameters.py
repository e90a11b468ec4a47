"""What may stand in a path or a query."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Path, Query

from gateway.bodies import Code, Day, RentalCode

LARGEST_PAGE: Final = 200
ItemPath = Annotated[str, Path(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]*$")]
RentalPath = Annotated[RentalCode, Path()]
ReportPath = Annotated[str, Path(min_length=1, max_length=120, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:/-]*$")]
Cursor = Annotated[
    str | None,
    Query(max_length=400, pattern=r"^[A-Za-z0-9_=-]+$", description="Where the last page ended, as its answer says"),
]
Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE)]
CodeQuery = Annotated[Code | None, Query()]
DayQuery = Annotated[Day | None, Query()]
Officer = Annotated[Code | None, Query(description="The opaque id of the officer who takes it on, never a name")]

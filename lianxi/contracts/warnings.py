"""Public warnings: what the town warns of, on verified facts and with a head's approval alone (Reg. art. 23)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from annotated_types import Interval, Len

from lianxi.contracts.envelope import Event

Title = Annotated[str, Len(1, 80)]
Text = Annotated[str, Len(1, 2000)]
Reason = Annotated[str, Len(1, 500)]


class WarningState(StrEnum):
    """Where a warning stands."""

    DRAFTED = "drafted"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    DROPPED = "dropped"


class ApprovingOrgan(StrEnum):
    """Whose head may approve a warning: at county level or above, so never the town's own (domain A-04, X-25)."""

    MARKET_REGULATION = "market_regulation"
    PUBLIC_SECURITY = "public_security"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftWarning:
    """Write a warning on a case that has been decided; nobody sees it before it is published."""

    case_id: str
    title: Title
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishWarning:
    """Publish a drafted warning, on the approval of a head outside the town."""

    warning_id: str
    organ: ApprovingOrgan
    reference: Annotated[str, Len(1, 60)]
    approved_on: date
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawWarning:
    """Take a warning back: a published one is shown as withdrawn with the reason, a draft falls away."""

    warning_id: str
    reason: Reason
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetWarning:
    """Ask for one warning."""

    warning_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListWarnings:
    """Ask for warnings, the newest first."""

    state: WarningState | None = None
    cursor: str | None = None
    limit: Annotated[int, Interval(ge=1, le=200)] = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPublicWarnings:
    """Ask for what the public is warned of, the newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningView:
    """A warning as officials see it."""

    warning_id: str
    version: int
    state: WarningState
    title: str
    text: str
    case_id: str
    case_number: str
    agency: str
    drafted_by: str
    drafted_at: datetime
    organ: ApprovingOrgan | None = None
    reference: str | None = None
    approved_on: date | None = None
    published_by: str | None = None
    published_at: datetime | None = None
    withdrawn_by: str | None = None
    withdrawn_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningPage:
    """A page of warnings; `next_cursor` is absent on the last."""

    items: tuple[WarningView, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicWarningView:
    """A warning as everybody sees it; one that was withdrawn keeps its title and says why."""

    warning_id: str
    title: str
    text: str | None
    published_at: datetime
    withdrawn_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicWarnings:
    """What the public is warned of."""

    items: tuple[PublicWarningView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningPublished(Event):
    """The public is warned (L73.1)."""

    KEY: ClassVar[str] = "notifications.warning.published.v1"

    warning_id: str
    case_id: str
    agency: str
    organ: ApprovingOrgan
    approved_on: date
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningWithdrawn(Event):
    """A warning that was published is taken back (L73.1)."""

    KEY: ClassVar[str] = "notifications.warning.withdrawn.v1"

    warning_id: str
    case_id: str
    agency: str
    withdrawn_at: datetime

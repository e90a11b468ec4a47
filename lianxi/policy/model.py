"""The rows of policy, each with where it is written, what is written, and how the town reads it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from lianxi.policy.calendar import Unit, add_period, first_calendar_window, in_calendar_window

PartyKind = Literal["village", "carrier", "media", "city", "judicial"]
PostRole = Literal["chair", "deputy_chair", "member", "office_director", "contact"]
Precision = Literal["day", "ten_day_period", "month"]
Lane = Literal["rescue", "normal", "bulk"]
TipKind = Literal["tip", "complaint"]
WindowMode = Literal["rolling", "calendar"]
Status = Literal["runs", "partly", "not_yet", "refused", "nothing_owed"]
ObligationKind = Literal["heading", "context", "seat", "duty", "rule", "phase", "milestone", "trigger"]
Wording = Literal["", "on", "by_end_of", "before"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sourced:
    """A row that says where it comes from. `note` is there when what is written and how it is read differ."""

    clause: str
    as_written: str = ""
    resolved: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated(Sourced):
    """A row that is law, or the town's rule, on some dates only. Both dates are in force themselves."""

    effective_from: date
    effective_to: date | None = None

    def in_force(self, on: date) -> bool:
        """Say whether this row holds on a date.

        Clause: none.
        """
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip(Sourced):
    """A slip of the pen in the plan: what stands there, and what is meant."""

    written: str
    meant: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase(Sourced):
    """A stretch of the programme; `precision` says how exactly the plan dates it."""

    code: str
    title_zh: str
    title_en: str
    starts_on: date
    ends_on: date
    precision: Precision


@dataclass(frozen=True, slots=True, kw_only=True)
class Telephone:
    """A number that a resident may call, as slips and pages show it: an office's or a hotline's, never a person's."""

    name_zh: str
    name_en: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme(Sourced):
    """One plan, in force in one territory."""

    code: str
    title_zh: str
    title_en: str
    territory: str
    territory_level: Literal["town", "county", "city"]
    parent: str
    number_prefix: str
    issued_on: date
    goal_names: tuple[str, ...] = ()
    phases: tuple[Phase, ...]
    telephones: tuple[Telephone, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A place in an agency where work can be laid."""

    code: str
    agency: str = field(default="", metadata={"given": True})
    name_zh: str
    name_en: str
    clause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency(Sourced):
    """One of the town's agencies. `hosted_by` names the agency under whose roof another sits."""

    code: str
    name_zh: str
    name_en: str
    is_main_force: bool = False
    hosted_by: str = ""
    desks: tuple[Desk, ...] = field(default=(), metadata={"key": "desk"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Post(Sourced):
    """A seat of the joint conference. Who holds it is not policy; one person may hold several, one may be empty."""

    code: str
    role: PostRole
    agencies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Party(Sourced):
    """A village, or somebody outside the conference who is asked or told things."""

    code: str
    kind: PartyKind
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleCited:
    """An article of law that a sentence cites, and what it cites it for."""

    article: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation(Sourced):
    """What one sentence of the plan, or one part of it, owes.

    `lead` and `support` hold codes of agencies or parties, or `members` for every agency with a seat. `kept_by` names
    the event types whose happening is proof. `status` says what this release does: `refused` marks what it will never
    do, whatever the sentence says. `due_in` and `due_rule` give a date as vaguely as the plan does (`2015-12-mid`,
    `before`); `due_on` is how that was resolved. `duty` names what several sentences give to several agencies.
    `asks_for` names what the sentence wants that a law restricts.
    """

    id: str
    kind: ObligationKind
    lead: tuple[str, ...] = ()
    support: tuple[str, ...] = ()
    cadence: str = ""
    due_on: tuple[date, ...] = ()
    due_in: str = ""
    due_rule: Wording = ""
    valid_from: date | None = None
    valid_to: date | None = None
    precision: Precision = "day"
    evidence: tuple[str, ...] = ()
    kept_by: tuple[str, ...] = ()
    feature: str = ""
    status: Status
    duty: str = ""
    asks_for: tuple[str, ...] = ()
    cites: tuple[ArticleCited, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route(Sourced):
    """To which desk a tip of one category goes, which desks get a copy, and how fast."""

    category: str
    name_zh: str
    name_en: str
    kinds: tuple[TipKind, ...] = ("tip", "complaint")
    lead: str
    copies: tuple[str, ...] = ()
    lane: Lane = "normal"
    reason_zh: str
    reason_en: str
    is_default: bool = False
    is_public: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade(Sourced):
    """How often a dwelling is visited: 放心户, 一般户, 重点户. The grade is the dwelling's, never a person's."""

    code: str
    name_zh: str
    name_en: str
    cadence: str
    window_mode: WindowMode
    criteria: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtForward(Sourced):
    """To how many days from a tip the next visit to the rental it names is brought forward."""

    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion(Sourced):
    """Which desks learn at once of what a visit suspects, whoever leads on the tip that it becomes."""

    copies: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation(Sourced):
    """One thing that an assistant looks for on a visit: about the place, never about a person's origin or kind."""

    code: str
    name_zh: str
    name_en: str


def due_on(grade: Grade, from_on: date, last_visit_on: date | None = None) -> date:
    """Last day on which the next visit still counts as on time, counted from a visit, a filing or a new grade.

    By calendar it is the last day of the window, or of the next when this one has had its visit.

    Clause: L45.1 — trusted two months, ordinary one month, key half a month.
    Units: calendar days and months of the town; half a month is fifteen days (`P15D`).
    """
    if grade.window_mode == "rolling":
        return add_period(from_on, grade.cadence)
    opens, closes = in_calendar_window(from_on, grade.cadence)
    if last_visit_on is not None and last_visit_on >= opens:
        return in_calendar_window(closes + timedelta(days=1), grade.cadence)[1]
    return first_calendar_window(from_on, grade.cadence)[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnDate(Sourced):
    """A day on which units owe the office, or the office owes the city, a report. The date counts, not its label."""

    code: str
    due_on: date
    owed_by: tuple[str, ...]
    to: str
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPart(Sourced):
    """One of the four parts of a stage report."""

    code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRule(Dated):
    """One time limit, for the dates on which it was in force. Rows that succeed one another share `clock`.

    An `amount` of zero is *at once*: an act that nothing may come before, not a deadline.
    `is_confirmed` is false where the number or its dates still want a lawyer's eye.
    """

    id: str
    clock: str
    amount: int
    unit: Unit
    name_zh: str
    name_en: str
    starts_with: str
    ends_with: str
    basis: str
    extension: str = ""
    is_confirmed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRule(Sourced):
    """Who is told when something has happened. A receiver is a role in the event, or a desk by its code."""

    event: str
    receivers: tuple[str, ...]
    channel: str
    acknowledge: bool
    within_hours: int | None = None
    within_minutes: int | None = None
    text_zh: str
    text_en: str

    @property
    def within(self) -> timedelta | None:
        """How long a person of the desk may take to acknowledge, whether the rule counts hours or minutes."""
        if self.within_minutes is not None:
            return timedelta(minutes=self.within_minutes)
        return None if self.within_hours is None else timedelta(hours=self.within_hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact(Sourced):
    """A contact point as the plan gives it. The number is never shipped, only which of the plan's numbers it is."""

    code: str
    role: str
    desk: str
    number: str
    verified_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An article of law that policy cites, and the subjects it really treats."""

    id: str
    law_zh: str
    law_en: str
    number: str
    subjects: tuple[str, ...]
    says: str
    says_zh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tension:
    """Something a plan may ask for that a law restricts, with the articles that do and what is done instead.

    `subject` is what obligations name in `asks_for`; `id` is the finding that a reader of such a plan makes.
    """

    id: str
    subject: str
    articles: tuple[str, ...]
    says_zh: str
    says_en: str

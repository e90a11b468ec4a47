"""What the patrol's pages say of a round, from the answer that the interface gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from gateway.console.sayings import say, say_short_day
from gateway.wording import Language
from lianxi.contracts.inspections import EntryBasis, Finding, VisitOutcome
from lianxi.kernel.clock import SHANGHAI, local_date
from lianxi.policy.policy import Policy
from lianxi.policy.words import names_of

MARKS: Final = {"trusted": "●", "ordinary": "◆", "key": "▲"}
NORMAL: Final = "consent"


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened at the door, in one choice: how the visit ended, and on what ground one stood there."""

    code: str
    outcome: VisitOutcome
    basis: EntryBasis


ENTRIES: Final = (
    Entry(NORMAL, VisitOutcome.DONE, EntryBasis.CONSENT),
    Entry("common_parts", VisitOutcome.DONE, EntryBasis.COMMON_PARTS),
    Entry("refused", VisitOutcome.REFUSED, EntryBasis.NOT_ENTERED),
    Entry("nobody_in", VisitOutcome.NOBODY_IN, EntryBasis.NOT_ENTERED),
    Entry("vacant", VisitOutcome.VACANT, EntryBasis.NOT_ENTERED),
    Entry("demolished", VisitOutcome.DEMOLISHED, EntryBasis.NOT_ENTERED),
    Entry("merged", VisitOutcome.MERGED, EntryBasis.NOT_ENTERED),
)


def findings_of(entry: Entry, seen: tuple[str, ...]) -> tuple[Finding, ...]:
    """Say what was found: what was ticked, or that a visit which saw the place saw nothing unusual."""
    if seen or entry.outcome is not VisitOutcome.DONE:
        return tuple(Finding(each) for each in seen)
    return (Finding.NOTHING_UNUSUAL,)


class RoundTelling:
    """Tells a round in one language."""

    def __init__(self, policy: Policy, language: Language, now: datetime) -> None:
        self._policy = policy
        self._language = language
        self._today = local_date(now)
        self._place = 0 if language == "zh" else 1
        self._names = names_of(policy)

    def observations(self) -> list[tuple[str, str]]:
        """List what is looked for, in the order of the policy."""
        rows = self._policy.observations
        return [(each.code, each.name_zh if self._language == "zh" else each.name_en) for each in rows]

    def round(self, plain: Mapping[str, Any]) -> dict[str, Any]:
        """Tell a round."""
        stops = [self.stop(each) for each in plain["items"]]
        open_ones = [each for each in stops if each["went"] is None]
        return {
            "stops": stops,
            "due_today": plain["due_today"],
            "due_tomorrow": plain["due_tomorrow"],
            "is_cut": plain["is_cut"],
            "day": say_short_day(self._language, self._today),
            "visited": len(stops) - len(open_ones),
            "next": open_ones[0] if open_ones else None,
        }

    def stop(self, plain: Mapping[str, Any]) -> dict[str, Any]:
        """Tell one dwelling."""
        grade = self._policy.grades.get(plain.get("grade", ""))
        went = _instant(plain.get("last_visited_at"))
        is_today = went is not None and local_date(went) == self._today
        outcome = say(self._language, f"outcome.{plain['last_outcome']}") if plain.get("last_outcome") else ""
        return {
            "code": plain["rental_code"],
            "village": self._name(plain["village"]),
            "address": plain.get("address", plain["rental_code"]),
            "grade": None if grade is None else (grade.name_zh if self._language == "zh" else grade.name_en),
            "grade_code": plain.get("grade", ""),
            "mark": MARKS.get(plain.get("grade", ""), ""),
            "due": self._due(plain),
            "is_pressing": plain.get("due_on", "9999") <= self._today.isoformat() and not is_today,
            "brought_forward": plain.get("brought_forward", False),
            "propose": plain.get("propose"),
            "last": self._last(plain),
            "went": self._went(went, outcome) if is_today else None,
            "before": self._before(went, outcome) if went is not None and not is_today else None,
        }

    def _due(self, plain: Mapping[str, Any]) -> str:
        if "due_on" not in plain:
            return ""
        due_on = date.fromisoformat(plain["due_on"])
        if due_on < self._today:
            return say(self._language, "round.overdue", n=(self._today - due_on).days)
        if due_on == self._today:
            return say(self._language, "round.due_today")
        return say(self._language, "round.due_by", day=say_short_day(self._language, due_on))

    def _last(self, plain: Mapping[str, Any]) -> str:
        if not plain.get("last_visit_on"):
            return say(self._language, "round.never")
        day = say_short_day(self._language, date.fromisoformat(plain["last_visit_on"]))
        return say(self._language, "round.last", day=day)

    def _went(self, went: datetime | None, outcome: str) -> str:
        time = "" if went is None else f"{went.astimezone(SHANGHAI):%H:%M}"
        return say(self._language, "round.went", time=time, outcome=outcome)

    def _before(self, went: datetime, outcome: str) -> str:
        return say(
            self._language, "round.went_before", day=say_short_day(self._language, local_date(went)), outcome=outcome
        )

    def _name(self, code: str) -> str:
        return self._names.get(code, (code, code))[self._place]


def _instant(written: str | None) -> datetime | None:
    return None if not written else datetime.fromisoformat(written)

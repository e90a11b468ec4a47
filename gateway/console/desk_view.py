"""What a tip's page says, from the answer that the interface gives: what its reader may not see is not in there."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from gateway.console.sayings import say, say_month, sayings
from gateway.wording import Language
from lianxi.kernel.clock import SHANGHAI, local_date
from lianxi.kernel.errors import Refused
from lianxi.policy.appraisal import RewardBand
from lianxi.policy.policy import Policy
from lianxi.policy.words import names_of

_SENTENCE: Final = re.compile(r"L(\d+)\.(\d+)")
_DAYS_FROM: Final = timedelta(hours=48)
_NAMED: Final = frozenset({"arbitration.decided", "tip.verified"})
"""Lines whose reference is a desk."""


@dataclass(frozen=True, slots=True)
class Left:
    """How much time is left, or since when it is over, in the largest unit that says enough."""

    code: str
    n: int

    @property
    def is_late(self) -> bool:
        """Whether the time is over."""
        return self.code.startswith("late")

    @property
    def is_near(self) -> bool:
        """Whether it will be over within two days."""
        return self.code in ("left_hours", "left_minutes")


def left_until(due_at: datetime, now: datetime) -> Left:
    """Say how much time is left until a limit ends."""
    way, span = ("late", now - due_at) if now >= due_at else ("left", due_at - now)
    if span >= _DAYS_FROM:
        return Left(f"{way}_days", span.days)
    hours, minutes = divmod(span // timedelta(minutes=1), 60)
    return Left(f"{way}_hours", hours) if hours else Left(f"{way}_minutes", minutes)


class Told(dict[str, Any]):
    """An answer as a template reads it: what its reader may not see is not in there, and is nothing."""

    def __missing__(self, key: str) -> None:
        """Say that there is nothing."""
        return


@dataclass(frozen=True, slots=True)
class Line:
    """One line of what happened."""

    at: datetime
    key: str
    by: str
    clause: str
    about: str
    mark: str
    is_new: bool


class Telling:
    """Tells codes by their names, in one language."""

    def __init__(self, policy: Policy, language: Language, now: datetime) -> None:
        self._policy = policy
        self._language = language
        self._now = now
        self._place = 0 if language == "zh" else 1
        self._names = names_of(policy)
        self._categories = {each.category: (each.name_zh, each.name_en) for each in policy.routes}

    @property
    def is_chinese(self) -> bool:
        """Whether it tells in Chinese."""
        return self._language == "zh"

    def name(self, code: str | None) -> str:
        """Say what a desk, an agency, a village or an article is called; an unknown code stays as it is."""
        return "" if code is None else self._names.get(code, (code, code))[self._place]

    def category(self, code: str) -> str:
        """Say what a category is called."""
        return self._categories.get(code, (code, code))[self._place]

    def state(self, process: str, code: str | None) -> str:
        """Say what a state of one of the policy's processes is called."""
        table = self._policy.processes[process]
        names = {each.code: (each.name_zh, each.name_en) for each in table.states}
        return "" if code is None else names.get(code, (code, code))[self._place]

    def way(self, process: str, code: str | None) -> list[dict[str, Any]]:
        """Lay out the states of a process in the table's order, with the one that something stands in."""
        table = self._policy.processes[process]
        names = [(each.code, (each.name_zh, each.name_en)[self._place]) for each in table.states]
        return [{"code": each, "name": name, "is_here": each == code} for each, name in names]

    def pauses(self) -> list[tuple[str, str]]:
        """List the reasons for which a clock may stand still or be given more time."""
        pauses = {each.code: (each.name_zh, each.name_en) for each in self._policy.pause_reasons}
        more_time = {each.code: (each.name_zh, each.name_en) for each in self._policy.extension_reasons}
        return [(code, names[self._place]) for code, names in (pauses | more_time).items()]

    def change(self, plain: Mapping[str, Any]) -> dict[str, Any]:
        """Tell what was asked for a clock, and what became of it."""
        reasons = dict(self.pauses())
        return {
            **plain,
            "limit": self.limit(plain["clock"]),
            "reason": reasons.get(plain["reason"], plain["reason"]),
            "asked_at": instant(plain["asked_at"]),
        }

    def like(self, plain: Mapping[str, Any]) -> dict[str, Any]:
        """Tell a tip that may be about the same, with the reasons; what both name is not told, only of what kind."""
        known = sayings(self._language)
        kinds = {each.code: (each.name_zh, each.name_en) for each in self._policy.entities}
        reasons = [
            {
                "name": known.get(f"like.{each['code']}") or kinds.get(each["code"], (each["code"],) * 2)[self._place],
                "per_cent": each["per_cent"],
            }
            for each in plain.get("reasons") or ()
        ]
        more = {
            "category": self.category(plain.get("category", "")),
            "lead": self.name(plain.get("lead")),
            "received_at": instant(plain.get("received_at")),
            "reasons": reasons,
        }
        return Told({**plain, **more})

    def said(self, key: str) -> str:
        """Say one thing of the pages' own words."""
        return say(self._language, key)

    def said_or(self, key: str, otherwise: str) -> str:
        """Say one thing of the pages' own words, where there is one."""
        return sayings(self._language).get(key, otherwise)

    def duty(self, code: str) -> str:
        """Say what a duty of publicity is called; nothing when there is none of this code."""
        names = {each.code: (each.name_zh, each.name_en) for each in self._policy.publicity}
        return names[code][self._place] if code in names else ""

    def name_of_process(self, process: str) -> str:
        """Say what a kind of thing is called."""
        table = self._policy.processes[process]
        return (table.name_zh, table.name_en)[self._place]

    def case_row(self, plain: Mapping[str, Any]) -> dict[str, Any]:
        """Tell a case as a line of a list."""
        told = {
            "kind": say(self._language, f"case_kind.{plain['kind']}") if plain.get("kind") else "",
            "owner": self.name(plain["owner"]),
            "state": self.state("case", plain.get("state")),
            "opened_at": instant(plain.get("opened_at")),
        }
        return Told({**plain, **told})

    def party(self, plain: Mapping[str, Any]) -> dict[str, Any]:
        """Tell a person of a case; how they stand is one value with the name, and cannot be left out."""
        person = plain.get("person") or {}
        told = [{**each, "made_at": instant(each["made_at"])} for each in plain.get("statements") or ()]
        more = {
            "name": person.get(f"label_{self._language}")
            or f"{plain['number']} {plain.get(f'standing_{self._language}', '')}",
            "standing": plain.get(f"standing_{self._language}", ""),
            "phone": person.get("phone"),
            "id_last4": person.get("id_last4"),
            "named_at": instant(plain.get("named_at")),
            "statements": told,
        }
        return Told({**plain, **more})

    def obligation(self, plain: Mapping[str, Any]) -> dict[str, Any]:
        """Tell a sentence of the plan with what it asks, what has kept it, and when it is due next."""
        due_on = plain.get("next_due_on")
        due_at = None if due_on is None else datetime.combine(date.fromisoformat(due_on), time(12), SHANGHAI)
        return {
            **plain,
            "by": self.clause(plain["clause"]),
            "lead": [self.name(each) for each in plain.get("lead", ())],
            "support": [self.name(each) for each in plain.get("support", ())],
            "due_at": due_at,
            "last_proof_at": instant(plain.get("last_proof_at")),
        }

    def band(self, band: RewardBand) -> str:
        """Tell a band of a table of rewards with its limits."""
        most = "" if band.yuan_to is None else f"–{band.yuan_to}"
        return f"{(band.name_zh, band.name_en)[self._place]} ({band.yuan_from}{most} {self.said('reward.yuan')})"

    @property
    def today(self) -> date:
        """What day it is in the town."""
        return local_date(self._now)

    def is_worked(self, on: date) -> bool:
        """Say whether a day is one on which offices work."""
        return self._policy.calendar.is_working_day(on)

    def months(self) -> dict[int, str]:
        """Say what the months are called."""
        return {month: say_month(self._language, month) for month in range(1, 13)}

    def count(self, number: int) -> str:
        """Say how many things there are."""
        return say(self._language, "strip.things", n=number)

    def day(self, at: datetime) -> str:
        """Write a day shortly, as it stands in a picture."""
        there = at.astimezone(SHANGHAI)
        return f"{there.month}月{there.day}日" if self._language == "zh" else f"{there.day}/{there.month}"

    def paper(self, name: str) -> str:
        """Say what a paper of a referral is called."""
        return sayings(self._language).get(f"paper.{name}", name)

    def figure(self, name: str) -> str:
        """Say what a figure of a stage report counts."""
        return sayings(self._language).get(f"figure.{name}", name)

    def limit(self, clock: str) -> str:
        """Say what a time limit is called, by the rule in force now."""
        return self._limit(clock, self._now)[0]

    def clocks(
        self, rows: Sequence[Mapping[str, Any]], *, whose: str, stopped: str, since: datetime | None = None
    ) -> list[dict[str, Any]]:
        """Tell time limits: those that run first, the most urgent of them at the head."""
        found = []
        for each in rows:
            due_at, stopped_at = _due(each), instant(each.get(stopped))
            name, clause = self._limit(each["clock"], since or instant(each.get("started_at")) or self._now)
            told = {"name": name, "clause": clause, "desk": self.name(each.get(whose)), "due_at": due_at}
            is_late = stopped_at is not None and stopped_at >= due_at
            more = {"stopped_at": stopped_at, "was_late": is_late, "paused": instant(each.get("paused_since"))}
            found.append(told | more | {"left": left_until(due_at, self._now)})
        return sorted(found, key=lambda each: (each["stopped_at"] is not None, each["due_at"]))

    def left(self, due_at: datetime | None) -> Left | None:
        """Say how much time is left until an instant."""
        return None if due_at is None else left_until(due_at, self._now)

    def desks(self) -> list[tuple[str, str]]:
        """List the desks to choose from."""
        return [(code, self.name(code)) for code in self._policy.desks]

    def clause(self, code: str | None) -> str:
        """Say which sentence of the plan, or which article, something follows from."""
        found = _SENTENCE.fullmatch(code or "")
        if found is None:
            return self.name(code)
        section = self._policy.clauses.section_of(found[0])
        title = section.title_zh if self._language == "zh" else section.title_en
        return say(self._language, "clock.sentence", line=found[1], sentence=found[2], title=title)

    def tip(self, plain: Mapping[str, Any], seen: frozenset[str] | None = None) -> dict[str, Any]:
        """Tell a tip; `seen` marks the lines that somebody has read before, the others are new."""
        return {
            "number": plain["number"],
            "category": self.category(plain.get("category", "")),
            "state": plain.get("state"),
            "kind": plain.get("kind"),
            "channel": plain.get("channel"),
            "is_rescue": plain.get("lane") == "rescue",
            "where": " ".join(each for each in (self.name(plain.get("village")), plain.get("place")) if each),
            "rental": plain.get("rental_code"),
            "text": plain.get("text"),
            "received_at": instant(plain.get("received_at")),
            "lead": self.name(plain.get("lead")),
            "copies": [self.name(each) for each in plain.get("copies", ())],
            "verification": plain.get("verification"),
            "next_owner": self.name(plain.get("next_owner")),
            "outcome": plain.get("outcome"),
            "case_id": plain.get("case_id"),
            "visit_id": plain.get("visit_id"),
            "pictures": [each["number"] for each in plain.get("attachments") or () if "number" in each],
            "messages": [{**each, "posted_at": instant(each["posted_at"])} for each in plain.get("messages") or ()],
            "clocks": self.clocks(
                plain.get("clocks") or (), whose="desk", stopped="stopped_at", since=instant(plain.get("received_at"))
            ),
            "timeline": [self._line(each, seen) for each in plain.get("timeline") or ()],
        }

    def row(self, plain: Mapping[str, Any]) -> dict[str, Any]:
        """Tell a tip as a line of the inbox."""
        due_at = instant(plain.get("due_at"))
        return {
            "tip_id": plain["tip_id"],
            "number": plain["number"],
            "category": self.category(plain.get("category", "")),
            "state": plain.get("state"),
            "lead": self.name(plain.get("lead")),
            "lead_code": str(plain.get("lead") or ""),
            "is_rescue": plain.get("lane") == "rescue",
            "received_at": instant(plain.get("received_at")),
            "due_at": due_at,
            "left": None if due_at is None else left_until(due_at, self._now),
        }

    def notice(self, plain: Mapping[str, Any]) -> dict[str, Any]:
        """Tell a notice."""
        by = instant(plain.get("acknowledge_by"))
        return {
            "notice_id": plain["notice_id"],
            "version": plain["version"],
            "desk": self.name(plain.get("desk")),
            "text": plain.get(f"text_{self._language}", ""),
            "delivered_at": instant(plain.get("delivered_at")),
            "by": by,
            "left": None if by is None else left_until(by, self._now),
        }

    def _limit(self, clock: str, came_in: datetime) -> tuple[str, str]:
        try:
            rule = self._policy.clock(clock, local_date(came_in))
        except Refused:
            return clock, ""
        return (rule.name_zh if self._language == "zh" else rule.name_en), self.clause(rule.clause)

    def _line(self, plain: Mapping[str, Any], seen: frozenset[str] | None) -> Line:
        known, what, mark = sayings(self._language), plain["what"], mark_of(plain)
        by = plain.get("by", "")
        return Line(
            at=datetime.fromisoformat(plain["at"]),
            key=what if f"happened.{what}" in known else "other",
            by=known.get(f"channel.{by}") or known.get(f"service.{by}") or self.name(by),
            clause=self.clause(plain.get("clause")),
            about=self._about(what, plain.get("reference")),
            mark=mark,
            is_new=seen is not None and mark not in seen,
        )

    def _about(self, what: str, reference: str | None) -> str:
        if not reference:
            return ""
        if what == "tip.returned":
            return sayings(self._language).get(f"reason.{reference}", reference)
        if what == "informant.told":
            return sayings(self._language).get(f"way.{reference}", "")
        if what.startswith("clock."):
            return self._limit(reference.partition("/")[0], self._now)[0]
        return self.name(reference) if what in _NAMED else ""


def mark_of(line: Mapping[str, Any]) -> str:
    """Mark a line of a timeline, so that a page can say later which ones it has shown already."""
    said = "\n".join(str(line.get(each)) for each in ("at", "what", "by", "reference"))
    return f"{zlib.crc32(said.encode()):08x}"


def _due(clock: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(clock["due_at"])


def instant(written: str | None) -> datetime | None:
    """Read an instant of an answer; nothing stays nothing."""
    return None if not written else datetime.fromisoformat(written)

"""What a tip's page says, from the answer that the interface gives: what its reader may not see is not in there."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from gateway.console.sayings import say, sayings
from gateway.wording import Language
from lianxi.contracts.envelope import Caller
from lianxi.contracts.tips import TipState
from lianxi.kernel.clock import local_date
from lianxi.kernel.errors import Refused
from lianxi.policy.policy import Policy
from lianxi.policy.words import names_of

_OFFICE: Final = "office"
_RETURNS_AT_MOST: Final = 2
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


def left_until(due_at: datetime, now: datetime) -> Left:
    """Say how much time is left until a limit ends."""
    way, span = ("late", now - due_at) if now >= due_at else ("left", due_at - now)
    if span >= _DAYS_FROM:
        return Left(f"{way}_days", span.days)
    hours, minutes = divmod(span // timedelta(minutes=1), 60)
    return Left(f"{way}_hours", hours) if hours else Left(f"{way}_minutes", minutes)


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

    def name(self, code: str | None) -> str:
        """Say what a desk, an agency, a village or an article is called; an unknown code stays as it is."""
        return "" if code is None else self._names.get(code, (code, code))[self._place]

    def category(self, code: str) -> str:
        """Say what a category is called."""
        return self._categories.get(code, (code, code))[self._place]

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
            "received_at": _instant(plain.get("received_at")),
            "lead": self.name(plain.get("lead")),
            "copies": [self.name(each) for each in plain.get("copies", ())],
            "verification": plain.get("verification"),
            "next_owner": self.name(plain.get("next_owner")),
            "outcome": plain.get("outcome"),
            "case_id": plain.get("case_id"),
            "pictures": [each["number"] for each in plain.get("attachments") or () if "number" in each],
            "messages": [{**each, "posted_at": _instant(each["posted_at"])} for each in plain.get("messages") or ()],
            "clocks": self._clocks(plain),
            "timeline": [self._line(each, seen) for each in plain.get("timeline") or ()],
        }

    def row(self, plain: Mapping[str, Any]) -> dict[str, Any]:
        """Tell a tip as a line of the inbox."""
        due_at = _instant(plain.get("due_at"))
        return {
            "tip_id": plain["tip_id"],
            "number": plain["number"],
            "category": self.category(plain.get("category", "")),
            "state": plain.get("state"),
            "lead": self.name(plain.get("lead")),
            "is_rescue": plain.get("lane") == "rescue",
            "received_at": _instant(plain.get("received_at")),
            "due_at": due_at,
            "left": None if due_at is None else left_until(due_at, self._now),
        }

    def notice(self, plain: Mapping[str, Any]) -> dict[str, Any]:
        """Tell a notice."""
        by = _instant(plain.get("acknowledge_by"))
        return {
            "notice_id": plain["notice_id"],
            "version": plain["version"],
            "desk": self.name(plain.get("desk")),
            "text": plain.get(f"text_{self._language}", ""),
            "delivered_at": _instant(plain.get("delivered_at")),
            "by": by,
            "left": None if by is None else left_until(by, self._now),
            "tip_id": plain["about"] if str(plain.get("about", "")).startswith("tip_") else None,
        }

    def _clocks(self, plain: Mapping[str, Any]) -> list[dict[str, Any]]:
        found = []
        came_in = _instant(plain.get("received_at")) or self._now
        for each in plain.get("clocks") or ():
            due_at, stopped_at = _due(each), _instant(each.get("stopped_at"))
            name, clause = self._limit(each["clock"], came_in)
            told = {"name": name, "clause": clause, "desk": self.name(each["desk"]), "due_at": due_at}
            is_late = stopped_at is not None and stopped_at >= due_at
            more = {"stopped_at": stopped_at, "was_late": is_late, "paused": _instant(each.get("paused_since"))}
            found.append(told | more | {"left": left_until(due_at, self._now)})
        return sorted(found, key=lambda each: (each["stopped_at"] is not None, each["due_at"]))

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
            by=known.get(f"channel.{by}") or self.name(by),
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
        if what.startswith("clock."):
            return self._limit(reference.partition("/")[0], self._now)[0]
        return self.name(reference) if what in _NAMED else ""


def mark_of(line: Mapping[str, Any]) -> str:
    """Mark a line of a timeline, so that a page can say later which ones it has shown already."""
    said = "\n".join(str(line.get(each)) for each in ("at", "what", "by", "reference"))
    return f"{zlib.crc32(said.encode()):08x}"


def offered(plain: Mapping[str, Any], callers: Mapping[str, Caller | None]) -> Sequence[str]:
    """Say what somebody may do next with a tip: by right and rows, and by where the tip stands.

    The desk itself has the last word; this only spares people buttons that would be refused.
    """
    state, lead, owner = plain.get("state"), plain.get("lead"), plain.get("next_owner")
    returns = sum(1 for each in plain.get("timeline") or () if each["what"] == "tip.returned")
    may_return = not str(lead).startswith(_OFFICE) and returns < _RETURNS_AT_MOST
    stands = {
        "accept": (state == TipState.DISPATCHED, (lead,)),
        "return": (state == TipState.DISPATCHED and may_return, (lead,)),
        "verify": (state == TipState.ACCEPTED, (lead,)),
        "close": (state == TipState.VERIFIED, (lead, owner)),
        "messages": (True, (lead,)),
    }
    return [deed for deed, (is_time, desks) in stands.items() if is_time and _holds(callers[deed], desks)]


def _holds(caller: Caller | None, desks: Sequence[str | None]) -> bool:
    return caller is not None and any(desk is not None and caller.holds(desk) for desk in desks)


def _due(clock: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(clock["due_at"])


def _instant(written: str | None) -> datetime | None:
    return None if not written else datetime.fromisoformat(written)

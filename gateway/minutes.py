"""The minutes of a meeting as a paper: what the meeting's answer says, put into the fields of the town's template."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from lianxi.kernel.clock import SHANGHAI
from lianxi.policy.policy import Policy
from lianxi.policy.words import names_of
from lianxi.runtime.papers import Record, Values, fill, read_template

TEMPLATE: Final = "minutes.docx"
Plain = Mapping[str, Any]
Words = Mapping[str, Any]


async def minutes_of(meeting: Plain, policy: Policy, folder: Path) -> bytes:
    """Write minutes beside the loop: filling a paper takes as long as many small answers do.

    Raises:
        Broken: paper.template_missing, paper.template_unreadable, paper.field_unknown.
    """
    values = values_of(meeting, policy)
    return await asyncio.to_thread(lambda: fill(read_template(folder / TEMPLATE), values))


def values_of(meeting: Plain, policy: Policy) -> Values:
    """Say what each field of the template says."""
    names, words = names_of(policy), _words()

    def name(code: str | None) -> str:
        return words["unsaid"] if code is None else names.get(code, (code, code))[0]

    held_at = datetime.fromisoformat(meeting["held_at"]).astimezone(SHANGHAI)
    present = [each for each in meeting.get("seats", ()) if each["presence"] == "present"]
    came = dict.fromkeys(_of(each, name, words) for each in present)
    return {
        "town": policy.programme.territory,
        "kind": words["kind"][meeting["kind"]],
        "title": meeting["title"],
        "place": meeting["place"],
        "held_at": f"{_day(held_at.date())} {held_at:%H:%M}",
        "present": "、".join(came) or words["nobody"],
        "summary": meeting.get("summary") or words["unsaid"],
        "seats": [_seat(each, name, words) for each in meeting.get("seats", ())],
        "items": [_item(at, each, name, words) for at, each in enumerate(meeting.get("agenda", ()), 1)],
        "decisions": [_decision(at, each, name, words) for at, each in enumerate(meeting.get("decisions", ()), 1)],
    }


def _seat(seat: Plain, name: Callable[[str | None], str], words: Words) -> Record:
    presence = seat["presence"]
    return {
        "unit": _of(seat, name, words),
        "presence": words["unsaid"] if presence is None else words["presence"][presence],
        "reason": seat["reason"],
    }


def _of(seat: Plain, name: Callable[[str | None], str], words: Words) -> str:
    return words["seat"].get(seat["seat"], seat["seat"]) if seat["unit"] is None else name(seat["unit"])


def _item(at: int, item: Plain, name: Callable[[str | None], str], words: Words) -> Record:
    source = words["source"][item["source"]]
    due_on = "" if item["due_on"] is None else _day(date.fromisoformat(item["due_on"]))
    told = item["title"] or " ".join(each for each in (name(item["agency"]), due_on) if each)
    return {
        "number": str(at),
        "title": told,
        "source": source,
        "unit": name(item["agency"]),
        "outcome": words["outcome"][item["outcome"]],
        "remark": item["remark"],
    }


def _decision(at: int, decision: Plain, name: Callable[[str | None], str], words: Words) -> Record:
    # A named last day is over at the midnight after it.
    due_at = datetime.fromisoformat(decision["due_at"]).astimezone(SHANGHAI)
    return {
        "number": str(at),
        "what": decision["what"],
        "owner": name(decision["owner"]),
        "due_on": _day(last_day(due_at)),
        "state": words["state"][decision["state"]],
    }


def last_day(due_at: datetime) -> date:
    """Name the day at whose end something is due."""
    return date.fromordinal(due_at.astimezone(SHANGHAI).toordinal() - 1)


def _day(on: date) -> str:
    return f"{on.year}年{on.month}月{on.day}日"


@cache
def _words() -> Words:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))

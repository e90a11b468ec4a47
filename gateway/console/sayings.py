"""What the pages say: `words/zh/` and `words/en/`, one file for each audience, with the same keys in both languages."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from gateway.wording import Language
from lianxi.kernel.clock import SHANGHAI

_WORDS = Path(__file__).with_name("words")
_DAYS: Mapping[Language, tuple[str, ...]] = {
    "zh": tuple("星期" + each for each in "一二三四五六日"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_BETWEEN: Mapping[Language, str] = {"zh": "", "en": " "}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@cache
def sayings(language: Language) -> Mapping[str, str]:
    """Read what the pages say in one language, by dotted key."""
    files = sorted((_WORDS / language).glob("*.toml"))
    rows = [row for each in files for row in _flat(tomllib.loads(each.read_text(encoding="utf-8")))]
    found = dict(rows)
    if len(found) != len(rows):
        raise LookupError(f"two files of {language} say the same key")
    return found


def _flat(rows: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in rows.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def say(language: Language, key: str, **facts: Any) -> str:
    """Say one thing; a key that is not there is an error, never an empty place on a page."""
    return sayings(language)[key].format(**facts)


def say_problem(language: Language, code: str, status: int, seconds: str) -> tuple[str, str]:
    """Say what went wrong and what to do, in a resident's words; a code without its own gets those of its status."""
    known = sayings(language)
    row = next(
        each
        for each in (f"problem.{code}", f"problem.status_{status}", "problem.status_500")
        if f"{each}.what" in known
    )
    return known[f"{row}.what"], known[f"{row}.to_do"].format(seconds=seconds)


def say_day(language: Language, instant: datetime) -> str:
    """Write a day of the town, with its day of the week."""
    there = instant.astimezone(SHANGHAI)
    week = _DAYS[language][there.weekday()]
    if language == "zh":
        return f"{there.year}年{there.month}月{there.day}日（{week}）"
    return f"{week} {there.day} {_MONTHS[there.month - 1]} {there.year}"


def say_last_day(language: Language, end: datetime) -> str:
    """Write the last day of a limit that ends at its midnight."""
    return say_day(language, end - timedelta(microseconds=1))


def say_short_day(language: Language, day: date) -> str:
    """Write a day near at hand: neither its year nor its day of the week is in question."""
    return f"{day.month}月{day.day}日" if language == "zh" else f"{day.day} {_MONTHS[day.month - 1]}"


def say_due(language: Language, end: datetime) -> str:
    """Write the end of a limit; one that ends at midnight by its last day, because that is how people count."""
    there = end.astimezone(SHANGHAI)
    if (there.hour, there.minute) != (0, 0):
        return say_time(language, end)
    return f"{say_last_day(language, end)}24:00" if language == "zh" else f"end of {say_last_day(language, end)}"


def say_time(language: Language, instant: datetime) -> str:
    """Write an instant as the town's clocks show it."""
    return f"{say_day(language, instant)}{_BETWEEN[language]}{instant.astimezone(SHANGHAI):%H:%M}"


def say_month(language: Language, month: int) -> str:
    """Name a month in short."""
    return f"{month}月" if language == "zh" else _MONTHS[month - 1]


def say_date(language: Language, on: date) -> str:
    """Write a date without its year, with its day of the week."""
    if language == "zh":
        return f"{on.month}月{on.day}日（{_DAYS[language][on.weekday()]}）"
    return f"{_DAYS[language][on.weekday()]} {on.day} {_MONTHS[on.month - 1]}"

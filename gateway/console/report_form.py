"""The report form: what a resident may fill in, what it becomes, and which field is not right yet."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError

from gateway.bodies import PublicTip
from gateway.wording import Language
from lianxi.kernel.clock import SHANGHAI
from lianxi.policy.policy import Policy

FIELDS: Final = (
    *("danger", "category", "text", "village", "place", "happened_at", "people_count"),
    *("stay", "contact_name", "contact_phone", "contact_other", "website", "attachments"),
)
MOST_PICTURES: Final = 3
NO_DANGER: Final = "no"
NAMED: Final = "named"
COMPLAINT: Final = ("complaint",)
RESCUE: Final = "rescue"
_NOWHERE: Final = "nowhere"
_TIMES: Final = ("%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y/%m/%d %H:%M", "%Y/%m/%d")
_CONTACT: Final = {"name": "contact_name", "phone": "contact_phone", "other": "contact_other"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that may be chosen."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Choices:
    """What the policy lets a resident choose from, in one language."""

    dangers: tuple[Choice, ...]
    categories: tuple[Choice, ...]
    villages: tuple[Choice, ...]

    @classmethod
    def of(cls, policy: Policy, language: Language) -> Choices:
        """Read them from the policy: whatever goes on the rescue lane is asked for first, and apart."""
        routes = sorted(policy.routes, key=lambda each: each.is_default)
        named = [(each, Choice(each.category, each.name_zh if language == "zh" else each.name_en)) for each in routes]
        return cls(
            dangers=tuple(choice for route, choice in named if route.lane == RESCUE),
            categories=tuple(choice for route, choice in named if route.lane != RESCUE),
            villages=tuple(
                Choice(code, party.name_zh if language == "zh" else party.name_en)
                for code, party in policy.villages.items()
            ),
        )

    def name_of(self, code: str) -> str:
        """Say how a chosen code is called; nothing when it is none of these."""
        everything = (*self.dangers, *self.categories, *self.villages)
        return next((each.name for each in everything if each.code == code), "")


@dataclass(slots=True)
class Report:
    """What has been filled in, and what it comes to."""

    filled: dict[str, str]
    tip: PublicTip | None = None
    wrong: dict[str, str] = field(default_factory=dict)
    """Field → what is not right with it, as a key of the pages' words."""


def blank() -> dict[str, str]:
    """Begin a form: nobody is held as far as we know, and whoever writes stays unknown."""
    return dict.fromkeys(FIELDS, "") | {"danger": NO_DANGER, "stay": "anonymous"}


def filled_in(form: Mapping[str, str]) -> dict[str, str]:
    """Take over what a form says, and nothing else."""
    return {name: form.get(name, usual).strip() for name, usual in blank().items()}


def read_report(form: Mapping[str, str], policy: Policy, now: datetime) -> Report:
    """Read the form as a tip, or say which fields are not right yet."""
    report = Report(filled_in(form))
    plain = report.filled
    happened_at = _instant(plain["happened_at"])
    if plain["happened_at"] and (happened_at is None or happened_at > now):
        report.wrong["happened_at"] = "time"
    told = {
        **_category(plain, policy),
        "text": plain["text"],
        "village": plain["village"] or None,
        "place": plain["place"] or None,
        "happened_at": happened_at,
        "people_count": unicodedata.normalize("NFKC", plain["people_count"]) or None,
        "contact": _contact(plain),
        "website": plain["website"] or None,
        "attachments": tuple(plain["attachments"].split()),
    }
    try:
        report.tip = PublicTip.model_validate(told)
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False, include_context=False):
            name, kind = _field(each)
            report.wrong.setdefault(name, kind)
    if report.wrong:
        report.tip = None
    return report


def _category(plain: Mapping[str, str], policy: Policy) -> dict[str, Any]:
    usual = next((route.category for route in policy.routes if route.is_default), "")
    chosen = plain["category"] or usual
    if plain["danger"] not in ("", NO_DANGER):
        chosen = plain["danger"]
    kinds = next((route.kinds for route in policy.routes if route.category == chosen), ())
    return {"category": chosen, "kind": "complaint" if kinds == COMPLAINT else "tip"}


def _contact(plain: Mapping[str, str]) -> dict[str, str] | None:
    given = {name: plain[each] for name, each in _CONTACT.items() if plain[each]}
    return given if given and plain["stay"] == NAMED else None


def _instant(text: str) -> datetime | None:
    plain = unicodedata.normalize("NFKC", text)
    for form in _TIMES:
        try:
            return datetime.strptime(plain, form).replace(tzinfo=SHANGHAI)
        except ValueError:
            continue
    return None


def _field(error: Mapping[str, Any]) -> tuple[str, str]:
    place = [str(part) for part in error["loc"]]
    if error["type"] == _NOWHERE or not place:
        return "place", _NOWHERE
    name = _CONTACT.get(place[-1], place[0]) if place[0] == "contact" else place[0]
    kinds = {"string_too_short": "missing", "string_too_long": "too_long", "string_pattern_mismatch": "letters"}
    usual = {"people_count": "number", "happened_at": "time"}.get(name, "other")
    return name, kinds.get(error["type"], usual)

"""What in a text points to one thing in the world: telephone, plate, account, web address, organisation, room.

The rules are data (`entities.toml`). What they find is personal, so it leaves this module only as a keyed hash:
equal things have equal marks, and without the key a mark tells nothing, not even by trying all telephone numbers.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from lianxi.policy import wordings
from lianxi.policy.model import Sourced

Normalisation = Literal["digits", "letters_and_digits", "host", "address", "alias"]
_NOT_DIGITS = re.compile(r"[^0-9x]")
_NOT_WORD = re.compile(r"[^0-9a-z\u4e00-\u9fff]")
_COUNTRY = re.compile(r"^(?:00)?86(?=1[3-9]\d{9}$)")
MARK_BYTES = 12
NAME_LETTERS = 2
"""How many letters right before a number name its street in an address code."""

STREET_WORDS = frozenset({"大道", "大街", "小区", "花园", "新村", "公寓", "大厦", "广场"})
ENDING_LETTERS = 4
ENDING = "ending"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityRule(Sourced):
    """One kind of thing, how it is written, and how far it says that two tips are about the same.

    `patterns` have one group for the thing itself; `aliases` name one organisation, the first being its name; `weight`
    is in thousandths; `is_search_number` says that its last four digits may be looked up by those who hold the tip.
    """

    code: str
    name_zh: str
    name_en: str
    normalise: Normalisation
    patterns: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    weight: int
    is_search_number: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """One thing found in a text. Never stored, never sent: `marked` is."""

    kind: str
    value: str


def entities_in(text: str, rules: Iterable[EntityRule]) -> tuple[Found, ...]:
    """Find what a text names, each thing once, in one written form.

    Clause: none (criterion 10.1).
    Args:
        text: as the informant wrote it, unsealed.
        rules: those of the policy.
    """
    told = wordings.plain(text)
    found = (Found(rule.code, value) for rule in rules for value in _values(told, rule))
    return tuple(dict.fromkeys(found))


def endings_of(found: Iterable[Found], rules: Iterable[EntityRule]) -> tuple[Found, ...]:
    """Name the last four digits of what may be looked up by them.

    Clause: none (criterion 16.1).
    """
    kinds = {rule.code for rule in rules if rule.is_search_number}
    return tuple(dict.fromkeys(Found(ENDING, each.value[-ENDING_LETTERS:]) for each in found if each.kind in kinds))


def marked(found: Found, key: bytes) -> str:
    """Say what is kept of a thing: its kind, and a keyed hash.

    Clause: pipl-51 (criterion 10.1).
    """
    digest = hmac.new(key, f"{found.kind}\x1f{found.value}".encode(), hashlib.sha256).hexdigest()
    return f"{found.kind}:{digest[: 2 * MARK_BYTES]}"


def address_codes(told: str) -> Iterator[str]:
    """Code the addresses that a text in plain form names: street and house or building, and these with the room.

    Clause: none (criterion 10.1).
    """
    for place in wordings.places_in(told):
        name = place.name.removesuffix(next((each for each in STREET_WORDS if place.name.endswith(each)), ""))
        if name == place.name and len(name) > NAME_LETTERS:
            name = name[:-1]
        house = "/".join(f"{kind}{number}" for kind in ("house", "building") if (number := place.number(kind)))
        if len(name) < NAME_LETTERS or not house:
            continue
        code = f"{name[-NAME_LETTERS:]}/{house}"
        yield code
        if (room := place.number("room")) is not None:
            yield f"{code}/{room}"


def in_words(row: EntityRule) -> tuple[str, str]:
    """Say what a rule says, in Chinese and in English.

    Clause: none.
    """
    share = f"{row.weight / 10:g}%"
    ending = ("", "") if not row.is_search_number else (",可按末四位查找", "; its last four digits may be looked up")
    names = f"({'、'.join(row.aliases)})" if row.aliases else ""
    return (
        f"两条线索提到同一{row.name_zh}{names},单凭此点最多有{share}的把握是同一件事,是否合并由人决定{ending[0]}",
        f"{row.name_en}: by this alone two tips are about the same by at most {share}; people decide{ending[1]}",
    )


def _values(told: str, rule: EntityRule) -> Iterator[str]:
    if rule.normalise == "address":
        yield from address_codes(told)
    elif rule.normalise == "alias":
        if any(_plain_alias(alias) in told for alias in rule.aliases):
            yield rule.aliases[0]
    else:
        for pattern in rule.patterns:
            yield from (_in_form(each[1], rule.normalise) for each in _compiled(pattern).finditer(told))


@cache
def _plain_alias(alias: str) -> str:
    return wordings.plain(alias)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _in_form(value: str, form: Normalisation) -> str:
    if form == "digits":
        return _COUNTRY.sub("", _NOT_DIGITS.sub("", value))
    if form == "host":
        return value.removeprefix("www.").rstrip("./")
    return _NOT_WORD.sub("", value)

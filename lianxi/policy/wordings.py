"""Running texts in one written form, and the places that are named in them.

`addresses` makes one address alike; this reads sentences, in which telephone numbers and web addresses stay whole and
an address stands anywhere, with anything before it. A place is the numbers of house, building, floor and room, and the
words before them; how alike two places are is for `likeness` to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from lianxi.policy import addresses

_HAN: Final = "\u4e00-\u9fff"
_SPACES: Final = re.compile(r"(?<![a-z0-9_])[^\S\n]+|[^\S\n]+(?![a-z0-9])|(?<=[0-9])[^\S\n]+(?=[0-9])")
"""Spaces that part nothing: between a word and a word, or a word and a number, they stay."""

_NOT_SAID: Final = re.compile(r"\[已隐去[^\]]*\]")
_NOT_WORDS: Final = re.compile(rf"[^0-9a-z{_HAN}]+")
_DASH: Final = re.compile(r"(?<=[栋层梯元])-(?=[0-9])")
_UNIT: Final = re.compile(
    r"(?<![0-9a-z月])-?(?P<number>\d{1,4}|[a-z])(?P<unit>号|栋|单元|梯|层|室|座)(?!线|店|人)"
    r"|(?<=[栋层梯元])-?(?P<bare>\d{3,4})(?![0-9年元块点号栋层:])"
)
_NAME: Final = re.compile(rf"[{_HAN}]*$")
_LEADING: Final = re.compile(r"^.*(?:在|于|位置|地址|地点|路过|经过|住|到|去|是|查|一下|看看|说|我们)(?=..)")
"""What leads to an address and is not of it."""

_GAP: Final = re.compile(rf"[{_HAN}]{{0,8}}")
_KEYS: Final = {"号": "house", "座": "building", "栋": "building", "单元": "stair", "梯": "stair", "层": "floor"}
_NAMED: Final = re.compile(
    rf"[{_HAN}]{{2,8}}?(?:大道|大厦|大楼|小区|花园|社区|公寓|广场|酒店|宾馆|市场|超市|商城|商场|公司|集团|学校|中学|小学|医院|公园"
    rf"|工业区|工业园|中心|工程|项目|协会|商行|茶庄|会所|俱乐部|旅馆|路|街|巷|村|苑|城|楼盘|厂|店|馆|庙|站|桥)"
)
LONGEST_NAME: Final = 8


@dataclass(frozen=True, slots=True)
class Place:
    """One place as a text names it: the words before its first number, and its numbers."""

    name: str
    numbers: tuple[tuple[str, str], ...] = field(default=())

    def number(self, kind: str) -> str | None:
        """Say the number of its house, building, stair, floor or room.

        Clause: none.
        """
        return dict(self.numbers).get(kind)


def plain(text: str) -> str:
    """Write a text in one form: simplified, half-width, lower case, what is counted in digits, one word for a building.

    Clause: none (criterion 10.2).
    """
    return addresses.counted(_SPACES.sub("", addresses.in_one_script(text)))


def told(text: str) -> str:
    """Write what a redacted text says, without what stands for cut words; sentences stay apart by a space.

    Clause: none (criterion 10.2).
    """
    said = _DASH.sub("", _NOT_SAID.sub(" ", plain(text)))
    return _NOT_WORDS.sub(" ", said).strip()


def pairs(words: str) -> frozenset[str]:
    """List the pairs of neighbouring letters of what a text says, none across a pause.

    Clause: none.
    """
    return frozenset(pair for place in range(len(words) - 1) if " " not in (pair := words[place : place + 2]))


def names_in(text: str) -> tuple[str, ...]:
    """List what looks like the name of a place or an organisation, with whatever stands before it in the sentence.

    Clause: none (criterion 16.1).
    """
    return tuple(dict.fromkeys(found[0] for found in _NAMED.finditer(text)))


def places_in(text: str) -> tuple[Place, ...]:
    """Find the places that a text in plain form names by number.

    Clause: none (criterion 10.1).
    """
    return tuple(dict.fromkeys(_places(text)))


def _places(text: str) -> Iterator[Place]:
    numbers: dict[str, str] = {}
    name, end = "", -1
    for found in _UNIT.finditer(text):
        between = text[end : found.start()] if end >= 0 else None
        if between is None or not _GAP.fullmatch(between) or _kind(found) in numbers:
            if numbers:
                yield Place(name, tuple(sorted(numbers.items())))
            name, numbers = _name_before(text, found.start()), {}
        elif between:
            name = (name + between)[-2 * LONGEST_NAME :]
        numbers[_kind(found)] = found["bare"] or found["number"]
        end = found.end()
    if numbers:
        yield Place(name, tuple(sorted(numbers.items())))


def _kind(found: re.Match[str]) -> str:
    return "room" if found["bare"] else _KEYS.get(found["unit"], "room")


def _name_before(text: str, place: int) -> str:
    before = _NAME.search(text[max(0, place - LONGEST_NAME) : place])
    return "" if before is None else _LEADING.sub("", before[0])

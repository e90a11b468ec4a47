"""Addresses as people write them, made alike: 3号楼, 3栋, 三幢 and ３號樓 are one building.

Only writing is levelled: width, script, numerals, the words for building, floor and room, spaces and punctuation. What
is not written is never guessed, so two addresses that are made alike were the same words in another hand.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

from opencc import OpenCC

ROUNDS: Final = 20
_DIGITS: Final = {letter: place for place, letter in enumerate("零一二三四五六七八九")} | {
    "〇": 0, "○": 0, "两": 2, "壹": 1, "贰": 2, "叁": 3, "肆": 4, "伍": 5, "陆": 6, "柒": 7, "捌": 8, "玖": 9,
}  # fmt: skip
_POWERS: Final = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_NUMERALS: Final = "".join((*_DIGITS, *_POWERS))
_COUNTED: Final = r"(?=号|栋|幢|座|#|单元|梯|层|楼|室|房|户|巷|弄)"
"""A numeral is a number only before what is counted: 三栋 is 3栋, but 五一路 and 三乡镇 are names."""

_CHINESE_NUMBER: Final = re.compile(rf"[{_NUMERALS}]+{_COUNTED}")
_LEFT_OUT: Final = re.compile(r"[\s,，、。.;；:：·'\"“”‘’()（）\[\]【】]+")
_DASH: Final = re.compile(r"[‐‑‒–—―−_~]+")
_LOOSE_DASH: Final = re.compile(r"(?<![0-9a-z])-+|-+(?![0-9a-z])")
_ZEROS: Final = re.compile(r"(?<![0-9])0+(?=[0-9])")
_WORDS: Final = (
    (re.compile(r"(?<=[0-9a-z])(?:号楼|号栋|号幢|#楼|#栋|#|幢|座|栋楼)"), "栋"),
    (re.compile(r"(?<=[0-9])楼"), "层"),
    (re.compile(r"(?<=[0-9])(?:号房|房间|房|号室)"), "室"),
    (re.compile(r"((?:栋|层|单元)[0-9]{1,5})$"), r"\1室"),
)
_BUILDING: Final = re.compile(r"^.*?[0-9a-z]栋")


def normalised(address: str) -> str:
    """Write an address in the one form that all ways of writing it share.

    Clause: none (criterion 10.2).
    """
    text = address
    # What one rule makes may be what another one waits for; a few rounds settle any address.
    for _ in range(ROUNDS):
        again = _levelled(text)
        if again == text:
            break
        text = again
    return text


def same_place(one: str, other: str) -> bool:
    """Say whether two addresses are the same words in another hand.

    Clause: none (criterion 10.2).
    """
    return normalised(one) == normalised(other)


def building_of(address: str) -> str | None:
    """Name the building of an address without floor and room; `None` when it names none.

    Clause: none (domain 5.3: no finer than a building).
    """
    found = _BUILDING.match(normalised(address))
    return None if found is None else found[0]


def _levelled(address: str) -> str:
    text = in_one_script(address)
    text = _LEFT_OUT.sub("", _DASH.sub("-", text))
    return counted(_LOOSE_DASH.sub("", text))


def counted(text: str) -> str:
    """Write what is counted in digits, and the words for building, floor and room in one way; all else stays.

    Clause: none (criterion 10.2).
    """
    text = _ZEROS.sub("", _CHINESE_NUMBER.sub(lambda found: _number(found[0]), text))
    for written, meant in _WORDS:
        text = written.sub(meant, text)
    return text


def in_one_script(text: str) -> str:
    """Write a text half-width, in simplified characters and lower case.

    Clause: none (criterion 10.2).
    """
    converted: str = _converter().convert(unicodedata.normalize("NFKC", text).casefold())
    return converted


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")


def _number(written: str) -> str:
    """Read a numeral: 二十三 as 23, 五〇一 as 501."""
    if not any(letter in _POWERS for letter in written):
        return "".join(str(_DIGITS[letter]) for letter in written)
    total, digit = 0, None
    for letter in written:
        if letter in _POWERS:
            total += (1 if digit is None else digit) * _POWERS[letter]
            digit = None
        else:
            digit = _DIGITS[letter] or None
    return str(total + (digit or 0))

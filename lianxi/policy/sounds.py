"""How names sound: syllables of Mandarin without tones, so that chendawen and cdw find 陈大文.

A letter with several readings that are common in names has all of them; the others have their usual one.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import islice, product
from typing import Final

READINGS_AT_MOST: Final = 8
_MORE: Final[dict[str, tuple[str, ...]]] = {
    "长": ("chang", "zhang"), "行": ("hang", "xing"), "重": ("chong", "zhong"), "乐": ("le", "yue"),
    "朝": ("chao", "zhao"), "都": ("du", "dou"), "会": ("hui", "kuai"), "单": ("dan", "shan"), "曾": ("zeng", "ceng"),
    "盛": ("sheng", "cheng"), "厦": ("sha", "xia"), "圩": ("wei", "xu"), "埔": ("pu", "bu"), "涌": ("yong", "chong"),
    "柏": ("bai", "bo"), "番": ("fan", "pan"), "传": ("chuan", "zhuan"), "车": ("che", "ju"), "解": ("jie", "xie"),
    "省": ("sheng", "xing"), "藏": ("cang", "zang"), "降": ("jiang", "xiang"), "还": ("hai", "huan"),
    "角": ("jiao", "jue"), "调": ("diao", "tiao"), "陂": ("bei", "pi"), "阿": ("a", "e"), "覃": ("qin", "tan"),
}  # fmt: skip


@lru_cache(8_000)
def readings(letter: str) -> tuple[str, ...]:
    """List how a letter is read; 绿 is lv and, as many type it, lu.

    Clause: none (criterion 16.1).
    """
    # Loading the table takes a quarter of a second, which every desk's start would pay and few processes ever use.
    from pypinyin import lazy_pinyin

    found = _MORE.get(letter) or tuple(lazy_pinyin(letter))
    return tuple(dict.fromkeys(written for each in found for written in (each, each.replace("v", "u"))))


def spoken(name: str) -> tuple[tuple[str, ...], ...]:
    """List the ways in which a name may be read, as syllables.

    Clause: none (criterion 16.1).
    """
    return tuple(islice(product(*map(readings, name)), READINGS_AT_MOST))


@lru_cache(20_000)
def sounds_like(asked: str, name: str) -> bool:
    """Say whether whole syllables of a name, next to one another, sound like what was typed, in full or by initials.

    Clause: none (criterion 16.1).
    """
    return any(_full(asked, syllables) or asked in initials(syllables) for syllables in spoken(name))


def initials(syllables: tuple[str, ...]) -> str:
    """Write the first letters.

    Clause: none.
    """
    return "".join(each[0] for each in syllables)


def _full(asked: str, syllables: tuple[str, ...]) -> bool:
    """Say whether some syllables make what was typed; the last may still be unfinished."""
    for start in range(len(syllables)):
        rest = asked
        for syllable in syllables[start:]:
            if syllable.startswith(rest):
                return True
            if not rest.startswith(syllable):
                break
            rest = rest[len(syllable) :]
    return False

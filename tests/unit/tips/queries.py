"""Made-up tips and 200 questions about them, each with the tips that a person would want to find."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import opencc
from pypinyin import lazy_pinyin

from lianxi.policy import wordings
from services.tips.domain.traces import Trace
from services.tips.domain.tracing import names_of
from services.tips.policy import redact
from tests.unit.tips.alike import HELD_OUT, happening, told
from tests.unit.tips.desk import NOW, shipped_policy

TRADITIONAL = opencc.OpenCC("s2t")
HEADS = tuple(one + two for one in "聚富康万鑫恒天利华宏金源" for two in "福民美家达盛泰和诚信隆兴")
TAILS = ("商城", "保健品店", "商行", "养生会所", "投资公司", "茶庄", "科技公司")


@dataclass(frozen=True)
class Question:
    """What somebody types, of which kind, and what it should find."""

    kind: str
    typed: str
    wanted: frozenset[str]


@dataclass(frozen=True)
class Record:
    tip_id: str
    text: str
    organisation: str


def records(count: int, random: Random) -> Iterator[Record]:
    for number in range(count):
        it = happening(HELD_OUT, random)
        organisation = random.choice(HEADS) + random.choice(TAILS)
        written = TRADITIONAL.convert(organisation) if random.random() < 0.2 else organisation
        more = random.choice(("。听说是{}的人。", "。门口挂着{}的牌子", ",他们自称{}")).format(written)
        yield Record(f"tip_{number:026}", told(HELD_OUT, it, random).text + more, organisation)


def trace(record: Record, agencies: tuple[str, ...] = ("office",)) -> Trace:
    words = wordings.told(redact(record.text))
    return Trace(
        tip_id=record.tip_id,
        words=words,
        listed_at=NOW,
        agencies=agencies,
        names=names_of(words, shipped_policy().entities),
    )


def questions(kept: list[Record], count: int, random: Random) -> list[Question]:
    """Ask for organisations and streets, in other scripts and by sound, and for words of the texts."""
    plain = {each.tip_id: wordings.told(redact(each.text)) for each in kept}
    kinds = ("words", "traditional", "wide", "two words", "pinyin", "initials", "street")
    found = []
    for number in range(count):
        asked, kind = random.choice(kept), kinds[number % len(kinds)]
        name, sound = asked.organisation, lazy_pinyin(asked.organisation)
        typed, part = name, ""
        if kind in ("words", "two words"):
            part = _part(plain[asked.tip_id], random)
            typed = part if kind == "words" else f"{name} {part}"
        elif kind == "street":
            typed = part = random.choice(HELD_OUT.streets)
        else:
            typed = {
                "traditional": TRADITIONAL.convert(name),
                "wide": f" {name}\u3000",
                "pinyin": "".join(sound),
                "initials": "".join(each[0] for each in sound),
            }[kind]
        named = None if kind in ("words", "street") else name
        wanted = (each.tip_id for each in kept if part in plain[each.tip_id] and named in (None, each.organisation))
        found.append(Question(kind, typed, frozenset(wanted)))
    return [each for each in found if each.wanted]


def _part(words: str, random: Random) -> str:
    piece = random.choice([each for each in words.split() if len(each) >= 4])
    start = random.randrange(len(piece) - 3)
    return piece[start : start + random.choice((2, 3, 4))]

"""Near-duplicates: the desk's likeness against a full scan with rapidfuzz, on made-up tips and worded-anew copies.

L0 changes two letters in a hundred and writes numbers otherwise; L1 changes six, drops a clause and shuffles the rest;
L2 changes twelve and says two clauses in other words. *At 2 % false alarms* means: found first, and above the score
that only two in a hundred really new texts exceed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from random import Random
from typing import Any, Final

from pypinyin.phrases_dict import phrases_dict
from rapidfuzz import fuzz, process

from bench.figures import percentile
from bench.ground import Ground
from bench.sizes import Sizes
from deploy.local.places import CHECKOUT
from lianxi.policy import wordings
from lianxi.policy.entities import entities_in, marked
from lianxi.policy.load import load_policy
from lianxi.policy.policy import Policy
from services.tips.domain.likeness import alike
from services.tips.domain.traces import Trace, TraceTable

Tell = Callable[[str], None]
FRAMES: Final = (
    "每天早上有人集中讲{}和{}", "房东说他们是做{}的,常带{}", "晚上听见里面喊{},还唱{}", "外地口音的年轻人搬来{}和{}",
    "门口堆着{},窗帘上印着{}", "带头的人姓王,开一辆{}牌的车,卖{}", "他们让人交钱买{},说能返{}",
    "隔壁有人被带去学{},手机换成了{}", "群里天天发{},叫大家投{}", "讲师在黑板上写{},下面的人跟着念{}",
)  # fmt: skip
LETTERS: Final = "春夏秋冬山水云月江河湖海林松竹梅金银铜铁东南西北甲乙丙丁天地人和福禄寿喜龙凤虎马牛羊米面油盐"
ROADS: Final = tuple(one + two for one in "解和榕新河学工胜桥滨" for two in ("放路", "平街"))
LEVELS: Final = ("L0", "L1", "L2")
NOISE: Final = {"L0": 0.02, "L1": 0.06, "L2": 0.12}
DIGITS: Final = str.maketrans("0123456789", "零一二三四五六七八九")
WHEN: Final = datetime(2026, 11, 1, tzinfo=UTC)
KEY: Final = b"a key of no town"


@dataclass(frozen=True)
class Story:
    """What one text tells: where, and clauses in order."""

    place: str
    clauses: tuple[str, ...]

    @property
    def text(self) -> str:
        """Write it."""
        return self.place + ",".join(self.clauses) + "。"


def story(random: Random) -> Story:
    """Make a text up."""
    place = f"{random.choice(ROADS)}{random.randint(1, 180)}号{random.randint(1, 9)}单元{random.randint(101, 909)}房"
    return Story(place, tuple(clause(random) for _ in range(random.randint(4, 5))))


def clause(random: Random) -> str:
    """Make a clause up: a sentence that many tips have, filled with words of the dictionary."""
    return random.choice(FRAMES).format(random.choice(dictionary()), random.choice(dictionary()))


@cache
def dictionary() -> tuple[str, ...]:
    """List the two-letter words of a dictionary, always in the same order."""
    return tuple(sorted(word for word in phrases_dict if len(word) == 2))


def again(told: Story, level: str, random: Random) -> str:
    """Tell it again in other words."""
    clauses = list(told.clauses)
    place = told.place.translate(DIGITS) if random.random() < 0.5 else told.place
    if level == "L1":
        clauses.pop(random.randrange(len(clauses)))
        random.shuffle(clauses)
    if level == "L2":
        for where in random.sample(range(len(clauses)), 2):
            clauses[where] = clause(random)
    return noisy(place + ",".join(clauses) + "。", NOISE[level], random)


def noisy(text: str, share: float, random: Random) -> str:
    """Mistype letters."""
    return "".join(random.choice(LETTERS) if random.random() < share else each for each in text)


def trace(number: int, text: str, policy: Policy) -> Trace:
    """Keep of a text what the desk keeps."""
    return Trace(
        tip_id=f"tip-{number}",
        words=wordings.told(text),
        marks=tuple(marked(each, KEY) for each in entities_in(text, policy.entities)),
        village="village/banyan",
        category="rental_gathering",
        listed_at=WHEN,
    )


@dataclass
class Found:
    """What a method found for queries: seconds each, the score of its first, and whether that was right."""

    seconds: list[float]
    scores: list[float]
    right: list[bool]


Answer = tuple[str | None, float]


@dataclass(frozen=True)
class Method:
    """A way to find the nearest: what is done with a text when it comes in, once, and the question about it."""

    take_in: Callable[[str], Any]
    nearest: Callable[[Any], Answer]


def tried(method: Method, queries: Sequence[tuple[str, str | None]]) -> Found:
    """Ask for each text's nearest. What the desk keeps of a tip it makes at intake, not when somebody looks."""
    found = Found([], [], [])
    for text, wanted in queries:
        taken = method.take_in(text)
        began = time.perf_counter()
        name, score = method.nearest(taken)
        found.seconds.append(time.perf_counter() - began)
        found.scores.append(score)
        found.right.append(name is not None and name == wanted)
    return found


def recall(found: Found, threshold: float) -> float:
    """Tell the share that is right and above a score."""
    hits = [right and score > threshold for right, score in zip(found.right, found.scores, strict=True)]
    return sum(hits) / len(hits)


def by_likeness(kept: Sequence[Story], policy: Policy) -> Method:
    """The desk's way: a tip that has come in is in the table, and is asked about whenever somebody opens it."""
    table, weights = TraceTable(), {rule.code: rule.weight for rule in policy.entities}
    for number, each in enumerate(kept):
        table.put(trace(number, each.text, policy))

    def take_in(text: str) -> Trace:
        taken = trace(-1, text, policy)
        table.put(taken)
        return taken

    def nearest(taken: Trace) -> Answer:
        found = alike(table, weights, taken, at_most=1)
        return (found[0].tip_id, float(found[0].per_cent)) if found else (None, 0.0)

    return Method(take_in, nearest)


def by_scan(kept: Sequence[Story]) -> Method:
    """A full scan with rapidfuzz."""
    texts = [each.text for each in kept]

    def nearest(text: str) -> Answer:
        found = process.extractOne(text, texts, scorer=fuzz.ratio)
        return (f"tip-{found[2]}", float(found[1]))

    return Method(str, nearest)


def measure(ground: Ground | None, sizes: Sizes, tell: Tell) -> dict[str, Any]:
    """Measure every size."""
    if ground is not None:
        ground.stop_town()
    policy = load_policy(CHECKOUT / "deploy" / "policy")
    rows = []
    for count in sizes.texts:
        rows.append(one_size(count, sizes.queries, policy))
        row = rows[-1]
        tell(f"{count:,} texts: {row['ours_ms']:.1f} ms against {row['scan_ms']:.1f} ms")
    return {"sizes": rows}


def one_size(count: int, queries: int, policy: Policy) -> dict[str, Any]:
    """Measure one size, both ways with the same queries."""
    random = Random(count)
    kept = [story(random) for _ in range(count)]
    asked = {level: worded_anew(kept, level, queries // 2, random) for level in LEVELS}
    new: list[tuple[str, str | None]] = [(story(random).text, None) for _ in range(queries)]
    began = time.perf_counter()
    ours = by_likeness(kept, policy)
    built = time.perf_counter() - began
    own, theirs = judged(ours, asked, new), judged(by_scan(kept), asked, new)
    return {
        "texts": count,
        "levels": list(LEVELS),
        "ours": own["levels"],
        "scan": theirs["levels"],
        "ours_ms": own["p50"],
        "ours_p99": own["p99"],
        "scan_ms": theirs["p50"],
        "build_s": built,
        "take_in_ms": built / count * 1000,
    }


def worded_anew(kept: Sequence[Story], level: str, count: int, random: Random) -> list[tuple[str, str | None]]:
    """Choose texts and tell them again."""
    chosen = [random.randrange(len(kept)) for _ in range(count)]
    return [(again(kept[number], level, random), f"tip-{number}") for number in chosen]


def judged(
    method: Method, asked: Mapping[str, Sequence[tuple[str, str | None]]], new: Sequence[tuple[str, str | None]]
) -> dict[str, Any]:
    """Try a method on all levels, with thresholds from really new texts."""
    alarms = tried(method, new).scores
    found = {level: tried(method, queries) for level, queries in asked.items()}
    seconds = [each * 1000 for one in found.values() for each in one.seconds]
    levels = [
        {
            "first": recall(one, -1.0),
            "at_2": recall(one, percentile(alarms, 98)),
            "at_1": recall(one, percentile(alarms, 99)),
        }
        for one in found.values()
    ]
    return {"levels": levels, "p50": percentile(seconds, 50), "p99": percentile(seconds, 99)}

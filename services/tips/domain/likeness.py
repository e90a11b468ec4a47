"""Which tips may be about the same: a hint for people, with its reasons. Nothing here merges anything.

Rare pairs of letters and shared marks find the few tips worth a closer look, at no more postings than a budget, so
that a question costs the same over a hundred tips and over a hundred thousand. Only those are compared: what two tips
share speaks for them, and what they contradict one another in, above all the number of the house, against them.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from lianxi.policy import wordings
from lianxi.policy.wordings import Place
from services.tips.domain.traces import CORNER_LETTERS, Trace, TraceTable, corners, things_of

POSTINGS_AT_MOST = 20_000
COMPARED_AT_MOST = 80
LIKELY_FROM = 0.5
PRIOR = -6.3
WORDING_SLOPE, WORDING_FROM, WORDING_TOLD_FROM = 12.0, 0.2, 0.3
NUMBER_TELLS = {"house": 3.0, "building": 2.5, "stair": 0.7, "room": 3.0, "floor": 1.5}
OTHER_NUMBER, OTHER_ROOM, OTHER_LETTER = -7.0, -2.5, -2.0
OTHER_VILLAGE, OTHER_CATEGORY, OTHER_DWELLING = -1.5, -0.4, -3.0
SAME_DWELLING = 6.0
LONG_AGO, LONG_AGO_DAYS = -1.0, 180
SURE = 0.999
BUILDINGS, ROOMS = ("house", "building", "stair"), ("room", "floor")
"""Weights are natural logarithms of how much likelier a thing is in two tips about the same than in any two; they were
set on made-up tips, of which none is in the test that measures them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why two tips may be about the same: a kind of shared thing, or `wording`; how far, in per cent."""

    code: str
    per_cent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """One tip that may be about the same, how far, and why."""

    tip_id: str
    per_cent: int
    reasons: tuple[Reason, ...]


Allowed = Callable[[Sequence[str]], Iterable[str]]
"""Says which of some tips may be told of at all."""


def alike(
    table: TraceTable, weights: Mapping[str, int], trace: Trace, *, at_most: int = 10, only: Allowed | None = None
) -> Sequence[Likeness]:
    """Find tips that may be about the same as one, the likeliest first.

    Clause: none (criterion 10.2).
    Args:
        table: the tips to look among.
        weights: of each kind of mark, in thousandths.
        trace: the tip that is asked about; it is not its own candidate.
        at_most: how many.
        only: asked before anything is ranked or counted.
    """
    found = [each for each in _worth_a_look(table, trace) if each.tip_id != trace.tip_id]
    if only is not None:
        allowed = frozenset(only([each.tip_id for each in found]))
        found = [each for each in found if each.tip_id in allowed]
    likenesses = [likeness(table, weights, trace, each) for each in found]
    likely = [each for each in likenesses if each.per_cent >= LIKELY_FROM * 100]
    return sorted(likely, key=lambda each: (-each.per_cent, each.tip_id))[:at_most]


def _worth_a_look(table: TraceTable, trace: Trace) -> list[Trace]:
    """Choose by what is rarest: marks and corners before words, and never more than a budget of either."""
    shared: defaultdict[int, float] = defaultdict(float)
    things = (*things_of(trace)[1:], *corners(trace.places))
    for postings, asked, rarity in (
        (table.by_thing, things, table.rareness),
        (table.by_pair, wordings.pairs(trace.words), table.rarity),
    ):
        budget = POSTINGS_AT_MOST
        for thing in postings.known(asked):
            slots = postings.of(thing)
            if (budget := budget - len(slots)) < 0:
                break
            weight = rarity(thing)
            for slot in slots:
                shared[slot] += weight
    best = heapq.nlargest(COMPARED_AT_MOST, shared, key=shared.__getitem__)
    return [each for slot in best if (each := table.at(slot)) is not None]


def likeness(table: TraceTable, weights: Mapping[str, int], one: Trace, other: Trace) -> Likeness:
    """Say how far two tips may be about the same, and why.

    Clause: none (criterion 10.2).
    """
    wording = _wording(table, one.words, other.words)
    spoken = {"wording": WORDING_SLOPE * (wording - WORDING_FROM), "place": _places(table, one.places, other.places)}
    spoken |= _marks(table, weights, one, other) | _circumstances(one, other)
    told = {code: weight for code, weight in spoken.items() if weight > 0 and code != "wording"}
    reasons = [Reason(code=code, per_cent=_per_cent(weight)) for code, weight in sorted(told.items())]
    if wording >= WORDING_TOLD_FROM:
        reasons.insert(0, Reason(code="wording", per_cent=round(wording * 100)))
    return Likeness(tip_id=other.tip_id, per_cent=_per_cent(PRIOR + sum(spoken.values())), reasons=tuple(reasons))


def _per_cent(weight: float) -> int:
    return round(100 / (1 + exp(-max(-30.0, min(30.0, weight)))))


def _marks(table: TraceTable, weights: Mapping[str, int], one: Trace, other: Trace) -> dict[str, float]:
    """Weigh what both name, by how rare it is, and by no more than the policy lets its kind say alone."""
    found: dict[str, float] = {}
    for mark in set(one.marks) & set(other.marks):
        kind = mark.partition(":")[0]
        if kind != "place":
            alone = min(weights.get(kind, 0) / 1000, SURE)
            most = log(alone / (1 - alone)) - PRIOR if alone > 0 else 0.0
            found[kind] = max(found.get(kind, 0.0), min(most, table.rareness(mark)))
    return found


def _circumstances(one: Trace, other: Trace) -> dict[str, float]:
    found: dict[str, float] = {}
    if one.rental_code and other.rental_code:
        is_same = one.rental_code == other.rental_code
        found["rental"] = SAME_DWELLING if is_same else OTHER_DWELLING
    if one.village and other.village and one.village != other.village:
        found["village"] = OTHER_VILLAGE
    if one.category != other.category:
        found["category"] = OTHER_CATEGORY
    if abs((one.listed_at - other.listed_at).days) > LONG_AGO_DAYS:
        found["time"] = LONG_AGO
    return found


def _places(table: TraceTable, ones: Sequence[Place], others: Sequence[Place]) -> float:
    """Weigh all places of two tips: one that they share speaks for them, whatever else they name."""
    weights = [_place(table, one, other) for one in ones for other in others]
    best = max(weights, default=0.0)
    return best if best > 0 else min(weights, default=0.0)


def _place(table: TraceTable, one: Place, other: Place) -> float:
    """Weigh two places: one number that differs outweighs a street that is the same."""
    both = {kind: (number, theirs) for kind, number in one.numbers if (theirs := other.number(kind)) is not None}
    if any(mine != theirs for kind, (mine, theirs) in both.items() if kind in BUILDINGS):
        return OTHER_NUMBER
    name = _name(table, one.name[-CORNER_LETTERS:], other.name[-CORNER_LETTERS:])
    same = sum(NUMBER_TELLS[kind] for kind in both if kind in BUILDINGS)
    if not same:
        return 0.0
    for kind in ROOMS:
        if kind in both:
            mine, theirs = both[kind]
            return name + same + (NUMBER_TELLS[kind] if mine == theirs else OTHER_ROOM)
    return name + same


def _name(table: TraceTable, one: str, other: str) -> float:
    """Weigh two names by the rarest that they share; one letter may be mistyped, more are another street."""
    length = min(len(one), len(other))
    if length == 0:
        return 0.0
    wrong = Levenshtein.distance(one[-length:], other[-length:])
    rarest = max(map(table.rarity, wordings.pairs(one) & wordings.pairs(other)), default=0.0)
    return rarest + OTHER_LETTER * max(0, wrong - 1)


def _wording(table: TraceTable, one: str, other: str) -> float:
    """Say how alike two wordings are: by their rarer pairs, and letter by letter."""
    mine, theirs = wordings.pairs(one), wordings.pairs(other)
    if not mine or not theirs:
        return 0.0
    both = sum(map(table.rarity, mine & theirs))
    dice = 2 * both / (sum(map(table.rarity, mine)) + sum(map(table.rarity, theirs)))
    letters: float = fuzz.token_ratio(one, other) / 100
    return 0.8 * dice + 0.2 * letters

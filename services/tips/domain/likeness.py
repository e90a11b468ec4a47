"""Which tips may be about the same: a hint for people, with its reasons. Nothing here merges anything.

Rare pairs of letters and shared marks find the few tips worth a closer look, at no more postings than a budget, so
that a question costs the same over a hundred tips and over a hundred thousand. Only those are compared: what two tips
share speaks for them, and what they contradict one another in, above all the number of the house, against them; unless
so much that is rare was said in both that the one must have been copied from the other, number or not.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from operator import itemgetter

from rapidfuzz.distance import Levenshtein

from lianxi.policy import wordings
from lianxi.policy.wordings import Place
from services.tips.domain.traces import CORNER_LETTERS, Postings, Trace, TraceTable, corners, things_of

THINGS_AT_MOST, PAIRS_AT_MOST = 5_000, 3_000
"""So many postings of marks and corners are read, and so many of pairs of letters."""

CHOSEN_AT_MOST, COMPARED_AT_MOST = 80, 30
"""So many are found, and of those that somebody may know of so many are compared."""
WORTH_FROM = 0.15
"""What shares less than this part of what the best one shares is not compared."""

LIKELY_FROM = 0.5
PRIOR = -6.3
WORDING_SLOPE, WORDING_FROM, WORDING_TOLD_FROM = 12.0, 0.2, 0.3
RARE_FROM, RARE_TELLS, RARE_MOST = 5.0, 0.5, 16.0
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
    asked = _Asked.of(table, trace)
    found = {each.tip_id: (each, weight) for each, weight in _chosen(table, asked) if each.tip_id != trace.tip_id}
    allowed = frozenset(found if only is None else only(list(found)))
    seen = [each for tip_id, each in found.items() if tip_id in allowed]
    most = max((weight for _, weight in seen), default=0.0)
    close = [each for each, weight in seen if weight >= most * WORTH_FROM]
    likenesses = [_likeness(table, weights, asked, each) for each in close[:COMPARED_AT_MOST]]
    likely = [each for each in likenesses if each.per_cent >= LIKELY_FROM * 100]
    return sorted(likely, key=lambda each: (-each.per_cent, each.tip_id))[:at_most]


@dataclass(frozen=True, slots=True)
class _Asked:
    """The tip that is asked about, with how much each of its pairs of letters tells: worked out once a question."""

    trace: Trace
    marks: frozenset[str]
    pairs: Sequence[tuple[str, float]]
    mass: float

    @classmethod
    def of(cls, table: TraceTable, trace: Trace) -> _Asked:
        pairs = [(pair, table.rarity(pair)) for pair in table.by_pair.known(wordings.pairs(trace.words))]
        return cls(trace, frozenset(trace.marks), pairs, sum(rarity for _, rarity in pairs))


def _chosen(table: TraceTable, asked: _Asked) -> list[tuple[Trace, float]]:
    """Choose by what is rarest, marks and corners beside words, never more than a budget of either; the best first."""
    things = table.by_thing.known((*things_of(asked.trace)[1:], *corners(asked.trace.places)))
    shared = _postings(table.by_thing, [(thing, table.rareness(thing)) for thing in things], THINGS_AT_MOST, {})
    by_thing = frozenset(shared)
    shared = _postings(table.by_pair, asked.pairs, PAIRS_AT_MOST, shared)
    if len(shared) > CHOSEN_AT_MOST:
        # One pair of letters alone is shared by chance.
        once = asked.pairs[0][1] if asked.pairs else 0.0
        shared = {slot: weight for slot, weight in shared.items() if weight > once or slot in by_thing}
    best = heapq.nlargest(CHOSEN_AT_MOST, shared.items(), key=itemgetter(1))
    return [(each, weight) for slot, weight in best if (each := table.at(slot)) is not None]


def _postings(
    postings: Postings, rarest: Sequence[tuple[str, float]], budget: int, shared: dict[int, float]
) -> dict[int, float]:
    for thing, weight in rarest:
        slots = postings.of(thing)
        if (budget := budget - len(slots)) < 0:
            break
        for slot in slots:
            shared[slot] = shared.get(slot, 0.0) + weight
    return shared


def _likeness(table: TraceTable, weights: Mapping[str, int], asked: _Asked, other: Trace) -> Likeness:
    """Say how far two tips may be about the same, and why."""
    one = asked.trace
    wording, rare = _wording(asked, other.words)
    spoken = {
        "wording": WORDING_SLOPE * (wording - WORDING_FROM) + rare * table.experience(),
        "place": _places(table, one.places, other.places),
    }
    spoken |= _marks(table, weights, asked.marks, other) | _circumstances(one, other)
    told = {code: weight for code, weight in spoken.items() if weight > 0 and code != "wording"}
    reasons = [Reason(code=code, per_cent=_per_cent(weight)) for code, weight in sorted(told.items())]
    if wording >= WORDING_TOLD_FROM:
        reasons.insert(0, Reason(code="wording", per_cent=round(wording * 100)))
    return Likeness(tip_id=other.tip_id, per_cent=_per_cent(PRIOR + sum(spoken.values())), reasons=tuple(reasons))


def _per_cent(weight: float) -> int:
    return round(100 / (1 + exp(-max(-30.0, min(30.0, weight)))))


def _marks(table: TraceTable, weights: Mapping[str, int], marks: frozenset[str], other: Trace) -> dict[str, float]:
    """Weigh what both name, by how rare it is, and by no more than the policy lets its kind say alone."""
    found: dict[str, float] = {}
    for mark in marks.intersection(other.marks):
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


def _wording(asked: _Asked, words: str) -> tuple[float, float]:
    """Say how much of what one tip tells another tells too, by its rarer pairs; and how much of it hardly anybody does.

    As much is taken to be told in the other as it is long: what it tells beyond the one speaks against them, too.
    """
    if not asked.mass or not words:
        return 0.0, 0.0
    both = [rarity for pair, rarity in asked.pairs if pair in words]
    rare = sum(rarity - RARE_FROM for rarity in both if rarity > RARE_FROM)
    share = 2 * sum(both) / (asked.mass * (1 + len(words) / len(asked.trace.words)))
    return min(1.0, share), min(RARE_MOST, RARE_TELLS * rare)

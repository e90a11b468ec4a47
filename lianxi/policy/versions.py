"""Two versions of a policy side by side, rule by rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lianxi.policy.forms import Rule, rules
from lianxi.policy.policy import Policy
from lianxi.policy.sentences import sentence_of
from lianxi.policy.shape import plain
from lianxi.policy.words import Pair, names_of

Named = tuple[str, str, str, int]
Change = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What became of one rule. `values` has each key that changed, with its old and its new value."""

    change: Change
    file: str
    table: str
    name: str
    clause: str
    sentence_zh: str
    sentence_en: str
    values: Mapping[str, tuple[Any, Any]]


def differences(old: Policy, new: Policy) -> tuple[Difference, ...]:
    """Compare two versions rule by rule, in the order of the files: what is new, what is gone, what reads otherwise.

    Clause: none (criterion 7.3).
    """
    names = {**names_of(old), **names_of(new)}
    return tuple(_compared(_by_name(old), _by_name(new), names))


def _by_name(policy: Policy) -> dict[Named, Rule]:
    """Rules by file, table and name; of several with one name each has its place among them."""
    found: dict[Named, Rule] = {}
    for rule in rules(policy):
        place = 0
        while (rule.file, rule.table, rule.name, place) in found:
            place += 1
        found[rule.file, rule.table, rule.name, place] = rule
    return found


def _compared(
    before: Mapping[Named, Rule], after: Mapping[Named, Rule], names: Mapping[str, Pair]
) -> Iterator[Difference]:
    for key, rule in after.items():
        earlier = before.get(key)
        if earlier is None:
            yield _difference("added", rule, {}, names)
        elif earlier.row != rule.row:
            yield _difference("changed", rule, _values(plain(earlier.row), plain(rule.row)), names)
    for key, rule in before.items():
        if key not in after:
            yield _difference("removed", rule, {}, names)


def _values(old: Mapping[str, Any], new: Mapping[str, Any]) -> Mapping[str, tuple[Any, Any]]:
    keys = dict.fromkeys((*old, *new))
    return {key: (old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key)}


def _difference(
    change: Change, rule: Rule, values: Mapping[str, tuple[Any, Any]], names: Mapping[str, Pair]
) -> Difference:
    return Difference(
        change=change,
        file=rule.file,
        table=rule.table,
        name=rule.name,
        clause=getattr(rule.row, "clause", ""),
        sentence_zh=sentence_of(rule.row, "zh", names),
        sentence_en=sentence_of(rule.row, "en", names),
        values=values,
    )

"""Rules written as data: facts joined by `and`, `or`, `not` and brackets. Read, never executed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass

from lianxi.kernel.errors import PolicyBroken

_TOKEN = re.compile(r"\s*(?:(\(|\))|([a-z][a-z0-9_]*))")
_WORDS = frozenset({"and", "or", "not"})


@dataclass(frozen=True, slots=True)
class Expression:
    """A rule as a tree: `fact` with its name, or `and`, `or`, `not` over parts."""

    kind: str
    name: str = ""
    parts: tuple[Expression, ...] = ()


def read_rule(text: str) -> Expression:
    """Read a rule; `and` binds closer than `or`.

    Clause: L88.2 (X-13: how a sentence's facts are joined is for the office to settle, so it is data).
    Raises:
        PolicyBroken: policy.rule_unreadable.
    """
    reader = _Reader(text)
    found = reader.either()
    if reader.waiting:
        raise reader.broken()
    return found


def holds(rule: Expression, facts: Set[str]) -> bool:
    """Say whether a rule is met by the facts that a person has confirmed.

    Clause: L88.2.
    """
    match rule.kind:
        case "fact":
            return rule.name in facts
        case "not":
            return not holds(rule.parts[0], facts)
        case "and":
            return all(holds(part, facts) for part in rule.parts)
        case _:
            return any(holds(part, facts) for part in rule.parts)


def facts_in(rule: Expression) -> Iterator[str]:
    """Name every fact that a rule turns on.

    Clause: none.
    """
    if rule.kind == "fact":
        yield rule.name
    for part in rule.parts:
        yield from facts_in(part)


class _Reader:
    """A rule's words, read from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.waiting: list[str] = []
        place = 0
        while text[place:].strip():
            found = _TOKEN.match(text, place)
            if found is None:
                raise self.broken()
            self.waiting.append(found[1] or found[2])
            place = found.end()

    def broken(self) -> PolicyBroken:
        return PolicyBroken("policy.rule_unreadable", rule=self.text)

    def _takes(self, word: str) -> bool:
        if self.waiting and self.waiting[0] == word:
            self.waiting.pop(0)
            return True
        return False

    def either(self) -> Expression:
        parts = [self.both()]
        while self._takes("or"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Expression("or", parts=tuple(parts))

    def both(self) -> Expression:
        parts = [self.one()]
        while self._takes("and"):
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else Expression("and", parts=tuple(parts))

    def one(self) -> Expression:
        if self._takes("not"):
            return Expression("not", parts=(self.one(),))
        if self._takes("("):
            inner = self.either()
            if not self._takes(")"):
                raise self.broken()
            return inner
        if not self.waiting or self.waiting[0] in _WORDS or self.waiting[0] == ")":
            raise self.broken()
        return Expression("fact", name=self.waiting.pop(0))

"""The sentences of the plan, and how they are cited.

A clause id names a line of the plan and a sentence in it, counted between full stops: ``L45.1``. A sentence that owes
several things has parts, ``L45.1b``; a part is an obligation's id, never a citation of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

CLAUSE = re.compile(r"L(?P<line>[1-9]\d*)\.(?P<sentence>[1-9]\d*)")
CITATION = re.compile(r"\bL[1-9]\d*\.[1-9]\d*\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A stretch of the plan under one heading."""

    from_line: int
    title_zh: str
    title_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseIndex:
    """All sentences of one plan: how many each line holds, and the headings they stand under."""

    sentences: Mapping[int, int]
    sections: tuple[Section, ...] = field(metadata={"key": "section"})

    def __iter__(self) -> Iterator[str]:
        for line in sorted(self.sentences):
            for sentence in range(1, self.sentences[line] + 1):
                yield f"L{line}.{sentence}"

    def __len__(self) -> int:
        return sum(self.sentences.values())

    def __contains__(self, clause: object) -> bool:
        found = CLAUSE.fullmatch(clause) if isinstance(clause, str) else None
        return found is not None and int(found["sentence"]) <= self.sentences.get(int(found["line"]), 0)

    def section_of(self, clause: str) -> Section:
        """Name the heading that a sentence stands under.

        Clause: none.
        """
        line = line_of(clause)
        return max((found for found in self.sections if found.from_line <= line), key=lambda found: found.from_line)


def line_of(clause: str) -> int:
    """Say on which line of the plan a sentence stands.

    Clause: none.
    """
    return int(clause.removeprefix("L").partition(".")[0])


def in_plan_order(clause: str) -> tuple[int, int]:
    """Give the key that sorts sentences as the plan has them.

    Clause: none.
    """
    line, _, sentence = clause.removeprefix("L").partition(".")
    return int(line), int(sentence)


def citations_in(text: str) -> tuple[str, ...]:
    """Find every sentence of the plan that a text cites, in the order of the text.

    Clause: none.
    """
    return tuple(CITATION.findall(text))

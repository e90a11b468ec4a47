"""The sentences people read for a code: what happened, and what to do about it, in Chinese and English.

They lie in `gateway/wording.toml`. A code that a desk raises and nobody has worded is a failing test, not a blank page.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

Language = Literal["zh", "en"]
TAGS: Mapping[Language, str] = {"zh": "zh-CN", "en": "en"}


@dataclass(frozen=True, slots=True)
class Sentence:
    """One thing said in two languages."""

    zh: str
    en: str

    def told(self, language: Language) -> str:
        """Say it in one of them."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Wording:
    """What is said of one code."""

    code: str
    what: Sentence
    to_do: Sentence


@dataclass(frozen=True, slots=True)
class Words:
    """Everything the gateway says to people."""

    problems: Mapping[str, Wording]
    kinds: Mapping[str, Wording]
    fields: Mapping[str, Sentence]
    steps: Mapping[str, Sentence]
    next_steps: Mapping[str, Sentence]
    rows: Mapping[str, Sentence]

    def problem(self, code: str, status: int) -> Wording:
        """Say what is said of a code; one that nobody has worded gets what is said of its status."""
        return self.known(code) or self.kinds.get(str(status), self.kinds["500"])

    def known(self, code: str) -> Wording | None:
        """Say what is said of a code; what every noun may be, such as `tip.changed`, is worded once for all."""
        found = self.problems.get(code)
        if found is None:
            general = self.problems.get(f"*.{code.rpartition('.')[2]}")
            found = None if general is None else replace(general, code=code)
        return found


@cache
def words() -> Words:
    """Read the sentences, once."""
    rows = tomllib.loads(Path(__file__).with_name("wording.toml").read_text(encoding="utf-8"))
    return Words(
        problems={code: _wording(code, row) for code, row in rows["problem"].items()},
        kinds={code: _wording(code, row) for code, row in rows["kind"].items()},
        fields={name: Sentence(*pair) for name, pair in rows["field"].items()},
        steps={name: Sentence(*pair) for name, pair in rows["step"].items()},
        next_steps={name: Sentence(*pair) for name, pair in rows["next_step"].items()},
        rows={name: Sentence(*pair) for name, pair in rows["row"].items()},
    )


def _wording(code: str, row: list[str]) -> Wording:
    what_zh, what_en, do_zh, do_en = row
    return Wording(code, Sentence(what_zh, what_en), Sentence(do_zh, do_en))


def language_for(accepted: str, *, otherwise: Language) -> Language:
    """Choose a language from an `Accept-Language` header: the first one named that we have, by its weight."""
    best: tuple[float, Language] | None = None
    for part in accepted.split(","):
        tag, _, weight = part.strip().partition(";")
        language: Language | None = "zh" if tag[:2].lower() == "zh" else "en" if tag[:2].lower() == "en" else None
        rank = _weight(weight)
        if language is not None and rank > 0 and (best is None or rank > best[0]):
            best = (rank, language)
    return otherwise if best is None else best[1]


def _weight(text: str) -> float:
    name, _, number = text.strip().partition("=")
    try:
        return float(number) if name == "q" else 1.0
    except ValueError:
        return 0.0

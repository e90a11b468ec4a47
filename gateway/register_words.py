"""The words of registers, from `gateway/register_words.toml`: headers, yes and no, and what is said of a bad cell."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from gateway.wording import Sentence, words

_OFF: Final = re.compile(r"\(.*?\)|\[.*?\]|[\s*:_/、,.]+")


@dataclass(frozen=True, slots=True)
class RegisterWords:
    """What is understood in a file, and what is said of it."""

    headers: Mapping[str, str]
    """Header as it is compared → field."""
    said: Mapping[str, bool]
    kinds: Mapping[str, str]
    endings: tuple[str, ...]
    row: Sentence
    reason: Sentence
    reasons: Mapping[str, Sentence]

    def why(self, code: str) -> Sentence:
        """Say what is wrong with a cell; what the desk itself refused is worded where all refusals are."""
        return self.reasons.get(code) or words().problem(code, 422).what

    def village(self, name: str) -> str:
        """Bring a village's name into the form in which names are compared."""
        plain = compared(name)
        ending = next((each for each in self.endings if plain.endswith(each) and plain != each), "")
        return plain.removesuffix(ending)


def compared(text: str) -> str:
    """Bring a header or a word into the form in which they are compared."""
    return _OFF.sub("", unicodedata.normalize("NFKC", text).lower())


@cache
def register_words() -> RegisterWords:
    """Read the words, once."""
    rows = tomllib.loads(Path(__file__).with_name("register_words.toml").read_text(encoding="utf-8"))
    return RegisterWords(
        headers={compared(name): field for field, names in rows["header"].items() for name in names},
        said={compared(each): name == "yes" for name, told in rows["said"].items() for each in told},
        kinds={compared(each): kind for kind, told in rows["kind"].items() for each in told},
        endings=tuple(rows["ending"]["village"]),
        row=Sentence(*rows["repair"]["row"]),
        reason=Sentence(*rows["repair"]["reason"]),
        reasons={code: Sentence(*pair) for code, pair in rows["reason"].items()},
    )

"""How the trace of a tip is made, of what is under its seal and of its redacted words."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence

from lianxi.policy import wordings
from lianxi.policy.entities import EntityRule, endings_of, entities_in, marked
from services.tips.domain.tip import Tip
from services.tips.domain.traces import Trace

METHOD = "1"
"""Raised when traces have to be made anew because this module makes them another way."""


def trace_of(tip: Tip, clear: str, rules: Sequence[EntityRule], key: bytes) -> Trace:
    """Make the trace of a tip.

    Clause: none (criterion 10.1).
    Args:
        tip: as it stands.
        clear: what its informant wrote, unsealed; it is read and not kept.
        rules: what to look for.
        key: of the hashes.
    """
    found = entities_in(clear, rules)
    redacted = "\n".join(each for each in (tip.redacted_place, tip.redacted_text) if each)
    words = wordings.told(redacted)
    return Trace(
        tip_id=tip.id,
        words=words,
        marks=tuple(marked(each, key) for each in found),
        endings=tuple(marked(each, key) for each in endings_of(found, rules)),
        village=tip.village,
        rental_code=tip.rental_code,
        category=tip.category,
        listed_at=tip.listed_at,
        agencies=tip.agencies,
        names=names_of(words, rules),
    )


def names_of(words: str, rules: Iterable[EntityRule]) -> tuple[str, ...]:
    """List the names of places and organisations in a tip's words, also those that only the policy knows.

    Clause: none (criterion 16.1).
    """
    aliases = (wordings.plain(alias) for rule in rules for alias in rule.aliases)
    return tuple(dict.fromkeys((*wordings.names_in(words), *(each for each in aliases if each in words))))


def key_of_traces(seal_key: str) -> bytes:
    """Derive the key of the hashes from the desk's own, which no database and no backup of one holds.

    Clause: pipl-51.
    """
    return hmac.new(seal_key.encode(), b"lianxi/tips/traces/v1", hashlib.sha256).digest()


def made_by(rules: Iterable[EntityRule], key: bytes) -> str:
    """Tell apart by what rules and key traces are made.

    Clause: none.
    """
    return hashlib.sha256(repr((METHOD, tuple(rules))).encode() + key).hexdigest()[:16]

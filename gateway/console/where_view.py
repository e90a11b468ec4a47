"""What a page says of where a thing is: who has it since when, and each step of its way."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gateway.console.desk_view import Telling
from gateway.console.sayings import sayings
from gateway.whereabouts import KINDS, Plain, whereabouts_of
from gateway.wording import Language
from lianxi.contracts.whereabouts import Step


def where_told(telling: Telling, language: Language, noun: str, item_id: str, plain: Plain) -> dict[str, Any] | None:
    """Tell where a thing is; of what goes from hand to hand only."""
    if noun not in KINDS:
        return None
    found = whereabouts_of(noun, item_id, plain)
    if not found.steps:
        return None
    return {
        "holder": telling.name(found.holder),
        "since": None if found.since is None else datetime.fromisoformat(found.since),
        "is_ended": found.is_ended,
        "steps": [
            {
                "at": datetime.fromisoformat(each.at),
                "what": _what(telling, language, each),
                "holder": telling.name(each.holder or each.by),
                "receipt": _receipt(each.receipt),
            }
            for each in found.steps
        ],
    }


def _what(telling: Telling, language: Language, step: Step) -> str:
    """Say what was done: in the words of its own page wherever there are some."""
    known, (noun, _, deed) = sayings(language), step.what.partition(".")
    if noun == "clock" and step.reference:
        limit = telling.limit(step.reference.partition("/")[0])
        key = f"where.clock.{deed}"
        return f"{limit}: {known[key]}" if key in known else f"{limit}: {known.get(f'happened.{step.what}', deed)}"
    if noun == "referral":
        return telling.state("criminal_referral", deed)
    for key in (f"where.{step.what}", f"happened.{step.what}", f"measure.{deed}"):
        if key in known:
            return known[key]
    return known["happened.other"]


def _receipt(receipt: str | None) -> dict[str, Any] | None:
    """Tell a receipt: a number, or the instant at which a desk had it."""
    if receipt is None:
        return None
    try:
        return {"at": datetime.fromisoformat(receipt), "number": ""}
    except ValueError:
        return {"at": None, "number": receipt}

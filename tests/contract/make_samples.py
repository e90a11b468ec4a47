"""Writes the samples that are missing: ``python -m tests.contract.make_samples``.

A sample is one letter as it was written when its contract was new. It is never rewritten: the program must be able to
read it for as long as the major version lives.
"""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from dataclasses import is_dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from lianxi.contracts.codec import as_contract, as_plain, envelope_as_plain
from lianxi.contracts.envelope import Command, Envelope, Event
from lianxi.contracts.registry import COMMANDS, EVENTS
from lianxi.kernel.ids import derived_id

SAMPLES = Path(__file__).parent / "samples"
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
WORDS = {
    "actor": "client:market",
    "about": "tip/tip_0000000000000000000000000",
    "agency": "market",
    "assistant": "assistant:07",
    "category": "rental_gathering",
    "clause": "L35.1",
    "clock": "T-31",
    "desk": "police/station",
    "event_type": "tips.tip.dispatched.v1",
    "lead": "police/station",
    "next_owner": "market/desk",
    "number": "DY-2026-7K3M-9QXD",
    "owner": "market/desk",
    "receipt_number": "police-2026-000001",
    "receiver": "police/economic",
    "rental_code": "R-0042",
    "sender": "market/desk",
    "standing_en": "suspected organiser",
    "standing_zh": "涉嫌组织者",
    "village": "village/a",
}


def sample_of(contract: type[Any]) -> Any:
    """Make one with every field filled."""
    hints = get_type_hints(contract)
    plain = {name: value_for(name, hint) for name, hint in hints.items() if name != "KEY"}
    return as_contract(contract, plain)


def value_for(name: str, hint: Any) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return value_for(name, next(each for each in arguments if each is not type(None)))
    if origin is tuple:
        return [value_for(name.removesuffix("s"), arguments[0])]
    if origin is Literal:
        return arguments[0]
    if is_dataclass(hint):
        return {each: value_for(each, kind) for each, kind in get_type_hints(hint).items()}
    if origin in (dict, Mapping):
        return {"example": 1}
    if isinstance(hint, type) and is_dataclass(hint):
        return as_plain(sample_of(hint))
    return plain_value(name, hint)


def plain_value(name: str, hint: Any) -> Any:
    if isinstance(hint, type) and is_dataclass(hint):
        return as_plain(sample_of(hint))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return next(iter(hint)).value
    values: dict[Any, Any] = {bool: True, int: 1, float: 1.0, datetime: AT.isoformat(), date: AT.date().isoformat()}
    if hint in values:
        return values[hint]
    if name.endswith("_id"):
        return derived_id(name.removesuffix("_id"), "sample")
    return WORDS.get(name, f"sample-{name.replace('_', '-')}")


def letter(contract: type[Event]) -> dict[str, Any]:
    service, noun = contract.KEY.split(".")[:2]
    return envelope_as_plain(
        Envelope(
            id="0f3b6f0e-9c55-5c38-9a53-3f6e0f0f3a11",
            type=contract.KEY,
            source=f"/lianxi/{service}",
            subject=f"{noun}/{derived_id(noun, 'sample')}",
            time=AT,
            sequence=3,
            data=as_plain(sample_of(contract)),
            actor="client:market",
            correlationid="cor_sample",
            causationid="5a0cf3f8-5b37-5a53-8f5b-5b6d3f2f7c10",
            traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        )
    )


def command(contract: type[Command]) -> Any:
    return as_plain(sample_of(contract))


def main() -> None:
    SAMPLES.mkdir(exist_ok=True)
    missing = {key for key in {**EVENTS, **COMMANDS} if not (SAMPLES / f"{key}.json").exists()}
    letters = {key: letter(contract) for key, contract in EVENTS.items() if key in missing}
    commands = {key: command(contract) for key, contract in COMMANDS.items() if key in missing}
    for key, plain in {**letters, **commands}.items():
        text = json.dumps(plain, ensure_ascii=False, indent=1) + "\n"
        (SAMPLES / f"{key}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

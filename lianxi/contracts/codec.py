"""Between bytes and contracts: the only place, with the gateway's edge, where pydantic is used.

Readers ignore what they do not know, so that a contract may grow; what is missing or of the wrong type is
`ContractBroken`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import is_dataclass
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from lianxi.contracts.envelope import Envelope, Event
from lianxi.contracts.registry import EVENTS
from lianxi.kernel.errors import ContractBroken

T = TypeVar("T")
CONTENT_TYPE = "application/cloudevents+json"
LARGEST_BYTES = 256 * 1024
_EXTENSIONS = ("correlationid", "causationid", "traceparent", "actor", "lane")


@lru_cache(maxsize=512)
def _adapter(contract: Any) -> TypeAdapter[Any]:
    return TypeAdapter(contract)


def as_plain(value: Any) -> Any:
    """Turn a contract into plain JSON data."""
    contract: Any = type(value)
    return _adapter(contract).dump_python(value, mode="json", warnings=False) if is_dataclass(value) else value


def as_contract(contract: type[T], plain: Any) -> T:
    """Read plain JSON data as a contract.

    Raises:
        ContractBroken: contract.unreadable, with where and what (never the value itself, which may be personal).
    """
    asked_for: Any = contract
    try:
        read: T = _adapter(asked_for).validate_python(plain)
    except ValidationError as error:
        raise ContractBroken("contract.unreadable", contract=contract.__name__, wrong=_wrong(error)) from None
    return read


def _wrong(error: ValidationError) -> list[str]:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [f"{'.'.join(map(str, each['loc']))}: {each['type']}" for each in found[:10]]


def json_schema(contract: Any) -> dict[str, Any]:
    """Describe a contract as a JSON Schema, with its docstring as description."""
    return _adapter(contract).json_schema()


_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def to_bytes(value: Any) -> bytes:
    """Write plain JSON data as compact UTF-8."""
    return _COMPACT.encode(value).encode()


def from_bytes(body: bytes) -> Any:
    """Read JSON that came over the bus.

    Raises:
        ContractBroken: message.too_large or message.not_json.
    """
    if len(body) > LARGEST_BYTES:
        raise ContractBroken("message.too_large", bytes=len(body), largest=LARGEST_BYTES)
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise ContractBroken("message.not_json") from None


def envelope_as_plain(envelope: Envelope) -> dict[str, Any]:
    """Write an envelope as a structured CloudEvent."""
    plain: dict[str, Any] = {
        "specversion": "1.0",
        "id": envelope.id,
        "source": envelope.source,
        "type": envelope.type,
        "subject": envelope.subject,
        "time": envelope.time.isoformat(),
        "dataschema": f"/schemas/{envelope.type}.json",
        "datacontenttype": "application/json",
        "sequence": str(envelope.sequence),
        "data": envelope.data,
    }
    for name in _EXTENSIONS:
        value = getattr(envelope, name)
        if value is not None:
            plain[name] = value
    return plain


def envelope_from_plain(plain: Any) -> Envelope:
    """Read a structured CloudEvent.

    Raises:
        ContractBroken: contract.unreadable.
    """
    if not isinstance(plain, Mapping):
        raise ContractBroken("contract.unreadable", contract="Envelope", wrong=["not an object"])
    return as_contract(Envelope, dict(plain))


def open_event(envelope: Envelope) -> Event:
    """Turn an envelope's data into the event's contract.

    Raises:
        ContractBroken: event.unknown for a type or major version this program does not know.
    """
    contract = EVENTS.get(envelope.type)
    if contract is None:
        raise ContractBroken("event.unknown", type=envelope.type)
    return as_contract(contract, dict(envelope.data))

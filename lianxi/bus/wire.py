"""How letters and questions look on the wire, for the gateway and relay (pika) and the greenroom (kombu)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from lianxi.contracts import codec
from lianxi.contracts.envelope import Caller, Cause, Command
from lianxi.contracts.registry import COMMANDS
from lianxi.kernel.errors import (
    Broken,
    BrokerDown,
    ContractBroken,
    LianxiError,
    Refused,
    StoreDown,
    TimedOut,
    TooBusy,
    Unavailable,
)

DEADLINE = "x-lx-deadline"
ATTEMPT = "x-lx-attempt"
QUEUE = "x-lx-queue"
ERROR = "x-lx-error"
FAILED_AT = "x-lx-failed-at"
REPLAYED_BY = "x-lx-replayed-by"
NAMED = 200
"""So many aggregates of a collection are named at a ring; where more were committed, whoever hears it looks himself."""

_AWAY: Mapping[str, type[Unavailable]] = {each.__name__: each for each in (StoreDown, BrokerDown, TimedOut, TooBusy)}


def command_to_bytes(command: Command, cause: Cause) -> bytes:
    """Write an intake command."""
    return codec.to_bytes({"key": command.KEY, "command": codec.as_plain(command), "cause": codec.as_plain(cause)})


def command_from_bytes(body: bytes) -> tuple[Command, Cause]:
    """Read an intake command.

    Raises:
        ContractBroken: it is not one.
    """
    plain = codec.from_bytes(body)
    if not isinstance(plain, Mapping) or plain.get("key") not in COMMANDS:
        raise ContractBroken("command.unknown")
    command = codec.as_contract(COMMANDS[plain["key"]], plain.get("command"))
    return command, codec.as_contract(Cause, plain.get("cause"))


def question_to_bytes(request: Any, caller: Caller) -> bytes:
    """Write a question in nameko's form: no positional arguments, two named ones."""
    kwargs = {"request": codec.as_plain(request), "caller": codec.as_plain(caller)}
    return codec.to_bytes({"args": [], "kwargs": kwargs})


def question_from_bytes(body: bytes) -> tuple[Any, Caller]:
    """Read a question.

    Raises:
        ContractBroken: it is not one.
    """
    plain = codec.from_bytes(body)
    try:
        kwargs = plain["kwargs"]
        return kwargs["request"], codec.as_contract(Caller, kwargs["caller"])
    except (KeyError, TypeError):
        raise ContractBroken("question.unreadable") from None


def answer_as_plain(answer: Any) -> dict[str, Any]:
    """Write an answer in nameko's form; refusals and "not now" are values, never remote exceptions."""
    return {"result": {"ok": codec.as_plain(answer)}, "error": None}


def failure_as_plain(error: BaseException) -> dict[str, Any]:
    """Write why there is no answer; of what is not ours, not even the message leaves the desk."""
    if isinstance(error, Refused):
        return {"result": {"refusal": error.as_value()}, "error": None}
    if isinstance(error, Unavailable):
        return {"result": {"away": {"kind": type(error).__name__, "code": error.code}}, "error": None}
    code = error.code if isinstance(error, LianxiError) else "desk.failed"
    return {"result": {"broken": {"code": code}}, "error": None}


def answer_from_bytes(body: bytes) -> Any:
    """Read an answer.

    Raises:
        Refused: a rule said no.
        Unavailable: not now.
        Broken: the desk failed.
    """
    plain = codec.from_bytes(body)
    result = plain.get("result") if isinstance(plain, Mapping) else None
    if not isinstance(result, Mapping):
        raise Broken("desk.failed")
    if "ok" in result:
        return result["ok"]
    if "refusal" in result:
        raise Refused.from_value(result["refusal"])
    if "away" in result:
        raise _AWAY.get(result["away"]["kind"], Unavailable)(result["away"]["code"])
    raise Broken(str(result.get("broken", {}).get("code", "desk.failed")))


def ring_to_bytes(committed: Mapping[str, Sequence[str]]) -> bytes:
    """Write what was committed: by collection which aggregates, or none by name where they are many."""
    return codec.to_bytes({name: list(ids) if len(ids) <= NAMED else [] for name, ids in committed.items()})


def ring_from_bytes(body: bytes) -> Mapping[str, Sequence[str]]:
    """Read what was committed; what cannot be read says nothing, and then it may be anything anywhere."""
    with suppress(ContractBroken):
        return codec.as_contract(dict[str, list[str]], codec.from_bytes(body))
    return {}


def milliseconds(instant: datetime) -> int:
    """Write an instant as milliseconds since 1970, for headers."""
    return int(instant.timestamp() * 1000)

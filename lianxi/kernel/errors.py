"""Every way in which work can fail, and what whoever meets it should do.

::

    LianxiError
    ├── Refused        a rule said no; expected; repeating will not help   4xx
    │   ├── NotFound       no such item, or none that you may see          404
    │   ├── Conflict       somebody was there before you                   409
    │   ├── Forbidden      you may not do this                             403
    │   ├── Malformed      what you sent cannot be read                    422
    │   └── RuleBroken     the plan or the law forbids the step            422
    ├── Unavailable    not now; try again                                  503
    │   ├── StoreDown
    │   ├── BrokerDown
    │   ├── TimedOut                                                       504
    │   └── TooBusy                                                        429
    └── Broken         we are wrong; repeating will not help               500
        ├── ContractBroken
        ├── PolicyBroken
        └── InvariantBroken

A `code` is a stable dotted word of the public interface (``tip.already_closed``); the sentence a person reads is
chosen at the edge.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class LianxiError(Exception):
    """The root of all errors that are ours."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts: dict[str, Any] = facts

    def __str__(self) -> str:
        told = ", ".join(f"{key}={value!r}" for key, value in self.facts.items())
        return f"{self.code} ({told})" if told else self.code


class Refused(LianxiError):
    """A rule said no. The caller can read why in `code` and `facts`; it travels between processes as a value."""

    kind: ClassVar[str] = "refused"

    def __init__(self, code: str, *, clause: str | None = None, **facts: Any) -> None:
        super().__init__(code, **facts)
        self.clause = clause

    def as_value(self) -> dict[str, Any]:
        """Turn the refusal into plain data that crosses the bus."""
        return {"kind": self.kind, "code": self.code, "facts": self.facts, "clause": self.clause}

    @staticmethod
    def from_value(value: Mapping[str, Any]) -> Refused:
        """Read a refusal that came over the bus."""
        refusal = _REFUSALS.get(str(value.get("kind")), Refused)
        return refusal(str(value["code"]), clause=value.get("clause"), **dict(value.get("facts") or {}))


class NotFound(Refused):
    """There is no such item, or none that the caller may know of."""

    kind = "not_found"


class Conflict(Refused):
    """The item is no longer as the caller believed."""

    kind = "conflict"


class Forbidden(Refused):
    """The caller may know of the item but not do this with it."""

    kind = "forbidden"


class Malformed(Refused):
    """What was sent cannot be read."""

    kind = "malformed"


class RuleBroken(Refused):
    """The plan or the law forbids the step; `clause` names where."""

    kind = "rule_broken"


_REFUSALS: dict[str, type[Refused]] = {
    refusal.kind: refusal for refusal in (Refused, NotFound, Conflict, Forbidden, Malformed, RuleBroken)
}


class Unavailable(LianxiError):
    """Something the work needs is away. Nothing was accepted; trying again later is right."""

    retry_after_seconds: ClassVar[int] = 5


class StoreDown(Unavailable):
    """The database does not answer."""


class BrokerDown(Unavailable):
    """The broker does not answer, or has not confirmed."""


class TimedOut(Unavailable):
    """No answer came before the deadline; whether the work was done is not known."""


class TooBusy(Unavailable):
    """More is being asked than can be kept."""

    retry_after_seconds = 2


class Broken(LianxiError):
    """We are wrong; a person has to look."""


class ContractBroken(Broken):
    """A message is not what its contract says."""


class PolicyBroken(Broken):
    """A policy file cannot be used."""


class InvariantBroken(Broken):
    """Something happened that must never happen."""

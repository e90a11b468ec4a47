"""Where a thing is: who has it, since when, and the whole way that it came, each step with its deed and its receipt."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the way: when, what was done, by whom, who had the thing from then on, and what proves it.

    `at` is as the thing's own answer has it, levelled where that is; `receipt` is the number of a signed receipt or the
    instant at which somebody's desk had it.
    """

    at: str
    what: str
    by: str | None = None
    holder: str | None = None
    reference: str | None = None
    receipt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """A thing's whole way, in order, and who has it now; who has it when it has ended had it last."""

    item_id: str
    kind: str
    state: str | None
    holder: str | None
    since: str | None
    is_ended: bool
    steps: tuple[Step, ...]

"""The mark that an import leaves on a dwelling: what the register said before, and how the import left it."""

from __future__ import annotations

from dataclasses import dataclass

from lianxi.contracts.inspections import RentalKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the register says of a dwelling, apart from its grade and its plan."""

    village: str
    address: str
    rooms: int
    is_registered: bool
    assistant: str | None
    address_code: str
    kind: RentalKind
    owner: str
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """Which import wrote a dwelling's entry last.

    `before` is what the register said till then, absent when the import put the dwelling there; `left` is the
    fingerprint of the dwelling as the import left it, so that whatever anybody does with it since is seen.
    """

    batch_id: str
    left: str
    before: Said | None = None

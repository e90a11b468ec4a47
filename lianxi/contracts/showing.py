"""How an answer is cut to what its reader may see: which of its fields belong to which group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Shown:
    """How an answer is cut to what its reader may see.

    Args:
        resource: the resource of the permission table.
        groups: the fields of each group.
        desks: the fields that name the desks or agencies that the item involves; without any, the desk that answered
            has already seen to it that the reader is involved.
        village: the field that names the item's area.
    """

    resource: str
    groups: Mapping[str, tuple[str, ...]]
    desks: tuple[str, ...] = ()
    village: str | None = None

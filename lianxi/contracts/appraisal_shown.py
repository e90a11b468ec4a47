"""How the answers about the appraisal and about bulletins are cut to what their reader may see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lianxi.contracts.assessment import DeductionView, FindingView, UnitBoard
from lianxi.contracts.bulletins import BulletinSummary, BulletinView
from lianxi.contracts.showing import Shown

APPRAISED: Mapping[type[Any], Shown] = {
    DeductionView: Shown(
        "assessment",
        {
            "facts": (
                *("trigger", "about", "facts", "came_late", "tenths", "state"),
                *("proposed_by", "proposed_at", "statement_due_at"),
            ),
            "evidence": ("proof",),
            "statement": ("statement", "stated_at"),
            "decision": ("decided_by", "decided_at", "grounds", "withdrawals"),
        },
        desks=("unit",),
    ),
    FindingView: Shown(
        "assessment",
        {
            "facts": ("fact", "about", "found_by", "found_at"),
            "evidence": ("proof", "grounds"),
            "decision": ("withdrawn_by", "withdrawn_at", "reason"),
        },
        desks=("unit",),
    ),
    UnitBoard: Shown(
        "assessment",
        {"facts": ("of_tenths", "taken_tenths", "standing_tenths", "proposed_tenths", "items")},
        desks=("unit",),
    ),
    BulletinView: Shown(
        "bulletin",
        {
            "text": (
                *("title", "first_on", "last_on", "remarks", "reports", "state"),
                *("drafted_by", "issued_by", "issued_at"),
            ),
            "figures": ("figures", "figures_sha256", "asked_at"),
        },
    ),
    BulletinSummary: Shown(
        "bulletin", {"text": ("title", "first_on", "last_on", "state", "issued_at"), "figures": ("asked_at",)}
    ),
}
"""Answer → how it is cut."""

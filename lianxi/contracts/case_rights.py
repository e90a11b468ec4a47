"""Which field of an answer about a case belongs to which group of the permission table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from lianxi.contracts.cases import AssistanceView, CaseSummary, CaseView, ReferralView
from lianxi.contracts.evidence import EvidenceKey, EvidenceView
from lianxi.contracts.joint_operations import JointOperationView
from lianxi.contracts.parties import PartyView
from lianxi.contracts.showing import Shown
from lianxi.contracts.tasks import TaskView
from lianxi.contracts.timelines import CaseTimeline
from lianxi.contracts.transfers import TransferView

_CASE = Shown(
    "case",
    {
        "status": ("state", "opened_at", "outcome", "close_reason", "closed_at", "officer"),
        "clocks": ("decision_due_at",),
        "kind": ("kind", "basis", "suspected_crime"),
        "content": ("tip_id", "rental_code", "measures", "referral_ids", "grounds", "tasks", "reopenings", "exports"),
    },
    desks=("owner",),
)

OF_CASES: Final[Mapping[type[Any], Shown]] = {
    CaseView: _CASE,
    CaseSummary: _CASE,
    CaseTimeline: Shown("case", {"content": ("lines", "tip_id", "rental_code")}, desks=("owner",)),
    TaskView: Shown(
        "case",
        {
            "content": (
                *("case_number", "title", "due_at", "parent_id", "is_mandatory", "state", "is_overdue"),
                *("added_by", "added_at", "settled_by", "settled_at", "result"),
            )
        },
        desks=("owner",),
    ),
    PartyView: Shown(
        "party",
        {
            "standing": (
                *("role", "standing", "standing_zh", "standing_en", "is_possible_victim", "is_minor"),
                *("basis", "named_at", "decision_reference", "erased_at"),
            ),
            "person": ("person",),
            "statements": ("statements",),
        },
        desks=("owner", "receivers"),
    ),
    EvidenceView: Shown(
        "evidence",
        {
            "list": ("kind", "media_type", "size", "sha256", "state", "collected_at", "checked_at", "altered_at"),
            "content": ("label",),
            "custody": ("custody", "destruction", "seal_number"),
        },
        desks=("owner", "receivers"),
    ),
    EvidenceKey: Shown("evidence", {"content": ("sealed", "file", "media_type")}, desks=("owner", "receivers")),
    ReferralView: Shown(
        "referral",
        {
            "status": ("state", "forwarded_to", "police_reference", "reason", "statements"),
            "clocks": ("clocks",),
            "papers": ("papers", "missing_papers"),
            "persons": ("officers",),
            "receipt": ("receipt",),
        },
        desks=("sender", "receiver", "forwarded_to"),
    ),
    TransferView: Shown(
        "transfer",
        {
            "status": ("state", "sent_at", "ground", "refusals", "arbitration"),
            "content": ("basis", "reference", "referral_id"),
            "papers": ("papers",),
            "receipt": ("receipt",),
        },
        desks=("sender", "receiver"),
    ),
    JointOperationView: Shown(
        "operation",
        {
            "status": (
                *("title", "state", "planned_at", "starts_at", "ends_at", "officer"),
                *("activated_at", "stood_down_at", "forces", "log"),
            ),
            "places": ("plan", "places"),
            "results": ("results", "corrections", "follow_ups"),
        },
        desks=("desks",),
    ),
    AssistanceView: Shown(
        "assistance",
        {
            "status": ("state", "asked_at", "settled_at", "is_late", "is_urgent"),
            "clocks": ("due_at", "rungs"),
            "content": ("case_id", "what", "legal_ground", "reason", "reference"),
        },
        desks=("asker", "receiver"),
    ),
}
"""Answer → how it is cut."""

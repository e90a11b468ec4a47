"""Which field of an answer belongs to which group of the permission table, and which desks an answer is about.

The groups are those that `permissions.toml` names for each resource. A field that stands in no group is an id, a
version, or the name of a desk: whoever may know of the item at all may know it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lianxi.contracts.appraisal_shown import APPRAISED
from lianxi.contracts.attachments import AttachmentKey
from lianxi.contracts.campaigns import CampaignView
from lianxi.contracts.case_rights import OF_CASES
from lianxi.contracts.conflicts import ConflictView
from lianxi.contracts.coverage import PlanLine
from lianxi.contracts.imports import BadRow, ImportView
from lianxi.contracts.inspections import PlannedVisit, RentalView, VisitView
from lianxi.contracts.links import SimilarTip
from lianxi.contracts.masking import masked_name, masked_person
from lianxi.contracts.notifications import NoticeView
from lianxi.contracts.outside import OutsideMessage
from lianxi.contracts.photographs import PhotographKey, PhotographView
from lianxi.contracts.reports_shown import REPORTED
from lianxi.contracts.retention import HoldView, RunView
from lianxi.contracts.rewards import RewardView
from lianxi.contracts.rounds import Stop
from lianxi.contracts.searching import FoundTip
from lianxi.contracts.showing import Shown as Shown
from lianxi.contracts.tips import TipSummary, TipView

_TIP = Shown(
    "tip",
    {
        "status": (
            *("state", "received_at", "verification", "next_owner", "case_id", "outcome"),
            *("timeline", "dispatches", "is_anonymous", "officer"),
        ),
        "clocks": ("clocks", "clock_changes", "due_at"),
        "category": ("category", "kind", "lane", "channel", "source", "visit_id"),
        "place": ("village", "rental_code", "place"),
        "text": ("text", "messages", "reference", "unread_since"),
        "photographs": ("attachments",),
    },
    desks=("lead", "copies", "next_owner"),
    village="village",
)
SHOWS: Mapping[type[Any], Shown] = {
    **OF_CASES,
    **REPORTED,
    **APPRAISED,
    TipView: _TIP,
    TipSummary: _TIP,
    AttachmentKey: Shown(
        "tip",
        {"photographs": ("sealed", "file", "media_type", "tip_number", "next_owner")},
        desks=("lead", "copies", "next_owner"),
        village="village",
    ),
    FoundTip: Shown(
        "tip",
        {
            "status": ("state", "received_at"),
            "category": ("category", "lane"),
            "place": ("village",),
            "text": ("excerpt",),
        },
        desks=("lead",),
        village="village",
    ),
    SimilarTip: Shown(
        "tip",
        {"status": ("state", "received_at"), "category": ("category", "lane"), "text": ("per_cent", "reasons")},
        desks=("lead",),
    ),
    RentalView: Shown(
        "rental",
        {
            "address": ("address", "address_code", "kind", "rooms", "is_registered", "assistant"),
            "grade": ("grade", "grade_reason", "grade_approved_by", "grade_expires_on", "brought_forward_because"),
            "last_visit": ("last_visit_on", "next_visit_due_on", "tries", "propose"),
            "landlord": ("owner", "agent"),
        },
        village="village",
    ),
    ImportView: Shown(
        "import",
        {
            "counts": (
                *("file_name", "file_sha256", "begun_by", "begun_at", "columns", "rows", "rows_done"),
                *("added", "changed", "unchanged", "wrong", "undone", "kept", "parts"),
            )
        },
    ),
    BadRow: Shown("import", {"lines": ("faults", "cells")}),
    PlannedVisit: Shown(
        "rental",
        {
            "address": ("address", "assistant"),
            "grade": ("grade", "brought_forward"),
            "last_visit": ("due_on", "is_overdue", "propose"),
        },
        village="village",
    ),
    VisitView: Shown(
        "visit",
        {
            "outcome": ("outcome", "entry_basis", "visited_at", "received_at", "counts", "next_visit_due_on"),
            "findings": ("findings", "note", "needs_attention", "tip_ids"),
        },
        village="village",
    ),
    ConflictView: Shown(
        "visit",
        {"findings": ("mine", "theirs", "changes", "other", "contested", "problem", "verdict", "reason")},
        village="village",
    ),
    PhotographView: Shown(
        "visit",
        {
            "photographs": (
                *("taken_at", "received_at", "place", "media_type", "size", "sent_sha256", "kept_sha256"),
                *("is_waiting", "came_early", "needs_attention"),
            )
        },
        village="village",
    ),
    PhotographKey: Shown("visit", {"photographs": ("sealed", "file", "media_type")}, village="village"),
    Stop: Shown(
        "rental",
        {
            "address": ("address",),
            "grade": ("grade", "brought_forward"),
            "last_visit": ("due_on", "is_overdue", "last_visit_on", "last_outcome", "last_visited_at", "propose"),
        },
        village="village",
    ),
    PlanLine: Shown(
        "rental",
        {
            "address": ("address", "assistant"),
            "grade": ("grade",),
            "last_visit": ("opens_on", "due_on", "closes_on", "visited_on"),
        },
        village="village",
    ),
    NoticeView: Shown(
        "notice",
        {
            "text": ("text_zh", "text_en", "event_type", "about"),
            "receipt": (
                *("delivered_at", "seen_at", "acknowledge", "acknowledge_by", "acknowledged_at", "acknowledged_by"),
                "rungs",
            ),
        },
        desks=("desk",),
    ),
    RunView: Shown(
        "retention",
        {
            "figures": (
                *("state", "asked_by", "asked_at", "decided_by", "decided_at"),
                *("waits_for", "rows", "finished_at", "certificate"),
            )
        },
    ),
    HoldView: Shown("legal_hold", {"reason": ("reason", "by", "at")}),
    OutsideMessage: Shown(
        "outside",
        {
            "text": ("text", "about", "event_type"),
            "receipt": (
                *("state", "tries", "written_at", "next_try_at", "sent_at", "delivered_at", "acknowledged_at"),
                *("provider_reference", "trouble"),
            ),
        },
        desks=("desk",),
    ),
    CampaignView: Shown(
        "campaign",
        {
            "status": ("duty", "first_on", "due_on", "state", "sends", "written_at", "approved_at", "withdrawn_at"),
            "content": ("text", "text_sha256", "is_warning", "approval", "reason"),
            "officials": ("written_by", "approved_by", "withdrawn_by"),
        },
    ),
    RewardView: Shown(
        "reward",
        {
            "decision": (
                *("state", "number", "scheme", "proposed_at", "approvals", "approvals_needed", "refusal_ground"),
                *("settled_at", "payment_reference"),
            ),
            "amount": ("amount_yuan", "budget_line"),
            "grounds": ("band", "persons_found", "fine_yuan", "grounds", "reasons"),
            "tip": ("tip_id", "lead", "claimed_at", "is_late"),
        },
        desks=("lead",),
    ),
}
"""Answer → how it is cut. What stands not here holds no item: rules, totals, an operator's letters."""

LISTED = "items"
"""The field of pages whose items are cut one by one."""

BLURRED = "■■■"
"""What stands in the place of words that are there but not for this reader. Tips' words come already redacted."""

MASKED_BY: Mapping[tuple[str, str], Callable[[Any], Any]] = {
    ("party", "person"): masked_person,
    ("rental", "landlord"): lambda name: name and masked_name(name),
}
"""How groups are masked of which something stays: how somebody stands stays beside every name, masked or not."""

REDACTED = frozenset({("tip", "text"), ("visit", "photographs"), ("vault", "identity"), ("vault", "contact")})
"""Groups whose masked form the desk itself makes, because only it can tell what in them points to a person."""

"""Which field of the reporting desk's answers belongs to which group of the permission table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lianxi.contracts.major_events import MajorEventView
from lianxi.contracts.meetings import DecisionView, MeetingLine, MeetingView
from lianxi.contracts.publicity import ActivityView
from lianxi.contracts.reporting import OrderView, StageReportDraft, StageReportView, ToolView
from lianxi.contracts.showing import Shown
from lianxi.contracts.upward_reports import UpwardProof, UpwardReportView

_CALLED = ("kind", "title", "place", "held_at", "state", "closed_at")

REPORTED: Mapping[type[Any], Shown] = {
    MajorEventView: Shown(
        "major_event",
        {
            "status": (
                *("kind", "about", "state", "known_at", "due_at", "reported_at", "is_late", "is_missing", "rungs"),
            ),
            "text": ("parts",),
        },
        desks=("owner",),
    ),
    UpwardReportView: Shown(
        "upward_report",
        {
            "status": ("number", "kind", "about", "state", "happened_at", "written_at"),
            "text": ("title", "text", "papers"),
            "proof": ("content_sha256", "addressees"),
        },
        desks=("owner",),
    ),
    UpwardProof: Shown("upward_report", {"proof": ("statement",)}, desks=("owner",)),
    MeetingView: Shown(
        "meeting",
        {"status": _CALLED, "content": ("agenda", "seats", "decisions", "summary", "called_by")},
        desks=("agencies",),
    ),
    MeetingLine: Shown("meeting", {"status": _CALLED}, desks=("agencies",)),
    DecisionView: Shown(
        "meeting_decision",
        {
            "status": ("state", "taken_at", "due_at", "is_overdue", "done_at", "rounds", "rungs"),
            "content": ("what", "note", "proof", "remark"),
        },
        desks=("owner",),
    ),
    ActivityView: Shown(
        "publicity",
        {
            "status": ("duty", "party", "held_on", "recorded_at", "withdrawn_at"),
            "content": (
                *("what", "place", "village", "reach", "material", "photos"),
                *("is_warning", "approval", "withdrawn_because"),
            ),
        },
        desks=("agency",),
    ),
    OrderView: Shown(
        "supervision",
        {
            "question": ("about", "question", "issued_by", "issued_at", "due_at", "rungs", "rounds"),
            "answer": ("answer", "answered_at"),
            "verdict": ("state", "remark"),
        },
        desks=("target",),
    ),
    StageReportView: Shown(
        "stage_report",
        {
            "status": ("state", "due_on", "filed_at"),
            "text": ("practice", "results", "problems", "advice"),
            "figures": ("figures", "figures_sha256", "bounces", "stated", "remarks"),
        },
        desks=("agency",),
    ),
    StageReportDraft: Shown(
        "stage_report",
        {
            "status": ("period_from", "period_to", "due_on"),
            "text": ("practice", "results", "problems", "advice"),
            "figures": ("figures",),
        },
        desks=("agency",),
    ),
    ToolView: Shown(
        "assessment",
        {
            "facts": ("kind", "trigger", "state", "proposed_by", "proposed_at", "statement_due_at"),
            "evidence": ("proof",),
            "statement": ("statement", "stated_at"),
            "decision": ("decided_by", "decided_at", "grounds", "ended_at", "end_grounds"),
        },
        desks=("target",),
    ),
}
"""Answer of the reporting desk → how it is cut."""

"""How facts, stage reports, supervision orders, tools, deductions and bulletins lie in MongoDB."""

from __future__ import annotations

from mongoengine import BooleanField, DateTimeField, DictField, Document, IntField, ListField, StringField

from lianxi.store.documents import AggregateDocument, FactDocument
from services.reporting.documents.meetings import MeetingDecisionDocument as MeetingDecisionDocument
from services.reporting.documents.meetings import MeetingDocument as MeetingDocument
from services.reporting.documents.meetings import PublicityDocument as PublicityDocument
from services.reporting.documents.meetings import PublicityGapDocument as PublicityGapDocument
from services.reporting.documents.upward_reports import UpwardReportDocument as UpwardReportDocument


class EventFactDocument(FactDocument):
    """The fact of one event; `kept_at` says when this desk wrote it, so that counting can go on from where it was."""

    meta = {
        "collection": "facts",
        "db_alias": "reporting",
        "indexes": [
            {"fields": ["at"]},
            {"fields": ["kept_at"]},
        ],
    }

    event_type = StringField(required=True)
    agencies = ListField(StringField())
    subject = StringField(required=True)
    correlation_id = StringField()
    category = StringField()
    details = DictField()
    kept_at = DateTimeField(required=True)


class CellDocument(Document):
    """What the facts of one day come to, and up to which instant of writing they are in it; or how far all days are."""

    meta = {
        "collection": "cells",
        "db_alias": "reporting",
        "auto_create_index": False,
        "indexes": [{"fields": ["doubt"], "sparse": True}],
    }

    id = StringField(primary_key=True)
    day = StringField()
    upto = DateTimeField(required=True)
    doubt = StringField()
    happened = ListField(ListField())
    figures = DictField()
    asked = DictField()
    acknowledged = ListField(ListField())


class StageReportDocument(AggregateDocument):
    """A stage report; its fields are those of `services.reporting.domain.returns.StageReport`."""

    meta = {
        "collection": "stage_reports",
        "db_alias": "reporting",
        "indexes": [
            {"fields": ["state", "due_on"]},
            {"fields": ["next_rung_at"]},
            {"fields": ["policy_version", "state"]},
        ],
    }

    code = StringField(required=True)
    agency = StringField(required=True)
    due_on = StringField(required=True)
    period_from = StringField(required=True)
    is_before_issue = BooleanField(required=True)
    state = StringField(required=True)
    filed_at = DateTimeField()
    filed_by = StringField()
    practice = StringField()
    results = StringField()
    problems = StringField()
    advice = StringField()
    figures = DictField()
    figures_sha256 = StringField()
    stated = DictField()
    remarks = DictField()
    clock = DictField()
    next_rung_at = DateTimeField()
    policy_version = IntField()
    migrations = ListField(DictField())


class SupervisionOrderDocument(AggregateDocument):
    """A supervision order; its fields are those of `services.reporting.domain.orders.SupervisionOrder`."""

    meta = {
        "collection": "supervision_orders",
        "db_alias": "reporting",
        "indexes": [
            {"fields": ["next_rung_at"]},
            {"fields": ["issued_at"]},
            {"fields": ["is_open", "issued_at"]},
            {"fields": ["agency", "issued_at"]},
            {"fields": ["agency", "is_open", "issued_at"]},
            {"fields": ["state", "due_at"]},
            {"fields": ["agency", "state", "due_at"]},
            {"fields": ["policy_version", "state"]},
        ],
    }

    number = StringField(required=True)
    target = StringField(required=True)
    agency = StringField(required=True)
    about = StringField(required=True)
    question = StringField(required=True)
    issued_by = StringField(required=True)
    issued_at = DateTimeField(required=True)
    due_at = DateTimeField(required=True)
    state = StringField(required=True)
    is_open = BooleanField(required=True)
    clock = DictField(required=True)
    next_rung_at = DateTimeField()
    answer = StringField()
    answered_at = DateTimeField()
    answered_by = StringField()
    remark = StringField()
    reviewed_at = DateTimeField()
    reviewed_by = StringField()
    earlier = ListField(DictField())
    policy_version = IntField()
    migrations = ListField(DictField())


class ToolDocument(AggregateDocument):
    """A tool of governance; its fields are those of `services.reporting.domain.tools.Tool`."""

    meta = {
        "collection": "tools",
        "db_alias": "reporting",
        "indexes": [{"fields": ["proposed_at"]}, {"fields": ["target", "proposed_at"]}],
    }

    target = StringField(required=True)
    kind = StringField(required=True)
    trigger = StringField(required=True)
    proof = ListField(StringField())
    state = StringField(required=True)
    proposed_by = StringField(required=True)
    proposed_at = DateTimeField(required=True)
    statement_due_at = DateTimeField(required=True)
    statement = StringField()
    stated_at = DateTimeField()
    stated_by = StringField()
    decided_by = StringField()
    decided_at = DateTimeField()
    grounds = StringField()
    ended_by = StringField()
    ended_at = DateTimeField()
    end_grounds = StringField()


class RetentionRunDocument(AggregateDocument):
    """A run that purges; its fields are those of `services.reporting.domain.retention_runs.RetentionRun`."""

    meta = {
        "collection": "retention_runs",
        "db_alias": "reporting",
        "indexes": [{"fields": ["asked_at"]}, {"fields": ["state", "decided_at"]}],
    }

    state = StringField(required=True)
    policy_version = IntField(required=True)
    asked_by = StringField(required=True)
    asked_at = DateTimeField(required=True)
    decided_by = StringField()
    decided_at = DateTimeField()
    rows = DictField()
    finished_at = DateTimeField()
    certificate = DictField()


class MajorEventDocument(AggregateDocument):
    """A major event; its fields are those of `services.reporting.domain.major_events.MajorEvent`."""

    meta = {
        "collection": "major_events",
        "db_alias": "reporting",
        "indexes": [
            {"fields": ["next_rung_at"]},
            {"fields": ["known_at"]},
            {"fields": ["is_missed", "known_at"]},
            {"fields": ["agency", "known_at"]},
            {"fields": ["agency", "is_missed", "known_at"]},
        ],
    }

    owner = StringField(required=True)
    agency = StringField(required=True)
    kind = StringField()
    about = StringField()
    state = StringField(required=True)
    known_at = DateTimeField(required=True)
    due_at = DateTimeField(required=True)
    clock = DictField(required=True)
    next_rung_at = DateTimeField()
    is_levelled = BooleanField()
    is_missed = BooleanField()
    reported_at = DateTimeField()
    parts = ListField(DictField())
    policy_version = IntField()


class FindingDocument(AggregateDocument):
    """A finding; its fields are those of `services.reporting.domain.findings.Finding`."""

    meta = {"collection": "findings", "db_alias": "reporting", "indexes": [{"fields": ["found_at"]}]}

    fact = StringField(required=True)
    unit = StringField(required=True)
    about = StringField(required=True)
    proof = ListField(StringField())
    grounds = StringField(required=True)
    found_by = StringField(required=True)
    found_at = DateTimeField(required=True)
    withdrawn_by = StringField()
    withdrawn_at = DateTimeField()
    reason = StringField()


class DeductionDocument(AggregateDocument):
    """A deduction; its fields are those of `services.reporting.domain.deductions.Deduction`."""

    meta = {
        "collection": "deductions",
        "db_alias": "reporting",
        "indexes": [{"fields": ["proposed_at"]}, {"fields": ["unit", "proposed_at"]}],
    }

    unit = StringField(required=True)
    trigger = StringField(required=True)
    about = StringField(required=True)
    facts = ListField(StringField())
    proof = ListField(StringField())
    came_late = BooleanField()
    tenths = IntField(required=True)
    state = StringField(required=True)
    proposed_by = StringField(required=True)
    proposed_at = DateTimeField(required=True)
    statement_due_at = DateTimeField(required=True)
    found_by = ListField(StringField())
    statement = StringField()
    stated_at = DateTimeField()
    stated_by = StringField()
    decided_by = StringField()
    decided_at = DateTimeField()
    grounds = StringField()
    withdrawals = ListField(DictField())
    policy_version = IntField()


class BulletinDocument(AggregateDocument):
    """A bulletin; its fields are those of `services.reporting.domain.bulletins.Bulletin`."""

    meta = {
        "collection": "bulletins",
        "db_alias": "reporting",
        "indexes": [{"fields": ["asked_at"]}, {"fields": ["state", "asked_at"]}],
    }

    kind = StringField(required=True)
    title = StringField(required=True)
    first_on = StringField(required=True)
    last_on = StringField(required=True)
    state = StringField(required=True)
    remarks = StringField()
    figures = ListField(DictField())
    figures_sha256 = StringField(required=True)
    asked_at = DateTimeField(required=True)
    reports = ListField(DictField())
    drafted_by = StringField(required=True)
    issued_by = StringField()
    issued_at = DateTimeField()


DOCUMENTS = (
    EventFactDocument,
    CellDocument,
    StageReportDocument,
    SupervisionOrderDocument,
    ToolDocument,
    RetentionRunDocument,
    MajorEventDocument,
    FindingDocument,
    DeductionDocument,
    MeetingDocument,
    MeetingDecisionDocument,
    PublicityDocument,
    PublicityGapDocument,
    BulletinDocument,
    UpwardReportDocument,
)

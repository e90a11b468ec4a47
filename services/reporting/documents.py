"""How facts and stage reports lie in MongoDB."""

from __future__ import annotations

from mongoengine import BooleanField, DateTimeField, DictField, ListField, StringField

from lianxi.store.documents import AggregateDocument, FactDocument


class EventFactDocument(FactDocument):
    """The fact of one event; `kept_at` says when this desk wrote it, so that counting can go on from where it was."""

    meta = {
        "collection": "facts",
        "db_alias": "reporting",
        "indexes": [
            {"fields": ["event_type", "at"]},
            {"fields": ["agencies", "at"]},
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


class StageReportDocument(AggregateDocument):
    """A stage report; its fields are those of `services.reporting.domain.returns.StageReport`."""

    meta = {
        "collection": "stage_reports",
        "db_alias": "reporting",
        "indexes": [{"fields": ["state", "due_on"]}],
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


DOCUMENTS = (EventFactDocument, StageReportDocument)

"""How reports upward lie in MongoDB."""

from __future__ import annotations

from mongoengine import DateTimeField, DictField, ListField, StringField

from lianxi.store.documents import AggregateDocument


class UpwardReportDocument(AggregateDocument):
    """A report upward; its fields are those of `services.reporting.domain.upward_reports.UpwardReport`."""

    meta = {
        "collection": "upward_reports",
        "db_alias": "reporting",
        "indexes": [{"fields": ["agency", "written_at"]}, {"fields": ["written_at"]}],
    }

    number = StringField(required=True)
    owner = StringField(required=True)
    agency = StringField(required=True)
    kind = StringField(required=True)
    about = StringField()
    happened_at = DateTimeField(required=True)
    title = StringField(required=True)
    text = StringField(required=True)
    papers = ListField(StringField())
    content_sha256 = StringField(required=True)
    written_at = DateTimeField(required=True)
    written_by = StringField(required=True)
    addressees = ListField(DictField())
    state = StringField(required=True)

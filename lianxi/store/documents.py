"""How every aggregate lies in MongoDB: its own fields, and the six that make a decision one write."""

from __future__ import annotations

from typing import Any, ClassVar

from mongoengine import BooleanField, DateTimeField, DictField, Document, IntField, ListField, StringField


class AggregateDocument(Document):
    """The root of aggregates' documents: version, pending events, unchained audit, handled events, handled commands.

    Indexes are made by the owning desk at start and by nobody else (`AggregateDocument.ensure_indexes`).
    """

    meta: ClassVar[dict[str, Any]] = {
        "abstract": True,
        "auto_create_index": False,
        "indexes": [{"fields": ["outbox_due"], "sparse": True}],
    }

    id = StringField(primary_key=True)
    version = IntField(db_field="_version", required=True, min_value=1)
    outbox = ListField(DictField(), db_field="_outbox")
    outbox_due = IntField(db_field="_outbox_due")
    audit = ListField(DictField(), db_field="_audit")
    inbox = ListField(StringField(), db_field="_inbox")
    commands = ListField(StringField(), db_field="_cmds")


class PurgePartDocument(AggregateDocument):
    """The root of a desk's parts in the runs that purge; its fields are those of `lianxi.store.retention.PurgePart`."""

    meta: ClassVar[dict[str, Any]] = {"abstract": True, "indexes": [{"fields": ["is_running"]}]}

    run_id = StringField(required=True)
    policy_version = IntField(required=True)
    started_at = DateTimeField(required=True)
    is_running = BooleanField(required=True)
    rows = ListField(DictField())
    finished_at = DateTimeField()


class FactDocument(Document):
    """The root of facts: one document for each event, whose id makes a second delivery harmless (DESIGN 12.4)."""

    meta: ClassVar[dict[str, Any]] = {"abstract": True, "auto_create_index": False}

    id = StringField(primary_key=True)
    at = DateTimeField(required=True)

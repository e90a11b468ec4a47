"""How tips lie in MongoDB, and beside them, unopened, what identifies their informants."""

from __future__ import annotations

from mongoengine import BooleanField, DateTimeField, DictField, Document, IntField, ListField, LongField, StringField

from lianxi.store.documents import AggregateDocument


class TipDocument(AggregateDocument):
    """A tip. `receipt` is unique, so that one receipt code opens one tip."""

    meta = {
        "collection": "tips",
        "db_alias": "tips",
        "indexes": [
            {"fields": ["receipt"], "unique": True},
            {"fields": ["agencies", "listed_at"]},
            {"fields": ["agencies", "state", "listed_at"]},
            {"fields": ["next_rung_at"], "sparse": True},
            {"fields": ["policy_version", "state"]},
        ],
    }

    number = StringField(required=True)
    kind = StringField(required=True)
    channel = StringField(required=True)
    category = StringField(required=True)
    lane = StringField(required=True)
    state = StringField(required=True)
    village = StringField()
    rental_code = StringField()
    is_anonymous = BooleanField(required=True)
    sealed_content = StringField()
    redacted_text = StringField(required=True)
    redacted_place = StringField()
    receipt = StringField(required=True)
    submitted_by = StringField(required=True)
    received_at = DateTimeField(required=True)
    tie_break = LongField(required=True)
    listed_at = DateTimeField(required=True)
    dispatches = ListField(DictField())
    agencies = ListField(StringField())
    returns = ListField(DictField())
    clocks = ListField(DictField())
    clock_changes = ListField(DictField())
    next_rung_at = DateTimeField()
    messages = ListField(DictField())
    timeline = ListField(DictField())
    verification = StringField()
    next_owner = StringField()
    case_id = StringField()
    outcome = StringField()
    policy_version = IntField(required=True)


class InformantDocument(Document):
    """What identifies the informant of a tip, sealed as it came: the id is the tip's, and nothing here opens it."""

    meta = {"collection": "informants", "db_alias": "tips", "auto_create_index": False}

    id = StringField(primary_key=True)
    sealed_contact = StringField(required=True)
    kept_at = DateTimeField(required=True)


DOCUMENTS = (TipDocument, InformantDocument)

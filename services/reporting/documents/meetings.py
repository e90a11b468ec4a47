"""How meetings, what they decided, and the register of publicity lie in MongoDB."""

from __future__ import annotations

from mongoengine import BooleanField, DateTimeField, DictField, IntField, ListField, StringField

from lianxi.store.documents import AggregateDocument


class MeetingDocument(AggregateDocument):
    """A meeting; its fields are those of `services.reporting.domain.meetings.Meeting`."""

    meta = {
        "collection": "meetings",
        "db_alias": "reporting",
        "indexes": [{"fields": each} for each in (["called_at"], ["agencies", "called_at"], ["kind", "state"])],
    }

    kind = StringField(required=True)
    title = StringField(required=True)
    place = StringField(required=True)
    held_at = DateTimeField(required=True)
    state = StringField(required=True)
    agencies = ListField(StringField())
    called_by = StringField(required=True)
    called_at = DateTimeField(required=True)
    agenda = ListField(DictField())
    attendance = ListField(DictField())
    summary = StringField()
    closed_at = DateTimeField()


class MeetingDecisionDocument(AggregateDocument):
    """A decision of a meeting; its fields are those of `services.reporting.domain.decisions.Owed`."""

    meta = {
        "collection": "meeting_decisions",
        "db_alias": "reporting",
        "indexes": [
            *({"fields": [each]} for each in ("next_rung_at", "meeting_id", "taken_at")),
            *({"fields": [each, "taken_at"]} for each in ("is_open", "agency")),
            {"fields": ["agency", "is_open", "taken_at"]},
        ],
    }

    meeting_id = StringField(required=True)
    item_id = StringField()
    is_shared = BooleanField()
    what = StringField(required=True)
    owner = StringField(required=True)
    agency = StringField(required=True)
    taken_at = DateTimeField(required=True)
    taken_by = StringField(required=True)
    due_at = DateTimeField(required=True)
    state = StringField(required=True)
    is_open = BooleanField(required=True)
    clock = DictField(required=True)
    next_rung_at = DateTimeField()
    done_at = DateTimeField()
    done_by = StringField()
    note = StringField()
    proof = ListField(StringField())
    remark = StringField()
    rounds = IntField()
    policy_version = IntField()


class PublicityDocument(AggregateDocument):
    """An activity of publicity; its fields are those of `services.reporting.domain.publicity.Activity`."""

    meta = {
        "collection": "publicity",
        "db_alias": "reporting",
        "indexes": [
            *({"fields": [each]} for each in ("recorded_at", "held_on")),
            *({"fields": [each, "recorded_at"]} for each in ("duty", "agency")),
            {"fields": ["agency", "duty", "recorded_at"]},
        ],
    }

    duty = StringField(required=True)
    agency = StringField(required=True)
    party = StringField()
    what = StringField(required=True)
    place = StringField(required=True)
    village = StringField()
    held_on = StringField(required=True)
    reach = IntField(required=True)
    material = StringField()
    photos = ListField(StringField())
    is_warning = BooleanField()
    approval = StringField()
    recorded_at = DateTimeField(required=True)
    recorded_by = StringField(required=True)
    is_withdrawn = BooleanField()
    withdrawn_at = DateTimeField()
    withdrawn_because = StringField()


class PublicityGapDocument(AggregateDocument):
    """A period of publicity that had nothing; its fields are those of `services.reporting.domain.publicity.Gap`."""

    meta = {"collection": "publicity_gaps", "db_alias": "reporting", "indexes": [{"fields": ["agency", "last_on"]}]}

    duty = StringField(required=True)
    agency = StringField(required=True)
    party = StringField()
    first_on = StringField(required=True)
    last_on = StringField(required=True)
    found_at = DateTimeField(required=True)

"""How notices lie in MongoDB."""

from __future__ import annotations

from mongoengine import BooleanField, DateTimeField, IntField, StringField

from lianxi.store.documents import AggregateDocument


class NoticeDocument(AggregateDocument):
    """A notice; its fields are those of `services.notifications.domain.Notice`."""

    meta = {
        "collection": "notices",
        "db_alias": "notifications",
        "indexes": [
            {"fields": ["agency", "delivered_at"]},
            {"fields": ["agency", "is_open", "delivered_at"]},
            {"fields": ["is_open", "acknowledge_by"]},
            {"fields": ["is_open", "lane"]},
        ],
    }

    desk = StringField(required=True)
    agency = StringField(required=True)
    role = StringField(required=True)
    event_type = StringField(required=True)
    about = StringField(required=True)
    reference = StringField(required=True)
    lane = StringField(required=True)
    text_zh = StringField(required=True)
    text_en = StringField(required=True)
    delivered_at = DateTimeField(required=True)
    acknowledge = BooleanField(required=True)
    acknowledge_by = DateTimeField()
    is_open = BooleanField(required=True)
    is_levelled = BooleanField()
    seen_at = DateTimeField()
    acknowledged_at = DateTimeField()
    acknowledged_by = StringField()


class DeliveryDocument(AggregateDocument):
    """A message to the outside; its fields are those of `services.notifications.domain.outside.Delivery`."""

    meta = {
        "collection": "outside",
        "db_alias": "notifications",
        "indexes": [
            {"fields": ["agency", "written_at"]},
            {"fields": ["agency", "state", "written_at"]},
            {"fields": ["state", "written_at"]},
            {"fields": ["next_try_at"], "sparse": True},
            {"fields": ["about"]},
        ],
    }

    desk = StringField(required=True)
    agency = StringField(required=True)
    receiver = StringField(required=True)
    channel = StringField(required=True)
    event_type = StringField(required=True)
    about = StringField(required=True)
    lane = StringField(required=True)
    text = StringField(required=True)
    state = StringField(required=True)
    written_at = DateTimeField(required=True)
    tries = IntField(required=True)
    next_try_at = DateTimeField()
    sent_at = DateTimeField()
    delivered_at = DateTimeField()
    acknowledged_at = DateTimeField()
    provider_reference = StringField()
    trouble = StringField()


DOCUMENTS = (NoticeDocument, DeliveryDocument)

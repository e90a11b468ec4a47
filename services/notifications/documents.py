"""How notices lie in MongoDB."""

from __future__ import annotations

from mongoengine import BooleanField, DateTimeField, DictField, Document, IntField, ListField, StringField

from lianxi.store.documents import AggregateDocument


class NoticeDocument(AggregateDocument):
    """A notice; its fields are those of `services.notifications.domain.Notice`."""

    meta = {
        "collection": "notices",
        "db_alias": "notifications",
        "indexes": [
            {"fields": ["agency", "delivered_at"]},
            {"fields": ["agency", "is_open", "delivered_at"]},
            {"fields": ["is_open", "lane", "acknowledge_by"]},
            {"fields": ["about"]},
            {"fields": ["next_rung_at"], "sparse": True},
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
    fired = ListField(StringField())
    next_rung_at = DateTimeField()


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
    gathered = IntField()


class HookDocument(AggregateDocument):
    """A hook; its fields are those of `services.notifications.domain.hooks.Hook`. No secret is among them."""

    meta = {
        "collection": "hooks",
        "db_alias": "notifications",
        "indexes": [{"fields": ["agency", "registered_at"]}, {"fields": ["state"]}],
    }

    agency = StringField(required=True)
    client_id = StringField(required=True)
    address = StringField(required=True)
    events = ListField(StringField())
    roles = ListField(StringField())
    desks = ListField(StringField())
    state = StringField(required=True)
    registered_at = DateTimeField(required=True)
    registered_by = StringField(required=True)
    ends_at = DateTimeField()
    generation = IntField(required=True)
    old_secret_until = DateTimeField()
    failing_since = DateTimeField()
    trouble = StringField()


class HookDeliveryDocument(AggregateDocument):
    """A delivery; its fields are those of `services.notifications.domain.hook_deliveries.HookDelivery`."""

    meta = {
        "collection": "hook_deliveries",
        "db_alias": "notifications",
        "indexes": [
            {"fields": ["hook_id", "written_at"]},
            {"fields": ["hook_id", "state", "written_at"]},
            {"fields": ["hook_id", "position"]},
            {"fields": ["hook_id", "next_try_at"]},
            {"fields": ["hook_id", "item", "state", "sequence"]},
            {"fields": ["next_try_at"], "sparse": True},
            {"fields": ["written_at"]},
        ],
    }

    hook_id = StringField(required=True)
    agency = StringField(required=True)
    event_id = StringField(required=True)
    event_type = StringField(required=True)
    item = StringField(required=True)
    sequence = IntField(required=True)
    position = IntField(required=True)
    body = StringField(required=True)
    state = StringField(required=True)
    written_at = DateTimeField(required=True)
    is_levelled = BooleanField()
    tries = IntField(required=True)
    next_try_at = DateTimeField()
    delivered_at = DateTimeField()
    status = IntField()
    trouble = StringField()


class WarningDocument(AggregateDocument):
    """A warning; its fields are those of `services.notifications.domain.warnings.PublicWarning`."""

    meta = {
        "collection": "warnings",
        "db_alias": "notifications",
        "indexes": [
            {"fields": ["drafted_at"]},
            {"fields": ["state", "drafted_at"]},
            {"fields": ["published_at"], "sparse": True},
        ],
    }

    state = StringField(required=True)
    title = StringField(required=True)
    text = StringField(required=True)
    case_id = StringField(required=True)
    case_number = StringField(required=True)
    agency = StringField(required=True)
    drafted_by = StringField(required=True)
    drafted_at = DateTimeField(required=True)
    organ = StringField()
    reference = StringField()
    approved_on = StringField()
    published_by = StringField()
    published_at = DateTimeField()
    withdrawn_by = StringField()
    withdrawn_at = DateTimeField()
    reason = StringField()


class EndedCaseDocument(Document):
    """How a case ended, as it was announced: what warnings may rest on."""

    meta = {"collection": "ended_cases", "db_alias": "notifications", "auto_create_index": False}

    id = StringField(primary_key=True)
    number = StringField(required=True)
    outcome = StringField(required=True)


class CampaignDocument(AggregateDocument):
    """A campaign; its fields are those of `services.notifications.domain.campaigns.Campaign`."""

    meta = {
        "collection": "campaigns",
        "db_alias": "notifications",
        "indexes": [
            {"fields": ["written_at"]},
            *({"fields": [each, "written_at"]} for each in ("state", "agency", "carriers")),
            *({"fields": [each, "state", "written_at"]} for each in ("agency", "carriers")),
            {"fields": ["duty", "due_on"]},
            {"fields": ["next_rung_at"], "sparse": True},
        ],
    }

    duty = StringField(required=True)
    agency = StringField(required=True)
    owner = StringField(required=True)
    first_on = StringField(required=True)
    due_on = StringField(required=True)
    state = StringField(required=True)
    text = StringField(required=True)
    is_warning = BooleanField(required=True)
    written_at = DateTimeField(required=True)
    written_by = ListField(StringField())
    carriers = ListField(StringField())
    sends = ListField(DictField())
    next_rung_at = DateTimeField()
    approval = StringField()
    approved_at = DateTimeField()
    approved_by = StringField()
    withdrawn_at = DateTimeField()
    withdrawn_by = StringField()
    reason = StringField()


DOCUMENTS = (
    NoticeDocument,
    DeliveryDocument,
    HookDocument,
    HookDeliveryDocument,
    WarningDocument,
    EndedCaseDocument,
    CampaignDocument,
)

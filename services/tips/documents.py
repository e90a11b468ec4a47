"""How tips lie in MongoDB, and beside them, unopened, what identifies their informants."""

from __future__ import annotations

from mongoengine import (
    BinaryField,
    BooleanField,
    DateTimeField,
    DictField,
    Document,
    IntField,
    ListField,
    LongField,
    StringField,
)

from lianxi.store.documents import AggregateDocument, PurgePartDocument
from lianxi.store.retention import kept_indexes


class TipDocument(AggregateDocument):
    """A tip. `receipt` is unique, so that one receipt code opens one tip."""

    meta = {
        "collection": "tips",
        "db_alias": "tips",
        "indexes": [
            # Verifiers are hexadecimal; what stands in the place of one begins with a later letter, and is in no index.
            {"fields": ["receipt"], "unique": True, "partialFilterExpression": {"receipt": {"$lt": "g"}}},
            {"fields": ["agencies", "listed_at"]},
            {"fields": ["agencies", "state", "listed_at"]},
            # Nearly all are tips: whoever asks for those reads the list of all kinds.
            {"fields": ["agencies", "kind", "listed_at"], "partialFilterExpression": {"kind": "complaint"}},
            {"fields": ["unread_since"], "sparse": True},
            {"fields": ["next_rung_at"], "sparse": True},
            {"fields": ["officer"], "sparse": True},
            {"fields": ["public_on"], "sparse": True},
            {"fields": ["filed_by", "listed_at"]},
            *kept_indexes("keeping"),
            *kept_indexes("identity", holds=False),
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
    is_receipt_temporary = BooleanField()
    source = StringField()
    reference = StringField()
    unread_since = DateTimeField()
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
    openings = ListField(DictField())
    attachments = ListField(DictField())
    officer = StringField()
    filed_by = StringField()
    visit_id = StringField()
    public_on = DateTimeField()
    reopenings = ListField(DictField())
    keeping = DictField()
    identity = DictField()


class InformantDocument(Document):
    """What identifies the informant of a tip, sealed as it came and locked again: the id is the tip's.

    Whom to pay for one lies here too, under an id of its own that only the reward knows.

    Two keys open it, and neither lies in the database: the vault's and the desk's.
    """

    meta = {"collection": "informants", "db_alias": "tips", "auto_create_index": False, "indexes": ["key_id"]}

    id = StringField(primary_key=True)
    key_id = StringField(required=True)
    wrapped_key = BinaryField(required=True)
    body = BinaryField(required=True)
    kept_at = DateTimeField(required=True)


class OpeningDocument(AggregateDocument):
    """A request to open what is kept of an informant."""

    meta = {
        "collection": "openings",
        "db_alias": "tips",
        "indexes": ["asked_at", {"fields": ["asked_by", "asked_at"]}],
    }

    tip_id = StringField(required=True)
    kind = StringField(required=True)
    motive = StringField(required=True)
    state = StringField(required=True)
    asked_by = StringField(required=True)
    asked_agency = StringField(required=True)
    asked_at = DateTimeField(required=True)
    expires_at = DateTimeField(required=True)
    decided_by = StringField()
    decided_agency = StringField()
    decided_at = DateTimeField()
    reason = StringField()
    withheld_ground = StringField()
    read_at = ListField(DateTimeField())
    attempts = ListField(DateTimeField())


class UnmaskingDocument(AggregateDocument):
    """A grant to read an informant's own words."""

    meta = {
        "collection": "unmaskings",
        "db_alias": "tips",
        "indexes": [
            "asked_at",
            {"fields": ["agency", "asked_at"]},
            {"fields": ["tip_id", "asked_by", "ends_at"]},
        ],
    }

    tip_id = StringField(required=True)
    reason = StringField(required=True)
    asked_by = StringField(required=True)
    agency = StringField(required=True)
    asked_at = DateTimeField(required=True)
    ends_at = DateTimeField(required=True)
    read_at = ListField(DateTimeField())


class WeeklyReportDocument(AggregateDocument):
    """That a week's unmaskings were told to the office."""

    meta = {"collection": "unmasking_reports", "db_alias": "tips", "indexes": ["week_from"]}

    week_from = StringField(required=True)
    reported_at = DateTimeField(required=True)
    unmaskings = IntField(required=True)


class TipsPurgeDocument(PurgePartDocument):
    """This desk's part in a run that purges."""

    meta = {"collection": "purges", "db_alias": "tips"}


class RewardDocument(AggregateDocument):
    """A reward; who is paid lies in the vault, under the id that `payee_id` names."""

    meta = {
        "collection": "rewards",
        "db_alias": "tips",
        "indexes": [
            "claimed_at",
            {"fields": ["state", "claimed_at"]},
            {"fields": ["agency", "claimed_at"]},
            {"fields": ["agency", "state", "claimed_at"]},
            *kept_indexes("keeping"),
        ],
    }

    tip_id = StringField(required=True)
    lead = StringField(required=True)
    agency = StringField(required=True)
    state = StringField(required=True)
    scheme = StringField(required=True)
    policy_version = IntField(required=True)
    approvals_needed = IntField(required=True)
    payee_id = StringField(required=True)
    claimed_at = DateTimeField(required=True)
    is_late = BooleanField(required=True)
    number = StringField()
    proposal = DictField()
    approvals = ListField(DictField())
    refusal = DictField()
    payment = DictField()
    payee_read_at = ListField(DateTimeField())
    ordered_at = DateTimeField()
    keeping = DictField()


class BondDocument(AggregateDocument):
    """What people have bound between two tips."""

    meta = {"collection": "bonds", "db_alias": "tips", "indexes": ["tip_ids"]}

    tip_ids = ListField(StringField(), required=True)
    ties = ListField(DictField())


class SavedSearchDocument(AggregateDocument):
    """A search that somebody keeps."""

    meta = {
        "collection": "saved_searches",
        "db_alias": "tips",
        "indexes": [
            {"fields": ["owner", "is_open"]},
            {"fields": ["agency", "is_open", "saved_at"]},
            {"fields": ["is_watched", "agency"]},
        ],
    }

    name = StringField()
    text = StringField()
    desk = StringField(required=True)
    agency = StringField(required=True)
    owner = StringField(required=True)
    is_shared = BooleanField(required=True)
    is_watched = BooleanField(required=True)
    saved_at = DateTimeField(required=True)
    watched_since = DateTimeField()
    is_open = BooleanField(required=True)


class SightingDocument(AggregateDocument):
    """That a tip matched a watched search: the id is made of both, so that it is told once."""

    meta = {"collection": "sightings", "db_alias": "tips", "indexes": ["saved_search_id"]}

    saved_search_id = StringField(required=True)
    tip_id = StringField(required=True)
    matched_at = DateTimeField(required=True)


class TraceDocument(Document):
    """What is compared and searched of a tip: the id is the tip's. What identifies somebody is here a keyed hash only.

    `made_by` tells rules and key apart, so that a trace made by others is made anew.
    """

    meta = {"collection": "traces", "db_alias": "tips", "auto_create_index": False}

    id = StringField(primary_key=True)
    made_by = StringField(required=True)
    words = StringField()
    marks = ListField(StringField())
    endings = ListField(StringField())
    village = StringField()
    rental_code = StringField()
    category = StringField()
    listed_at = DateTimeField()
    agencies = ListField(StringField())
    names = ListField(StringField())


class TraceLogDocument(Document):
    """Which traces were written, in order: numbered without a gap, so that each process reads what it has not read."""

    meta = {"collection": "trace_log", "db_alias": "tips", "auto_create_index": False}

    id = LongField(primary_key=True)
    tips = ListField(StringField())


DOCUMENTS = (
    TipDocument,
    InformantDocument,
    OpeningDocument,
    UnmaskingDocument,
    RewardDocument,
    WeeklyReportDocument,
    TipsPurgeDocument,
    BondDocument,
    SavedSearchDocument,
    SightingDocument,
    TraceDocument,
    TraceLogDocument,
)

"""How cases, criminal referrals, requests for assistance, receipts and the rights to open a case lie in MongoDB."""

from __future__ import annotations

from mongoengine import (
    BinaryField,
    BooleanField,
    DateTimeField,
    DictField,
    Document,
    EmbeddedDocument,
    EmbeddedDocumentField,
    IntField,
    ListField,
    StringField,
)

from lianxi.store.documents import AggregateDocument, PurgePartDocument
from lianxi.store.retention import kept_indexes


class CaseDocument(AggregateDocument):
    """A case; its fields are those of `services.cases.domain.cases.Case`."""

    meta = {
        "collection": "cases",
        "db_alias": "cases",
        "indexes": [
            {"fields": ["owner_agency", "opened_at"]},
            {"fields": ["opened_at"]},
            {"fields": ["officer"], "sparse": True},
            {"fields": ["owner_agency", "tasks_due_at"]},
            {"fields": ["tasks_untold_at"], "sparse": True},
            *kept_indexes("keeping"),
        ],
    }

    number = StringField(required=True)
    owner = StringField(required=True)
    owner_agency = StringField(required=True)
    kind = StringField(required=True)
    basis = StringField(required=True)
    state = StringField(required=True)
    tip_id = StringField()
    rental_code = StringField()
    suspected_crime = BooleanField(required=True)
    opened_at = DateTimeField(required=True)
    decision_due_at = DateTimeField(required=True)
    measures = ListField(DictField())
    referral_ids = ListField(StringField())
    outcome = StringField()
    grounds = StringField()
    closed_at = DateTimeField()
    officer = StringField()
    close_reason = StringField()
    tasks = ListField(DictField())
    tasks_due_at = DateTimeField()
    tasks_untold_at = DateTimeField()
    reopenings = ListField(DictField())
    exports = ListField(DictField())
    keeping = DictField()


class CriminalReferralDocument(AggregateDocument):
    """A criminal referral; its fields are those of `services.cases.domain.referrals.CriminalReferral`."""

    meta = {
        "collection": "criminal_referrals",
        "db_alias": "cases",
        "indexes": [
            {"fields": ["sender_agency", "drafted_at"]},
            {"fields": ["sent_to_agency", "drafted_at"]},
            {"fields": ["drafted_at"]},
            {"fields": ["officers"]},
            {"fields": ["next_rung_at"]},
            {"fields": ["breached_since"]},
            {"fields": ["policy_version", "state"]},
            *kept_indexes("keeping"),
        ],
    }

    case_id = StringField(required=True)
    case_number = StringField(required=True)
    sender = StringField(required=True)
    sender_agency = StringField(required=True)
    receiver = StringField(required=True)
    sent_to_agency = StringField()
    state = StringField(required=True)
    officers = ListField(StringField())
    papers = ListField(DictField())
    clocks = ListField(DictField())
    missing_papers = ListField(StringField())
    head = StringField()
    reason = StringField()
    statements = ListField(DictField())
    police_reference = StringField()
    receipt = DictField()
    forwarded_to = StringField()
    drafted_at = DateTimeField(required=True)
    next_rung_at = DateTimeField()
    breached_since = DateTimeField()
    policy_version = IntField()
    migrations = ListField(DictField())
    keeping = DictField()


class AssistanceDocument(AggregateDocument):
    """A request for assistance; its fields are those of `services.cases.domain.assistance.Assistance`."""

    meta = {
        "collection": "assistance",
        "db_alias": "cases",
        "indexes": [
            {"fields": ["asker_agency", "asked_at"]},
            {"fields": ["receiver_agency", "asked_at"]},
            {"fields": ["case_id"]},
            {"fields": ["asked_at"]},
            {"fields": ["next_rung_at"]},
            {"fields": ["breached_since"]},
            {"fields": ["policy_version", "state"]},
        ],
    }

    case_id = StringField(required=True)
    asker = StringField(required=True)
    asker_agency = StringField(required=True)
    receiver = StringField(required=True)
    receiver_agency = StringField(required=True)
    what = StringField(required=True)
    legal_ground = StringField(required=True)
    is_urgent = BooleanField(required=True)
    state = StringField(required=True)
    asked_at = DateTimeField(required=True)
    accepted_at = DateTimeField()
    limit = DictField(required=True)
    reason = StringField()
    reference = StringField()
    next_rung_at = DateTimeField()
    breached_since = DateTimeField()
    policy_version = IntField()
    migrations = ListField(DictField())


class TransferDocument(AggregateDocument):
    """A matter that is handed over; its fields are those of `services.cases.domain.transfers.Transfer`."""

    meta = {
        "collection": "transfers",
        "db_alias": "cases",
        "indexes": [
            {"fields": ["sender_agency", "sent_at"]},
            {"fields": ["receiver_agency", "sent_at"]},
            {"fields": ["sent_at"]},
            *kept_indexes("keeping"),
        ],
    }

    sender = StringField(required=True)
    sender_agency = StringField(required=True)
    receiver = StringField(required=True)
    receiver_agency = StringField(required=True)
    ground = StringField(required=True)
    basis = StringField()
    reference = StringField()
    referral_id = StringField()
    papers = ListField(DictField())
    state = StringField(required=True)
    sent_at = DateTimeField(required=True)
    refusals = ListField(DictField())
    arbitration = DictField()
    receipt = DictField()
    keeping = DictField()


class JointOperationDocument(AggregateDocument):
    """A joint operation; its fields are those of `services.cases.domain.joint_operations.JointOperation`."""

    meta = {
        "collection": "joint_operations",
        "db_alias": "cases",
        "indexes": [
            {"fields": ["agencies", "planned_at"]},
            {"fields": ["desks", "planned_at"]},
            {"fields": ["state", "planned_at"]},
            *kept_indexes("keeping"),
        ],
    }

    asked_by = StringField(required=True)
    commander = StringField(required=True)
    desks = ListField(StringField())
    agencies = ListField(StringField())
    title = StringField()
    plan = StringField()
    places = ListField(DictField())
    forces = ListField(DictField())
    starts_at = DateTimeField(required=True)
    ends_at = DateTimeField(required=True)
    planned_at = DateTimeField(required=True)
    state = StringField(required=True)
    officer = StringField()
    activated_at = DateTimeField()
    stood_down_at = DateTimeField()
    outcomes = ListField(DictField())
    follow_ups = ListField(StringField())
    log = ListField(DictField())
    keeping = DictField()


class SealedPerson(EmbeddedDocument):
    """A person of a case, encrypted under a key of their own that lies locked beside it."""

    key_id = StringField(required=True)
    wrapped_key = BinaryField(required=True)
    body = BinaryField(required=True)


class PartyDocument(AggregateDocument):
    """A person of one case; its fields are those of `services.cases.domain.parties.Party`.

    No index leads to a person: only the case does, and a mark within it. One leads to whoever lies under an older key.
    """

    meta = {
        "collection": "parties",
        "db_alias": "cases",
        "indexes": [
            {"fields": ["case_id", "is_listed", "named_at"]},
            {"fields": ["case_id", "named_at"]},
            {"fields": ["sealed.key_id"], "sparse": True},
        ],
    }

    case_id = StringField(required=True)
    number = StringField(required=True)
    owner = StringField(required=True)
    owner_agency = StringField(required=True)
    role = StringField(required=True)
    standing = StringField(required=True)
    is_listed = BooleanField(required=True)
    is_possible_victim = BooleanField(required=True)
    is_minor = BooleanField(required=True)
    basis = StringField(required=True)
    sealed = EmbeddedDocumentField(SealedPerson)
    id_mark = StringField()
    named_at = DateTimeField(required=True)
    decision_reference = StringField()
    erased_at = DateTimeField()
    unmaskings = ListField(DictField())


class EvidenceDocument(AggregateDocument):
    """A piece of evidence; its fields are those of `services.cases.domain.evidence.Evidence`.

    One index leads to those whose night has come, one to those that were found altered; one, for a moment only, to
    destroyed ones whose file still lies there.
    """

    meta = {
        "collection": "evidence",
        "db_alias": "cases",
        "indexes": [
            {"fields": ["case_id", "collected_at"]},
            {"fields": ["next_check_at"]},
            {"fields": ["altered_at"], "sparse": True},
            {"fields": ["state", "file"]},
        ],
    }

    case_id = StringField(required=True)
    owner = StringField(required=True)
    owner_agency = StringField(required=True)
    kind = StringField(required=True)
    file = StringField(required=True)
    media_type = StringField(required=True)
    size = IntField(required=True)
    sha256 = StringField(required=True)
    sealed = StringField(required=True)
    holder = StringField(required=True)
    given_by = StringField()
    offered_to = StringField()
    state = StringField(required=True)
    seal_number = StringField()
    collected_at = DateTimeField(required=True)
    checked_at = DateTimeField(required=True)
    next_check_at = DateTimeField()
    altered_at = DateTimeField()
    destruction = DictField()
    custody = ListField(DictField())


class ReceiptDocument(Document):
    """A signed receipt under its number, ``police/2026/000001``; a referral has one."""

    meta = {
        "collection": "receipts",
        "db_alias": "cases",
        "auto_create_index": False,
        "indexes": [{"fields": ["referral_id"], "unique": True}],
    }

    id = StringField(primary_key=True)
    referral_id = StringField(required=True)
    receipt = DictField(required=True)


class TipRightDocument(Document):
    """Which desk may open a case about a tip, under the tip's id; the latest verification counts."""

    meta = {"collection": "tip_rights", "db_alias": "cases", "auto_create_index": False}

    id = StringField(primary_key=True)
    owner = StringField()
    rental_code = StringField()
    verified_at = DateTimeField(required=True)


class CasesPurgeDocument(PurgePartDocument):
    """This desk's part in a run that purges."""

    meta = {"collection": "purges", "db_alias": "cases"}


DOCUMENTS = (
    CaseDocument,
    CriminalReferralDocument,
    AssistanceDocument,
    TransferDocument,
    JointOperationDocument,
    PartyDocument,
    EvidenceDocument,
    ReceiptDocument,
    TipRightDocument,
    CasesPurgeDocument,
)

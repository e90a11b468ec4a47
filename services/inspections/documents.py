"""How rentals and visits lie in MongoDB."""

from __future__ import annotations

from mongoengine import BooleanField, DateTimeField, DictField, IntField, ListField, StringField

from lianxi.store.documents import AggregateDocument, PurgePartDocument
from lianxi.store.retention import kept_indexes


class RentalDocument(AggregateDocument):
    """A rental; its fields are those of `services.inspections.domain.rentals.Rental`, its dates ISO text."""

    meta = {
        "collection": "rentals",
        "db_alias": "inspections",
        "indexes": [
            {"fields": ["village"]},
            {"fields": ["is_standing", "next_visit_due_on"]},
            {"fields": ["assistant", "is_standing", "next_visit_due_on"]},
            {"fields": ["watched_due_on"]},
        ],
    }

    village = StringField(required=True)
    address = StringField(required=True)
    rooms = IntField(required=True)
    is_registered = BooleanField(required=True)
    assistant = StringField()
    registered_at = DateTimeField(required=True)
    grade = StringField(required=True)
    grade_reason = StringField()
    grade_approved_by = StringField()
    grade_expires_on = StringField()
    planned_from = StringField(required=True)
    calls = ListField(DictField())
    last_visit_at = DateTimeField()
    next_visit_due_on = StringField(required=True)
    watched_due_on = StringField()
    missed_announced_for = StringField()
    is_standing = BooleanField(required=True)
    ended_at = DateTimeField()
    ended_because = StringField()
    address_code = StringField()
    kind = StringField()
    owner = StringField()
    agent = StringField()
    turns = ListField(DictField())
    stewards = ListField(DictField())
    visit_days = ListField(StringField())
    tries = ListField(DateTimeField())
    imported = DictField()
    withdrawn_at = DateTimeField()


class VisitDocument(AggregateDocument):
    """A visit; its fields are those of `services.inspections.domain.visits.Visit`."""

    meta = {
        "collection": "visits",
        "db_alias": "inspections",
        "indexes": [
            {"fields": ["assistant", "visited_at"]},
            {"fields": ["rental_code", "visited_at"]},
            {"fields": ["unsettled_at"], "sparse": True},
            *kept_indexes("keeping"),
        ],
    }

    rental_code = StringField(required=True)
    village = StringField()
    assistant = StringField(required=True)
    outcome = StringField(required=True)
    entry_basis = StringField(required=True)
    findings = ListField(StringField())
    visited_at = DateTimeField(required=True)
    received_at = DateTimeField(required=True)
    submitted_by = StringField(required=True)
    counts = BooleanField(required=True)
    on_time = BooleanField(required=True)
    grade = StringField()
    needs_attention = StringField()
    next_visit_due_on = StringField()
    note = StringField()
    keeping = DictField()
    revision = IntField()
    edits = ListField(DictField())
    unsettled_at = DateTimeField()
    tip_ids = ListField(StringField())


class PhotographDocument(AggregateDocument):
    """A photograph; its fields are those of `services.inspections.domain.photographs.Photograph`."""

    meta = {
        "collection": "photographs",
        "db_alias": "inspections",
        "indexes": [
            {"fields": ["visit_id"]},
            {"fields": ["is_waiting"]},
            {"fields": ["needs_attention"], "sparse": True},
            {"fields": ["lost_since"], "sparse": True},
        ],
    }

    visit_id = StringField(required=True)
    village = StringField()
    submitted_by = StringField(required=True)
    file = StringField(required=True)
    media_type = StringField(required=True)
    size = IntField(required=True)
    sealed = StringField(required=True)
    taken_at = DateTimeField(required=True)
    received_at = DateTimeField(required=True)
    sent_sha256 = StringField(required=True)
    kept_sha256 = StringField(required=True)
    wait_ends_at = DateTimeField(required=True)
    areas = ListField(StringField())
    joined_at = DateTimeField()
    came_early = BooleanField(required=True)
    is_waiting = BooleanField(required=True)
    needs_attention = StringField()
    lost_since = DateTimeField()
    looked_at_by = StringField()
    erased_at = DateTimeField()


class ConflictDocument(AggregateDocument):
    """A conflict; its fields are those of `services.inspections.domain.conflicts.VisitConflict`."""

    meta = {
        "collection": "conflicts",
        "db_alias": "inspections",
        "indexes": [{"fields": ["state"]}, {"fields": ["visit_id"]}, {"fields": ["is_carried"]}],
    }

    kind = StringField(required=True)
    state = StringField(required=True)
    visit_id = StringField(required=True)
    village = StringField()
    raised_by = StringField()
    raised_at = DateTimeField(required=True)
    areas = ListField(StringField())
    contested = ListField(StringField())
    mine = DictField()
    changes = DictField()
    theirs = DictField()
    problem = StringField()
    edit = DictField()
    wait_ends_at = DateTimeField()
    verdict = StringField()
    reason = StringField()
    other = DictField()
    decided_by = StringField()
    decided_at = DateTimeField()
    is_carried = BooleanField(required=True)


class ImportDocument(AggregateDocument):
    """An import; its fields are those of `services.inspections.domain.imports.Import`."""

    meta = {"collection": "imports", "db_alias": "inspections", "indexes": [{"fields": ["agency", "begun_at"]}]}

    agency = StringField(required=True)
    kind = StringField(required=True)
    file_name = StringField()
    file_sha256 = StringField(required=True)
    begun_by = StringField(required=True)
    begun_at = DateTimeField(required=True)
    columns = ListField(DictField())
    rows = IntField(required=True)
    wrong = IntField(required=True)
    parts = IntField(required=True)
    undo_asked_at = DateTimeField()
    undo_asked_by = StringField()


class ImportPartDocument(AggregateDocument):
    """A part of an import; its fields are those of `services.inspections.domain.imports.Part`."""

    meta = {
        "collection": "import_parts",
        "db_alias": "inspections",
        "indexes": [{"fields": ["batch_id", "number"]}, {"fields": ["repair_until"], "sparse": True}],
    }

    batch_id = StringField(required=True)
    number = IntField(required=True)
    taken_at = DateTimeField(required=True)
    done = ListField(DictField())
    bad = ListField(DictField())
    wrong = IntField(required=True)
    added = IntField(required=True)
    changed = IntField(required=True)
    unchanged = IntField(required=True)
    is_undone = BooleanField(required=True)
    kept = ListField(StringField())
    repair_until = DateTimeField()


class ImportProfileDocument(AggregateDocument):
    """A profile; its fields are those of `services.inspections.domain.imports.Profile`."""

    meta = {"collection": "import_profiles", "db_alias": "inspections", "indexes": [{"fields": ["agency"]}]}

    agency = StringField(required=True)
    name = StringField(required=True)
    kind = StringField(required=True)
    columns = ListField(DictField())


class InspectionsPurgeDocument(PurgePartDocument):
    """This desk's part in a run that purges."""

    meta = {"collection": "purges", "db_alias": "inspections"}


DOCUMENTS: tuple[type[AggregateDocument], ...] = (
    RentalDocument,
    VisitDocument,
    PhotographDocument,
    ConflictDocument,
    ImportDocument,
    ImportPartDocument,
    ImportProfileDocument,
    InspectionsPurgeDocument,
)

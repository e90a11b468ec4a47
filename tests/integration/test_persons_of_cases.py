"""Persons of cases on the real database: what lies there names nobody, and goes when the case closes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import timedelta

import mongoengine
import pytest

from lianxi.contracts.audit import Kind
from lianxi.contracts.cases import CaseClosed, CaseOutcome, CloseCase, CloseReason
from lianxi.contracts.envelope import Cause
from lianxi.contracts.parties import Hidden, ListParties, PartyRole, PartyStanding
from lianxi.contracts.sealing import Opener
from lianxi.kernel.errors import Conflict, NotFound
from lianxi.store.envelope import KeyRing
from services.cases import documents, store
from services.cases.handlers import CaseDesk, PartyDesk, ReferralDesk
from tests.support.town import Database
from tests.unit.cases import desk as cases_desk
from tests.unit.cases.desk import FIRST_KEY, MARKET, NAME, SECOND_KEY, CasesInMemory

pytestmark = pytest.mark.integration
PHONE, ID_NUMBER = "13800138000", "11010519491231002X"


@pytest.fixture
def cases(database: Database) -> Iterator[CasesInMemory]:
    """The desk of persons with its real stores, on a clock that stands still."""
    client = mongoengine.connect(
        "desks_persons", alias="cases", host=database.url, tz_aware=True, uuidRepresentation="standard"
    )
    client.drop_database("desks_persons")
    for document in documents.DOCUMENTS:
        document.ensure_indexes()
    town = CasesInMemory()
    rules, clock, numbers = cases_desk.shipped_rules(), town.clock, itertools.count(1)
    kept, referred = store.cases(clock), store.referrals(clock)
    town.desk = CaseDesk(kept, referred, store.rights(), rules, clock, lambda _bits: next(numbers))
    town.transfers = ReferralDesk(referred, kept, store.receipts(), rules, clock, "11" * 32)
    town.persons = desk_with(town, FIRST_KEY)
    yield town
    mongoengine.disconnect("cases")


def desk_with(town: CasesInMemory, keys: str) -> PartyDesk:
    clock = town.clock
    return PartyDesk(
        store.parties(clock),
        store.PartyIndex(clock),
        store.PersonSafe(KeyRing(keys)),
        store.cases(clock),
        store.referrals(clock),
        town.opener,
        clock,
        lambda bits: hash(clock.now()) % 2**bits,
    )


def stored() -> str:
    return str(list(documents.PartyDocument._get_collection().find()))


@pytest.mark.criterion("8.5")
def test_a_person_is_named_cleared_and_hidden_and_the_database_holds_no_name(cases: CasesInMemory) -> None:
    case = cases.open()
    made = []
    for place in range(5):
        cases.wait(timedelta(minutes=1))
        told = {"phone": PHONE, "id_number": ID_NUMBER} if place == 0 else {}
        made.append(cases.name(case.case_id, **told))  # type: ignore[arg-type]
    with pytest.raises(Conflict, match=r"party\.already_named"):
        cases.name(case.case_id, id_number=ID_NUMBER)
    cases.correct_party(made[1].party_id, name="王晓明", role=PartyRole.KEY_MEMBER, is_minor=True)
    cases.confirm_party(made[1].party_id)
    assert cases.party(made[1].party_id).person.name == "王＊"
    cases.unmask_party(made[1].party_id)
    cases.clear_party(made[0].party_id, statement="他只是房东")

    newest_first = [each.party_id for each in reversed(made[1:])]
    assert pages(cases, case.case_id) == newest_first
    assert pages(cases, case.case_id, Hidden.CLEARED) == [*newest_first, made[0].party_id]
    with pytest.raises(NotFound):
        cases.party(made[0].party_id)
    assert cases.party(made[0].party_id, including=Hidden.CLEARED).person.name == NAME
    decided = cases.party(made[1].party_id)
    assert (decided.standing, decided.person.name) == (PartyStanding.CONFIRMED, "王晓明")
    for secret in (NAME, "王晓明", PHONE, ID_NUMBER, "002X", "讲课", "房东", "笔录"):
        assert secret not in stored()


def pages(cases: CasesInMemory, case_id: str, including: Hidden | None = None) -> list[str]:
    found: list[str] = []
    cursor, key = None, Opener.for_one_answer().public_key
    while True:
        asked = ListParties(case_id=case_id, answer_key=key, cursor=cursor, limit=2, including=including)
        page = cases.persons.list_parties(asked, MARKET)
        found += [each.party.party_id for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return found


@pytest.mark.criterion("8.5")
def test_closing_erases_who_is_still_suspected_each_in_the_write_that_the_audit_tells_of(cases: CasesInMemory) -> None:
    case = cases.open()
    kept, gone = cases.name(case.case_id), [cases.name(case.case_id, phone=PHONE) for _ in range(3)]
    cases.confirm_party(kept.party_id)
    closed = CloseCase(
        case_id=case.case_id,
        outcome=CaseOutcome.NO_PENALTY,
        reason=CloseReason.MINOR_AND_CORRECTED,
        grounds="facts and articles",
    )
    at = cases.desk.close_case(closed, MARKET).closed_at
    assert at is not None
    event = CaseClosed(
        case_id=case.case_id, number=case.number, owner=case.owner, tip_id=None, outcome=closed.outcome, closed_at=at
    )
    for _ in range(2):
        cases.persons.settle_parties(event, Cause(actor="desk:cases", correlation_id="c", event_id="event-1"))

    rows = {row["_id"]: row for row in documents.PartyDocument._get_collection().find()}
    for each in gone:
        row = rows[each.party_id]
        assert (row["sealed"], row["id_mark"], row["_version"]) == (None, None, 2)
        line: dict[str, str] = row["_audit"][-1]
        write: Kind = "write"
        assert (line["kind"], line["item"], line["what"]) == (write, f"party/{each.party_id}", "cases.party.changed")
        assert cases.party(each.party_id).person.label_zh.startswith("有关人员")
        assert cases.party(each.party_id).person.name is None
    assert cases.party(kept.party_id).person.name == NAME


def test_persons_go_over_to_a_new_key_without_being_opened(cases: CasesInMemory) -> None:
    made = cases.name(cases.open().case_id)
    fresh = desk_with(cases, f"{SECOND_KEY}\n{FIRST_KEY}")
    assert store.PartyIndex(cases.clock).under_other_keys("second") == [made.party_id]
    for _ in range(2):
        fresh.rewrap()

    assert store.PartyIndex(cases.clock).under_other_keys("second") == []
    cases.persons = desk_with(cases, SECOND_KEY)
    assert cases.party(made.party_id).person.name == NAME
    assert cases.party(made.party_id).version == 2

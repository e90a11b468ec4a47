"""The cases and inspections desks on the real database: indexes, pages, racing sweepers, numbers without a gap."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Protocol

import mongoengine
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lianxi.contracts.cases import ListAssistance, ListCases, ListReferrals
from lianxi.contracts.coverage import GetCoverage
from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.handover import CountHeld, HandItemsOver, ListHeld
from lianxi.contracts.inspections import GetRental, GetVisit, GetVisitPlan, ListRentals, VisitOutcome
from lianxi.contracts.rounds import GetRound
from lianxi.kernel.errors import NotFound
from lianxi.store.handover import Holdings
from lianxi.store.unit import Addition
from services.cases import documents as case_documents
from services.cases import store as case_store
from services.cases.handlers import AssistanceDesk, CaseDesk, ClockKeeper, ReferralDesk
from services.cases.views import CaseViews
from services.inspections import documents as inspection_documents
from services.inspections import store as inspection_store
from services.inspections.domain import rentals as rental_rules
from services.inspections.handlers import RentalDesk
from services.inspections.views import RentalViews
from services.inspections.views.coverage import CoverageViews
from tests.chaos.sizes import size
from tests.support.town import Database
from tests.unit.cases import desk as cases_desk
from tests.unit.cases.desk import MARKET, POLICE_CALLER, CasesInMemory
from tests.unit.inspections import desk as inspections_desk
from tests.unit.inspections.desk import InspectionsInMemory
from tests.unit.inspections.test_windows import SEPTEMBER, filled, noon, views_of, whole_plan

pytestmark = pytest.mark.integration
DOCUMENTS = {"cases": case_documents.DOCUMENTS, "inspections": inspection_documents.DOCUMENTS}
RECEIPTS = 20


@pytest.fixture
def connected(database: Database) -> Iterator[None]:
    for alias, documents in DOCUMENTS.items():
        client = mongoengine.connect(
            f"desks_{alias}", alias=alias, host=database.url, tz_aware=True, uuidRepresentation="standard"
        )
        client.drop_database(f"desks_{alias}")
        for document in documents:
            document.ensure_indexes()
    yield
    for alias in DOCUMENTS:
        mongoengine.disconnect(alias)


@pytest.fixture
def cases(connected: None) -> CasesInMemory:
    """The cases desk with its real stores and views, on a clock that stands still."""
    town = CasesInMemory()
    rules, clock, views = cases_desk.shipped_rules(), town.clock, CaseViews(town.clock)
    numbers = itertools.count(1)
    kept, referred, helped = case_store.cases(clock), case_store.referrals(clock), case_store.assistance(clock)
    key = Ed25519PrivateKey.generate().private_bytes_raw().hex()
    town.desk = CaseDesk(kept, referred, case_store.rights(), rules, clock, lambda _bits: next(numbers))
    town.transfers = ReferralDesk(referred, kept, case_store.receipts(), rules, clock, key)
    town.helping = AssistanceDesk(helped, kept, rules, clock)
    town.clocks = ClockKeeper(referred, helped, views, rules, clock)
    return town


@pytest.fixture
def inspections(connected: None) -> InspectionsInMemory:
    """The inspections desk with its real stores and views."""
    town = InspectionsInMemory()
    rules = inspections_desk.shipped_rules()
    rentals, visits = inspection_store.rentals(town.clock), inspection_store.visits(town.clock)
    town.desk = RentalDesk(rentals, visits, RentalViews(town.clock, rules.villages), rules, town.clock)
    return town


class Page(Protocol):
    """A page of any list."""

    @property
    def items(self) -> tuple[Any, ...]: ...

    @property
    def next_cursor(self) -> str | None: ...


def all_pages(ask: Callable[[str | None], Page]) -> list[Any]:
    items: list[Any] = []
    cursor: str | None = None
    while True:
        page = ask(cursor)
        items += page.items
        cursor = page.next_cursor
        if cursor is None:
            return items


def announced(document: Any, beginning: str) -> list[dict[str, Any]]:
    rows = document._get_collection().find()
    return [each["event"] for row in rows for each in row["_outbox"] if each["event"]["type"].startswith(beginning)]


def in_two_threads(act: Callable[[], None]) -> None:
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(act) for _ in range(2)]:
            done.result()


def test_the_latest_verification_of_a_tip_stands(cases: CasesInMemory) -> None:
    cases.verify("tip_1")
    cases.verify("tip_1", "food-drug/desk", at=cases_desk.NOW + timedelta(hours=1))
    cases.verify("tip_1", "market/desk")
    kept = case_store.rights().find("tip_1")

    assert kept is not None
    assert kept.owner == "food-drug/desk"


def test_a_referral_goes_its_whole_way(cases: CasesInMemory) -> None:
    referral_id = cases.accepted().referral_id
    cases.ask(referral_id)
    cases.supplement(referral_id)
    cases.answer(referral_id)
    done = cases.complete(referral_id)

    assert done.receipt is not None
    assert done.receipt["number"] == "police/2026/000001"
    assert [each.clock for each in done.clocks] == ["T-31", "T-32", "T-34", "T-35", "T-34s", "T-37"]
    assert all(each.met_at == cases_desk.NOW for each in done.clocks)


def test_a_contested_referral_is_read_back_as_it_was_written(cases: CasesInMemory) -> None:
    referral_id = cases.decline(cases.accepted().referral_id).referral_id
    cases.contest(referral_id)
    cases.reconsider(referral_id)
    supervised = cases.suggest(referral_id)

    assert cases.seen(referral_id) == supervised
    assert [each.by for each in supervised.statements] == ["police/economic", "market/desk"] * 2


def test_pages_hold_everything_of_both_sides_once_newest_first(cases: CasesInMemory) -> None:
    views, ids = CaseViews(cases.clock), []
    for _ in range(5):
        cases.wait(timedelta(minutes=1))
        ids.append(cases.sent().referral_id)
    cases.draft(cases.open().case_id)

    def referrals(cursor: str | None) -> Page:
        return views.list_referrals(ListReferrals(limit=2, cursor=cursor), POLICE_CALLER)

    assert [each.referral_id for each in all_pages(referrals)] == ids[::-1]
    assert len(views.list_referrals(ListReferrals(), MARKET).items) == 6
    assert views.list_referrals(ListReferrals(), cases_desk.caller("office")).items == ()
    assert len(all_pages(lambda cursor: views.list_cases(ListCases(limit=4, cursor=cursor), MARKET))) == 6


def test_requests_for_assistance_are_listed_to_their_two_sides(cases: CasesInMemory) -> None:
    views, ids = CaseViews(cases.clock), []
    for _ in range(5):
        cases.wait(timedelta(minutes=1))
        ids.append(cases.request_help().assistance_id)
    cases.answer_help(ids[0])

    for side in (MARKET, POLICE_CALLER):
        listed = all_pages(lambda cursor, by=side: views.list_assistance(ListAssistance(limit=2, cursor=cursor), by))  # type: ignore[misc]
        assert [each.assistance_id for each in listed] == ids[::-1]
        assert listed[-1].reference == "GA-2026-0117"
    for other in ("office", "tenancy"):
        assert views.list_assistance(ListAssistance(), cases_desk.caller(other)).items == ()


@pytest.mark.criterion("3.3")
def test_two_sweepers_at_once_tell_each_limit_and_rung_once(cases: CasesInMemory) -> None:
    views = CaseViews(cases.clock)
    for _ in range(4):
        cases.sent()
        cases.request_help()
    assert views.due_referrals(cases.clock.now()) == []
    cases.wait(timedelta(days=40))
    assert len(views.due_referrals(cases.clock.now())) == len(views.due_assistance(cases.clock.now())) == 4
    in_two_threads(cases.clocks.climb_ladders)

    now = cases.clock.now()
    assert views.due_referrals(now) == views.due_assistance(now) == []
    assert views.breached_clocks(now) == {"T-34": 4, "T-42": 4}
    referrals, requests = case_documents.CriminalReferralDocument, case_documents.AssistanceDocument
    assert len(announced(referrals, "cases.clock.breached")) == 4
    assert len(announced(referrals, "cases.clock.rung_reached")) == 4 * 4
    assert len(announced(requests, "cases.clock.rung_reached")) == 4 * 4


@pytest.mark.criterion("1.4")
def test_receipts_asked_for_twice_on_twenty_threads_are_numbered_without_a_gap(connected: None) -> None:
    def issue(place: int) -> dict[str, Any]:
        # Each with a book of its own, as in as many processes.
        return case_store.receipts().issue(f"r{place % RECEIPTS}", "police", 2031, lambda number: {"number": number})

    with ThreadPoolExecutor(20) as pool:
        issued = list(pool.map(issue, range(2 * RECEIPTS)))

    wanted = {f"police/2031/{place:06d}" for place in range(1, RECEIPTS + 1)}
    assert {each["number"] for each in issued} == wanted
    assert {row["_id"] for row in case_documents.ReceiptDocument._get_collection().find()} == wanted


def test_rentals_are_listed_by_village_and_planned_by_date(inspections: InspectionsInMemory) -> None:
    rules = inspections_desk.shipped_rules()
    views, villages = RentalViews(inspections.clock, rules.villages), sorted(rules.villages)[:3]
    for place in range(25):
        request = inspections_desk.registering(f"R-{place:03}", village=villages[place % 3])
        inspections.desk.register_rental(request, inspections_desk.TENANCY)

    def rentals(cursor: str | None) -> Page:
        return views.list_rentals(ListRentals(limit=4, cursor=cursor), inspections_desk.TENANCY)

    listed = [(each.village, each.rental_code) for each in all_pages(rentals)]
    assert listed == sorted(listed)
    assert len(listed) == 25
    assert len(views.list_rentals(ListRentals(village=villages[0]), inspections_desk.TENANCY).items) == 9
    assert views.list_rentals(ListRentals(), inspections_desk.caller("market")).items == ()
    first = date(2026, 12, 23)
    before = GetVisitPlan(on=first - timedelta(days=1))
    assert views.get_visit_plan(before, inspections_desk.TENANCY).items == ()
    asked = GetVisitPlan(on=first, assistant="assistant-4", limit=7)
    assert len(views.get_visit_plan(asked, inspections_desk.TENANCY).items) == 7
    inspections.tip(inspections_desk.tipped(code="R-004"))
    planned = views.get_visit_plan(GetVisitPlan(on=first), inspections_desk.TENANCY).items[0]
    assert (planned.rental_code, planned.brought_forward) == ("R-004", True)


@pytest.mark.criterion("5.5")
def test_a_round_holds_an_assistant_s_own_area_in_walking_order(inspections: InspectionsInMemory) -> None:
    rules = inspections_desk.shipped_rules()
    views, (here, there) = RentalViews(inspections.clock, rules.villages), sorted(rules.villages)[:2]
    me = replace(inspections_desk.TENANCY, actor="account_me", roles=("assistant",), rows=("own_area",), areas=(here,))
    for code, village, address, assistant in (
        *(("R-10", here, "榕荫路12号3楼", None), ("R-2", here, "榕荫路2号十一楼", "account_me")),
        *(("R-3", here, "榕荫路2号九楼", "account_me"), ("R-4", here, "榕荫路1号", "account_other")),
        *(("R-5", there, "河边路1号", None), ("R-6", there, "河边路2号", "account_me")),
    ):
        request = replace(inspections_desk.registering(code, village=village, address=address), assistant=assistant)
        inspections.desk.register_rental(request, inspections_desk.TENANCY)
    today = inspections.today()
    asked = GetRound(on=today, assistant="account_me")
    assert views.get_round(asked, me).items == ()
    whole = replace(asked, ahead_days=31)
    assert [each.rental_code for each in views.get_round(whole, me).items] == ["R-3", "R-2", "R-10"]
    assert views.get_round(whole, inspections_desk.caller("market")).items == ()
    cut = views.get_round(replace(whole, limit=1), me)
    assert (len(cut.items), cut.is_cut) == (1, True)
    inspections.tip(inspections_desk.tipped(code="R-2"))
    brought = views.get_round(asked, me)
    assert [(each.rental_code, each.brought_forward) for each in brought.items] == [("R-2", True)]
    mine = replace(inspections_desk.visiting("v1", code="R-2"), assistant="account_me")
    inspections.visit(mine)
    (done,) = views.get_round(asked, me).items
    assert (done.last_outcome, done.last_visit_on, done.brought_forward) == (VisitOutcome.DONE, today, False)
    later = views.get_round(GetRound(on=done.due_on, assistant="account_me", ahead_days=0), me)
    assert (later.due_today, later.due_tomorrow) == (3, 0)
    with pytest.raises(NotFound, match=r"rental\.not_found"):
        inspections.desk.get_rental(GetRental(rental_code="R-6"), me)
    with pytest.raises(NotFound, match=r"visit\.not_found"):
        inspections.desk.get_visit(GetVisit(visit_id="v1"), replace(me, areas=(there,)))
    assert {each.village for each in views.list_rentals(ListRentals(), me).items} == {here}


@pytest.mark.criterion("6.1")
def test_a_round_of_two_hundred_dwellings_is_made_within_three_seconds(inspections: InspectionsInMemory) -> None:
    views = RentalViews(inspections.clock, inspections_desk.shipped_rules().villages)
    cause, due_on = Cause(actor="test", correlation_id="test"), inspections_desk.shipped_rules().due_on
    made = (
        rental_rules.register(inspections_desk.registering(f"R-{place:03}"), inspections_desk.NOW, due_on)
        for place in range(200)
    )
    inspection_store.rentals(inspections.clock).add_many([Addition(rental, events, cause) for rental, events in made])
    inspections.visit(*(inspections_desk.visiting(f"v{place}", code=f"R-{place:03}") for place in range(20)))
    began = time.monotonic()
    found = views.get_round(
        GetRound(on=inspections.today(), assistant="assistant-4", ahead_days=31), inspections_desk.TENANCY
    )
    assert time.monotonic() - began <= 3
    assert len(found.items) == 200
    assert sum(1 for each in found.items if each.last_outcome is VisitOutcome.DONE) == 20


def test_visits_count_once_and_missed_ones_are_announced_once(inspections: InspectionsInMemory) -> None:
    views = RentalViews(inspections.clock, inspections_desk.shipped_rules().villages)
    for place in range(25):
        inspections.desk.register_rental(inspections_desk.registering(f"R-{place:03}"), inspections_desk.TENANCY)
    at = inspections_desk.NOW + timedelta(hours=1)
    visits = [inspections_desk.visiting(f"v{place}", code=f"R-{place:03}", at=at) for place in range(5)]
    inspections.visit(*visits, *visits)
    inspections.visit(*visits)
    assert inspection_store.rentals(inspections.clock).get("R-004").version == 2
    inspections.wait(31)
    in_two_threads(inspections.desk.announce_missed)

    assert views.missed(inspections.today()) == []
    assert views.overdue_by_grade(inspections.today()) == {"ordinary": 25}
    assert len(announced(inspection_documents.RentalDocument, "inspections.visit.missed")) == 25


@pytest.mark.criterion("5.2")
@pytest.mark.criterion("5.4")
def test_a_months_plan_and_its_coverage_are_read_from_the_register(inspections: InspectionsInMemory) -> None:
    count, rules = size(60, 4_000), inspections_desk.shipped_rules()
    made = filled(rules, count, date(2026, 7, 1))
    inspection_store.rentals(inspections.clock).add_many(
        [Addition(each, (), Cause(actor="setup", correlation_id="c")) for each in made]
    )
    inspections.clock.instant = noon(SEPTEMBER)
    months, expected = CoverageViews(inspections.clock, rules.villages), views_of(made, inspections.clock)

    began = time.monotonic()
    plan = whole_plan(months, SEPTEMBER)
    assert time.monotonic() - began <= 30
    assert plan == whole_plan(expected, SEPTEMBER)
    assert len(plan) == size(len(plan), 3_200) > 0
    asked = GetCoverage(month=SEPTEMBER)
    assert months.get_coverage(asked, inspections_desk.TENANCY) == expected.get_coverage(
        asked, inspections_desk.TENANCY
    )


@pytest.mark.criterion("23")
def test_five_hundred_items_go_to_a_successor_once_and_within_ten_seconds(inspections: InspectionsInMemory) -> None:
    """The figure is measured and shown; ten seconds is the promise of the criterion, and far away."""
    rentals = inspection_store.rentals(inspections.clock)
    inspections.register("R-first")
    first = rentals.get("R-first").state
    mine = [
        replace(first, id=f"R-{number:04}", assistant="account_1" if number % 2 else "account_9")
        for number in range(1_000)
    ]
    rentals.add_many([Addition(each, (), Cause(actor="setup", correlation_id="c")) for each in mine])
    holdings = Holdings(inspection_store.held(rentals, inspections.clock))
    caller = Caller(actor="account_2", agency="tenancy", command_id="over", correlation_id="c")
    asked = HandItemsOver(hand_over_id="h", leaver="account_1", successor="account_3")

    began = time.perf_counter()
    moved = holdings.hand_items_over(asked, caller)
    seconds = time.perf_counter() - began

    assert len(moved.items) == 500
    assert seconds < 10
    assert holdings.list_held(ListHeld(officer="account_1")).items == ()
    assert set(holdings.list_held(ListHeld(officer="account_3")).items) == set(moved.items)
    assert holdings.count_held(CountHeld(officers=("account_1", "account_9"))).items == 500
    assert holdings.hand_items_over(asked, caller).items == ()
    row = inspection_documents.RentalDocument._get_collection().find_one({"_id": "R-0001"})
    assert row["_audit"][-1]["actor"] == "account_2"

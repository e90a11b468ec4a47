from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from lianxi.contracts.cases import (
    REASONS,
    CaseClosed,
    CaseOpened,
    CaseOutcome,
    CaseState,
    CaseView,
    CloseCase,
    CloseReason,
    GetCase,
    Measure,
    MeasureRecorded,
    RecordMeasure,
)
from lianxi.contracts.envelope import Cause
from lianxi.contracts.tips import VerificationOutcome
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, RuleBroken
from lianxi.kernel.ids import is_number
from services.cases.store import TipRights
from tests.unit.cases.desk import MARKET, NOW, POLICE_CALLER, CasesInMemory, MemoryCollection, caller, opening, verified


def close(town: CasesInMemory, case: CaseView, outcome: CaseOutcome = CaseOutcome.PENALTY_DECIDED) -> CaseView:
    return town.desk.close_case(
        CloseCase(case_id=case.case_id, outcome=outcome, reason=REASONS[outcome][0], grounds="facts and articles"),
        MARKET,
    )


def measured(town: CasesInMemory, case: CaseView, measure: Measure, approved_by: str = "market:head") -> CaseView:
    command = RecordMeasure(case_id=case.case_id, measure=measure, approved_by=approved_by, taken_at=NOW)
    return town.desk.record_measure(command, MARKET)


def test_l31_1_a_case_has_ninety_days_to_its_decision_and_a_number_with_a_check_letter(town: CasesInMemory) -> None:
    case = town.open()

    # T-14: the 90th day after 23 November 2026 is 21 February 2027, over at its local midnight.
    assert case.decision_due_at == datetime(2027, 2, 21, 16, tzinfo=UTC)
    assert case.number.startswith("DYAJ-2026-")
    assert is_number(case.number)
    assert case.state is CaseState.OPEN


def test_opening_a_case_is_announced_once_however_often_the_command_comes(town: CasesInMemory) -> None:
    twice = [town.desk.open_case(opening(), caller("market", "key-1")) for _ in range(2)]

    assert twice[0] == twice[1]
    assert [type(each) for each in town.announced()] == [CaseOpened]


def test_a_case_about_a_tip_needs_the_desk_that_its_verification_named(town: CasesInMemory) -> None:
    town.verify("tip_1", owner="food-drug/desk")

    with pytest.raises(RuleBroken, match=r"case\.tip_not_yours"):
        town.open(tip_id="tip_1")


def test_a_case_about_a_tip_waits_for_its_verification(town: CasesInMemory) -> None:
    with pytest.raises(NotFound, match=r"case\.tip_unknown"):
        town.open(tip_id="tip_1")
    town.verify("tip_1")

    assert town.open(tip_id="tip_1").rental_code == "R-1"


def test_nobody_opens_a_case_for_a_desk_of_another_agency(town: CasesInMemory) -> None:
    with pytest.raises(Forbidden, match=r"case\.not_your_desk"):
        town.desk.open_case(opening(), POLICE_CALLER)


def test_a_case_needs_a_desk_that_exists_and_a_basis(town: CasesInMemory) -> None:
    with pytest.raises(RuleBroken, match=r"desk\.unknown"):
        town.desk.open_case(opening(owner="market/attic"), MARKET)


def test_a_verification_that_is_not_substantiated_gives_nobody_the_right(town: CasesInMemory) -> None:
    event = verified("tip_1", "market/desk", outcome=VerificationOutcome.INCONCLUSIVE)
    town.desk.allow_reading(event, Cause(actor="x", correlation_id="y"))

    with pytest.raises(RuleBroken, match=r"case\.tip_not_yours"):
        town.open(tip_id="tip_1")


@pytest.mark.criterion("4.2")
def test_rights_come_out_the_same_in_whatever_order_and_however_often_verifications_arrive() -> None:
    events = [
        verified("tip_1", "market/desk", at=NOW),
        verified("tip_1", None, at=NOW + timedelta(hours=1), outcome=VerificationOutcome.INCONCLUSIVE),
        verified("tip_1", "food-drug/desk", at=NOW + timedelta(hours=2)),
    ]
    for order in permutations(events * 2, 6):
        town = CasesInMemory()
        for event in order:
            town.desk.allow_reading(event, Cause(actor="x", correlation_id="y"))
        kept = TipRights(lambda rows=town.rights: rows).find("tip_1")  # type: ignore[misc]

        assert kept is not None
        assert kept.owner == "food-drug/desk"


def test_a_right_added_by_somebody_else_meanwhile_yields_to_the_later_one() -> None:

    class Raced(MemoryCollection):
        """Adds the earlier verification between the later one's look and its adding."""

        def __init__(self) -> None:
            super().__init__()
            self.is_raced = False

        def insert_one(self, row: object) -> None:
            if not self.is_raced:
                self.is_raced = True
                self.rows["tip_1"] = {"_id": "tip_1", "owner": "market/desk", "rental_code": None, "verified_at": NOW}
            super().insert_one(row)  # type: ignore[arg-type]

    raced = Raced()
    town = CasesInMemory()
    town.rights = raced
    town.verify("tip_1", "food-drug/desk", at=NOW + timedelta(seconds=1))

    assert raced.rows["tip_1"]["owner"] == "food-drug/desk"


@pytest.mark.parametrize("agency", ["police", "office", "tenancy", "finance"])
def test_a_case_exists_for_its_owner_alone(town: CasesInMemory, agency: str) -> None:
    case = town.open()

    with pytest.raises(NotFound, match=r"case\.not_found"):
        town.desk.get_case(GetCase(case_id=case.case_id), caller(agency))
    with pytest.raises(NotFound, match=r"case\.not_found"):
        town.desk.close_case(
            CloseCase(
                case_id=case.case_id,
                outcome=CaseOutcome.NO_PENALTY,
                reason=CloseReason.MINOR_AND_CORRECTED,
                grounds="x",
            ),
            caller(agency),
        )
    assert town.desk.get_case(GetCase(case_id=case.case_id), MARKET) == case


@pytest.mark.parametrize("measure", [Measure.PREMISES_SEALED, Measure.GOODS_SEIZED])
def test_l31_1_sealing_and_seizing_lapse_after_thirty_days(town: CasesInMemory, measure: Measure) -> None:
    taken = measured(town, town.open(), measure).measures[0]

    # T-19: the 30th day after 23 November is 23 December, over at its local midnight.
    assert taken.lapses_at == datetime(2026, 12, 23, 16, tzinfo=UTC)


@pytest.mark.parametrize("measure", sorted(set(Measure) - {Measure.PREMISES_SEALED, Measure.GOODS_SEIZED}))
def test_other_measures_do_not_lapse(town: CasesInMemory, measure: Measure) -> None:
    case = measured(town, town.open(), measure)

    assert case.measures[0].lapses_at is None
    assert isinstance(town.announced()[-1], MeasureRecorded)


def test_a_measure_needs_its_approver_named(town: CasesInMemory) -> None:
    with pytest.raises(RuleBroken, match=r"case\.approver_missing"):
        measured(town, town.open(), Measure.PREMISES_SEALED, approved_by="  ")


def test_a_measure_is_recorded_after_it_was_taken(town: CasesInMemory) -> None:
    case = town.open()
    town.wait(timedelta(hours=-1))

    with pytest.raises(RuleBroken, match=r"case\.measure_in_future"):
        measured(town, case, Measure.PAPERS_COPIED)


def test_a_case_closes_once_with_an_outcome_and_grounds(town: CasesInMemory) -> None:
    case = town.open()
    closed = close(town, case)

    assert (closed.state, closed.outcome, closed.closed_at) == (CaseState.CLOSED, CaseOutcome.PENALTY_DECIDED, NOW)
    assert isinstance(town.announced()[-1], CaseClosed)
    with pytest.raises(Conflict, match=r"case\.already_closed"):
        close(town, case)
    with pytest.raises(Conflict, match=r"case\.already_closed"):
        measured(town, case, Measure.PAPERS_COPIED)


def test_closing_needs_grounds(town: CasesInMemory) -> None:
    command = CloseCase(
        case_id=town.open().case_id, outcome=CaseOutcome.NO_PENALTY, reason=CloseReason.OUT_OF_TIME, grounds="   "
    )

    with pytest.raises(RuleBroken, match=r"case\.grounds_missing"):
        town.desk.close_case(command, MARKET)


def test_a_decision_on_an_old_version_is_refused(town: CasesInMemory) -> None:
    case = town.open()
    measured(town, case, Measure.PAPERS_COPIED)
    stale = CloseCase(
        case_id=case.case_id,
        outcome=CaseOutcome.NO_PENALTY,
        reason=CloseReason.MINOR_AND_CORRECTED,
        grounds="x",
        expected_version=case.version,
    )

    with pytest.raises(Conflict, match=r"case\.changed"):
        town.desk.close_case(stale, MARKET)


@pytest.mark.criterion("1.6")
def test_a_suspected_crime_does_not_close_without_a_referral(town: CasesInMemory) -> None:
    with pytest.raises(RuleBroken) as refused:
        close(town, town.open(suspected_crime=True))

    assert (refused.value.code, refused.value.clause) == ("case.suspected_crime_not_referred", "Rule art. 11")


@pytest.mark.criterion("1.6")
def test_a_suspected_crime_closes_once_its_referral_was_sent(town: CasesInMemory) -> None:
    case = town.open(suspected_crime=True)
    referral = town.draft(case.case_id)
    for step in (town.decide, town.send):
        with pytest.raises(RuleBroken, match=r"case\.suspected_crime_not_referred"):
            close(town, case)
        step(referral.referral_id)

    assert close(town, case, CaseOutcome.TRANSFERRED_TO_POLICE).state is CaseState.CLOSED


@pytest.mark.criterion("1.6")
def test_a_suspected_crime_closes_when_the_head_has_refused_with_a_reason(town: CasesInMemory) -> None:
    case = town.open(suspected_crime=True)
    town.decide(town.draft(case.case_id).referral_id, approve=False, reason="below the threshold")

    assert close(town, case).state is CaseState.CLOSED


@pytest.mark.criterion("1.6")
def test_drafting_a_referral_makes_a_case_one_of_suspected_crime(town: CasesInMemory) -> None:
    case = town.open(suspected_crime=False)
    town.draft(case.case_id)

    with pytest.raises(RuleBroken, match=r"case\.suspected_crime_not_referred"):
        close(town, case)


def test_a_case_that_was_never_sent_is_not_closed_as_transferred(town: CasesInMemory) -> None:
    with pytest.raises(RuleBroken, match=r"case\.not_transferred"):
        close(town, town.open(), CaseOutcome.TRANSFERRED_TO_POLICE)


def test_a_closed_case_is_not_referred_any_more(town: CasesInMemory) -> None:
    case = town.open()
    close(town, case)

    with pytest.raises(Conflict, match=r"case\.already_closed"):
        town.draft(case.case_id)
    assert town.referrals.all() == []

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from lianxi.contracts.registry import EVENTS
from lianxi.policy.clauses import citations_in, in_plan_order, line_of
from lianxi.policy.coverage import STATUS_EN, STATUS_ZH, STATUSES, coverage, status_of, totals
from lianxi.policy.policy import Policy

SHIPPED = Path(__file__).resolve().parents[3] / "deploy" / "policy"


def test_all_107_sentences_have_a_row_in_the_plans_order(policy: Policy) -> None:
    rows = coverage(policy)

    assert len(rows) == len(policy.clauses) == 107
    assert [row.clause for row in rows] == sorted((row.clause for row in rows), key=in_plan_order)
    assert {row.clause for row in policy.obligations} == set(policy.clauses)
    assert all(row.sentence and row.owed and row.section_en and row.section_zh for row in rows)


def test_everything_but_headings_and_context_has_a_lead(policy: Policy) -> None:
    for row in policy.obligations:
        assert row.lead or row.kind in {"heading", "context"}, row.id
        assert (row.status == "nothing_owed") == (row.kind in {"heading", "context"}), row.id


def test_every_proof_is_an_event_that_somebody_announces(policy: Policy) -> None:
    proofs = {event.partition("/")[0] for row in policy.obligations for event in row.kept_by}
    assert proofs <= EVENTS.keys()
    assert {rule.event for rule in policy.notices} <= EVENTS.keys()


def test_what_does_not_run_says_so(policy: Policy) -> None:
    for row in policy.obligations:
        if row.status in {"not_yet", "refused"}:
            assert not row.feature, row.id
            assert not row.kept_by, row.id
        if row.status == "partly":
            assert row.note or row.evidence, row.id


def test_totals_count_every_sentence_once(policy: Policy) -> None:
    rows = coverage(policy)
    counted = totals(rows)

    assert tuple(counted) == STATUSES
    assert sum(counted.values()) == 107
    assert counted["runs"] < counted["partly"]
    assert STATUS_EN.keys() == STATUS_ZH.keys() == set(STATUSES)


@pytest.mark.parametrize(
    ("clause", "status"),
    [
        ("L45.1", "runs"),
        ("L35.1", "runs"),
        ("L32.1", "partly"),
        ("L38.1", "partly"),
        ("L64.1", "refused"),
        ("L62.2", "runs"),
        ("L72.1", "not_yet"),
        ("L25.1", "nothing_owed"),
    ],
)
def test_a_sentence_is_what_its_parts_come_to(policy: Policy, clause: str, status: str) -> None:
    assert status_of(policy.obligations_of(clause)) == status


def test_samples_of_persons_have_no_feature_and_never_will(policy: Policy) -> None:
    (row,) = [row for row in policy.obligations if row.id == "L38.1b"]

    assert row.status == "refused"
    assert not row.kept_by


def test_due_dates_of_obligations_agree_with_the_returns(policy: Policy) -> None:
    (stage,) = [row for row in policy.obligations if row.id == "L90.1a"]
    (summary,) = [row for row in policy.obligations if row.id == "L90.1b"]

    assert stage.due_on == tuple(row.due_on for row in policy.returns)
    assert set(stage.lead) == set(policy.returns[0].owed_by)
    assert summary.due_on == (policy.summary.due_on,) == (date(2015, 11, 30),)


def test_clause_ids_are_read_strictly(policy: Policy) -> None:
    for wrong in (
        "L45.2",
        "L0.1",
        "L45",
        "l45.1",
        "L45.1b",
        "45.1",
        " L45.1",
        "L45.01",
        "L91.1",
        "L3.0",
        "",
        None,
        45.1,
    ):
        assert wrong not in policy.clauses
    assert "L90.2" in policy.clauses
    assert line_of("L90.2") == 90
    assert citations_in("see L45.1, L90.2; not XL1.1 or L0.1") == ("L45.1", "L90.2")
    assert policy.clauses.section_of("L45.1").title_zh == "三(四)流管办"


def test_no_name_and_no_number_of_a_person_is_shipped() -> None:
    for path in SHIPPED.rglob("*.toml"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(?<![\d-])\d{7,}(?![\d-])", text), path
        assert "联系人:〔姓名〕" in text or "联系人:" not in text, path

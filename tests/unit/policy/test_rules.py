"""The rest of the policy: whole, each row with its source, and read as the plan and the law have it."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from itertools import product
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianxi.contracts.cases import AssistanceState, CaseState, ReferralState
from lianxi.contracts.reporting import StageReportState
from lianxi.contracts.tips import TipState
from lianxi.kernel.errors import PolicyBroken, Refused
from lianxi.policy.coverage import next_due_on
from lianxi.policy.expressions import Expression, facts_in, holds, read_rule
from lianxi.policy.forms import FORMS, rules
from lianxi.policy.load import read_policy
from lianxi.policy.model import Sourced
from lianxi.policy.policy import Policy, rolled
from lianxi.policy.rights import Action

PROGRAMME = "dayong-2015"
ACTIONS: tuple[Action, ...] = get_args(Action)


# --- whole, and sourced


def test_every_row_of_every_file_names_a_sentence_or_an_article(policy: Policy) -> None:
    for rule in rules(policy):
        if isinstance(rule.row, Sourced):
            assert rule.row.clause in policy.clauses or rule.row.clause in policy.articles, rule


def test_no_two_rules_have_one_name(policy: Policy) -> None:
    named = [(rule.file, rule.table, rule.name) for rule in rules(policy)]

    assert len(named) == len(set(named))
    assert {file for file, _, _ in named} == set(FORMS) - {"clauses", "calendar"}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_rule_is_a_sentence(policy: Policy, language: str) -> None:
    said = policy.sentences(language)

    assert len(said) == len(list(rules(policy)))
    for sentence in said:
        assert sentence.text.endswith(("。", ".")), sentence
        assert not {"‹", "›"} & set(sentence.text), sentence
        assert language == "en" or any("\u4e00" <= letter <= "\u9fff" for letter in sentence.text), sentence


def test_a_sentence_tells_names_not_codes(policy: Policy) -> None:
    said = {(each.file, each.name): each.text for each in policy.sentences("zh")}

    assert said["routing", "person_held"].startswith("“非法拘禁、限制人身自由”由公安分局刑侦部门主办")
    assert "走紧急通道" in said["routing", "person_held"]
    assert said["grades", "key"] == "重点户每15天巡查一次,自上次完成之日起算。"
    assert "15个工作日内" in said["clocks", "T-01"]
    assert "agency_head" not in said["pauses", "testing 2015-10-19"]


def test_approvals_are_a_01_to_a_10_and_those_of_a_county_lie_outside_the_town(policy: Policy) -> None:
    assert [row.id for row in policy.approvals] == [f"A-{number:02d}" for number in range(1, 11)]
    for row in policy.approvals:
        assert (row.level == "county_head") == all(code in policy.parties for code in row.approvers), row.id
    assert policy.approval("A-10").least == 2
    assert policy.approval("A-02").in_writing
    assert not policy.approval("A-01").in_writing
    with pytest.raises(Refused, match=r"approval\.unknown"):
        policy.approval("A-99")
    with pytest.raises(Refused, match=r"approval\.unknown"):
        policy.approval("A-09", date(2015, 11, 1))


def test_every_limit_has_a_ladder_and_ladders_have_their_dates(policy: Policy) -> None:
    assert policy.ladder_for("T-01").code == "standard"
    assert policy.ladder_for("T-42").code == "assistance"
    assert policy.ladder_for("T-19x").code == "seizure"
    assert [rung.at_percent for rung in policy.ladder("standard").rungs] == [50, 80, 100, 150]
    with pytest.raises(Refused, match=r"ladder\.unknown"):
        policy.ladder("standard", date(2014, 1, 1))


# --- processes


@pytest.mark.parametrize(
    ("process", "states"),
    [
        ("tip", TipState),
        ("case", CaseState),
        ("criminal_referral", ReferralState),
        ("assistance", AssistanceState),
        ("stage_report", StageReportState),
    ],
)
def test_the_processes_have_the_states_of_the_contracts(policy: Policy, process: str, states: type[StrEnum]) -> None:
    assert [state.code for state in policy.processes[process].states] == [state.value for state in states]


def test_no_step_of_a_referral_refuses_for_missing_papers(policy: Policy) -> None:
    steps = policy.processes["criminal_referral"].steps

    out = {step.code for step in steps if "supplementing" in step.comes_from}
    assert out == {"supplement", "file", "decline", "forward"}
    started = {clock for step in steps for clock in step.starts}
    assert started == {f"T-{limit}" for limit in ("31", "32", "33", "34", "34s", "35", "36", "36d", "36p", "37")}


# --- readiness, assessment, rewards


def test_readiness_is_r_01_to_r_40_and_v_1_to_v_7(policy: Policy) -> None:
    assert [row.id for row in policy.readiness] == [f"R-{number:02d}" for number in range(1, 41)]
    assert [row.id for row in policy.vetoes] == [f"V-{number}" for number in range(1, 8)]
    assert {row.group for row in policy.readiness} == {row.code for row in policy.readiness_groups}
    assert sum(row.percent_from for row in policy.readiness_groups) <= 100
    assert sum(row.percent_to for row in policy.readiness_groups) >= 100


@pytest.mark.criterion("19.1")
def test_l88_1_one_point_of_a_hundred_eight_triggers_and_six_ordered_tools(policy: Policy) -> None:
    scheme = policy.assessment.schemes[0]

    assert (scheme.points, scheme.out_of, scheme.assessor) == (1, 100, "city/governance")
    assert [trigger.number for trigger in policy.assessment.triggers] == list(range(1, 9))
    assert [tool.name_zh for tool in policy.assessment.tools] == [
        "沟通警示",
        "诫勉谈话",
        "黄牌警告",
        "处分建议",
        "重点挂牌整治",
        "一票否决",
    ]
    assert [tool.is_veto for tool in policy.assessment.tools] == [False] * 5 + [True]


@pytest.mark.criterion("19.1")
def test_x_13_how_facts_are_joined_is_data(policy: Policy, copied: Path) -> None:
    path = copied / PROGRAMME / "assessment.toml"
    text = path.read_text(encoding="utf-8")
    joined = "task_neglected or complaint_neglected or exposed_by_media"
    assert joined in text
    path.write_text(text.replace(joined, joined.replace(" or ", " and ")), encoding="utf-8")
    one = {"task_neglected"}

    assert holds(read_rule(policy.assessment.triggers[2].rule), one)
    assert not holds(read_rule(read_policy(copied).assessment.triggers[2].rule), one)


@pytest.mark.criterion("19.1")
def test_what_came_late_but_true_is_never_concealment(policy: Policy) -> None:
    rule = read_rule(policy.assessment.triggers[6].rule)

    assert holds(rule, {"concealed"})
    assert not holds(rule, {"concealed", "reported_late_but_true"})


@pytest.mark.criterion("20.1")
def test_two_dated_reward_tables_and_switching_needs_no_code(policy: Policy, copied: Path) -> None:
    path = copied / PROGRAMME / "rewards.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('scheme = "guangdong-2018"', 'scheme = "national-2021"'), encoding="utf-8")
    before, after = policy.rewards.current, read_policy(copied).rewards.current

    assert before is not None
    assert after is not None
    assert [(band.persons_from, band.yuan_from) for band in before.bands[:3]] == [(3, 500), (11, 800), (31, 1000)]
    assert [(band.percent_of_fine, band.yuan_from) for band in after.bands] == [(5, 5000), (3, 3000), (1, 1000)]
    assert (before.cap_yuan, after.cap_yuan) == (300_000, 1_000_000)
    assert before.real_name_needed != after.real_name_needed
    assert before.duty_bearers_excluded != after.duty_bearers_excluded
    assert all(scheme.first_reporter_only and scheme.officials_excluded for scheme in policy.rewards.schemes)


# --- rights and keeping


def test_the_matrix_is_large_and_says_no_by_default(policy: Policy) -> None:
    rights = policy.permissions
    matrix = list(product([role.code for role in rights.roles], [each.code for each in rights.resources], ACTIONS))
    allowed = [each for each in matrix if rights.rows(*each) != "none"]

    assert len(matrix) >= 1_500
    assert len(allowed) < len(matrix) / 5
    assert rights.rows("nobody", "tip", "read") == "none"
    assert rights.level("nobody", "tip", "text") == rights.level("desk", "tip", "author") == "absent"


def test_who_sees_an_informant(policy: Policy) -> None:
    rights = policy.permissions
    seeing = {role.code for role in rights.roles if rights.level(role.code, "vault", "identity") != "absent"}

    assert seeing == {"custodian"}
    assert {role.code for role in rights.roles if rights.rows(role.code, "vault", "unmask") != "none"} == {"custodian"}
    assert all(rights.level(role.code, "tip", "author") == "absent" for role in rights.roles)


def test_the_office_sees_no_person_of_a_case_and_the_operator_no_business(policy: Policy) -> None:
    rights = policy.permissions

    assert rights.level("office", "case", "clocks") == "clear"
    assert rights.level("office", "case", "persons") == rights.level("leader", "case", "persons") == "absent"
    assert rights.level("office", "tip", "text") == "masked"
    assert {each.code for each in rights.resources if rights.rows("operator", each.code, "read") != "none"} == {
        "client",
        "letter",
        "metrics",
        "policy",
    }
    assert rights.level("assistant", "rental", "landlord") == "absent"
    assert rights.level("finance", "reward", "payee") == "absent"


def test_nobody_may_delete(policy: Policy) -> None:
    assert "delete" not in ACTIONS


def test_keeping_follows_the_laws_minima(policy: Policy) -> None:
    kept = {row.code: row for row in policy.retention}

    assert kept["tip-not-substantiated"].keep == "P6M"
    assert kept["disclosure-log"].at_least == "P36M"
    assert (kept["security-log"].at_least, kept["security-log"].at_most) == ("P6M", "P24M")
    assert kept["case"].ending == "pseudonymise"
    assert not kept["case"].is_confirmed
    assert policy.purge.months == (1, 7)


# --- due dates


def test_the_next_due_day_of_a_sentence(policy: Policy) -> None:
    assert next_due_on(policy, "L90.1", date(2015, 10, 20)) == date(2015, 10, 29)
    assert next_due_on(policy, "L90.1", date(2015, 11, 27)) == date(2015, 11, 30)
    assert next_due_on(policy, "L62.2", date(2015, 11, 3)) == date(2015, 11, 3)
    assert next_due_on(policy, "L65.1", date(2015, 11, 3)) == date(2015, 11, 30)
    assert next_due_on(policy, "L65.1", date(2016, 1, 1)) is None
    assert next_due_on(policy, "L25.1", date(2015, 1, 1)) is None
    moved = rolled(policy, 7)
    assert next_due_on(moved, "L90.1", date(2015, 10, 20)) == date(2015, 10, 22)
    assert next_due_on(moved, "L65.1", date(2015, 11, 3)) == date(2015, 11, 7)


# --- rules as data


@pytest.mark.parametrize(
    ("rule", "facts", "is_met"),
    [
        ("a", {"a"}, True),
        ("a", set(), False),
        ("not a", set(), True),
        ("a or b and c", {"a"}, True),
        ("a or b and c", {"b"}, False),
        ("(a or b) and c", {"a"}, False),
        ("(a or b) and c", {"b", "c"}, True),
        ("not (a or b)", {"b"}, False),
        ("not not a", {"a"}, True),
    ],
)
def test_a_rule_is_met_by_its_facts(rule: str, facts: set[str], is_met: bool) -> None:
    assert holds(read_rule(rule), facts) is is_met


@pytest.mark.parametrize(
    "rule", ["", "and", "a b", "a or", "(a", "a)", "not", "a & b", "A", "a or and b", "()", "os.x"]
)
def test_a_rule_that_cannot_be_read_is_refused(rule: str) -> None:
    with pytest.raises(PolicyBroken, match=r"policy\.rule_unreadable"):
        read_rule(rule)


TREES = st.recursive(
    st.sampled_from(["a", "b", "c", "d_1"]).map(lambda name: Expression("fact", name=name)),
    lambda parts: st.one_of(
        parts.map(lambda part: Expression("not", parts=(part,))),
        st.tuples(st.sampled_from(["and", "or"]), st.lists(parts, min_size=2, max_size=3)).map(
            lambda drawn: Expression(drawn[0], parts=tuple(drawn[1]))
        ),
    ),
    max_leaves=8,
)


def written(tree: Expression) -> str:
    match tree.kind:
        case "fact":
            return tree.name
        case "not":
            return f"not ({written(tree.parts[0])})"
        case kind:
            return f" {kind} ".join(f"({written(part)})" for part in tree.parts)


@given(TREES, st.sets(st.sampled_from(["a", "b", "c", "d_1"])))
def test_a_rule_means_the_same_written_and_read_again(tree: Expression, facts: set[str]) -> None:
    read = read_rule(written(tree))

    assert holds(read, facts) == holds(tree, facts)
    assert set(facts_in(read)) == set(facts_in(tree))

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lianxi.contracts.registry import EVENTS
from lianxi.policy.lint import lint
from lianxi.policy.load import read_policy
from lianxi.policy.policy import Policy
from lianxi.policy.structure import structural_findings

PROGRAMME = "dayong-2015"
REMARKS = [f"X-{number:02d}" for number in range(1, 26)]


def only(policy: Policy, finding_id: str) -> str:
    (found,) = [found for found in lint(policy, EVENTS) if found.id == finding_id]
    return found.message_en


@pytest.mark.criterion("12.1")
def test_the_shipped_policy_has_exactly_the_remarks_of_a_careful_reader_and_no_error(policy: Policy) -> None:
    findings = lint(policy, EVENTS)

    assert [found.id for found in findings] == REMARKS
    assert {found.severity for found in findings} == {"warning"}
    for found in findings:
        assert found.clause in policy.clauses
        assert found.in_language("zh") == found.message_zh != found.message_en == found.in_language("en")


@pytest.mark.criterion("12.1")
def test_the_four_return_dates_are_thursdays_and_are_kept(policy: Policy) -> None:
    told = only(policy, "X-01")

    for written in ("2015-10-15", "2015-10-29", "2015-11-12", "2015-11-26"):
        assert f"{written} (Thursday)" in told
    assert [row.due_on.isoformat() for row in policy.returns] == [
        "2015-10-15",
        "2015-10-29",
        "2015-11-12",
        "2015-11-26",
    ]


@pytest.mark.criterion("12.1")
def test_the_first_return_and_the_first_phase_precede_the_day_of_issue(policy: Policy) -> None:
    told = only(policy, "X-03")

    assert "2015-10-15" in told
    assert "2015-10-10" in told
    assert "2015-10-29" not in told


def test_two_numbers_of_one_contact_are_listed_without_being_told(policy: Policy) -> None:
    told = only(policy, "X-02")

    assert "L2.3" in told
    assert "L90.2" in told
    assert not any(
        letter.isdigit() for letter in told.replace("L2.3", "").replace("L90.2", "").replace("2 telephone", "")
    )


def test_the_seat_without_a_duty_is_economy(policy: Policy) -> None:
    assert "(economy)" in only(policy, "X-06")


def test_article_27_is_cited_for_what_article_26_says(policy: Policy) -> None:
    told = only(policy, "X-09")

    assert "article 27" in told
    assert "See article 26." in told
    assert told.endswith("No listed article treats it: it wants a legal note.")


def test_each_remark_goes_away_when_the_plan_is_put_right(policy: Policy) -> None:
    right = replace(
        policy,
        returns=tuple(replace(row, label="Thursday") for row in policy.returns),
        contacts=policy.contacts[:1],
        programme=replace(policy.programme, issued_on=date(2015, 9, 30)),
        obligations=tuple(
            replace(
                row,
                cites=tuple(cited for cited in row.cites if cited.subject in policy.articles[cited.article].subjects),
                lead=(*row.lead, "economy") if row.id == "L55.1" else row.lead,
            )
            for row in policy.obligations
        ),
    )

    assert {found.id for found in lint(right, EVENTS)} == set(REMARKS) - {"X-01", "X-02", "X-03", "X-06", "X-09"}


def without_tensions(policy: Policy, subject: str) -> Policy:
    return replace(
        policy,
        obligations=tuple(
            replace(row, asks_for=tuple(asked for asked in row.asks_for if asked != subject))
            for row in policy.obligations
        ),
    )


def with_assessment(policy: Policy, **changed: Any) -> Policy:
    return replace(policy, assessment=replace(policy.assessment, **changed))


# What puts each remark of a careful reader right, in the data.
PUT_RIGHT: dict[str, Callable[[Policy], Policy]] = {
    "X-04": lambda policy: replace(
        policy,
        obligations=tuple(
            replace(row, valid_to=min(row.valid_to, date(2015, 12, 10)) if row.valid_to else None)
            for row in policy.obligations
        ),
        returns=policy.returns[:3],
    ),
    "X-05": lambda policy: replace(
        policy, obligations=tuple(replace(row, due_in="", due_rule="") for row in policy.obligations)
    ),
    "X-07": lambda policy: replace(
        policy, posts=tuple(replace(post, agencies=post.agencies[:1]) for post in policy.posts)
    ),
    "X-08": lambda policy: replace(policy, posts=tuple(post for post in policy.posts if post.role == "member")),
    "X-10": lambda policy: without_tensions(policy, "command_of_police"),
    "X-11": lambda policy: without_tensions(policy, "leads_to_police_only"),
    "X-12": lambda policy: replace(
        policy, slips=(), programme=replace(policy.programme, goal_names=policy.programme.goal_names[:1])
    ),
    "X-13": lambda policy: with_assessment(
        policy,
        triggers=tuple(
            replace(row, as_written=row.as_written.replace(",", "或")) for row in policy.assessment.triggers
        ),
    ),
    "X-14": lambda policy: without_tensions(policy, "maximum_penalty"),
    "X-15": lambda policy: without_tensions(policy, "forced_return"),
    "X-16": lambda policy: without_tensions(policy, "subscriber_data"),
    "X-17": lambda policy: without_tensions(policy, "biometric_samples"),
    "X-18": lambda policy: replace(
        policy,
        obligations=tuple(
            replace(row, support=tuple(code for code in row.support if code not in policy.parties))
            for row in policy.obligations
        ),
    ),
    "X-19": lambda policy: with_assessment(policy, schemes=policy.assessment.schemes[:1]),
    "X-20": lambda policy: with_assessment(policy, tools=policy.assessment.tools[:5]),
    "X-21": lambda policy: with_assessment(
        policy, triggers=tuple(row for row in policy.assessment.triggers if row.code != "concealment")
    ),
    "X-22": lambda policy: replace(policy, obligations=tuple(replace(row, duty="") for row in policy.obligations)),
    "X-23": lambda policy: replace(policy, safeguards=tuple(replace(row, clause="L32.1") for row in policy.safeguards)),
    "X-24": lambda policy: replace(
        policy,
        grades={code: replace(row, criteria=("hazards of the building",)) for code, row in policy.grades.items()},
    ),
    "X-25": lambda policy: replace(policy, programme=replace(policy.programme, territory_level="county")),
}


@pytest.mark.parametrize("finding_id", PUT_RIGHT)
def test_a_remark_comes_from_the_data_and_goes_when_they_are_put_right(policy: Policy, finding_id: str) -> None:
    assert {found.id for found in lint(PUT_RIGHT[finding_id](policy), EVENTS)} == set(REMARKS) - {finding_id}


@pytest.mark.parametrize(
    ("finding_id", "told"),
    [
        ("X-04", ("2015-11-26", "L62.2a", "L65.1")),
        ("X-05", ("2015-12-10", "2015-12-20")),
        ("X-07", ("publicity", "education")),
        ("X-08", ("L11.1", "police has two seats")),
        ("X-10", ("L37.1", "commanded by the police")),
        ("X-11", ("L45.1", "art. 8")),
        ("X-12", ("传人头", "安排安排", "无传销社区")),
        ("X-13", ("Trigger 3", "3 facts")),
        ("X-14", ("L38.1, L38.2", "no maximum one")),
        ("X-15", ("L34.1", "2003")),
        ("X-16", ("L64.1", "art. 65")),
        ("X-17", ("L38.1", "DNA")),
        ("X-18", ("court", "carriers", "media")),
        ("X-19", ("L88.1", "L41.1")),
        ("X-20", ("1 point of 100",)),
        ("X-21", ("trigger 7", "never counts worse than silence")),
        ("X-22", ("L36.1", "L45.1", "L38.2", "L29.1")),
        ("X-23", ("Correction", "Secrecy of informants")),
        ("X-24", ("P15D", "rolling")),
        ("X-25", ("A-01", "city/market")),
    ],
)
def test_a_remark_names_its_places(policy: Policy, finding_id: str, told: tuple[str, ...]) -> None:
    said = only(policy, finding_id)

    assert [word for word in told if word not in said] == []


@pytest.mark.parametrize("finding_id", ["X-01", "X-02", "X-03", "X-06", "X-09"])
def test_importing_the_plan_reports_what_misuse_would_hide(policy: Policy, finding_id: str) -> None:
    """Domain 5.7 (10)."""
    assert only(policy, finding_id)


# One fixture for each way in which a policy can fail to hang together: file, what stands there, what is put instead.
BROKEN = [
    ("route.desk_unknown", "routing.toml", 'lead = "police/criminal"', 'lead = "police/nobody"'),
    ("route.desk_unknown", "routing.toml", 'copies = ["education/desk"]', 'copies = ["village/lotus-bay"]'),
    ("route.no_default", "routing.toml", "is_default = true", "is_default = false"),
    ("route.no_default", "routing.toml", 'lane = "rescue"', 'lane = "rescue"\nis_default = true'),
    ("route.repeated", "routing.toml", 'category = "petition"', 'category = "person_held"'),
    ("clause.unknown", "routing.toml", 'clause = "L35.1"', 'clause = "L35.2"'),
    ("clause.unknown", "clocks.toml", 'clause = "L32.1"', 'clause = "prohibition-99"'),
    ("clause.unknown", "obligations.toml", 'id = "L50.1"\nclause = "L50.1"', 'id = "L50.1"\nclause = "L050.1"'),
    ("sentence.no_row", "obligations.toml", 'id = "L50.1"\nclause = "L50.1"', 'id = "L50.1"\nclause = "L5.1"'),
    ("sentence.no_row", "clauses.toml", "45 = 1", "45 = 2"),
    ("obligation.misnamed", "obligations.toml", 'id = "L50.1"\n', 'id = "fifty"\n'),
    ("obligation.repeated", "obligations.toml", 'id = "L45.1b"', 'id = "L45.1a"'),
    ("obligation.no_lead", "obligations.toml", 'lead = ["transport"]', "lead = []"),
    ("obligation.agency_unknown", "obligations.toml", 'lead = ["transport"]', 'lead = ["traffic"]'),
    ("obligation.no_feature", "obligations.toml", 'feature = "contact points as policy data"', 'feature = ""'),
    ("article.unknown", "obligations.toml", 'article = "prohibition-9"', 'article = "prohibition-99"'),
    ("event.unknown", "obligations.toml", '"inspections.visit.recorded.v1"', '"inspections.visit.done.v1"'),
    ("event.unknown", "notices.toml", 'event = "tips.tip.returned.v1"', 'event = "tips.tip.lost.v1"'),
    ("notice.receiver_unknown", "notices.toml", 'receivers = ["lead"]', 'receivers = ["leader"]'),
    ("notice.no_limit", "notices.toml", "within_hours = 24\n", ""),
    ("clock.no_basis", "clocks.toml", 'basis = "《禁止传销条例》第十八条"', 'basis = " "'),
    ("clock.impossible", "clocks.toml", "effective_to = 2019-03-31", "effective_to = 2001-03-31"),
    ("clock.impossible", "clocks.toml", "amount = 24", "amount = -24"),
    ("clock.overlap", "clocks.toml", "effective_to = 2019-03-31", "effective_to = 2019-04-01"),
    ("clock.overlap", "clocks.toml", "effective_to = 2019-03-31\n", ""),
    ("clock.repeated", "clocks.toml", 'id = "T-36d"', 'id = "T-36p"'),
    ("grade.cadence_unreadable", "grades.toml", 'cadence = "P15D"', 'cadence = "half a month"'),
    ("return.order", "returns.toml", "due_on = 2015-10-29", "due_on = 2015-10-14"),
    ("return.agency_unknown", "returns.toml", 'owed_by = ["office"]', 'owed_by = ["bureau"]'),
    (
        "agency.no_desk",
        "agencies.toml",
        '[[agency.desk]]\ncode = "economy/desk"\nname_zh = "经发科信局"\nname_en = "Economy, science and information"',
        "",
    ),
    ("desk.misnamed", "agencies.toml", 'code = "economy/desk"', 'code = "finance/second"'),
    ("desk.repeated", "agencies.toml", 'code = "police/cyber"', 'code = "police/economic"'),
    ("post.agency_unknown", "agencies.toml", 'agencies = ["finance"]', 'agencies = ["treasury"]'),
]


@pytest.mark.parametrize(("finding_id", "file", "written", "instead"), BROKEN)
def test_a_policy_that_does_not_hang_together_is_an_error(
    copied: Path, finding_id: str, file: str, written: str, instead: str
) -> None:
    path = copied / PROGRAMME / file
    text = path.read_text(encoding="utf-8")
    assert written in text
    path.write_text(text.replace(written, instead, 1), encoding="utf-8")

    findings = structural_findings(read_policy(copied), EVENTS)

    assert finding_id in {found.id for found in findings}
    assert {found.severity for found in findings} == {"error"}
    assert all(found.message_en and found.message_zh for found in findings)


@pytest.mark.parametrize(
    ("finding_id", "written", "instead"),
    [
        ("calendar.make_up_not_weekend", "2026-01-04, # Sun", "2026-01-05,"),
        ("calendar.other_year", "2026-01-04, # Sun", "2025-01-04,"),
    ],
)
def test_a_calendar_that_cannot_be_is_an_error(copied: Path, finding_id: str, written: str, instead: str) -> None:
    path = copied / "calendar" / "2026.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(written, instead, 1), encoding="utf-8")

    assert [found.id for found in structural_findings(read_policy(copied))] == [finding_id]

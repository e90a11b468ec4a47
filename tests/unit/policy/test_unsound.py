"""Broken fixtures of criterion 7.2: each breaks one thing, and gets one finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from lianxi.contracts.registry import EVENTS
from lianxi.policy.load import read_policy
from lianxi.policy.policy import Policy
from lianxi.policy.structure import structural_findings

PROGRAMME = "dayong-2015"
TIP = 'code = "tip"\nclause = "L81.2"'
LAST_STATE = '[[process.state]]\ncode = "closed"\nname_zh = "已结案"\nname_en = "Closed"\nis_final = true\n'
ROUND_AND_ROUND = """
[[process.step]]
code = "fall_back"
clause = "L90.1"
name_zh = "回退"
name_en = "Falls back"
comes_from = ["missed"]
to = "due"
by = ["system"]
"""

FIXTURES = [
    (
        "process.unreachable",
        "processes.toml",
        'comes_from = ["accepted"]\nto = "verified"',
        'comes_from = ["accepted"]\nto = "accepted"',
    ),
    ("process.no_exit", "processes.toml", LAST_STATE, LAST_STATE.replace("is_final = true\n", "")),
    ("process.final_has_exit", "processes.toml", 'name_en = "Accepted"\n', 'name_en = "Accepted"\nis_final = true\n'),
    ("process.first_state", "processes.toml", 'name_en = "Dispatched"\nis_first = true\n', 'name_en = "Dispatched"\n'),
    ("process.nobody_may", "processes.toml", 'to = "accepted"\nby = ["lead"]', 'to = "accepted"\nby = []'),
    (
        "process.state_unknown",
        "processes.toml",
        'comes_from = ["dispatched"]\nto = "accepted"',
        'comes_from = ["dispatched", "lost"]\nto = "accepted"',
    ),
    ("process.clock_unknown", "processes.toml", 'starts = ["T-14"]', 'starts = ["T-99"]'),
    (
        "process.circle_without_person",
        "processes.toml",
        '[[process.step]]\ncode = "file"\nclause = "L90.1"',
        ROUND_AND_ROUND.lstrip() + '\n[[process.step]]\ncode = "file"\nclause = "L90.1"',
    ),
    ("ladder.no_receiver", "ladders.toml", 'at_percent = 50\nreceivers = ["owner"]', "at_percent = 50\nreceivers = []"),
    ("ladder.receiver_unknown", "ladders.toml", 'receivers = ["office", "chair"]', 'receivers = ["office", "mayor"]'),
    ("ladder.no_default", "ladders.toml", "is_default = true\n", ""),
    ("ladder.clock_unknown", "ladders.toml", 'clocks = ["T-42"]', 'clocks = ["T-420"]'),
    ("ladder.moment", "ladders.toml", "at_percent = 50\n", "at_percent = 50\nat_minutes = 3\n"),
    ("ladder.rungs", "ladders.toml", 'code = "four-fifths"', 'code = "half"'),
    ("route.no_default", "routing.toml", "is_default = true\n", ""),
    ("route.desk_unknown", "routing.toml", 'lead = "transport/desk"', 'lead = "transport/window"'),
    ("pause.nobody_approves", "pauses.toml", 'approver = "office"', 'approver = ""'),
    ("pause.clock_unknown", "pauses.toml", 'clocks = ["T-42"]', 'clocks = ["T-43x"]'),
    ("pause.share_impossible", "pauses.toml", "max_share_percent = 50", "max_share_percent = 150"),
    ("approval.nobody_approves", "approvals.toml", 'approvers = ["city/market", "city/police"]', "approvers = []"),
    ("trigger.rule", "assessment.toml", 'rule = "venue_used"', 'rule = "venue_used and"'),
    ("tool.order", "assessment.toml", "order = 6", "order = 7"),
    ("scheme.agency_unknown", "assessment.toml", 'assessor = "governance"', 'assessor = "government"'),
    ("indicator.group_unknown", "readiness.toml", 'group = "cases"', 'group = "files"'),
    ("reward.scheme_unknown", "rewards.toml", 'scheme = "guangdong-2018"', 'scheme = "guangdong-2028"'),
    ("reward.approvals", "rewards.toml", "approvals_needed = 2", "approvals_needed = 1"),
    ("reward.payer_key", "rewards.toml", 'payer_key = ""', 'payer_key = "not a key"'),
    ("activity.party_unknown", "publicity.toml", '"carrier/unicom"', '"carrier/unknown"'),
    ("activity.approval_unknown", "publicity.toml", 'approval = "A-04"', 'approval = "A-44"'),
    ("activity.no_dates", "publicity.toml", "starts_on = 2015-10-31\n", ""),
    ("retention.period", "retention.toml", 'keep = "P90D"', 'keep = "90 days"'),
    (
        "retention.period",
        "retention.toml",
        'keep = "P12M"\ncounted_from = "the entry"',
        'keep = "P5M"\ncounted_from = "the entry"',
    ),
    ("retention.row_missing", "retention.toml", 'code = "visit"', 'code = "visits"'),
    ("retention.purge_never", "retention.toml", "months = [1, 7]", "months = []"),
    ("grant.role_unknown", "permissions.toml", '[[grant]]\nrole = "liaison"', '[[grant]]\nrole = "neighbour"'),
    ("grant.resource_unknown", "permissions.toml", 'resource = "metrics"', 'resource = "persons"'),
    (
        "grant.field_unknown",
        "permissions.toml",
        'fields = { identity = "masked"',
        'fields = { face = "masked", identity = "masked"',
    ),
    (
        "grant.repeated",
        "permissions.toml",
        'role = "liaison"\nresource = "message"',
        'role = "liaison"\nresource = "tip"',
    ),
    ("obligation.date_unresolved", "obligations.toml", 'due_in = "2015-12-mid"', 'due_in = "2015-12-late"'),
    ("obligation.date_unresolved", "obligations.toml", 'due_in = "2015-12-mid"', 'due_in = "mid December"'),
]


@pytest.mark.criterion("7.2")
def test_there_are_twenty_broken_fixtures_and_more() -> None:
    assert len(FIXTURES) >= 20


@pytest.mark.criterion("7.2")
def test_the_shipped_policy_has_no_finding(policy: Policy) -> None:
    assert structural_findings(policy, EVENTS) == ()


@pytest.mark.criterion("7.2")
@pytest.mark.parametrize(("finding_id", "file", "written", "instead"), FIXTURES)
def test_each_broken_fixture_gets_its_finding(
    copied: Path, finding_id: str, file: str, written: str, instead: str
) -> None:
    path = copied / PROGRAMME / file
    text = path.read_text(encoding="utf-8")
    assert written in text
    path.write_text(text.replace(written, instead, 1), encoding="utf-8")

    findings = structural_findings(read_policy(copied), EVENTS)

    assert finding_id in {found.id for found in findings}
    assert all(found.severity == "error" and found.message_en and found.message_zh for found in findings)


@pytest.mark.criterion("7.2")
def test_a_clock_without_a_calendar_is_an_error(copied: Path) -> None:
    for path in (copied / "calendar").glob("*.toml"):
        path.unlink()

    assert [found.id for found in structural_findings(read_policy(copied), EVENTS)] == ["clock.no_calendar"]

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lianxi.cli.main import app
from lianxi.kernel.clock import SHANGHAI
from lianxi.kernel.errors import Malformed
from lianxi.policy.load import load_policy, read_policy
from lianxi.policy.policy import Policy
from lianxi.policy.simulate import PastItem, read_items, simulate
from lianxi.policy.versions import differences

SHIPPED = Path(__file__).resolve().parents[3] / "deploy" / "policy"
PROGRAMME = "dayong-2015"
BUDGET_SECONDS = 60


def spoiled(copied: Path, file: str, written: str, instead: str) -> None:
    path = copied / PROGRAMME / file
    text = path.read_text(encoding="utf-8")
    assert written in text
    path.write_text(text.replace(written, instead, 1), encoding="utf-8")


def draft_of(copied: Path) -> Policy:
    """A draft that sends campus tips elsewhere and verifies a lead in ten working days."""
    spoiled(
        copied,
        "routing.toml",
        'lead = "education/desk"\ncopies = ["police/station"]',
        'lead = "police/station"\ncopies = ["education/desk"]',
    )
    spoiled(
        copied,
        "clocks.toml",
        'amount = 15\nunit = "wd"\nname_zh = "举报线索核查"',
        'amount = 10\nunit = "wd"\nname_zh = "举报线索核查"',
    )
    return load_policy(copied)


def past(policy: Policy, number: int) -> list[PastItem]:
    first = datetime(2025, 11, 1, 8, tzinfo=UTC)
    return [
        PastItem(
            category=policy.categories[place % len(policy.categories)],
            kind="complaint" if place % 7 == 0 else "tip",
            received_at=first + timedelta(minutes=100 * place),
            id=str(place),
        )
        for place in range(number)
    ]


def test_a_version_does_not_differ_from_itself(policy: Policy) -> None:
    assert differences(policy, read_policy(SHIPPED)) == ()


def test_versions_are_compared_rule_by_rule(policy: Policy, copied: Path) -> None:
    draft = draft_of(copied)
    found = {(each.change, each.file, each.name): each for each in differences(policy, draft)}

    assert set(found) == {("changed", "routing", "school_campus"), ("changed", "clocks", "T-01")}
    assert found["changed", "clocks", "T-01"].values == {"amount": (15, 10)}
    assert found["changed", "clocks", "T-01"].clause == "L32.1"
    assert "within 10 working days" in found["changed", "clocks", "T-01"].sentence_en
    assert "10个工作日内" in found["changed", "clocks", "T-01"].sentence_zh
    assert found["changed", "routing", "school_campus"].values["lead"] == ("education/desk", "police/station")


def test_what_is_new_and_what_is_gone_are_told_apart(policy: Policy, copied: Path) -> None:
    spoiled(copied, "routing.toml", 'category = "job_lure"', 'category = "job_agency"')
    told = [(each.change, each.name) for each in differences(policy, read_policy(copied))]

    assert told == [("added", "job_agency"), ("removed", "job_lure")]


def test_the_command_tells_old_and_new(copied: Path) -> None:
    draft_of(copied)
    ran = CliRunner().invoke(app, ["policy", "diff", str(SHIPPED), str(copied)])
    same = CliRunner().invoke(app, ["policy", "diff", str(SHIPPED), str(SHIPPED), "--lang", "zh"])
    as_json = CliRunner().invoke(app, ["policy", "diff", str(SHIPPED), str(copied), "--json"])

    assert ran.exit_code == same.exit_code == as_json.exit_code == 0
    assert "amount: 15 → 10" in ran.output
    assert same.output == "两个版本没有差别。\n"
    assert len(json.loads(as_json.output)) == 2


@pytest.mark.criterion("7.4")
def test_five_thousand_tips_are_replayed_within_a_minute(policy: Policy, copied: Path) -> None:
    draft = draft_of(copied)
    items = past(policy, 5_000)
    began = time.monotonic()
    found = simulate(policy, draft, items)
    took = time.monotonic() - began

    assert took < BUDGET_SECONDS
    assert found.items == 5_000
    assert {route.item.id for route in found.routes} == {item.id for item in items if item.category == "school_campus"}
    assert {(route.old_lead, route.new_lead) for route in found.routes} == {("education/desk", "police/station")}
    assert {each.item.id for each in found.deadlines} == {item.id for item in items if item.kind == "tip"}
    for each in found.deadlines:
        assert each.old_due_at is not None
        assert each.new_due_at is not None
        assert each.new_due_at < each.old_due_at


@pytest.mark.criterion("7.4")
def test_the_command_reports_changed_routes_and_deadlines(policy: Policy, copied: Path, tmp_path: Path) -> None:
    draft_of(copied)
    tips = tmp_path / "tips.jsonl"
    tips.write_text(
        "\n".join(
            json.dumps({"category": item.category, "kind": item.kind, "received_at": item.received_at.isoformat()})
            for item in past(policy, 160)
        ),
        encoding="utf-8",
    )
    words = ["policy", "simulate", str(copied), "--tips", str(tips), "--policy-dir", str(SHIPPED)]
    ran = CliRunner().invoke(app, words)
    as_json = CliRunner().invoke(app, [*words, "--json"])

    assert ran.exit_code == as_json.exit_code == 0
    assert "school_campus (tip): education/desk → police/station: " in ran.output
    assert ran.output.endswith("160 items replayed: 9 would go elsewhere, 137 would be due at another time.\n")
    assert len(json.loads(as_json.output)["routes"]) == 9


def test_a_draft_that_changes_nothing_changes_nothing(policy: Policy) -> None:
    found = simulate(policy, policy, past(policy, 200))

    assert (found.items, found.routes, found.deadlines) == (200, (), ())


def test_a_limit_that_was_not_law_is_no_deadline(policy: Policy, copied: Path) -> None:
    spoiled(
        copied,
        "clocks.toml",
        "effective_from = 2007-10-01\neffective_to = 2019-03-31",
        "effective_from = 2016-01-01\neffective_to = 2019-03-31",
    )
    item = PastItem(category="other", kind="tip", received_at=datetime(2015, 11, 2, tzinfo=SHANGHAI))
    (changed,) = simulate(policy, read_policy(copied), [item]).deadlines

    assert changed.old_due_at == datetime(2015, 11, 12, tzinfo=SHANGHAI)
    assert changed.new_due_at is None


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"category": "other"}',
        '{"category": "other", "received_at": "2025-01-01"}',
        '{"category": "other", "received_at": "2025-01-01T00:00:00"}',
        '{"category": "other", "kind": "rumour", "received_at": "2025-01-01T00:00:00Z"}',
    ],
)
def test_an_item_that_cannot_be_read_is_told_by_its_line(line: str) -> None:
    good = '{"category": "other", "received_at": "2025-01-01T00:00:00+08:00"}'

    with pytest.raises(Malformed) as refused:
        list(read_items([good, "", line]))

    assert refused.value.facts["line"] == 3

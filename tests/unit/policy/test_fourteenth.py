"""A fourteenth agency comes by data alone: a desk, a seat, a route, the returns it owes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lianxi.contracts.registry import EVENTS
from lianxi.policy.coverage import coverage
from lianxi.policy.lint import lint
from lianxi.policy.load import load_policy
from lianxi.policy.policy import Policy
from lianxi.policy.simulate import PastItem, simulate
from lianxi.policy.versions import differences

HOUSING = """
[[agency]]
code = "housing"
name_zh = "住建局"
name_en = "Housing"
clause = "L28.1"

[[agency.desk]]
code = "housing/desk"
name_zh = "住建局"
name_en = "Housing"

[[post]]
code = "member-housing"
role = "member"
clause = "L9.1"
agencies = ["housing"]
"""
ROUTE = """
[[route]]
category = "unsafe_building"
name_zh = "危房群租"
name_en = "Unsafe, overcrowded building"
lead = "housing/desk"
copies = ["tenancy/desk"]
clause = "L28.1"
reason_zh = "危房由住建局主办"
reason_en = "Unsafe buildings are for housing"
"""


@pytest.fixture
def town(copied: Path) -> Policy:
    """The shipped town with one agency more, by editing its files and nothing else."""
    home = copied / "dayong-2015"
    for file, added in (("agencies.toml", HOUSING), ("routing.toml", ROUTE)):
        path = home / file
        path.write_text(path.read_text(encoding="utf-8") + added, encoding="utf-8")
    for file in ("returns.toml", "obligations.toml"):
        path = home / file
        written = path.read_text(encoding="utf-8")
        path.write_text(
            written.replace('"publicity", "finance"]', '"publicity", "finance", "housing"]'), encoding="utf-8"
        )
    return load_policy(copied)


@pytest.mark.criterion("7.5")
def test_a_fourteenth_agency_loads_routes_and_owes_returns(policy: Policy, town: Policy) -> None:
    assert len(town.agencies) == len(policy.agencies) + 1 == 14
    assert town.desk("housing/desk").agency == "housing"
    assert town.agency_of("housing/desk").name_zh == "住建局"
    assert town.route("unsafe_building").lead == "housing/desk"
    assert town.categories[-1] == "other"
    assert "housing" in town.members
    assert all("housing" in row.owed_by for row in town.returns)


@pytest.mark.criterion("7.5")
def test_nothing_else_changes_and_nothing_is_wrong(policy: Policy, town: Policy) -> None:
    told = {(each.file, each.name): each.change for each in differences(policy, town)}

    assert {found.severity for found in lint(town, EVENTS)} == {"warning"}
    assert ("agencies", "housing") in told
    assert told["routing", "unsafe_building"] == "added"
    assert [route for route in town.routes if route.category != "unsafe_building"] == list(policy.routes)
    assert len(coverage(town)) == 107


@pytest.mark.criterion("7.5")
def test_a_replay_shows_what_the_new_agency_would_have_had(policy: Policy, town: Policy) -> None:
    item = PastItem(category="unsafe_building", kind="tip", received_at=datetime(2026, 3, 2, tzinfo=UTC))
    found = simulate(policy, town, [item])

    assert [(route.old_lead, route.new_lead) for route in found.routes] == [("office/desk", "housing/desk")]
    assert found.deadlines == ()

"""Campaigns over the door: written, approved by another, taken and proven by carriers that see nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.people.duties import check_duties
from lianxi.contracts.campaigns import CampaignPage, CampaignState
from lianxi.kernel.errors import RuleBroken
from services.notifications.domain.campaigns_shown import as_view
from tests.support.gateway_fakes import POLICY, Door
from tests.unit.notifications.test_campaigns import TEXT, Town

CARRIERS = ("carrier-telecom", "carrier-mobile", "carrier-unicom")


@pytest.fixture
def town(door: Door) -> Town:
    return behind(door)


def behind(door: Door) -> Town:
    """Put a desk with its campaigns behind a door."""
    town = Town(POLICY, datetime(2015, 10, 19, 2, 0, tzinfo=UTC))
    desk = town.desk
    door.bus.answers |= {
        "draft_campaign": desk.draft,
        "rewrite_campaign": desk.rewrite,
        "approve_campaign": desk.approve,
        "withdraw_campaign": desk.withdraw,
        "take_send": desk.take,
        "return_proof": desk.prove,
        "send_back_proof": desk.send_back,
        "get_campaign": desk.get,
        "get_campaign_plan": desk.plan,
        "list_campaigns": lambda asked, caller: CampaignPage(
            items=tuple(as_view(each, 1, caller, town.clock.now()) for each in town.kept.all())
        ),
    }
    return town


def post(door: Door, path: str, body: dict[str, Any] | None, client: str, key: str) -> Any:
    return door.http.post(f"/v1/campaigns{path}", json=body, headers=door.headers(client, key=key))


@pytest.mark.criterion("18.4")
@pytest.mark.usefixtures("town")
def test_a_text_goes_from_its_writer_over_another_person_to_three_carriers_and_back(door: Door) -> None:
    asked = {"due_on": "2015-10-31", "text": TEXT}
    made = post(door, "", asked, "publicity", "1")
    assert (made.status_code, made.json()["state"]) == (201, CampaignState.DRAFTED)
    path = f"/{made.json()['campaign_id']}"
    assert made.headers["Location"] == f"/v1/campaigns{path}"
    own = post(door, f"{path}/approve", {}, "publicity", "2")
    assert (own.status_code, own.json()["code"]) == (403, "campaign.own")
    handed = post(door, f"{path}/approve", {}, "office", "3").json()
    assert handed["approved_by"]

    for carrier in CARRIERS:
        part = f"{path}/sends/{carrier.removeprefix('carrier-')}"
        seen = door.http.get(f"/v1/campaigns{path}", headers=door.headers(carrier)).json()
        assert "sends" in seen, seen
        assert not {"written_by", "approved_by", "withdrawn_by"} & set(seen)
        assert [each["carrier"] for each in seen["sends"]] == [carrier.replace("-", "/")]
        assert post(door, f"{part}/take", None, carrier, f"take-{carrier}").status_code == 200
        proof = {"sent_on": "2015-10-19", "sent": 90_000, "text_sha256": seen["text_sha256"], "file_sha256": "ab" * 32}
        refused = post(door, f"{part}/proof", {**proof, "numbers": ["13812345678"]}, carrier, f"more-{carrier}")
        assert refused.status_code == 422
        assert post(door, f"{part}/proof", proof, carrier, f"proof-{carrier}").status_code == 200
    done = door.http.get(f"/v1/campaigns{path}", headers=door.headers("office")).json()
    assert done["state"] == CampaignState.DONE
    plan = door.http.get("/v1/campaigns/plan?year=2015", headers=door.headers("office")).json()["items"]
    assert [row["state"] for row in plan] == ["proven"] * 3 + ["owed"] * 6
    back = post(door, f"{path}/sends/mobile/send-back", {"reason": "不符"}, "office", "4").json()
    assert (back["state"], back["sends"][1]["rounds"]) == ("handed", 2)


@pytest.mark.criterion("18.4")
@pytest.mark.usefixtures("town")
def test_a_carrier_may_nothing_else(door: Door) -> None:
    headers = door.headers("carrier-mobile")
    for path in ("/v1/warnings", "/v1/outside-messages", "/v1/publicity"):
        assert door.http.get(path, headers=headers).status_code == 403
    asked = {"due_on": "2015-10-31", "text": TEXT}
    assert post(door, "", asked, "carrier-mobile", "1").json()["code"] == "right.missing"
    made = post(door, "", asked, "publicity", "2").json()["campaign_id"]
    for act, body in (("approve", {}), ("withdraw", {"reason": "r"}), ("sends/mobile/send-back", {"reason": "r"})):
        assert (
            post(door, f"/{made}/{act}", body, "carrier-mobile", act.replace("/", "-")).json()["code"]
            == "right.missing"
        )
    post(door, f"/{made}/approve", {}, "office", "3")
    other = post(door, f"/{made}/sends/unicom/take", None, "carrier-mobile", "4")
    assert (other.status_code, other.json()["code"]) == (404, "campaign.not_found")


@pytest.mark.criterion("18.4")
def test_an_account_of_a_carrier_is_of_one_carrier_and_has_no_role_of_an_agency() -> None:
    check_duties(POLICY, "carrier", ["carrier"], ["carrier/mobile"], [])
    for desks in ([], ["carrier/mobile", "carrier/unicom"]):
        with pytest.raises(RuleBroken, match="one_carrier"):
            check_duties(POLICY, "carrier", ["carrier"], desks, [])
    with pytest.raises(RuleBroken, match="desk_not_here"):
        check_duties(POLICY, "carrier", ["carrier"], ["police/desk"], [])
    for role in {each.code for each in POLICY.permissions.roles} - {"carrier"}:
        with pytest.raises(RuleBroken, match="role_not_here"):
            check_duties(POLICY, "carrier", [role], ["carrier/mobile"], [])
    with pytest.raises(RuleBroken, match="role_not_here"):
        check_duties(POLICY, "police", ["carrier"], [], [])

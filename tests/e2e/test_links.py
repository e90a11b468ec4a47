"""Tips that belong together, through the door of a running town: found, merged by an officer, and parted."""

from __future__ import annotations

import json
import secrets
from typing import Any

import httpx2
import pytest
from pypinyin import lazy_pinyin

from tests.support.town import RunningTown
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(180)
TEXTS = (
    "石埠南文街3号楼502房,每到中午一群男女轮流分享成功经验,喊着要做老总,联系电话13812345678",
    "石埠南文街三幢502室,中午十二点后男男女女轮着上台讲成功故事,说要当老总,打138 1234 5678",
)


def file_tip(agency: httpx2.Client, text: str) -> str:
    tip = {"category": "rental_gathering", "village": "village/banyan", "text": text}
    answer = agency.post("/v1/tips", json=tip, headers=key())
    assert answer.status_code == 201, answer.text
    return str(answer.json()["tip_id"])


def key() -> dict[str, str]:
    return {"Idempotency-Key": secrets.token_hex(16)}


@pytest.mark.criterion("10.2")
@pytest.mark.criterion("10.3")
def test_alike_tips_are_found_merged_by_an_officer_and_parted_again(town: RunningTown) -> None:
    with town.http("police") as police, town.http("market") as stranger:
        first, second = (file_tip(police, text) for text in TEXTS)

        def reasons() -> set[str]:
            answer = police.get(f"/v1/tips/{second}/similar").json()
            found = [each["reasons"] for each in answer.get("items", []) if each["tip_id"] == first]
            return {reason["code"] for each in found for reason in each}

        wait_until(lambda: {"phone", "place"} <= reasons(), 30, "the first tip to be found")
        assert stranger.get(f"/v1/tips/{second}/similar").status_code == 404
        before = [police.get(f"/v1/tips/{each}").json() for each in (first, second)]
        wish = {"other_tip_id": first, "kind": "merge", "reason": "同一处"}
        refused = police.post(f"/v1/tips/{second}/links", json=wish, headers=key())
        assert (refused.status_code, refused.json()["code"]) == (422, "bond.officer_needed")
        by = {"officer": "officer-7"}
        bond = police.post(f"/v1/tips/{second}/links", json=wish, headers=key(), params=by)
        assert bond.status_code == 200, bond.text
        merged = police.get(f"/v1/tips/{first}/links").json()["merged"]
        assert [(each["tip_id"], each["place"]) for each in merged] == [(first, 1), (second, 2)]
        undo = f"/v1/tips/{first}/links/{bond.json()['bond_id']}/undo"
        undone = police.post(undo, json={"reason": "不是一回事"}, headers=key(), params=by)
        assert undone.status_code == 200, undone.text
        assert police.get(f"/v1/tips/{first}/links").json()["merged"] == []
        assert [police.get(f"/v1/tips/{each}").json() for each in (first, second)] == before


@pytest.mark.criterion("16.1")
@pytest.mark.criterion("16.3")
def test_a_search_finds_by_sound_counts_what_is_seen_and_is_kept_in_the_audit(town: RunningTown) -> None:
    mark = "".join(secrets.choice("鑫盛恒祥瑞裕泰") for _ in range(4))
    with town.http("police") as police, town.http("market") as stranger, town.http("auditor") as auditor:
        tip_id = file_tip(police, f"大业路9号门口挂着{mark}商城的牌子,打13900005678")

        def found(typed: str) -> list[str]:
            return [each["tip_id"] for each in police.get("/v1/search", params={"q": typed}).json().get("items", [])]

        wait_until(lambda: tip_id in found(f"{mark}商城"), 30, "the tip to be found")
        assert tip_id in found("".join(lazy_pinyin(f"{mark}商城")))
        hidden = stranger.get("/v1/search", params={"q": f"{mark}商城"}).json()
        assert (hidden["items"], hidden["total"], hidden["is_total_exact"]) == ([], 0, True)
        wait_until(
            lambda: {"police", "market"} <= readers(auditor, f"search/{mark}商城"), 30, "the searches in the audit"
        )


@pytest.mark.criterion("16.4")
def test_a_desk_that_watches_a_search_is_told_of_a_new_tip_and_a_stranger_is_not(town: RunningTown) -> None:
    mark = "".join(secrets.choice("鑫盛恒祥瑞裕泰") for _ in range(6))
    with town.http("police") as police, town.http("market") as stranger:
        wish = {"name": "牌子", "text": f"{mark}商城", "is_watched": True}
        kept, other = (each.post("/v1/saved-searches", json=wish, headers=key()) for each in (police, stranger))
        assert (kept.status_code, other.status_code) == (201, 201), kept.text
        tip_id = file_tip(police, f"大业路9号门口挂着{mark}商城的牌子")

        def told(agency: httpx2.Client) -> list[dict[str, Any]]:
            items = agency.get("/v1/notices", params={"limit": 100}).json()["items"]
            return [each for each in items if each["event_type"] == "tips.search.matched.v1"]

        wait_until(lambda: told(police), 30, "the notice to the desk that watches")
        (notice,) = told(police)
        assert (notice["about"], notice["acknowledge"]) == (f"tip/{tip_id}", False)
        assert mark not in json.dumps(notice, ensure_ascii=False)
        found = police.get(f"{kept.headers['Location']}/tips").json()
        assert [each["tip_id"] for each in found["items"]] == [tip_id]
        assert told(stranger) == []


def readers(auditor: httpx2.Client, item: str) -> set[str]:
    """Go through the whole chain of the tips desk for whoever has read an item."""
    found: set[str] = set()
    after: int | None = 0
    while after is not None:
        page = auditor.get("/v1/audit/entries", params={"service": "tips", "after": after}).json()
        found |= {line["actor"] for line in map(json.loads, page["lines"]) if line["item"] == item}
        after = page.get("next_after")
    return found

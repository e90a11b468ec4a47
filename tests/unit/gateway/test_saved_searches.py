"""Searches that are kept, at the door: running one asks as its reader, under its reader's own name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lianxi.contracts.saved_searches import SavedSearchView
from lianxi.contracts.searching import FoundTips
from lianxi.kernel.errors import NotFound
from tests.support.gateway_fakes import NOON, Door

PATH = "/v1/saved-searches"
KEPT = SavedSearchView(
    saved_search_id="saved_0123456789",
    version=3,
    name="牌子",
    text="聚福商城",
    desk="police/station",
    owner="police",
    is_shared=True,
    is_watched=True,
    saved_at=NOON,
    watched_since=NOON,
    is_dropped=False,
)


@pytest.mark.criterion("16.4")
def test_a_search_is_kept_listed_run_changed_and_dropped(door: Door) -> None:
    for method in ("save_search", "get_saved_search", "change_saved_search"):
        door.bus.says(method, KEPT)
    door.bus.says("drop_saved_search", replace(KEPT, text="", is_dropped=True))
    door.bus.says("search_tips", FoundTips(items=(), total=0, is_total_exact=True))
    mine = door.headers("police")
    wish = {"name": "牌子", "text": "聚福商城", "is_shared": True, "is_watched": True}

    made = door.http.post(PATH, json=wish, headers={**mine, "Idempotency-Key": "1"})
    at = made.headers["Location"]
    found = door.http.get(f"{at}/tips?limit=5", headers=mine)
    change = {**mine, "Idempotency-Key": "2", "If-Match": '"3"'}
    changed = door.http.post(f"{at}/change", json={"is_watched": False}, headers=change)
    dropped = door.http.delete(at, headers={**mine, "Idempotency-Key": "3"})

    assert [made.status_code, found.status_code, changed.status_code, dropped.status_code] == [201, 200, 200, 200]
    asked = {each.method: each for each in door.bus.asked}
    assert (asked["search_tips"].request.text, asked["search_tips"].request.limit) == ("聚福商城", 5)
    assert asked["search_tips"].caller.rows == ("involved",)  # what its reader may see of tips, whoever kept it
    assert (asked["change_saved_search"].request.expected_version, asked["change_saved_search"].request.text) == (
        3,
        None,
    )


@pytest.mark.criterion("16.4")
def test_what_is_not_shared_with_its_asker_is_neither_shown_nor_run(door: Door) -> None:
    door.bus.says("get_saved_search", NotFound("saved_search.not_found"))

    for path in (f"{PATH}/saved_0123456789", f"{PATH}/saved_0123456789/tips"):
        assert door.http.get(path, headers=door.headers("market")).status_code == 404
    assert not [each for each in door.bus.asked if each.method == "search_tips"]

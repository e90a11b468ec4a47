from __future__ import annotations

from pathlib import Path

import pytest

from gateway.forgetting import Forgetting
from gateway.rates import Buckets
from lianxi.contracts.tips import TipPage
from tests.support.gateway_fakes import open_door

TIP = {"category": "other", "place": "x", "text": "y"}


def test_every_answer_says_what_is_left_and_too_many_are_told_when_to_come_back(tmp_path: Path) -> None:
    with open_door(tmp_path, gateway_client_requests_per_minute=2) as door:
        door.bus.says("list_tips", TipPage(items=()))
        mine, theirs = door.headers("police"), door.headers("market")
        answers = [door.http.get("/v1/tips", headers=mine) for _ in range(3)]
        assert [each.status_code for each in answers] == [200, 200, 429]
        assert answers[0].headers["RateLimit-Policy"] == '"client";q=2;w=60'
        assert answers[0].headers["RateLimit"].startswith('"client";r=1;t=')
        assert answers[2].json()["code"] == "rate.exceeded"
        assert 0 < int(answers[2].headers["Retry-After"]) <= 61
        assert answers[2].headers["RateLimit"].startswith('"client";r=0;t=')
        assert door.http.get("/v1/tips", headers=theirs).status_code == 200


def test_the_public_is_counted_by_bucket_and_so_are_strangers(tmp_path: Path) -> None:
    with open_door(tmp_path, gateway_public_requests_per_minute=3) as door:
        assert [door.http.post("/v1/public/tips", json=TIP).status_code for _ in range(2)] == [201, 201]
        assert door.http.get("/v1/tips").status_code == 401
        assert door.http.get("/v1/tips").status_code == 429
        assert door.http.post("/v1/public/tips", json=TIP).status_code == 429
        assert door.http.get("/healthz").status_code == 200


def test_asking_for_tokens_is_counted(tmp_path: Path) -> None:
    with open_door(tmp_path, gateway_token_requests_per_minute=1) as door:
        door.token()
        assert door.http.post("/oauth/token", data={"grant_type": "client_credentials"}).status_code == 429


def test_a_bucket_tells_nobody_the_address_and_changes_with_its_key() -> None:
    first, second = Buckets(), Buckets()
    scopes = [{"client": (f"10.0.{high}.{low}", 1)} for high in range(4) for low in range(50)]
    here = [first.of(scope) for scope in scopes]
    assert here == [first.of(scope) for scope in scopes]
    assert here != [second.of(scope) for scope in scopes]
    assert len(set(here)) > 190
    assert not any("10.0" in bucket for bucket in here)


def test_a_whole_ipv6_network_is_one_client() -> None:
    buckets = Buckets()
    assert buckets.of({"client": ("2001:db8::1", 1)}) == buckets.of({"client": ("2001:db8::ffff:2", 9)})
    assert buckets.of({"client": ("2001:db8:0:1::1", 1)}) != buckets.of({"client": ("2001:db8:0:2::1", 1)})
    assert buckets.of({"client": None}) == buckets.of({})


@pytest.mark.criterion("2.3")
def test_the_key_of_the_buckets_is_drawn_anew_within_a_day_also_when_nobody_asks(tmp_path: Path) -> None:
    hours = 0.0
    with open_door(tmp_path, gateway_public_requests_per_minute=2) as door:
        door.house.buckets = Buckets(lambda: hours * 3600)
        before = door.house.buckets.of({"client": ("10.0.0.1", 1)})
        statuses = [door.http.post("/v1/public/tips", json=TIP).status_code for _ in range(3)]
        assert statuses == [201, 201, 429]
        hours = 12.1
        assert door.http.portal is not None
        door.http.portal.call(Forgetting(door.house).forget)
        assert door.house.buckets.of({"client": ("10.0.0.1", 1)}) != before
        assert not door.house.rates._counts.storage

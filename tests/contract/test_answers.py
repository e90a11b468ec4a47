"""The hook that holds the town's answers to their description lets nothing pass that is not described."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from deploy.local.interface import described
from tests.support.answers import PROBLEM, Described

JSON = "application/json"
REFUSED = {
    "type": "/problems/x",
    "title": "",
    "status": 404,
    "detail": "",
    "code": "item.not_found",
    "retryable": False,
}


@pytest.fixture(scope="module")
def known() -> Described:
    return Described(described())


def answer(address: str, status: int, told: Any, kind: str = JSON, method: str = "GET") -> httpx2.Response:
    request = httpx2.Request(method, f"http://town{address}")
    return httpx2.Response(status, json=told, headers={"content-type": kind}, request=request)


@pytest.mark.criterion("14.5")
@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (answer("/v1/notices", 200, {"items": [], "next_cursor": None}), None),
        (answer("/v1/notices", 200, {"items": [{}], "next_cursor": None}), "is a required property"),
        (answer("/v1/notices", 200, {"items": [], "next_cursor": 7}), "/next_cursor|next_cursor"),
        (answer("/v1/notices", 200, {"items": [], "next_cursor": None, "name": "陈"}), "name"),
        (answer("/v1/notices", 200, {"items": []}, "text/plain"), "comes as text/plain"),
        (answer("/v1/notices", 206, {"items": []}), "this status is not described"),
        (answer("/v1/notices/notice_1", 404, REFUSED, PROBLEM), None),
        (answer("/v1/notices/notice_1", 404, REFUSED, JSON), "comes as application/json"),
        (answer("/v1/notices/notice_1", 404, {**REFUSED, "code": "made.up"}, PROBLEM), "code made.up is not listed"),
        (answer("/v1/notices/notice_1", 404, {"detail": "Not Found"}, PROBLEM), "is a required property"),
        (answer("/v1/made-up", 200, {}), "is not described"),
        (answer("/v1/notices", 200, {}, method="DELETE"), "is not described"),
        (answer("/v1/made-up", 404, REFUSED, PROBLEM), None),
        (answer("/healthz", 200, {"anything": 1}), None),
    ],
)
def test_an_answer_that_is_not_as_described_fails_the_test_that_asked(
    known: Described, given: httpx2.Response, complaint: str | None
) -> None:
    if complaint is None:
        known.check(given)
    else:
        with pytest.raises(AssertionError, match=complaint):
            known.check(given)

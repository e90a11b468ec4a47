from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.app import create_app
from gateway.body import depth
from gateway.problems import ProblemDocument
from lianxi.kernel.errors import Broken, ContractBroken
from tests.support.gateway_fakes import Door, open_door

JSON = {"Content-Type": "application/json"}
TIP = {"category": "other", "place": "x", "text": "y"}


def nested(levels: int) -> bytes:
    return b'{"text":' * levels + b"1" + b"}" * levels


def is_problem(answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    document = ProblemDocument.model_validate(answer.json())
    assert (document.status, document.code, document.type) == (status, code, f"/problems/{code}")
    assert document.title
    assert document.detail


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "body.not_json"),
        (b"\xff\xfe", 400, "body.not_utf8"),
        (b'{"text": NaN}', 400, "body.not_json"),
        (b'{"text": -Infinity}', 400, "body.not_json"),
        (b'{"people_count": ' + b"9" * 5_000 + b"}", 400, "body.not_json"),
        (b'{"text": "a", "text": "b"}', 400, "body.duplicate_key"),
        (nested(33), 400, "body.too_deep"),
        (b"[" * 60_000, 400, "body.too_deep"),
        (b"a" * 10_000_000, 413, "body.too_large"),
        (b"", 422, "request.invalid"),
        (b"[]", 422, "request.invalid"),
        (b'{"text": "\\ud800", "category": "other", "place": "x"}', 422, "request.invalid"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_bad_body_is_a_problem_document_and_nothing_is_kept(door: Door, body: bytes, status: int, code: str) -> None:
    is_problem(door.http.post("/v1/public/tips", content=body, headers=JSON), status, code)
    assert door.bus.handed_in == []


def test_a_body_without_a_stated_length_is_counted_as_it_comes(door: Door) -> None:
    pieces = (b"a" * 50_000 for _ in range(10))
    is_problem(door.http.post("/v1/public/tips", content=pieces, headers=JSON), 413, "body.too_large")


def test_the_deepest_body_allowed_is_read(door: Door) -> None:
    is_problem(door.http.post("/v1/public/tips", content=nested(32), headers=JSON), 422, "request.invalid")
    assert depth({"a": [{}]}) == 3
    assert depth("x") == 0


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data", "application/x-www-form-urlencoded", ""])
def test_only_json_is_taken(door: Door, kind: str) -> None:
    answer = door.http.post("/v1/public/tips", content=json.dumps(TIP).encode(), headers={"Content-Type": kind})
    is_problem(answer, 415, "body.wrong_type")


def test_refusals_point_at_the_field_and_never_repeat_what_was_sent(door: Door) -> None:
    secret = "不应当被重复的话"
    body = {"category": secret, "place": 7, "text": "", secret: 1, "blacklist": 1, "people_count": secret}
    answer = door.http.post("/v1/public/tips", json=body)
    is_problem(answer, 422, "request.invalid")
    assert secret not in answer.text
    pointers = {each["pointer"] for each in answer.json()["errors"]}
    assert pointers == {"/category", "/place", "/text", "/blacklist", "/people_count", "/?"}


def test_the_language_is_the_readers(door: Door) -> None:
    chinese = door.http.post("/v1/public/tips", json={})
    assert chinese.headers["Content-Language"] == "zh-CN"
    assert "必须填写" in chinese.text
    english = door.http.post("/v1/public/tips", json={}, headers={"Accept-Language": "fr, en;q=0.5, zh;q=0.2"})
    assert english.headers["Content-Language"] == "en"
    assert "This field is required" in english.text
    assert door.http.get("/v1/tips").headers["Content-Language"] == "en"
    assert door.http.get("/v1/tips", headers={"Accept-Language": "zh-CN"}).headers["Content-Language"] == "zh-CN"


def test_unknown_paths_and_methods_are_problems_too(door: Door) -> None:
    is_problem(door.http.get("/v1/nothing"), 404, "path.not_found")
    is_problem(door.http.get("/v1/tips/a%2fb/c"), 404, "path.not_found")
    wrong = door.http.delete("/v1/public/tips")
    is_problem(wrong, 405, "method.not_allowed")
    assert wrong.headers["Allow"] == "POST"


def test_an_id_that_can_be_none_is_not_found(door: Door) -> None:
    for path in ("/v1/tips/%00", "/v1/cases/..%20", "/v1/rentals/%E4%B8%AD", "/v1/visits/" + "a" * 200):
        is_problem(door.http.get(path, headers=door.headers()), 404, "item.not_found")


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "cursor=%00", "cursor=" + "a" * 500, "state=lost"]
)
def test_a_query_that_cannot_be_is_refused(door: Door, query: str) -> None:
    answer = door.http.get(f"/v1/tips?{query}", headers=door.headers())
    is_problem(answer, 422, "request.invalid")
    assert answer.json()["errors"][0]["pointer"] == f"?{query.partition('=')[0]}"


def test_headers_without_end_are_refused(door: Door) -> None:
    is_problem(door.http.get("/v1/tips", headers={"X-Filler": "a" * 20_000}), 431, "headers.too_long")


def test_a_body_where_none_is_wanted_is_a_mistake_unless_it_is_empty(door: Door) -> None:
    path = "/v1/notices/notice_00000000000000000000000000/acknowledge"
    headers = {**door.headers(key="k"), **JSON}
    is_problem(door.http.post(path, content=b'{"a": 1}', headers=headers), 422, "body.not_wanted")
    is_problem(door.http.post(path, content=b"{", headers=headers), 400, "body.not_json")
    is_problem(door.http.post(path, content=b"{}", headers=headers), 404, "acknowledge_notice.nothing_here")


@pytest.mark.parametrize(
    "error", [Broken("desk.failed"), ContractBroken("x.y", text="私密的话"), RuntimeError("私密的话")]
)
def test_what_goes_wrong_inside_leaves_only_a_correlation_id(
    tmp_path: Path, error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_door(tmp_path) as door:
        door.bus.says("list_tips", error)
        answer = door.http.get("/v1/tips", headers=door.headers())
        assert answer.status_code == 500
        assert "私密的话" not in answer.text
        assert answer.json()["correlation_id"] == answer.headers["X-Correlation-Id"]
    written = capsys.readouterr()
    assert "私密的话" not in written.out + written.err
    assert answer.headers["X-Correlation-Id"] in written.out + written.err


def test_every_answer_carries_the_headers_that_browsers_need(door: Door) -> None:
    for path in ("/v1/tips", "/healthz", "/v1/nothing", "/docs"):
        headers = door.http.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Correlation-Id"]
    assert "set-cookie" not in door.http.get("/docs").headers


def test_a_callers_trace_is_continued_and_a_strangers_is_not(door: Door) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    headers = {**door.headers(), "traceparent": trace, "X-Correlation-Id": "their-own-0001"}
    answer = door.http.get("/v1/tips", headers=headers)
    caller = door.bus.asked[-1].caller
    assert answer.headers["X-Correlation-Id"] == caller.correlation_id == "their-own-0001"
    assert caller.traceparent is not None
    assert caller.traceparent.split("-")[1] == trace.split("-")[1]
    assert caller.traceparent.split("-")[2] != trace.split("-")[2]
    public = door.http.post("/v1/public/tips", json=TIP, headers={"X-Correlation-Id": "their-own-0001"})
    assert public.headers["X-Correlation-Id"] != "their-own-0001"


def test_importing_and_making_the_app_opens_nothing(door: Door) -> None:
    app = create_app(door.settings, door.bus, door.clock)
    assert app.state.house.register.is_known is False

"""What was released is kept: a change that takes something away from integrators fails here, and is named."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from deploy.local.interface import CONTRACTS, PATHS, WHAT_TO_DO, bare, breaks, broken_events, check, contracts
from deploy.local.interface import main as interface

Document = dict[str, Any]
Edit = Callable[[Document], Any]


def reference(name: str) -> Document:
    return {"$ref": f"#/components/schemas/{name}"}


def as_json(schema: Document) -> Document:
    return {"application/json": {"schema": schema}}


RELEASED: Document = {
    "paths": {
        "/v1/tips/{tip_id}": {
            "get": {
                "parameters": [
                    {"in": "path", "name": "tip_id", "required": True, "schema": {"type": "string"}},
                    {"in": "query", "name": "kind", "schema": {"anyOf": [reference("Kind"), {"type": "null"}]}},
                    {"in": "query", "name": "old", "deprecated": True, "schema": {"type": "string"}},
                ],
                "responses": {"200": {"content": as_json(reference("Tip"))}, "304": {}},
                "security": [{"agency": ["tips:read"]}],
                "x-right": "tip.read",
            },
            "post": {
                "requestBody": {"required": True, "content": as_json(reference("Change"))},
                "responses": {"200": {"content": as_json(reference("Tip"))}},
            },
        },
        "/v1/former": {"get": {"deprecated": True, "responses": {"200": {}}}},
    },
    "components": {
        "schemas": {
            "Kind": {"type": "string", "enum": ["tip", "complaint"]},
            "Tip": {
                "type": "object",
                "required": ["number", "parts"],
                "properties": {
                    "number": {"type": "string"},
                    "kind": reference("Kind"),
                    "at": {"type": "string", "format": "date-time"},
                    "parts": {"type": "array", "items": reference("Tip")},
                    "former": {"type": "string", "deprecated": True},
                },
            },
            "Change": {
                "type": "object",
                "additionalProperties": False,
                "required": ["reason"],
                "properties": {
                    "reason": {"type": "string", "maxLength": 80},
                    "count": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]},
                    "kind": reference("Kind"),
                },
            },
        }
    },
    "x-problem-codes": {"tip.not_found": "", "tip.closed": ""},
}


def tip(document: Document) -> Any:
    return document["components"]["schemas"]["Tip"]


def change(document: Document) -> Any:
    return document["components"]["schemas"]["Change"]


def reading(document: Document) -> Any:
    return document["paths"]["/v1/tips/{tip_id}"]["get"]


def judged(edit: Edit) -> list[str]:
    edited = copy.deepcopy(RELEASED)
    edit(edited)
    return breaks(RELEASED, edited)


@pytest.mark.criterion("14.5")
@pytest.mark.parametrize(
    ("edit", "complaint"),
    [
        (lambda d: d["paths"].pop("/v1/tips/{tip_id}"), "GET /v1/tips/{} is gone"),
        (lambda d: d["paths"]["/v1/tips/{tip_id}"].pop("post"), "POST /v1/tips/{} is gone"),
        (lambda d: reading(d)["responses"].pop("304"), "GET /v1/tips/{} no longer answers 304"),
        (
            lambda d: reading(d)["responses"]["200"].update(content={"text/csv": {}}),
            "GET /v1/tips/{} 200 no longer comes as application/json",
        ),
        (lambda d: reading(d)["parameters"].pop(1), "GET /v1/tips/{} query kind is gone"),
        (lambda d: reading(d)["parameters"][1].update(required=True), "GET /v1/tips/{} query kind is now needed"),
        (
            lambda d: reading(d)["parameters"].append({"in": "header", "name": "If-Match", "required": True}),
            "GET /v1/tips/{} header If-Match is now needed",
        ),
        (lambda d: reading(d).update(security=[{"agency": ["all:read"]}]), "needs the scope all:read now"),
        (lambda d: reading(d).update({"x-right": "tip.decide"}), "needs the right tip.decide now"),
        (lambda d: tip(d)["properties"].pop("number"), "GET /v1/tips/{} 200 /number: is gone"),
        (lambda d: tip(d)["required"].remove("number"), "200 /number: may now be missing"),
        (lambda d: tip(d)["properties"].update(number={"type": "integer"}), "200 /number: may now be integer"),
        (
            lambda d: tip(d)["properties"].update(number={"anyOf": [{"type": "string"}, {"type": "null"}]}),
            "200 /number: may now be null",
        ),
        (lambda d: tip(d)["properties"].update(at={"type": "string"}), "200 /at: format was 'date-time' and is None"),
        (lambda d: tip(d)["properties"].update(parts=reference("Tip")), "200 /parts: may now be object"),
        (lambda d: tip(d)["properties"].update(kind={"type": "string"}), "/kind: is no longer one of a list of values"),
        (lambda d: d["components"]["schemas"]["Kind"]["enum"].pop(), "value 'complaint' is gone"),
        (lambda d: change(d)["required"].append("kind"), "POST /v1/tips/{} body /kind: is now needed"),
        (
            lambda d: (change(d)["properties"].update(new={"type": "string"}), change(d)["required"].append("new")),
            "POST /v1/tips/{} body /new: is now needed",
        ),
        (lambda d: change(d)["properties"].pop("count"), "POST /v1/tips/{} body /count: is gone"),
        (lambda d: change(d)["properties"].update(count={"type": "integer"}), "body /count: null is no longer taken"),
        (
            lambda d: change(d)["properties"]["count"]["anyOf"][0].update(minimum=2),
            "body /count: minimum was 1 and is 2",
        ),
        (lambda d: change(d)["properties"]["reason"].update(maxLength=40), "maxLength was 80 and is 40"),
        (lambda d: change(d)["properties"]["reason"].update(pattern="^x"), "pattern was None and is '^x'"),
        (lambda d: change(d)["properties"]["reason"].update(enum=["a"]), "only a list of values is taken now"),
        (lambda d: d["x-problem-codes"].pop("tip.closed"), "problem code tip.closed is gone"),
    ],
)
def test_a_change_that_breaks_an_integrator_is_named(edit: Edit, complaint: str) -> None:
    assert any(complaint in each for each in judged(edit)), judged(edit)


@pytest.mark.criterion("14.5")
@pytest.mark.parametrize(
    "edit",
    [
        lambda _: None,
        lambda d: d["paths"].update({"/v1/new": {"get": {"responses": {"200": {}}}}}),
        lambda d: d["paths"].pop("/v1/former"),
        lambda d: d["paths"].update({"/v1/tips/{id}": d["paths"].pop("/v1/tips/{tip_id}")}),
        lambda d: reading(d)["parameters"].append({"in": "query", "name": "new", "schema": {"type": "string"}}),
        lambda d: reading(d)["parameters"].pop(2),
        lambda d: reading(d)["responses"].update({"202": {}}),
        lambda d: reading(d).update(description="Better words", deprecated=True),
        lambda d: tip(d)["properties"].update(new={"type": "string"}),
        lambda d: tip(d)["required"].append("kind"),
        lambda d: tip(d)["properties"].pop("former"),
        lambda d: d["components"]["schemas"]["Kind"]["enum"].append("other"),
        lambda d: change(d)["properties"].update(new={"type": "string"}),
        lambda d: change(d)["required"].remove("reason"),
        lambda d: change(d)["properties"]["reason"].update(maxLength=200),
        lambda d: change(d)["properties"]["count"]["anyOf"].append({"type": "string"}),
        lambda d: d["x-problem-codes"].update({"tip.new": ""}),
    ],
)
def test_growing_and_what_was_announced_break_nobody(edit: Edit) -> None:
    assert judged(edit) == []


@pytest.mark.criterion("14.5")
def test_an_event_that_is_gone_or_says_less_is_named() -> None:
    before = contracts()
    key, other = sorted(key for key in before if ".closed." in key or ".opened." in key)[:2]
    field = sorted(before[key]["properties"])[0]
    after = {name: each for name, each in copy.deepcopy(before).items() if name != other}
    after[key]["properties"].pop(field)

    assert broken_events(before, before) == []
    assert broken_events(before, after) == [f"{other} is gone", f"{key} /{field}: is gone"]


def test_better_words_are_no_change() -> None:
    said = {"properties": {"description": {"type": "string", "description": "Old", "title": "Title"}}, "title": "T"}

    assert bare(said) == {"properties": {"description": {"type": "string"}}}


@pytest.mark.criterion("14.5")
def test_the_interface_of_today_keeps_what_was_released() -> None:
    broken = check()

    assert broken == [], "\n".join([*broken, "", WHAT_TO_DO])


def test_what_is_broken_cannot_be_released(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("deploy.local.interface.check", lambda: ["GET /v1/tips is gone"])
    before = [path.read_bytes() for path in (PATHS, CONTRACTS)]

    assert interface(["--release"]) == 1
    assert [path.read_bytes() for path in (PATHS, CONTRACTS)] == before
    assert WHAT_TO_DO in capsys.readouterr().out

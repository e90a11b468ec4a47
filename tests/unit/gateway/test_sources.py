"""How tips come in is a list of the policy; what another system passed on comes with its number, once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lianxi.contracts.tips import Channel, SubmitTip, TipKind, TipPage
from lianxi.policy.sources import source_findings
from tests.support.gateway_fakes import POLICY, Door, open_door

TIP = {"category": "online_scheme", "village": "banyan", "text": "群里拉人"}
NUMBER = "GD202611230042"


def file(door: Door, channel: str, key: str = "key-1", **more: Any) -> Any:
    return door.http.post("/v1/tips", json={**TIP, "channel": channel, **more}, headers=door.headers(key=key))


@pytest.mark.criterion("2.1")
@pytest.mark.parametrize(
    "source", [each for each in POLICY.sources if each.filed_by == "officer"], ids=lambda s: s.code
)
def test_officers_file_by_every_source_of_the_policy(door: Door, source: Any) -> None:
    more = {"reference": NUMBER} if source.reference == "needed" else {}
    answer = file(door, source.code, **more)

    assert answer.status_code == 201, answer.text
    ((_, _, command, _),) = door.bus.handed_in
    assert isinstance(command, SubmitTip)
    assert (command.channel, command.source) == (Channel(source.channel), source.code)
    assert NUMBER not in repr(command), "the number travels under the seal"


@pytest.mark.criterion("2.1")
def test_a_town_may_add_a_source_without_code(tmp_path: Path) -> None:
    assert len({each.channel for each in POLICY.sources}) >= 5
    more = replace(next(each for each in POLICY.sources if each.code == "hotline-12345"), code="petition-office")
    policy = replace(POLICY, sources=(*POLICY.sources, more))
    with open_door(tmp_path) as door:
        door.house.policy = policy
        answer = file(door, "petition-office", reference=NUMBER)

    assert list(source_findings(policy.sources)) == []
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    ("channel", "more", "code"),
    [
        ("web", {}, "tip.channel_unknown"),
        ("pigeon", {}, "tip.channel_unknown"),
        ("hotline-12345", {}, "tip.reference_needed"),
        ("phone", {"reference": NUMBER}, "tip.reference_unwanted"),
        ("hotline-12345", {"reference": "13800138000"}, "request.invalid"),
        ("hotline-12345", {"reference": "11010119900307123X"}, "request.invalid"),
        ("hotline-12345", {"reference": "张三"}, "request.invalid"),
    ],
)
def test_what_is_no_source_or_no_reference_is_refused(
    door: Door, channel: str, more: dict[str, Any], code: str
) -> None:
    answer = file(door, channel, **more)

    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_the_same_number_again_is_the_same_tip_but_a_rescue_is_never_another(door: Door) -> None:
    first, again = (file(door, "hotline-12345", key=f"key-{n}", reference=NUMBER).json() for n in range(2))
    other = file(door, "hotline-12315", key="key-3", reference=NUMBER).json()
    held = [
        file(door, "hotline-12345", key=f"held-{n}", reference=NUMBER, category="person_held").json() for n in range(2)
    ]

    assert first["tip_id"] == again["tip_id"]
    assert len({first["tip_id"], other["tip_id"], *(each["tip_id"] for each in held)}) == 4


def test_lists_keep_complaints_apart_and_show_what_is_unread(door: Door) -> None:
    door.bus.says("list_tips", TipPage(items=()))
    door.http.get("/v1/tips?kind=complaint&unread=true", headers=door.headers())
    asked = door.bus.asked[-1].request

    assert (asked.kind, asked.unread) == (TipKind.COMPLAINT, True)


def test_a_list_without_the_public_form_is_unsound() -> None:
    without = tuple(each for each in POLICY.sources if each.code != "web")
    for_officers = tuple(replace(each, filed_by="officer") for each in POLICY.sources)

    assert {each.id for each in source_findings(without)} == {"source.missing"}
    assert {each.id for each in source_findings(for_officers)} == {"source.filed_by_wrong"}

"""Wherever an answer speaks of a person of a case, it says how they stand; nothing looks persons up."""

from __future__ import annotations

from typing import Any

import pytest

from lianxi.contracts.parties import NamedPerson, PartyView
from lianxi.contracts.rights import SHOWS
from tests.support.gateway_fakes import POLICY, build

STANDING = {"standing_zh", "standing_en"}
OF_A_PERSON = {"id_last4", "label_zh", "label_en"}


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    document: dict[str, Any] = build(tmp_path_factory.mktemp("gateway")).app.openapi()
    return document


@pytest.mark.criterion("8.5")
def test_every_answer_that_holds_a_person_of_a_case_holds_how_they_stand(described: dict[str, Any]) -> None:
    schemas = {name: set(each.get("properties", {})) for name, each in described["components"]["schemas"].items()}
    about = {name: held for name, held in schemas.items() if "party_id" in held or held & OF_A_PERSON}

    assert set(about) == {"PartyView", "NamedPerson"}
    for name, held in about.items():
        assert held >= STANDING, name
        assert set(described["components"]["schemas"][name].get("required", ())) >= STANDING or name == "PartyView"
    assert "PersonOpened" not in schemas, "what identifies a person never leaves but beside their standing"


@pytest.mark.criterion("8.5")
def test_no_cut_and_no_mask_parts_a_person_from_how_they_stand() -> None:
    groups = SHOWS[PartyView].groups
    roles = [role.code for role in POLICY.permissions.roles]

    assert groups["person"] == ("person",), "the name is shown inside a value that holds the standing"
    assert STANDING | {"name"} <= set(NamedPerson.__dataclass_fields__)
    for role in roles:
        seen = {group: POLICY.permissions.level(role, "party", group) for group in groups}
        assert seen["standing"] == "clear" or set(seen.values()) == {"absent"}, role


@pytest.mark.criterion("8.5")
def test_case_officers_and_leads_alone_see_names_and_desks_see_masks() -> None:
    seen = {role.code: POLICY.permissions.level(role.code, "party", "person") for role in POLICY.permissions.roles}

    assert {role for role, level in seen.items() if level == "clear"} == {"case_officer", "case_lead"}
    assert {role for role, level in seen.items() if level == "masked"} == {"desk"}


@pytest.mark.criterion("8.5")
def test_nothing_looks_a_person_up_by_what_identifies_them(described: dict[str, Any]) -> None:
    asked = {
        (path, parameter["name"])
        for path, item in described["paths"].items()
        for operation in item.values()
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "query"
    }
    lists = {path for path, item in described["paths"].items() if "part" in path and "get" in item}

    identifying = ("name", "phone", "id_number", "id_last4", "q", "number")
    # The one search goes through redacted words of tips that the caller holds (criterion 16), never through persons.
    assert {each for each in asked if each[1] in identifying} == {("/v1/search", "q")}
    assert lists == {"/v1/cases/{case_id}/parties", "/v1/parties/{party_id}"}

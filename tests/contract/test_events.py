"""What crosses a door is published, frozen, readable within its major version, and tells nothing about a person."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from typing import Any

import pytest

from deploy.local.generate import broken_contracts, contract_files, schema_of
from deploy.local.places import CHECKOUT
from lianxi.bus import topology
from lianxi.contracts.codec import (
    as_contract,
    as_plain,
    envelope_as_plain,
    envelope_from_plain,
    from_bytes,
    open_event,
    to_bytes,
)
from lianxi.contracts.compatibility import breaking_changes
from lianxi.contracts.envelope import LANES, Command, Event
from lianxi.contracts.registry import COMMANDS, EVENTS, SERVICES
from lianxi.kernel.errors import ContractBroken
from tests.contract.make_samples import SAMPLES

NOUNS_OF_PEOPLE = {
    *("address", "age", "birth", "body", "contact", "content", "email", "ethnicity", "gender", "holder", "id_number"),
    *("informant", "landlord", "landlord_name", "message", "mobile", "name", "nickname", "note", "occupant", "origin"),
    *("party", "person", "phone", "photo", "place", "plate", "qq", "receipt", "remark", "sex", "suspect", "tenant"),
    *("text", "unit", "wechat", "witness", "words"),
}
EVENT_KEY = re.compile(r"^(?P<service>[a-z]+)\.(?P<noun>[a-z_]+)\.(?P<done>[a-z_]+)\.v(?P<major>[1-9][0-9]*)$")
VAGUE = {"updated", "changed", "modified", "processed", "handled"}


def sample(key: str) -> Any:
    path = SAMPLES / f"{key}.json"
    assert path.exists(), f"{key} has no sample: python -m tests.contract.make_samples"
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", sorted(contract_files()))
def test_published_schemas_are_what_the_code_says(path: str) -> None:
    published = CHECKOUT / path

    assert published.exists(), f"{path} is not published: make docs"
    assert published.read_text(encoding="utf-8") == contract_files()[path], f"{path} is stale: make docs"


def test_no_schema_is_published_of_a_contract_that_is_no_more() -> None:
    published = {path.stem for path in (CHECKOUT / "docs" / "contracts").glob("*.json")}

    assert published == {*EVENTS, *COMMANDS}


def test_published_contracts_only_grow() -> None:
    assert broken_contracts() == {}


BEFORE: dict[str, Any] = {
    "properties": {"a": {"type": "string"}, "b": {"anyOf": [{"$ref": "#/$defs/B"}, {"type": "null"}]}},
    "required": ["a"],
    "$defs": {"B": {"type": "string", "enum": ["x", "y"]}},
}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"properties": {"a": {"type": "string"}}}, "/b: is gone"),
        ({"properties": {**BEFORE["properties"], "a": {"type": "integer"}}}, "/a: type was 'string' and is 'integer'"),
        ({"properties": {**BEFORE["properties"], "c": {}}, "required": ["a", "c"]}, "/c: is new and has no default"),
        ({"required": ["a", "b"]}, "/b: is now required"),
        ({"required": []}, "/a: may now be left out"),
        ({"$defs": {"B": {"type": "string", "enum": ["x"]}}}, "/b: value 'y' is gone"),
        ({"properties": {**BEFORE["properties"], "b": {"type": "string"}}}, "/b: had 2 forms and has 0"),
    ],
)
def test_a_change_that_breaks_readers_is_named(change: dict[str, Any], complaint: str) -> None:
    assert complaint in breaking_changes(BEFORE, {**BEFORE, **change})


def test_growing_breaks_nobody() -> None:
    grown = {
        **BEFORE,
        "properties": {**BEFORE["properties"], "c": {"type": "string", "default": ""}},
        "$defs": {"B": {"type": "string", "enum": ["x", "y", "z"]}},
    }

    assert breaking_changes(BEFORE, grown) == []


@pytest.mark.parametrize("key", sorted(EVENTS))
def test_letters_of_the_past_are_still_read(key: str) -> None:
    plain = sample(key)

    envelope = envelope_from_plain(from_bytes(to_bytes(plain)))
    event = open_event(envelope)

    assert type(event) is EVENTS[key]
    assert envelope_as_plain(envelope)["id"] == plain["id"]
    assert {name: value for name, value in as_plain(event).items() if name in plain["data"]} == plain["data"]


@pytest.mark.parametrize("key", sorted(COMMANDS))
def test_commands_of_the_past_are_still_read(key: str) -> None:
    plain = sample(key)

    command = as_contract(COMMANDS[key], from_bytes(to_bytes(plain)))

    assert {name: value for name, value in as_plain(command).items() if name in plain} == plain


def test_every_sample_belongs_to_a_contract() -> None:
    assert {path.stem for path in SAMPLES.glob("*.json")} == {*EVENTS, *COMMANDS}


@pytest.mark.parametrize("key", sorted(EVENTS))
def test_readers_ignore_what_a_later_writer_added(key: str) -> None:
    plain = sample(key)
    plain["data"]["added_later"] = {"by": "somebody"}
    plain["extension"] = "unknown"

    assert type(open_event(envelope_from_plain(plain))) is EVENTS[key]


@pytest.mark.parametrize("key", sorted(EVENTS))
def test_an_unknown_major_version_is_broken_and_not_guessed(key: str) -> None:
    plain = {**sample(key), "type": key.removesuffix("1") + "9"}

    with pytest.raises(ContractBroken, match=r"event\.unknown"):
        open_event(envelope_from_plain(plain))


@pytest.mark.parametrize("key", sorted(EVENTS))
def test_no_event_has_a_field_for_what_identifies_a_person(key: str) -> None:
    named = {field.name for field in fields(EVENTS[key])}  # type: ignore[arg-type]
    words = {word for name in named for word in (name, *name.split("_"))}

    assert words & NOUNS_OF_PEOPLE == NAMES_NOBODY.get(key, set())


ABOUT_PERSONS = {f"cases.party.{happened}.v1" for happened in ("named", "cleared", "corrected", "unmasked")}
NAMES_NOBODY = {"cases.criminal_referral.accepted.v1": {"receipt"}, **{key: {"party"} for key in ABOUT_PERSONS}}
"""The number of an authority's receipt, not an informant's code; the opaque id of a person of a case."""


@pytest.mark.criterion("8.5")
def test_every_event_about_a_person_of_a_case_says_how_they_stand_and_nothing_else_of_them() -> None:
    held = {key: {field.name for field in fields(each)} for key, each in EVENTS.items()}  # type: ignore[arg-type]
    words = {"party_id", "case_id", "number", "owner", "receivers", "role", "standing", "standing_zh", "standing_en"}
    words |= {"ends_at"}

    assert {key for key, names in held.items() if "party_id" in names} == set(NAMES_NOBODY) & ABOUT_PERSONS
    for key in ABOUT_PERSONS:
        assert {"role", "standing", "standing_zh", "standing_en"} <= held[key] <= words, key
        assert re.fullmatch(r"party_[0-9A-Z]{26}", sample(key)["data"]["party_id"]), key


@pytest.mark.parametrize("key", sorted(EVENTS))
def test_events_are_named_for_what_happened(key: str) -> None:
    parts = EVENT_KEY.match(key)

    assert parts is not None
    assert parts["service"] in SERVICES
    assert parts["done"] not in VAGUE


@pytest.mark.parametrize("contract", [*EVENTS.values(), *COMMANDS.values()], ids=lambda each: each.KEY)
def test_every_contract_says_what_it_is(contract: type[Event] | type[Command]) -> None:
    description = schema_of(contract.KEY, contract).get("description", "")

    assert len(description) > 12
    assert not description.startswith(contract.__name__ + "("), f"{contract.__name__} has no docstring of its own"


def test_the_committed_broker_definitions_are_the_code_s() -> None:
    committed = json.loads((CHECKOUT / "deploy" / "rabbitmq" / "definitions.json").read_text(encoding="utf-8"))

    assert committed == topology.definitions()


def test_the_committed_broker_definitions_hold_no_password() -> None:
    text = (CHECKOUT / "deploy" / "rabbitmq" / "definitions.json").read_text(encoding="utf-8")

    assert "password" not in text


def test_every_event_is_heard() -> None:
    heard = {
        event.KEY for handlers in topology.SUBSCRIPTIONS.values() for events in handlers.values() for event in events
    }

    assert heard == set(EVENTS)


@pytest.mark.parametrize("key", sorted(EVENTS))
def test_every_event_goes_to_a_queue_on_every_lane(key: str) -> None:
    bound = {(row["routing_key"], row["destination"]) for row in topology.bindings()}

    for lane in LANES:
        queues = topology.queues_hearing(key, lane)
        assert queues
        for queue in queues:
            assert (topology.routing_key(key, lane), queue) in bound

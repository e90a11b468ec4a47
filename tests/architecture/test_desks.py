"""What a desk's doors, documents and announcements say agrees with what the bus and the relay expect of it."""

from __future__ import annotations

import ast
import importlib
import inspect
from dataclasses import fields, is_dataclass
from functools import reduce
from typing import Any

import pytest

from lianxi.bus import topology
from lianxi.contracts.envelope import Event
from lianxi.contracts.registry import EVENTS
from lianxi.greenroom.entries import Accepts, Answers, Consumes, Desk, entries_of
from lianxi.store.documents import AggregateDocument
from lianxi.store.outbox import AGGREGATES
from tests.architecture.source import DESKS, modules

OF_EVERY_AGGREGATE = {"version", "outbox", "outbox_due", "audit", "inbox", "commands"}


def desk_class(desk: str) -> type[Desk]:
    module = importlib.import_module(f"services.{desk}.service")
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Desk) and value.__module__ == module.__name__
    ]
    assert len(found) == 1, f"services.{desk}.service holds one desk"
    return found[0]


def marks(desk: str, kind: type[Any]) -> list[Any]:
    return [mark for _, mark in entries_of(desk_class(desk)) if isinstance(mark, kind)]


@pytest.mark.parametrize("desk", DESKS)
def test_a_desk_goes_by_its_name(desk: str) -> None:
    assert desk_class(desk).name == desk


@pytest.mark.parametrize("desk", DESKS)
def test_a_desk_hears_what_the_topology_sends_it(desk: str) -> None:
    heard = {mark.handler: {event.KEY for event in mark.events} for mark in marks(desk, Consumes)}
    sent = {handler: {event.KEY for event in events} for handler, events in topology.SUBSCRIPTIONS[desk].items()}

    assert heard == sent


@pytest.mark.parametrize("desk", DESKS)
def test_a_desk_takes_in_what_the_topology_brings_it(desk: str) -> None:
    taken = [queue for mark in marks(desk, Accepts) for queue in topology.intake_queues(desk, mark.commands)]
    brought = [topology.intake_queue(desk, lane) for lane in topology.INTAKE.get(desk, {})]

    assert sorted(taken) == sorted(brought)


@pytest.mark.parametrize("desk", DESKS)
def test_a_question_is_asked_in_one_contract_and_answered_in_another(desk: str) -> None:
    desk_type = desk_class(desk)
    for mark in marks(desk, Answers):
        signature = inspect.signature(getattr(desk_type, mark.method), eval_str=True)
        request, answer = signature.parameters["request"].annotation, signature.return_annotation

        assert is_dataclass(request), mark.method
        assert is_dataclass(answer), mark.method
        assert {request.__module__.rpartition(".")[0], answer.__module__.rpartition(".")[0]} == {"lianxi.contracts"}


@pytest.mark.parametrize("desk", DESKS)
def test_a_desk_can_be_opened(desk: str) -> None:
    module = importlib.import_module(f"services.{desk}.service")

    assert callable(module.open_desk)
    assert set(inspect.signature(module.open_desk).parameters) == {"premises"}
    assert isinstance(module.SETTINGS, type)


def aggregate_documents(desk: str) -> dict[str, type[AggregateDocument]]:
    documents = importlib.import_module(f"services.{desk}.documents").DOCUMENTS
    return {each._meta["collection"]: each for each in documents if issubclass(each, AggregateDocument)}


@pytest.mark.parametrize("desk", DESKS)
def test_the_relay_looks_where_the_desk_writes(desk: str) -> None:
    assert set(aggregate_documents(desk)) == set(AGGREGATES[desk])


@pytest.mark.parametrize("desk", DESKS)
def test_a_desk_writes_to_its_own_database(desk: str) -> None:
    documents = importlib.import_module(f"services.{desk}.documents").DOCUMENTS

    assert {each._meta["db_alias"] for each in documents} == {desk}


def stored_pairs(desk: str) -> list[tuple[type[AggregateDocument], type[Any]]]:
    """Find every `AggregateStore(SomeDocument, SomeAggregate, …)` of a desk."""
    module = importlib.import_module(f"services.{desk}.store")
    calls = [
        node
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.Call) and ast.unparse(node.func).partition("[")[0] == "AggregateStore"
    ]
    return [(resolve(module, call.args[0]), resolve(module, call.args[1])) for call in calls]


def resolve(module: Any, name: ast.expr) -> Any:
    """Find what a name such as `domain.Tip` means in a module."""
    return reduce(getattr, ast.unparse(name).split("."), module)


@pytest.mark.parametrize("desk", DESKS)
def test_documents_hold_every_field_of_their_aggregate_and_no_other(desk: str) -> None:
    pairs = stored_pairs(desk)

    assert {document._meta["collection"] for document, _ in pairs} == set(AGGREGATES[desk])
    for document, aggregate in pairs:
        held = set(document._fields) - OF_EVERY_AGGREGATE
        assert held == {field.name for field in fields(aggregate)}, document.__name__


def announced_in(desk: str) -> set[str]:
    names = {contract.__name__: key for key, contract in EVENTS.items()}
    called = {
        ast.unparse(node.func).rpartition(".")[2]
        for module in modules(f"services/{desk}")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
    }
    mentioned = {
        node.id if isinstance(node, ast.Name) else node.attr
        for module in modules(f"services/{desk}")
        if "domain" in module.place
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Name | ast.Attribute)
    }
    return {names[name] for name in (called | mentioned) & set(names)}


@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda each: each.KEY)
def test_every_event_is_announced_by_its_own_desk(event: type[Event]) -> None:
    assert event.KEY in announced_in(event.KEY.partition(".")[0])

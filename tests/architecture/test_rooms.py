"""Every desk has the same rooms, and each room does only its own work."""

from __future__ import annotations

import ast

import pytest

from deploy.local.places import CHECKOUT
from tests.architecture.source import DESKS, PACKAGES, modules

ROOMS = {"domain", "documents", "store", "handlers", "views", "settings", "service", "policy"}
ALWAYS = {"domain", "service"}
FORBIDDEN_NAMES = {"utils", "common", "helpers", "misc", "base", "manager", "util", "helper"}
BRANCHES = (ast.If, ast.IfExp, ast.Match, ast.While, ast.For, ast.Try, ast.BoolOp)


def rooms_of(desk: str) -> set[str]:
    folder = CHECKOUT / "services" / desk
    return {path.stem for path in folder.iterdir() if (path.suffix == ".py" or (path / "__init__.py").exists())}


def test_the_desks_are_the_five() -> None:
    found = {path.name for path in (CHECKOUT / "services").iterdir() if path.is_dir() and path.name != "__pycache__"}

    assert found == set(DESKS)


@pytest.mark.parametrize("desk", DESKS)
def test_a_desk_has_the_rooms_of_the_house_and_no_other(desk: str) -> None:
    rooms = rooms_of(desk) - {"__init__"}

    assert rooms >= ALWAYS
    assert rooms <= ROOMS


@pytest.mark.parametrize("desk", DESKS)
def test_a_desk_says_what_it_is(desk: str) -> None:
    card = (CHECKOUT / "services" / desk / "README.md").read_text(encoding="utf-8")
    introduction = ast.parse((CHECKOUT / "services" / desk / "__init__.py").read_text(encoding="utf-8"))

    assert len(card.splitlines()) > 5
    assert ast.get_docstring(introduction)


@pytest.mark.parametrize("desk", DESKS)
def test_doors_decide_nothing(desk: str) -> None:
    found = [
        f"{module.place}:{node.lineno}"
        for module in modules("services")
        if module.place.startswith((f"services/{desk}/service.py", f"services/{desk}/service/"))
        for node in ast.walk(module.tree)
        if isinstance(node, BRANCHES)
    ]

    assert found == [], "a door decodes, calls once and answers; what has to be decided belongs to handlers or domain"


@pytest.mark.parametrize("package", [*PACKAGES, "tests"])
def test_no_module_is_a_drawer_for_anything(package: str) -> None:
    assert [each.place for each in modules(package) if each.path.stem in FORBIDDEN_NAMES] == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [each.place for each in modules("lianxi", "services", "gateway") if not ast.get_docstring(each.tree)]

    assert silent == []

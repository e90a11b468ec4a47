"""Budgets. Lines are lines of code: blank lines, comments and docstrings are free."""

from __future__ import annotations

from statistics import median

from tests.architecture.source import PACKAGES, Module, length_of, lines_of_code, modules

LONGEST_FUNCTION = 50
MEDIAN_FUNCTION = 8
DOORS = 150
BUDGETS = {"domain.py": 400, "service.py": DOORS}
OTHERS = 300
EXEMPT = {
    "lianxi/contracts/tips.py": "a list of declarations, read one at a time",
    "lianxi/contracts/cases.py": "a list of declarations, read one at a time",
    "lianxi/bus/topology.py": "one file on purpose: every name on the bus is built here",
}


def budget_of(module: Module) -> int:
    if not module.place.startswith("services/"):
        return OTHERS
    return DOORS if "/service/" in module.place else BUDGETS.get(module.path.name, OTHERS)


def test_no_function_is_long() -> None:
    long = {
        f"{module.place}:{function.lineno} {function.name}": length_of(module, function)
        for module in modules(*PACKAGES)
        for function in module.functions()
        if length_of(module, function) > LONGEST_FUNCTION
    }

    assert long == {}


def test_most_functions_are_short() -> None:
    lengths = [length_of(module, function) for module in modules(*PACKAGES) for function in module.functions()]

    assert median(lengths) <= MEDIAN_FUNCTION


def test_modules_keep_their_budget() -> None:
    over = {
        module.place: lines_of_code(module)
        for module in modules(*PACKAGES)
        if lines_of_code(module) > budget_of(module) and module.place not in EXEMPT
    }

    assert over == {}

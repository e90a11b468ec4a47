"""What the code says about itself: the sentence behind each rule, and nothing left for later."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.architecture.source import PACKAGES, Module, modules, tracked_files

RULES = ("services/*/domain", "services/*/policy", "lianxi/policy")
LEFT_FOR_LATER = re.compile(
    "|".join(["TO" + "DO", "FIX" + "ME", r"\bXX" + r"X\b", "NotImplemented" + "Error", "pragma: no " + "cover"])
)
NOT_PROVEN = re.compile(
    "|".join([r"pytest\.sk" + "ip", r"mark\.sk" + "ip", r"mark\.xf" + "ail", r"pytest\.xf" + "ail"])
)
SLEEPS = re.compile("|".join([r"time\.sle" + r"ep\(", r"asyncio\.sle" + r"ep\("]))
WAITING = "tests/support/waiting.py"


def rule_modules() -> Iterator[Module]:
    for module in modules("services", "lianxi/policy"):
        if any(module.path.match(f"{rule}.py") or module.path.match(f"{rule}/*.py") for rule in RULES):
            yield module


def public_functions(module: Module) -> Iterator[ast.FunctionDef]:
    for node in module.tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node


def test_every_rule_names_the_sentence_it_comes_from() -> None:
    silent = [
        f"{module.place}:{function.lineno} {function.name}"
        for module in rule_modules()
        for function in public_functions(module)
        if "Clause:" not in (ast.get_docstring(function) or "")
    ]

    assert silent == []


def test_nothing_is_left_for_later() -> None:
    found = [
        f"{module.place}:{number}"
        for module in modules(*PACKAGES, "tests")
        for number, line in enumerate(module.text.splitlines(), 1)
        if LEFT_FOR_LATER.search(line)
    ]

    assert found == []


def test_no_test_is_let_off() -> None:
    found = [
        f"{module.place}:{number}"
        for module in modules("tests")
        for number, line in enumerate(module.text.splitlines(), 1)
        if NOT_PROVEN.search(line)
    ]

    assert found == []


def test_tests_wait_for_what_happens_and_not_for_time() -> None:
    found = [
        f"{module.place}:{number}"
        for module in modules("tests")
        for number, line in enumerate(module.text.splitlines(), 1)
        if SLEEPS.search(line) and module.place != WAITING
    ]

    assert found == []


def test_no_conflict_is_left_in_a_file() -> None:
    marks = (b"<" * 7 + b" ", b">" * 7 + b" ")

    assert [path.name for path in tracked_files() if any(mark in path.read_bytes() for mark in marks)] == []

"""Whatever cites the plan cites a sentence that exists, and the shipped index of sentences is fresh."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from lianxi.policy.clauses import CITATION
from lianxi.policy.index import clause_index
from lianxi.policy.load import read_policy
from lianxi.policy.policy import Policy

ROOT = Path(__file__).resolve().parents[2]
CODE = ("lianxi", "services", "gateway", "deploy")


@pytest.fixture(scope="module")
def policy() -> Policy:
    return read_policy(ROOT / "deploy" / "policy")


def sources() -> Iterator[Path]:
    for folder in CODE:
        yield from sorted((ROOT / folder).rglob("*.py"))


def test_the_index_of_sentences_is_fresh(policy: Policy) -> None:
    written = (ROOT / "docs" / "source" / "clauses.md").read_text(encoding="utf-8")

    assert written == clause_index(policy), "run: lianxi policy index > docs/source/clauses.md"


def test_the_index_lists_every_sentence_once(policy: Policy) -> None:
    written = (ROOT / "docs" / "source" / "clauses.md").read_text(encoding="utf-8")
    listed = [line.split("|")[1].strip() for line in written.splitlines() if line.startswith("| L")]

    assert listed == list(policy.clauses)


def test_code_cites_only_sentences_that_exist(policy: Policy) -> None:
    cited = {
        (path.relative_to(ROOT).as_posix(), clause)
        for path in sources()
        for clause in CITATION.findall(path.read_text(encoding="utf-8"))
    }

    assert cited
    assert [(path, clause) for path, clause in sorted(cited) if clause not in policy.clauses] == []


def test_every_public_function_of_the_shared_policy_names_its_clause() -> None:
    silent = []
    for path in sorted((ROOT / "lianxi" / "policy").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_") or is_property(node):
                continue
            if is_public(path, node) and "Clause:" not in (ast.get_docstring(node) or ""):
                silent.append(f"{path.name}:{node.lineno} {node.name}")

    assert silent == []


def is_property(node: ast.FunctionDef) -> bool:
    return any(
        isinstance(mark, ast.Name) and mark.id in {"property", "cached_property"} for mark in node.decorator_list
    )


def is_public(path: Path, node: ast.FunctionDef) -> bool:
    """Methods of a private class are private."""
    for parent in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(parent, ast.ClassDef) and parent.name.startswith("_"):
            inside = range(parent.lineno, (parent.end_lineno or parent.lineno) + 1)
            if node.lineno in inside:
                return False
    return True

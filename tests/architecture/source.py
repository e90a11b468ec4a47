"""Reads the project's own source, for tests of how it is built."""

from __future__ import annotations

import ast
import io
import subprocess
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from deploy.local.places import CHECKOUT
from lianxi.contracts.registry import SERVICES

DESKS = SERVICES
PACKAGES = ("lianxi", "services", "gateway", "deploy", "bench")


@dataclass(frozen=True)
class Module:
    """One source file."""

    path: Path

    @property
    def place(self) -> str:
        """Where it lies in the checkout."""
        return self.path.relative_to(CHECKOUT).as_posix()

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def tree(self) -> ast.Module:
        return _parsed(self.path)

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def imported(self) -> Iterator[str]:
        """Name every imported module, wherever the import stands."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (each.name for each in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module is not None:
                yield node.module


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """List the source files of folders of the checkout."""
    return tuple(Module(path) for folder in folders for path in sorted((CHECKOUT / folder).rglob("*.py")))


@cache
def tracked_files() -> tuple[Path, ...]:
    """List what git keeps, without what is staged to go."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, check=True, text=True).stdout
    return tuple(path for name in listed.split("\0") if name and (path := CHECKOUT / name).is_file())


def lines_of_code(module: Module) -> int:
    """Count lines that hold code: no blank lines, comments or docstrings, so that explaining costs nothing."""
    return len(_code_lines(module) - {line for node in ast.walk(module.tree) for line in _docstring_lines(node)})


def length_of(module: Module, function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count a function's lines of code in the same way, without its decorators."""
    last = function.end_lineno or function.lineno
    own = {line for node in ast.walk(function) for line in _docstring_lines(node)}
    return len((_code_lines(module) & set(range(function.lineno, last + 1))) - own)


@cache
def _code_lines(module: Module) -> frozenset[int]:
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    tokens = tokenize.generate_tokens(io.StringIO(module.text).readline)
    return frozenset(
        line for token in tokens if token.type not in silent for line in range(token.start[0], token.end[0] + 1)
    )


def _docstring_lines(node: ast.AST) -> range:
    if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or not node.body:
        return range(0)
    first = node.body[0]
    if not (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    ):
        return range(0)
    return range(first.lineno, (first.end_lineno or first.lineno) + 1)

"""Holds every answer that a test gets from a running town against the town's own description of it (criterion 14.5).

The clients of `town.http` carry it as a hook: what is answered but not described, or not as it is described, fails the
test that asked. It costs a tenth of a millisecond an answer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

import httpx2
import jsonschema_rs

HERE: Final = "urn:lianxi"
PROBLEM: Final = "application/problem+json"
DESCRIBED: Final = ("/v1/", "/oauth/")
Operation = dict[str, Any]


class Described:
    """A description of paths, ready to be held against answers."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.seen: Counter[tuple[str, str, int]] = Counter()
        self._registry = jsonschema_rs.Registry([(HERE, _closed(document))])
        self._validators: dict[str, Any] = {}
        self._paths = sorted(
            ((re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path))), path) for path in document["paths"]),
            key=lambda each: each[1].count("{"),
        )

    def path_of(self, address: str) -> str | None:
        """Find the described path that an address belongs to."""
        return next((path for pattern, path in self._paths if pattern.fullmatch(address)), None)

    def check(self, answer: httpx2.Response) -> None:
        """Fail when an answer is not as it is described."""
        address, method = answer.url.path, answer.request.method
        if not address.startswith(DESCRIBED) or method in {"HEAD", "OPTIONS"}:
            return
        answer.read()
        wrong = list(self.wrongs(method, address, answer))
        assert not wrong, f"{method} {address} {answer.status_code}: {'; '.join(wrong)}\n{answer.text[:1_000]}"

    def wrongs(self, method: str, address: str, answer: httpx2.Response) -> Iterator[str]:
        """Say what is not as described."""
        path = self.path_of(address)
        operation = self.document["paths"].get(path, {}).get(method.lower())
        if operation is None:
            # Nothing is described there, and that is what has to be answered.
            yield from () if answer.status_code in {401, 404, 405, 413, 429} else ("is not described",)
            return
        assert path is not None
        self.seen[method, path, answer.status_code] += 1
        described = operation["responses"].get(str(answer.status_code))
        if described is None:
            if answer.status_code < 400:
                yield "this status is not described"
            described = operation["responses"]["default"]
        yield from self._of_content(described.get("content", {}), answer)

    def _of_content(self, content: dict[str, Any], answer: httpx2.Response) -> Iterator[str]:
        kind = answer.headers.get("content-type", "").partition(";")[0].strip()
        if not content:
            return
        if kind not in content:
            yield f"comes as {kind or 'nothing'} and not as {', '.join(content)}"
        elif kind.endswith("json") and (schema := content[kind].get("schema")):
            told = answer.json()
            yield from (f"{error.instance_path}: {error.message[:200]}" for error in self._errors(schema, told))
            if kind == PROBLEM and told.get("code") not in self.document["x-problem-codes"]:
                yield f"code {told.get('code')} is not listed"

    def _errors(self, schema: Any, told: Any) -> Iterator[Any]:
        key = repr(schema)
        if key not in self._validators:
            self._validators[key] = jsonschema_rs.validator_for(
                _absolute(schema), registry=self._registry, validate_formats=True
            )
        return iter(self._validators[key].iter_errors(told))


def _closed(value: Any) -> Any:
    """Let what is answered hold nothing that is not described; only a problem may bring another standard's word."""
    if isinstance(value, dict):
        closed = {key: _closed(each) for key, each in value.items()}
        if isinstance(value.get("properties"), dict) and value.get("title") != "ProblemDocument":
            closed.setdefault("additionalProperties", False)
        return closed
    return [_closed(each) for each in value] if isinstance(value, list) else value


def _absolute(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {
            key: f"{HERE}{each}" if key == "$ref" and isinstance(each, str) else _absolute(each)
            for key, each in schema.items()
        }
    return [_absolute(each) for each in schema] if isinstance(schema, list) else schema


@lru_cache(maxsize=4)
def described_at(gateway_url: str) -> Described:
    """Read what a running gateway says of itself, once."""
    return Described(httpx2.get(f"{gateway_url}/openapi.json", timeout=60, trust_env=False).json())


def held_to_its_word(gateway_url: str) -> Any:
    """Make the hook for a client of a running gateway."""

    def hook(answer: httpx2.Response) -> None:
        described_at(gateway_url).check(answer)

    return hook


def walk(http: httpx2.Client, known: Described, each: int = 1) -> None:
    """Read every list, then open what the lists name, one of each kind."""
    named: dict[str, list[str]] = {}
    readable = [path for path, methods in known.document["paths"].items() if "get" in methods]
    for path in readable:
        if "{" not in path:
            answer = http.get(path)
            if answer.is_success and answer.headers["content-type"].startswith("application/json"):
                _gather(answer.json(), named)
    for path in readable:
        places = re.findall(r"\{([^}]*)\}", path)
        if len(places) == 1:
            for value in named.get(places[0], ())[:each]:
                http.get(path.replace(f"{{{places[0]}}}", value))


def _gather(told: Any, named: dict[str, list[str]]) -> None:
    if isinstance(told, dict):
        for key, value in told.items():
            if isinstance(value, str) and value and value not in named.setdefault(key, []):
                named[key].append(value)
            _gather(value, named)
    elif isinstance(told, list):
        for value in told:
            _gather(value, named)

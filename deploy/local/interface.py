"""The released interface: what integrators were promised, and whether the code still keeps it (criterion 14.5).

`docs/released/` holds the interface as it was last released: every path with its shapes, every event and command.
``python -m deploy.local.interface`` says what the code of today breaks of it; ``--release`` keeps today's interface as
the released one, and refuses while anything is broken. What must go is first marked as deprecated beside what takes its
place, released like that, and may go with the release after (docs/integration.md).
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from deploy.local.generate import as_json, contract_files
from deploy.local.narrowing import Comparison
from deploy.local.places import CHECKOUT
from gateway.openapi import interface
from lianxi.contracts.compatibility import breaking_changes

Document = dict[str, Any]
RELEASED: Final = CHECKOUT / "docs" / "released"
PATHS: Final = RELEASED / "openapi.json"
CONTRACTS: Final = RELEASED / "contracts.json"
WHAT_TO_DO: Final = (
    "This breaks systems that were built on the released interface. Give it back, or put the new beside the old (a new "
    "field, another path, the next `.v` of an event) and mark the old as deprecated; it may go one release later. See "
    "docs/integration.md, What may change."
)
_WORDS: Final = {"title", "description", "summary", "examples", "example", "tags", "operationId", "default"}
_NAMES: Final = {"properties", "patternProperties", "$defs", "schemas", "paths", "x-problem-codes", "responses"}


@cache
def described() -> Document:
    """Describe the interface as the code of today has it."""
    return interface()


def contracts() -> Document:
    """Write the schema of every event and command, by its key."""
    return {Path(path).stem: bare(json.loads(text)) for path, text in contract_files().items()}


def bare(value: Any, *, is_names: bool = False) -> Any:
    """Leave out what is only said to people: a better word breaks nobody."""
    if isinstance(value, Mapping):
        dropped = set() if is_names else _WORDS
        kept = {key: each for key, each in value.items() if key not in dropped}
        return {key: bare(each, is_names=key in _NAMES and not is_names) for key, each in kept.items()}
    return [bare(each) for each in value] if isinstance(value, list) else value


def breaks(before: Document, after: Document) -> list[str]:
    """List what one description of the paths takes away from those who know the other."""
    old, new = dict(_operations(before)), dict(_operations(after))
    found: list[str] = []
    for name, operation in old.items():
        if name in new:
            found += [f"{name[0]} {name[1]} {each}" for each in _of_operation(operation, new[name], before, after)]
        elif not operation.get("deprecated"):
            found.append(f"{name[0]} {name[1]} is gone")
    codes = set(before.get("x-problem-codes", ())) - set(after.get("x-problem-codes", ()))
    return found + [f"problem code {each} is gone" for each in sorted(codes)]


def broken_events(before: Document, after: Document) -> list[str]:
    """List what events and commands take away."""
    found = [f"{key} is gone" for key in before if key not in after]
    return found + [
        f"{key} {each}" for key in before if key in after for each in breaking_changes(before[key], after[key])
    ]


def _operations(document: Document) -> Iterator[tuple[tuple[str, str], Document]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            # What a place in a path is called stands in nobody's request.
            yield (method.upper(), re.sub(r"\{[^}]*\}", "{}", path)), operation


def _of_operation(old: Document, new: Document, before: Document, after: Document) -> Iterator[str]:
    sent = Comparison(before, after, "sent")
    yield from _of_parameters(old, new, sent)
    yield from _of_body(old.get("requestBody"), new.get("requestBody"), sent)
    yield from _of_answers(old["responses"], new["responses"], Comparison(before, after, "answered"))
    needed = _scopes(new) - _scopes(old)
    yield from (f"needs the scope {scope} now" for scope in sorted(needed))
    if old.get("x-right") != new.get("x-right") is not None:
        yield f"needs the right {new['x-right']} now"


def _of_parameters(old: Document, new: Document, sent: Comparison) -> Iterator[str]:
    was, now = _parameters(old), _parameters(new)
    for name, each in was.items():
        if name not in now:
            if not each.get("deprecated"):
                yield f"{name} is gone"
        else:
            yield from sent.losses(name, each["schema"], now[name]["schema"])
    for name, each in now.items():
        if each.get("required") and not was.get(name, {}).get("required"):
            yield f"{name} is now needed"


def _parameters(operation: Document) -> Document:
    # Places in a path are told apart by where they stand; their names are nobody's business.
    found, places = {}, 0
    for each in operation.get("parameters", ()):
        name = f"{each['in']} {each['name']}"
        if each["in"] == "path":
            places += 1
            name = f"place {places} of the path"
        found[name] = each
    return found


def _of_body(old: Document | None, new: Document | None, sent: Comparison) -> Iterator[str]:
    if old is None or new is None:
        if old is not None:
            yield "body is no longer taken"
        elif new is not None and new.get("required"):
            yield "body is now needed"
        return
    if new.get("required") and not old.get("required"):
        yield "body is now needed"
    for kind, each in old["content"].items():
        if kind not in new["content"]:
            yield f"body as {kind} is no longer taken"
        else:
            yield from sent.losses("body ", each.get("schema", {}), new["content"][kind].get("schema", {}))


def _of_answers(old: Document, new: Document, answered: Comparison) -> Iterator[str]:
    for code, answer in old.items():
        if code not in new:
            yield f"no longer answers {code}"
            continue
        for kind, each in answer.get("content", {}).items():
            now = new[code].get("content", {})
            if kind not in now:
                yield f"{code} no longer comes as {kind}"
            else:
                yield from answered.losses(f"{code} ", each.get("schema", {}), now[kind].get("schema", {}))


def _scopes(operation: Document) -> set[str]:
    return {scope for each in operation.get("security", ()) for scopes in each.values() for scope in scopes}


def check() -> list[str]:
    """List what the code of today breaks of what was released."""
    released = [json.loads(path.read_text(encoding="utf-8")) for path in (PATHS, CONTRACTS)]
    return breaks(released[0], bare(described())) + broken_events(released[1], contracts())


def release() -> None:
    """Keep today's interface as the released one."""
    RELEASED.mkdir(exist_ok=True)
    for path, told in ((PATHS, bare(described())), (CONTRACTS, contracts())):
        path.write_text(as_json(told), encoding="utf-8")
        print(f"wrote {path.relative_to(CHECKOUT)}")


def main(arguments: list[str]) -> int:
    """Say what is broken; keep today's interface as the released one if nothing is and it is wanted."""
    broken = check() if PATHS.exists() else []
    if broken:
        print(*broken, WHAT_TO_DO, sep="\n")
        return 1
    if "--release" in arguments:
        release()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

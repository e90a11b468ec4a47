"""What may change in a published contract: it may grow, nothing else.

A reader that knows only the old contract must be able to read what a new writer writes, and the other way round. A
list of values may grow: readers outside treat one that they do not know as *other* (docs/integration.md). What cannot
be grown gets a new major version, announced beside the old one for a release.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_SHAPE = (
    "type",
    "format",
    "const",
    "prefixItems",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "minimum",
)
Schema = Mapping[str, Any]


def breaking_changes(before: Schema, after: Schema) -> list[str]:
    """List what a new JSON schema of a contract breaks for those who know the old one; empty when it only grew."""
    return list(_compare("", before, after, before.get("$defs", {}), after.get("$defs", {})))


def _compare(path: str, before: Schema, after: Schema, old: Schema, new: Schema) -> Iterator[str]:
    before, after = _resolved(before, old), _resolved(after, new)
    yield from _compare_members(path, before, after, old, new)
    for word in _SHAPE:
        if before.get(word) != after.get(word):
            yield f"{path or '/'}: {word} was {before.get(word)!r} and is {after.get(word)!r}"
    for value in before.get("enum", ()):
        if value not in after.get("enum", ()):
            yield f"{path or '/'}: value {value!r} is gone"
    if isinstance(before.get("items"), Mapping) and isinstance(after.get("items"), Mapping):
        yield from _compare(f"{path}[]", before["items"], after["items"], old, new)
    yield from _compare_choices(path, before.get("anyOf", ()), after.get("anyOf", ()), old, new)


def _compare_members(path: str, before: Schema, after: Schema, old: Schema, new: Schema) -> Iterator[str]:
    members, then = before.get("properties", {}), after.get("properties", {})
    for name, member in members.items():
        if name not in then:
            yield f"{path}/{name}: is gone"
        else:
            yield from _compare(f"{path}/{name}", member, then[name], old, new)
    was_required = set(before.get("required", ()))
    is_required = set(after.get("required", ()))
    yield from (f"{path}/{name}: is new and has no default" for name in sorted(is_required - set(members)))
    yield from (f"{path}/{name}: is now required" for name in sorted((is_required - was_required) & set(members)))
    yield from (f"{path}/{name}: may now be left out" for name in sorted(was_required - is_required) if name in then)


def _compare_choices(path: str, before: Any, after: Any, old: Schema, new: Schema) -> Iterator[str]:
    if len(before) != len(after):
        yield f"{path}: had {len(before)} forms and has {len(after)}"
        return
    for one, other in zip(before, after, strict=True):
        yield from _compare(path, one, other, old, new)


def _resolved(schema: Schema, definitions: Schema) -> Schema:
    reference = schema.get("$ref")
    return definitions[reference.rpartition("/")[2]] if reference is not None else schema

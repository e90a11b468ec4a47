"""What a change of a JSON schema takes away: from whoever sends by the old one, or from whoever reads by it.

What is sent may be asked for more generously, never more strictly. What is answered may say more, never less, and never
in another form; a list of values that are answered may grow, since readers outside treat one that they do not know as
*other* (docs/integration.md). What was released as deprecated may go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Schema = Mapping[str, Any]
Way = Literal["sent", "answered"]
_TIGHTER_UP: Final = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
_TIGHTER_DOWN: Final = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
_SAME: Final = ("format", "pattern", "patternProperties", "propertyNames", "multipleOf")
_ANYTHING: Final = "anything"


@dataclass
class Comparison:
    """Two documents' schemas, side by side."""

    before: Schema
    after: Schema
    way: Way
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def losses(self, path: str, before: Schema, after: Schema) -> Iterator[str]:
        """Say what the new schema takes away, each with where."""
        pair = (str(before.get("$ref")), str(after.get("$ref")))
        if "$ref" in before and "$ref" in after:
            if pair in self._seen:
                return
            self._seen.add(pair)
        old, new = list(_forms(before, self.before)), list(_forms(after, self.after))
        for form in old:
            if (other := _match(form, new)) is not None:
                yield from self._of_form(path, form, other)
        yield from self._of_kinds(path or "/", old, new)

    def _of_kinds(self, path: str, old: list[Schema], new: list[Schema]) -> Iterator[str]:
        narrow, wide, complaint = (
            (old, new, "{} is no longer taken") if self.way == "sent" else (new, old, "may now be {}")
        )
        for form in narrow:
            kind = _kind(form)
            if _match(form, wide) is None:
                yield f"{path}: {complaint.format(kind)}"
            elif len(_of_kind(kind, narrow)) > len(_of_kind(kind, wide)) > 0:
                yield f"{path}: {complaint.format(f'another {kind}')}"

    def _of_form(self, path: str, before: Schema, after: Schema) -> Iterator[str]:
        yield from self._of_values(path or "/", before, after)
        yield from self._of_members(path, before, after)
        for word in ("items", "additionalProperties"):
            if isinstance(before.get(word), Mapping) and isinstance(after.get(word), Mapping):
                yield from self.losses(f"{path}[]", before[word], after[word])
        old, new = before.get("prefixItems", ()), after.get("prefixItems", ())
        if len(old) != len(new):
            yield f"{path or '/'}: had {len(old)} places and has {len(new)}"
        for number, (one, other) in enumerate(zip(old, new, strict=False)):
            yield from self.losses(f"{path}[{number}]", one, other)

    def _of_values(self, path: str, before: Schema, after: Schema) -> Iterator[str]:
        old, new = _values(before), _values(after)
        if old is not None and new is not None:
            yield from (f"{path}: value {each!r} is gone" for each in old if each not in new)
        elif old is not None and self.way == "answered":
            yield f"{path}: is no longer one of a list of values"
        elif new is not None and self.way == "sent":
            yield f"{path}: only a list of values is taken now"
        if self.way == "sent":
            yield from _tighter(path, before, after)
        elif before.get("format") not in {None, after.get("format")}:
            yield f"{path}: format was {before.get('format')!r} and is {after.get('format')!r}"

    def _of_members(self, path: str, before: Schema, after: Schema) -> Iterator[str]:
        members, then = before.get("properties", {}), after.get("properties", {})
        for name, member in members.items():
            if name in then:
                yield from self.losses(f"{path}/{name}", member, then[name])
            elif not member.get("deprecated"):
                yield f"{path}/{name}: is gone"
        was, now = set(before.get("required", ())), set(after.get("required", ()))
        if self.way == "answered":
            yield from (f"{path}/{name}: may now be missing" for name in sorted(was - now) if name in then)
            return
        yield from (f"{path}/{name}: is now needed" for name in sorted(now - was))
        if after.get("additionalProperties") is False and before.get("additionalProperties", True) is not False:
            yield f"{path or '/'}: fields of other names are no longer taken"


def _forms(schema: Schema, document: Schema) -> Iterator[Schema]:
    """Take a schema apart into the kinds of value that it allows."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from ({"title": name, **form} for form in _forms(document["components"]["schemas"][name], document))
    elif choices := [*schema.get("anyOf", ()), *schema.get("oneOf", ())]:
        for each in choices:
            yield from _forms(each, document)
    elif isinstance(schema.get("type"), list):
        yield from ({**schema, "type": each} for each in schema["type"])
    else:
        yield schema


def _kind(form: Schema) -> str:
    return str(form.get("type", _ANYTHING))


def _of_kind(kind: str, among: list[Schema]) -> list[Schema]:
    return [each for each in among if _kind(each) == kind]


def _match(form: Schema, among: list[Schema]) -> Schema | None:
    """Find the form that takes the place of one; of several objects or texts, the one of its name or format."""
    same = _of_kind(_kind(form), among)
    for word in ("title", "format"):
        if len(same) > 1:
            same = [each for each in same if each.get(word) == form.get(word)] or same
    wider = "number" if _kind(form) == "integer" else None
    # Whoever takes anything takes this too; the other way round something is lost to one of the two.
    others = [each for each in among if _kind(each) in {wider, _ANYTHING}]
    return next(iter([*same, *others]), None)


def _values(form: Schema) -> list[Any] | None:
    return [form["const"]] if "const" in form else form.get("enum")


def _tighter(path: str, before: Schema, after: Schema) -> Iterator[str]:
    for word in (*_TIGHTER_UP, *_TIGHTER_DOWN):
        old, new = before.get(word), after.get(word)
        if new is None or new == old:
            continue
        if old is None or (new > old if word in _TIGHTER_UP else new < old):
            yield f"{path}: {word} was {old} and is {new}"
    for word in _SAME:
        if after.get(word) is not None and after.get(word) != before.get(word):
            yield f"{path}: {word} was {before.get(word)!r} and is {after.get(word)!r}"

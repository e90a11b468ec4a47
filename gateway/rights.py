"""The permission table at the door: who is let in to do what, and what of an answer leaves again.

Clause: none; criterion 8.1. One place on the way in and one on the way out. The way in names the right that a route
needs, before anything else is looked at; which rows it reaches travels to the desk, which makes a filter of it, so
that lists and counts never hold what the caller may not know of. The way out cuts every answer to its reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from gateway.refusals import NotAllowed
from lianxi.contracts import codec
from lianxi.contracts.envelope import Caller
from lianxi.contracts.rights import BLURRED, LISTED, MASKED_BY, REDACTED, SHOWS
from lianxi.contracts.showing import Shown
from lianxi.policy.policy import Policy
from lianxi.policy.rights import ALL_OF_IT, Permissions, Standing

_EMPTY: Final[dict[type[Any], Any]] = {list: [], dict: {}}


def admit(permissions: Permissions, caller: Caller, right: str) -> Caller:
    """Let a caller in to do something, and note on which rows.

    Args:
        permissions: the table.
        caller: whoever asks.
        right: resource and action, as `tip.decide`.

    Raises:
        NotAllowed: right.missing.
    """
    resource, _, action = right.partition(".")
    rows = permissions.rows_of(caller.roles, resource, action)
    if not rows:
        raise NotAllowed("right.missing", resource=resource, action=action)
    return replace(caller, rows=tuple(sorted(rows)))


def cut(policy: Policy, caller: Caller, view: Any) -> Any:
    """Write an answer as plain JSON, without what its reader may not see."""
    plain = codec.as_plain(view)
    if hasattr(view, LISTED):
        plain[LISTED] = [_cut(policy, caller, one, told) for one, told in zip(view.items, plain[LISTED], strict=True)]
        return plain
    return _cut(policy, caller, view, plain)


def _cut(policy: Policy, caller: Caller, view: Any, plain: Any) -> Any:
    shape = SHOWS.get(type(view))
    if shape is None:
        return plain
    standing = _standing(caller, view, shape)
    for group, names in shape.groups.items():
        level = policy.permissions.level_of(caller.roles, shape.resource, group, standing)
        if level == "absent":
            for name in names:
                plain.pop(name, None)
        elif level == "masked" and (shape.resource, group) not in REDACTED:
            mask = MASKED_BY.get((shape.resource, group), _blurred)
            plain |= {name: mask(plain[name]) for name in names if name in plain}
    return plain


def _blurred(value: Any) -> Any:
    """Say that something is there without saying what."""
    return BLURRED if isinstance(value, str) else _EMPTY.get(type(value))


def _standing(caller: Caller, view: Any, shape: Shown) -> Standing:
    """Work out how a reader stands to an item from the desks and the village that it names itself."""
    if not shape.desks:
        return replace(ALL_OF_IT, own_area=_is_in_area(caller, view, shape))
    desks = set(_named(view, shape.desks))
    agency = any(caller.holds(desk) for desk in desks)
    desk = agency if not caller.desks else bool(desks & {*caller.desks, caller.agency})
    # A desk answers only those whom an item involves, also by what it does not name: who handed it in, a past copy.
    involved = agency or ("involved" in caller.rows and not caller.sees_all)
    return Standing(
        own=involved,
        own_desk=desk,
        own_agency=agency,
        own_area=_is_in_area(caller, view, shape),
        involved=involved,
    )


def _is_in_area(caller: Caller, view: Any, shape: Shown) -> bool:
    return shape.village is None or not caller.areas or getattr(view, shape.village, None) in caller.areas


def _named(view: Any, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        value = getattr(view, name, None)
        yield from (value,) if isinstance(value, str) else value or ()


def cut_fields() -> dict[str, frozenset[str]]:
    """Name, for each answer, the fields that may be missing from it: its description says so."""
    return {
        view.__name__: frozenset(name for names in shape.groups.values() for name in names)
        for view, shape in SHOWS.items()
    }

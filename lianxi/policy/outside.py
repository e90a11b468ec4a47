"""Whom the town tells outside its own trays, on which channels and in which words: number, clock and link, no more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from lianxi.policy.model import Sourced

VARIABLES = frozenset({"number", "clock", "link"})
"""All that a body may carry beside its own words (criterion 18.2)."""

_PLACED = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideChannel(Sourced):
    """A way to reach somebody outside: who carries it, and at which address, is the deployment's and never shipped."""

    code: str
    name_zh: str
    name_en: str
    letters_at_most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideReceiver(Sourced):
    """A telephone or mailbox of an office, never of a person by name. The address is the deployment's, never shipped.

    `calls_for` names the desks and roles of ladders (`office`, `duty_leader`, `chair`) that are reached by it; `desk`
    is the desk that answers for it and sees what was sent.
    """

    code: str
    name_zh: str
    name_en: str
    desk: str
    calls_for: tuple[str, ...]
    channels: tuple[str, ...]
    language: Literal["zh", "en"] = "zh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Sourced):
    """Which receivers are told of an event; without categories for every item, else only for items of those."""

    code: str
    event: str
    receivers: tuple[str, ...]
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Template(Sourced):
    """The words for one event on one channel in one language; `required` are the variables that it must carry."""

    code: str
    event: str
    channel: str
    language: Literal["zh", "en"]
    text: str
    required: tuple[str, ...]

    @property
    def variables(self) -> frozenset[str]:
        """The variables that the words carry."""
        return frozenset(_PLACED.findall(self.text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """All of `outside.toml`."""

    channels: tuple[OutsideChannel, ...] = field(metadata={"key": "channel"})
    receivers: tuple[OutsideReceiver, ...] = field(metadata={"key": "receiver"})
    calls: tuple[Call, ...] = field(metadata={"key": "call"})
    templates: tuple[Template, ...] = field(metadata={"key": "template"})

    def called(self, event: str, category: str) -> Iterator[OutsideReceiver]:
        """Name who is called for an event of a category, each once.

        Clause: L7.1.
        """
        codes = {
            code
            for call in self.calls
            if call.event == event and (not call.categories or category in call.categories)
            for code in call.receivers
        }
        return (each for each in self.receivers if each.code in codes)

    def reached_for(self, roles: frozenset[str]) -> Iterator[OutsideReceiver]:
        """Name who is reached when some desks or roles are called, each once.

        Clause: L7.1.
        """
        return (each for each in self.receivers if roles & set(each.calls_for))

    def template(self, event: str, channel: str, language: str) -> Template | None:
        """Find the words for an event on a channel; in the other language rather than not at all.

        Clause: none.
        """
        fit = [each for each in self.templates if (each.event, each.channel) == (event, channel)]
        return min(fit, key=lambda each: each.language != language, default=None)

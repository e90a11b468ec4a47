"""Whom the town tells outside its own trays, on which channels and in which words: number, clock and link, no more."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from lianxi.kernel.clock import local_date, local_midnight
from lianxi.kernel.errors import PolicyBroken
from lianxi.policy.model import Sourced

VARIABLES = frozenset({"number", "clock", "link"})
"""All that a body may carry beside its own words (criterion 18.2)."""

DIGEST = "digest"
"""The event of templates that tell how much was gathered."""

DAY = timedelta(days=1)
_HOUR = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
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
    is the desk that answers for it and sees what was sent. With `digest_at`, an hour such as `08:30`, whatever is not
    urgent is gathered until then and told as one number.
    """

    code: str
    name_zh: str
    name_en: str
    desk: str
    calls_for: tuple[str, ...]
    channels: tuple[str, ...]
    language: Literal["zh", "en"] = "zh"
    digest_at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Sourced):
    """Which receivers are told of an event; with categories only of items of those, with channels only on those."""

    code: str
    event: str
    receivers: tuple[str, ...]
    categories: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


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
class Quiet(Sourced):
    """Hours in which nobody outside is told of anything but the fast lane; they may run over midnight."""

    code: str
    starts: str
    ends: str

    def end_of(self, now: datetime) -> datetime | None:
        """Say when these hours are over, if they are running.

        Clause: none (criterion 18.1).
        """
        on = local_date(now)
        for day in (on - DAY, on):
            starts, ends = at_hour(day, self.starts), at_hour(day, self.ends)
            ends = ends if ends > starts else ends + DAY
            if starts <= now < ends:
                return ends
        return None


def at_hour(on: date, written: str) -> datetime:
    """Read an hour of a day of the town, written as `08:30`.

    Clause: none (criterion 18.1).
    Raises:
        PolicyBroken: policy.hour_unreadable.
    """
    found = _HOUR.fullmatch(written)
    if found is None:
        raise PolicyBroken("policy.hour_unreadable", hour=written)
    return local_midnight(on) + timedelta(hours=int(found[1]), minutes=int(found[2]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """All of `outside.toml`."""

    channels: tuple[OutsideChannel, ...] = field(metadata={"key": "channel"})
    receivers: tuple[OutsideReceiver, ...] = field(metadata={"key": "receiver"})
    calls: tuple[Call, ...] = field(metadata={"key": "call"})
    templates: tuple[Template, ...] = field(metadata={"key": "template"})
    quiets: tuple[Quiet, ...] = field(default=(), metadata={"key": "quiet"})

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

    def told(self, event: str, desks: Collection[str]) -> Iterator[tuple[OutsideReceiver, str]]:
        """Name the receivers and channels on which some desks are told of an event, each once.

        Clause: L81.2.
        """
        receivers = {each.code: each for each in self.receivers}
        found = {
            (code, channel): receivers[code]
            for call in self.calls
            if call.event == event
            for code in call.receivers
            if code in receivers and receivers[code].desk in desks
            for channel in receivers[code].channels
            if not call.channels or channel in call.channels
        }
        return ((receiver, channel) for (_, channel), receiver in found.items())

    def opens_at(self, now: datetime) -> datetime:
        """Say when somebody outside may be told of what is not urgent: now, or when the quiet hours are over.

        Clause: none (criterion 18.1).
        """
        ends = [end for end in (each.end_of(now) for each in self.quiets) if end is not None]
        return max(ends, default=now)

    def gathers_until(self, receiver: OutsideReceiver, now: datetime) -> datetime:
        """Say when a receiver is told next of what was gathered for it.

        Clause: none (criterion 18.1).
        """
        today = at_hour(local_date(now), receiver.digest_at)
        return self.opens_at(today if today > now else today + DAY)

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

"""Whether the town can be reached when somebody is held: receivers, channels and words that say nothing of the case."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from lianxi.kernel.errors import PolicyBroken
from lianxi.policy.findings import Finding, error
from lianxi.policy.outside import DIGEST, VARIABLES, Outside, OutsideReceiver, Template, at_hour
from lianxi.policy.policy import Policy

ALARM = "tips.rescue.raised.v1"
RUNG = "tips.clock.rung_reached.v1"
ALARM_REACHES = ("police/command-centre", "office")
ALARM_CHANNELS = 2
ALARM_ROLES = ("office", "duty_leader", "chair")
ALARM_ROUTES = ("person_held", "student_trapped", "major_event")
"""The marks of the fast lane: a town without one of them has nowhere to put such an item."""

STUDENT, EDUCATION = "student_trapped", "education/desk"
_A_NUMBER = re.compile(r"\d")


def outside_findings(policy: Policy) -> Iterator[Finding]:
    """Find receivers that nobody answers for, calls in no words, words that tell of the case, and an alarm half heard.

    Clause: none (criteria 17.1, 18.1, 18.2).
    """
    receivers = {each.code: each for each in policy.outside.receivers}
    channels = {each.code: each.letters_at_most for each in policy.outside.channels}
    for each in receivers.values():
        if each.desk not in policy.desks:
            yield _wrong("outside.desk_unknown", f"{each.code}: {each.desk}", each.clause)
        for channel in set(each.channels) - set(channels):
            yield _wrong("outside.channel_unknown", f"{each.code}: {channel}", each.clause)
    for call in policy.outside.calls:
        for code in call.receivers:
            if code not in receivers:
                yield _wrong("outside.receiver_unknown", f"{call.code}: {code}", call.clause)
            else:
                yield from _worded(policy, call.event, receivers[code], call.channels)
    for template in policy.outside.templates:
        yield from _words(template, channels)
    yield from _languages(policy.outside)
    yield from _hours(policy.outside)
    yield from _alarm(policy)


def _worded(policy: Policy, event: str, receiver: OutsideReceiver, only: tuple[str, ...] = ()) -> Iterator[Finding]:
    said = (event, DIGEST) if receiver.digest_at and event not in (ALARM, RUNG) else (event,)
    for channel in only or receiver.channels:
        for each in said:
            if policy.outside.template(each, channel, receiver.language) is None:
                yield _wrong("outside.no_words", f"{each} {channel} {receiver.code}", receiver.clause)


def _languages(outside: Outside) -> Iterator[Finding]:
    """What is worded for an event on a channel is worded in both languages."""
    worded = {(each.event, each.channel, each.language): each for each in outside.templates}
    for (event, channel, language), each in worded.items():
        other = "en" if language == "zh" else "zh"
        if (event, channel, other) not in worded:
            yield _wrong("outside.language_missing", f"{event} {channel} {other}", each.clause)


def _hours(outside: Outside) -> Iterator[Finding]:
    hours = [(each.code, each.clause, hour) for each in outside.quiets for hour in (each.starts, each.ends)]
    hours += [(each.code, each.clause, each.digest_at) for each in outside.receivers if each.digest_at]
    for code, clause, hour in hours:
        try:
            at_hour(date(2015, 10, 19), hour)
        except PolicyBroken:
            yield _wrong("outside.hour_unreadable", f"{code}: {hour}", clause)


def _words(template: Template, channels: dict[str, int]) -> Iterator[Finding]:
    """A body may carry the three variables and fixed words: no digits of its own, so no number of anybody."""
    if template.channel not in channels:
        yield _wrong("outside.channel_unknown", f"{template.code}: {template.channel}", template.clause)
    if template.variables - VARIABLES:
        yield _wrong("outside.variable_unknown", f"{template.code}: {sorted(template.variables)}", template.clause)
    if set(template.required) - template.variables:
        yield _wrong("outside.variable_missing", f"{template.code}: {sorted(template.required)}", template.clause)
    if _A_NUMBER.search(template.text) or len(template.text) > channels.get(template.channel, 0):
        yield _wrong("outside.words_say_too_much", template.code, template.clause)


def _alarm(policy: Policy) -> Iterator[Finding]:
    called = list(policy.outside.called(ALARM, ""))
    for role in ALARM_REACHES:
        if not any(role in each.calls_for and len(set(each.channels)) >= ALARM_CHANNELS for each in called):
            yield _wrong("outside.alarm_half_heard", role, "L7.1")
    for role in ALARM_ROLES:
        reached = list(policy.outside.reached_for(frozenset({role})))
        if not reached:
            yield _wrong("outside.alarm_half_heard", role, "L7.1")
        for each in reached:
            yield from _worded(policy, RUNG, each)
    yield from _marks(policy)


def _marks(policy: Policy) -> Iterator[Finding]:
    if not any(EDUCATION in each.calls_for for each in policy.outside.called(ALARM, STUDENT)):
        yield _wrong("outside.alarm_half_heard", EDUCATION, "L58.1")
    for category in ALARM_ROUTES:
        if not any(each.category == category and each.lane == "rescue" for each in policy.routes):
            yield _wrong("outside.alarm_without_route", category, "L7.1")


def _wrong(finding_id: str, what: str, clause: str) -> Finding:
    return error(finding_id, f"outside.toml: {finding_id}: {what}.", f"对外告知 outside.toml 有误:{what}。", clause)

"""How rows about reaching people read: parties, contacts, channels, receivers, calls and the words themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lianxi.policy import model, outside, sources
from lianxi.policy.words import Pair, code, coded


def _outside_channel(row: outside.OutsideChannel) -> Pair:
    most = row.letters_at_most
    return f"{row.name_zh},正文不超过{most}字", f"{row.name_en}, {most} letters at most"


def _outside_receiver(row: outside.OutsideReceiver) -> Pair:
    zh, en = coded(row.channels, "channel")
    return f"{row.name_zh}经{zh}告知,由{code(row.desk)}负责", f"{row.name_en}: told by {en}; {code(row.desk)} answers"


def _call(row: outside.Call) -> Pair:
    zh, en = coded(row.receivers, "outside")
    return f"发生{row.event}时通知{zh}", f"On {row.event} these are called: {en}"


def _template(row: outside.Template) -> Pair:
    return f"{code(row.channel, 'channel')}用语:{row.text}", f"Words by {code(row.channel, 'channel')}: {row.text}"


def _quiet(row: outside.Quiet) -> Pair:
    return (
        f"{row.starts}至{row.ends}不对外告知,紧急件除外",
        f"From {row.starts} to {row.ends} nobody outside is told of anything but the fast lane",
    )


def _contact(row: model.Contact) -> Pair:
    is_verified = row.verified_on is not None
    return (
        f"{row.clause} 的联系方式({code(row.role)}),{'已' if is_verified else '未'}核实",
        f"The contact of {row.clause} ({code(row.role)}) is {'' if is_verified else 'not '}verified",
    )


def _party(row: model.Party) -> Pair:
    return f"{row.name_zh}({row.code})不是成员单位", f"{row.name_en} ({row.code}) is no member of the conference"


def _source(row: sources.Source) -> Pair:
    zh, en = (",须有来源编号", ", with its reference number") if row.reference == "needed" else ("", "")
    return f"举报来源:{row.name_zh}{zh}", f"Tips come in by: {row.name_en}{en}"


REACHING: Mapping[type[Any], Callable[[Any], Pair]] = {
    model.Contact: _contact,
    model.Party: _party,
    outside.OutsideChannel: _outside_channel,
    outside.OutsideReceiver: _outside_receiver,
    outside.Call: _call,
    outside.Template: _template,
    outside.Quiet: _quiet,
    sources.Source: _source,
}
"""Row → how it reads in Chinese and English."""

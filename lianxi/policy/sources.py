"""How tips come in: the town's list of sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from lianxi.policy.findings import Finding, error
from lianxi.policy.model import Sourced

ChannelName = Literal["web", "phone", "walk_in", "letter", "agency", "patrol", "liaison", "import"]
FiledBy = Literal["public", "officer"]
PUBLIC_FORM = "web"
OF_THE_SYSTEM = (PUBLIC_FORM, "patrol")
"""Sources by which the system itself takes tips in: a list without them has nowhere to put those."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(Sourced):
    """One source of tips. `channel` is how it is counted; `reference` whether another system's number comes with it."""

    code: str
    channel: ChannelName
    name_zh: str
    name_en: str
    filed_by: FiledBy
    informant: Literal["present", "away", "none"] = "none"
    reference: Literal["none", "needed"] = "none"


def source_findings(sources: Iterable[Source]) -> Iterator[Finding]:
    """Find what is missing from a list of sources, and whom it lets file what only the system may.

    Clause: L74.1 (criterion 2.1).
    """
    known = {each.code: each for each in sources}
    for code in OF_THE_SYSTEM:
        if code not in known or known[code].channel != code:
            yield _wrong("source.missing", code, "L74.1")
    for each in known.values():
        if (each.filed_by == "public") != (each.channel == PUBLIC_FORM):
            yield _wrong("source.filed_by_wrong", each.code, each.clause)


def _wrong(finding_id: str, what: str, clause: str) -> Finding:
    return error(finding_id, f"sources.toml: {finding_id}: {what}.", f"举报来源 sources.toml 有误:{what}。", clause)

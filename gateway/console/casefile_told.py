"""How pages tell the tasks, the evidence and the timeline of a case, from what the interface answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from gateway.console.desk_view import Telling, Told, instant
from gateway.console.drawing.bars import Bar, bars
from gateway.console.drawing.sheet import Picture
from gateway.timelines import words_of
from lianxi.contracts import codec
from lianxi.contracts.envelope import Caller
from lianxi.contracts.timelines import CaseTimeline
from lianxi.kernel.clock import local_date

MOST_MONTHS: Final = 24
PAGES: Final = {"case": "/desk/cases/", "evidence": "/desk/evidence/", "tip": "/desk/tips/", "visit": "/desk/visits/"}
HANDOVERS: Final = "/desk/handovers/"


def may_hold(caller: Caller | None, desk: str) -> bool:
    """Say whether somebody who is let in holds a desk."""
    return caller is not None and caller.holds(desk)


def todo_of(telling: Telling, plain: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Tell the tasks of a case, open ones first."""
    tasks: Sequence[Mapping[str, Any]] = plain.get("tasks") or ()
    titles = {each["task_id"]: each["title"] for each in tasks}
    told = [
        {
            **each,
            "desk": telling.name(each["owner"]),
            "due_at": instant(each["due_at"]),
            "left": telling.left(instant(each["due_at"])),
            "settled_at": instant(each.get("settled_at")),
            "whole": titles.get(each.get("parent_id") or "", ""),
        }
        for each in tasks
    ]
    return sorted(told, key=lambda each: (each["state"] != "open", each["due_at"]))


def proof_row(telling: Telling, plain: Mapping[str, Any]) -> dict[str, Any]:
    """Tell a piece of evidence with its custody."""
    custody = [
        {
            **each,
            "at": instant(each["at"]),
            "act": telling.said(f"filed.evidence.{each['act']}"),
            "desk": telling.name(each["desk"]),
            # A machine acts for the whole of its agency, and the desk says that already.
            "by": "" if each["by"] == each["desk"].partition("/")[0] else each["by"],
            "to": telling.name(each.get("to")),
        }
        for each in plain.get("custody") or ()
    ]
    return Told(
        {
            **plain,
            "name": plain.get("label") or telling.said(f"evidence_kind.{plain['kind']}"),
            "holder_name": telling.name(plain["holder"]),
            "offered_name": telling.name(plain.get("offered_to")),
            "checked_at": instant(plain.get("checked_at")),
            "collected_at": instant(plain.get("collected_at")),
            "custody": custody,
        }
    )


def timeline_rows(telling: Telling, plain: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Tell every line of a timeline, with the page of what it is about where there is one."""
    told = codec.as_contract(CaseTimeline, {"lines": [], **plain})
    rows = []
    for each in told.lines:
        key, limit = words_of(each)
        noun, _, item_id = each.about.partition("/")
        root = HANDOVERS if noun in ("referral", "assistance") else PAGES.get(noun)
        rows.append(
            {
                "at": each.at,
                "source": telling.said(f"filed.source.{each.source}"),
                "what": f"{_said(telling, key, each.what)} {limit}".strip(),
                "by": telling.name(each.by),
                "to": telling.name(each.to),
                "path": "" if root is None or noun == "case" else f"{root}{item_id}",
            }
        )
    return rows


def _said(telling: Telling, key: str, otherwise: str) -> str:
    # A desk may tell of something that is newer than the words.
    try:
        return telling.said(key)
    except KeyError:
        return otherwise


def drawn_by_month(telling: Telling, rows: Sequence[Mapping[str, Any]]) -> Picture | None:
    """Draw how much happened in each month; nothing where nothing happened."""
    counted = Counter(f"{local_date(each['at']):%Y-%m}" for each in rows)
    if not counted:
        return None
    most = max(counted.values())
    months = sorted(counted)[-MOST_MONTHS:]
    heads = (telling.said("casefile.when"), telling.said("casefile.per_month"))
    return bars(
        telling.said("casefile.per_month"),
        heads,
        [Bar(each, counted[each], most, str(counted[each])) for each in months],
    )

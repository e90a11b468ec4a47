"""What the tips desk answers when somebody searches."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lianxi.contracts.envelope import Caller
from lianxi.contracts.searching import FoundTip, FoundTips, SearchNumbers, SearchTips
from lianxi.contracts.tips import TipState
from lianxi.kernel.errors import Malformed
from lianxi.policy.entities import ENDING, Found, marked
from lianxi.store.pages import decode_cursor, encode_cursor
from services.tips.domain.searching import Query, by_ending, query_of, search
from services.tips.domain.tip import OFFICE
from services.tips.domain.traces import Trace
from services.tips.views.finding import Finder
from services.tips.views.links import VisibleTips

COUNTED_AT_MOST = 100
"""Further nobody is told a number: it costs a look at each tip, and whoever finds more than this asks more closely."""

EXCERPT_LETTERS = 40
_ENDING = re.compile(r"[0-9]{4}")


@dataclass(frozen=True)
class SearchViews:
    """The read-only answers. Each tip is looked up among those that the caller may see before it is counted."""

    finder: Finder
    visible: VisibleTips
    key: bytes

    def search_tips(self, request: SearchTips, caller: Caller) -> FoundTips:
        """Find tips by what they say.

        Raises:
            Malformed: search.too_short, search.too_long, cursor.unreadable.
            Unavailable: search.filling.
        """
        query = query_of(request.text)
        found, is_near = search(self.finder.ready(), query, lambda trace: _has_heard(trace, caller))
        page = self._page(found, query, caller, request.cursor, request.limit)
        return replace(page, is_near=is_near and bool(page.items))

    def search_numbers(self, request: SearchNumbers, caller: Caller) -> FoundTips:
        """Find tips by the last four digits of a number that they name.

        Raises:
            Malformed: search.ending_unreadable, cursor.unreadable.
            Unavailable: search.filling.
        """
        if not _ENDING.fullmatch(request.ending):
            raise Malformed("search.ending_unreadable")
        mark = marked(Found(ENDING, request.ending), self.key)
        found = by_ending(self.finder.ready(), mark, lambda trace: _has_heard(trace, caller))
        return self._page(found, Query(()), caller, request.cursor, request.limit)

    def _page(self, found: Sequence[Trace], query: Query, caller: Caller, cursor: str | None, limit: int) -> FoundTips:
        shown = self._seen(found, caller, COUNTED_AT_MOST + 1)
        total, is_exact = min(len(shown), COUNTED_AT_MOST), len(shown) <= COUNTED_AT_MOST
        after = None if cursor is None else decode_cursor(cursor, 1)[0]
        if after is not None:
            places = [place for place, each in enumerate(found) if each.tip_id == after]
            if not places:
                raise Malformed("cursor.unreadable")
            shown = self._seen(found[places[0] + 1 :], caller, limit + 1)
        page = dict(list(shown.items())[:limit])
        traces = {each.tip_id: each for each in found if each.tip_id in page}
        return FoundTips(
            items=tuple(_found(row, traces[tip_id], query) for tip_id, row in page.items()),
            total=total,
            is_total_exact=is_exact,
            next_cursor=encode_cursor(list(page)[-1]) if len(shown) > limit else None,
        )

    def _seen(self, found: Sequence[Trace], caller: Caller, at_most: int) -> dict[str, Mapping[str, Any]]:
        """Read those that the caller may see now, in order, until there are enough."""
        seen: dict[str, Mapping[str, Any]] = {}
        for start in range(0, len(found), at_most):
            stretch = [each.tip_id for each in found[start : start + at_most]]
            rows = self.visible.rows(stretch, caller)
            seen |= {tip_id: rows[tip_id] for tip_id in stretch if tip_id in rows}
            if len(seen) >= at_most:
                break
        return dict(list(seen.items())[:at_most])


def _has_heard(trace: Trace, caller: Caller) -> bool:
    return (OFFICE if caller.sees_all else caller.agency) in trace.agencies


def _found(row: Mapping[str, Any], trace: Trace, query: Query) -> FoundTip:
    return FoundTip(
        tip_id=row["_id"],
        number=row["number"],
        category=row["category"],
        lane=row["lane"],
        state=TipState(row["state"]),
        lead=row["dispatches"][-1]["lead"],
        village=row["village"],
        received_at=row["listed_at"],
        excerpt=_excerpt(trace.words, query),
    )


def _excerpt(words: str, query: Query) -> str:
    """Cut out the words around the first that was asked for; where none is found as it was typed, the beginning."""
    place = max(0, min((at for word in query.words if (at := words.find(word)) >= 0), default=0))
    start = max(0, place - EXCERPT_LETTERS // 4)
    return words[start : start + EXCERPT_LETTERS]

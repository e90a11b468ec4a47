"""Searches that are kept, and what watching one tells: that a tip matches, to a desk that may know of the tip."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from lianxi.contracts.envelope import Caller, Event
from lianxi.contracts.saved_searches import ChangeSavedSearch, SaveSearch, SearchMatched
from lianxi.kernel.errors import Forbidden, Malformed, NotFound, RuleBroken
from lianxi.kernel.ids import derived_id
from lianxi.policy.model import Desk
from services.tips.domain.searching import matches, query_of
from services.tips.domain.tip import Tip
from services.tips.domain.traces import Trace

CLAUSE = "L39.1"
MOST_OF_ONE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSearch:
    """A search that somebody keeps; `is_open` ends when it is dropped, and its words with it."""

    id: str
    name: str
    text: str
    desk: str
    agency: str
    owner: str
    is_shared: bool
    is_watched: bool
    saved_at: datetime
    watched_since: datetime | None = None
    is_open: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """That one tip matched one search: told once, whatever is heard of the tip again."""

    id: str
    saved_search_id: str
    tip_id: str
    matched_at: datetime


SavedDecision = tuple[SavedSearch, Sequence[Event]]


def desk_of(caller: Caller, wanted: str | None, desks: Mapping[str, Desk]) -> str:
    """Say at which desk a caller keeps a search: the one named, else the first of the caller's own.

    Clause: L35.1.
    Raises:
        RuleBroken: saved_search.desk_not_yours.
    """
    own = [code for code in desks if _sits_at(caller, code)]
    if wanted is None and own:
        return own[0]
    if wanted is None or wanted not in own:
        raise RuleBroken("saved_search.desk_not_yours", clause="L35.1")
    return wanted


def save(
    saved_id: str, request: SaveSearch, desk: str, caller: Caller, kept_already: int, now: datetime
) -> SavedDecision:
    """Keep a search.

    Clause: none (criterion 16.4).
    Raises:
        Malformed: search.too_short, search.too_long, saved_search.nameless.
        RuleBroken: saved_search.too_many.
    """
    query_of(request.text)
    if kept_already >= MOST_OF_ONE:
        raise RuleBroken("saved_search.too_many", at_most=MOST_OF_ONE)
    saved = SavedSearch(
        id=saved_id,
        name=_named(request.name),
        text=request.text,
        desk=desk,
        agency=caller.agency,
        owner=caller.actor,
        is_shared=request.is_shared,
        is_watched=request.is_watched,
        saved_at=now,
        watched_since=now if request.is_watched else None,
    )
    return saved, ()


def change(saved: SavedSearch, request: ChangeSavedSearch, caller: Caller, now: datetime) -> SavedDecision:
    """Change a search, by whoever keeps it. Watching begins anew when what is looked for changes.

    Clause: none (criterion 16.4).
    Raises:
        NotFound: saved_search.not_found.
        Forbidden: saved_search.not_yours.
        Malformed: search.too_short, search.too_long, saved_search.nameless.
    """
    check_own(saved, caller)
    text = saved.text if request.text is None else request.text
    query_of(text)
    is_watched = saved.is_watched if request.is_watched is None else request.is_watched
    goes_on = saved.is_watched and text == saved.text
    since = (saved.watched_since if goes_on else now) if is_watched else None
    changed = replace(
        saved,
        name=saved.name if request.name is None else _named(request.name),
        text=text,
        is_shared=saved.is_shared if request.is_shared is None else request.is_shared,
        is_watched=is_watched,
        watched_since=since,
    )
    return changed, ()


def drop(saved: SavedSearch, caller: Caller) -> SavedDecision:
    """Keep a search no longer, by whoever kept it.

    Clause: pipl-47 (criterion 16.4).
    Raises:
        NotFound: saved_search.not_found.
        Forbidden: saved_search.not_yours.
    """
    check_own(saved, caller)
    gone = replace(saved, name="", text="", is_shared=False, is_watched=False, watched_since=None, is_open=False)
    return gone, ()


def check_visible(saved: SavedSearch, caller: Caller) -> None:
    """Let see whoever keeps a search, and when it is shared whoever sits at its desk; to others it is not there.

    Clause: L35.1 (criterion 16.4).
    Raises:
        NotFound: saved_search.not_found.
    """
    shared = saved.is_shared and saved.agency == caller.agency and _sits_at(caller, saved.desk)
    if not saved.is_open or not (saved.owner == caller.actor or shared):
        raise NotFound("saved_search.not_found")


def check_own(saved: SavedSearch, caller: Caller) -> None:
    """Let change whoever keeps a search.

    Clause: L35.1.
    Raises:
        NotFound: saved_search.not_found.
        Forbidden: saved_search.not_yours.
    """
    check_visible(saved, caller)
    if saved.owner != caller.actor:
        raise Forbidden("saved_search.not_yours")


def handed_over(saved: SavedSearch, leaver: str, successor: str) -> SavedSearch:
    """Give a search to whoever follows its keeper, in the same agency.

    Clause: L31.1 (criterion 23).
    """
    return replace(saved, owner=successor) if saved.owner == leaver else saved


def sightings(
    watched: Iterable[SavedSearch], tip: Tip, trace: Trace, now: datetime
) -> Iterator[tuple[Sighting, tuple[SearchMatched]]]:
    """Say which watched searches a tip matches, of those whose agency may know of the tip as it is now.

    The agency of the desk that is told decides, never the wider rights of whoever keeps the search: a notice lies in a
    tray that others read too.

    Clause: L39.1 (criteria 16.3, 16.4).
    """
    for saved in watched:
        if _concerns(saved, tip) and matches(trace, query_of(saved.text)):
            told = SearchMatched(
                saved_search_id=saved.id,
                tip_id=tip.id,
                number=tip.number,
                receiver=saved.desk,
                is_anonymous=tip.is_anonymous,
                matched_at=tip.shown(now),
            )
            sighting_id = derived_id("sighting", saved.id, tip.id)
            yield (
                Sighting(id=sighting_id, saved_search_id=saved.id, tip_id=tip.id, matched_at=told.matched_at),
                (told,),
            )


def _concerns(saved: SavedSearch, tip: Tip) -> bool:
    is_new = saved.watched_since is not None and tip.received_at >= saved.watched_since
    is_visible = saved.agency in tip.agencies and not tip.keeping.is_purged
    return saved.is_open and saved.is_watched and is_new and is_visible


def _sits_at(caller: Caller, desk: str) -> bool:
    return desk in caller.desks if caller.desks else desk.partition("/")[0] == caller.agency


def _named(name: str) -> str:
    if not name.strip():
        raise Malformed("saved_search.nameless")
    return name.strip()

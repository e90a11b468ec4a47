"""Searches that are kept: whose they are, and that watching one tells nobody of what their rights hide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianxi.contracts.envelope import Caller
from lianxi.contracts.handover import HandItemsOver, ListHeld
from lianxi.contracts.saved_searches import (
    ChangeSavedSearch,
    DropSavedSearch,
    GetSavedSearch,
    ListSavedSearches,
    SavedSearchView,
    SaveSearch,
    SearchMatched,
)
from lianxi.contracts.tips import DispatchTip
from lianxi.kernel.clock import level_to_hour
from lianxi.kernel.errors import Forbidden, LianxiError, Malformed, NotFound, RuleBroken
from lianxi.policy.book import PolicyBook
from lianxi.store.fakes import MemoryAggregates
from lianxi.store.handover import Holding, Holdings
from services.tips.domain.saved_searches import MOST_OF_ONE, SavedSearch, Sighting, handed_over
from services.tips.handlers.saved_searches import SavedSearchHandlers
from services.tips.store import SAVED_SEARCH_ANNOUNCER, SIGHTING_ANNOUNCER
from services.tips.views.saved_searches import SavedSearchViews
from tests.unit.tips.desk import NOW, TipDesk, caller, shipped_policy, submission
from tests.unit.tips.linking import Linking, Rows, row_of

OFFICE = replace(caller("office"), rows=("all",))
WORDS = "聚福商城"
TEXTS = ("南文街3号楼502,门口挂着聚福商城的牌子", "大业路9号,有人打牌", "长乐村有人推销聚福商城的床垫")
CATEGORIES = ("rental_gathering", "health_product_lecture", "school_or_campus", "job_lure")


@dataclass
class MemoryIndex:
    searches: MemoryAggregates[SavedSearch]

    def kept_by(self, owner: str) -> int:
        return sum(each.owner == owner and each.is_open for each in self.searches.all())

    def watched(self, agencies: Iterable[str]) -> Sequence[SavedSearch]:
        among = set(agencies)
        return [each for each in self.searches.all() if each.is_watched and each.agency in among]


class Keeping:
    """A desk whose searches are kept in memory, told of tips as the real one is."""

    def __init__(self) -> None:
        self.desk = TipDesk()
        self.searches: MemoryAggregates[SavedSearch] = MemoryAggregates(SAVED_SEARCH_ANNOUNCER, self.desk.clock)
        self.seen: MemoryAggregates[Sighting] = MemoryAggregates(
            SIGHTING_ANNOUNCER, self.desk.clock, announced_at=lambda sighting, _: sighting.matched_at
        )
        book = PolicyBook(shipped_policy())
        self.handlers = SavedSearchHandlers(self.searches, self.seen, MemoryIndex(self.searches), book, self.desk.clock)
        self.views = SavedSearchViews(self.searches, self.desk.clock, lambda: Rows(self._rows))
        self.linking = Linking(self.desk)
        self.linking.tracing = replace(self.linking.tracing, watch=self.handlers.watch)

    def save(self, by: Caller, text: str = WORDS, **more: Any) -> SavedSearchView:
        return self.views.show(self.handlers.save(SaveSearch(name="牌子", text=text, **more), by))

    def file(self, text: str, number: int = 0, category: str = "rental_gathering", **more: Any) -> str:
        tip_id = f"tip_0123456789ABCDEFGHJKMNP{number:03}"
        fields: dict[str, Any] = {"tip_id": tip_id, "receipt_verifier": f"v{number}", "number": f"N{number}"}
        fields |= {"received_at": self.desk.clock.now(), **more}
        self.desk.submit(submission(text=text, category=category, **fields))
        self.linking.hear()
        return tip_id

    def told(self) -> list[SearchMatched]:
        return [SearchMatched(**{**each.data, "matched_at": each.time}) for each in self.seen.announced]

    def names(self, by: Caller, **more: Any) -> list[str]:
        return [each.saved_search_id for each in self.views.list_some(ListSavedSearches(**more), by).items]

    def _rows(self) -> list[dict[str, Any]]:
        return [row_of(self.searches.get(each.id).version, each) for each in self.searches.all()]


@pytest.fixture
def keeping() -> Keeping:
    return Keeping()


def official(agency: str, name: str, *desks: str) -> Caller:
    return replace(caller(agency), actor=f"account_{name}", desks=desks, is_person=True)


LI, WANG = official("police", "li", "police/station"), official("police", "wang", "police/station")
HU = official("police", "hu", "police/economic")


@pytest.mark.criterion("16.4")
def test_a_search_is_ones_own_until_it_is_shared_and_then_the_desks(keeping: Keeping) -> None:
    saved = keeping.save(LI)
    asked = GetSavedSearch(saved_search_id=saved.saved_search_id)
    assert (saved.desk, saved.owner, saved.is_shared) == ("police/station", LI.actor, False)
    for other in (WANG, HU, caller("market"), OFFICE):
        assert keeping.names(other) == []
        with pytest.raises(NotFound, match=r"^saved_search\.not_found"):
            keeping.views.get(asked, other)

    keeping.handlers.change(ChangeSavedSearch(saved_search_id=saved.saved_search_id, is_shared=True), LI)

    assert keeping.views.get(asked, WANG).text == WORDS
    assert keeping.names(WANG) == keeping.names(LI) == [saved.saved_search_id]
    for other in (HU, caller("market"), OFFICE):
        assert keeping.names(other) == []
        with pytest.raises(NotFound):
            keeping.views.get(asked, other)


@pytest.mark.criterion("16.4")
def test_only_whoever_keeps_a_search_changes_or_drops_it(keeping: Keeping) -> None:
    saved_id = keeping.save(LI, is_shared=True, is_watched=True).saved_search_id

    with pytest.raises(Forbidden, match=r"^saved_search\.not_yours"):
        keeping.handlers.change(ChangeSavedSearch(saved_search_id=saved_id, name="别的"), WANG)
    with pytest.raises(Forbidden):
        keeping.handlers.drop(DropSavedSearch(saved_search_id=saved_id), WANG)
    dropped = keeping.handlers.drop(DropSavedSearch(saved_search_id=saved_id), LI).state

    assert (dropped.text, dropped.name, dropped.is_watched) == ("", "", False)
    assert keeping.names(LI) == keeping.names(WANG) == []
    with pytest.raises(NotFound):
        keeping.views.get(GetSavedSearch(saved_search_id=saved_id), LI)
    keeping.file(TEXTS[0])
    assert keeping.told() == []


@pytest.mark.criterion("16.4")
def test_a_new_tip_that_matches_is_told_to_the_desk_once_and_without_a_word_of_it(keeping: Keeping) -> None:
    keeping.file(TEXTS[0], 0)  # it was there before anybody watched
    keeping.desk.pass_time()
    saved = keeping.save(LI, is_watched=True)
    tip_id = keeping.file(TEXTS[0], 1)
    keeping.file(TEXTS[1], 2)
    keeping.linking.hear()  # heard of again, as after a crash

    (told,) = keeping.told()
    assert (told.saved_search_id, told.tip_id, told.receiver) == (saved.saved_search_id, tip_id, "police/station")
    assert told.matched_at == level_to_hour(NOW)  # of an anonymous tip the hour only
    assert not any(word in repr(keeping.seen.announced) for word in (WORDS, "南文街", "牌子"))


@pytest.mark.criterion("16.4")
def test_what_comes_to_the_agency_later_is_told_then(keeping: Keeping) -> None:
    keeping.save(caller("education"), desk="education/desk", is_watched=True)
    tip_id = keeping.file(TEXTS[0])
    assert keeping.told() == []

    keeping.desk.handlers.dispatch_tip(
        DispatchTip(tip_id=tip_id, lead="education/desk", reason="涉及学生"), replace(OFFICE, command_id="d1")
    )
    keeping.linking.hear()

    assert [each.receiver for each in keeping.told()] == ["education/desk"]


@pytest.mark.criterion("16.4")
@pytest.mark.criterion("16.3")
@settings(max_examples=40, deadline=None)
@given(
    watchers=st.lists(st.sampled_from(["police", "market", "education", "food-drug", "labour", "finance"]), min_size=1),
    filed=st.lists(st.tuples(st.sampled_from(TEXTS), st.sampled_from(CATEGORIES)), min_size=1, max_size=4),
)
def test_nobody_is_told_of_what_their_rights_hide(watchers: list[str], filed: list[tuple[str, str]]) -> None:
    keeping = Keeping()
    for number, agency in enumerate(watchers):
        # Somebody may see everything and still the desk that is told may not.
        by = replace(caller(agency), actor=f"chair-{number}", rows=("all",))
        keeping.save(by, is_watched=True, is_shared=True)
    tips = [keeping.file(text, number, category) for number, (text, category) in enumerate(filed)]

    expected = {
        (watcher.id, tip_id)
        for watcher, tip_id in product(keeping.searches.all(), tips)
        if watcher.agency in keeping.desk.tip(tip_id).agencies and WORDS in text_of(keeping, tip_id)
    }
    assert {(each.saved_search_id, each.tip_id) for each in keeping.told()} == expected
    for each in keeping.told():
        assert each.receiver.partition("/")[0] in keeping.desk.tip(each.tip_id).agencies


def text_of(keeping: Keeping, tip_id: str) -> str:
    return keeping.desk.tip(tip_id).redacted_text


@pytest.mark.criterion("16.4")
def test_watching_begins_anew_when_what_is_looked_for_changes(keeping: Keeping) -> None:
    saved = keeping.save(LI, text="打牌", is_watched=True)
    keeping.desk.pass_time()
    change = ChangeSavedSearch(saved_search_id=saved.saved_search_id, text=WORDS)
    renamed = replace(change, text=None, name="换个名")
    since = keeping.handlers.change(renamed, LI).state.watched_since
    assert since == saved.watched_since

    assert keeping.handlers.change(change, LI).state.watched_since == NOW + timedelta(minutes=7)
    assert keeping.handlers.change(replace(change, is_watched=False), LI).state.watched_since is None
    keeping.file(TEXTS[0])
    assert keeping.told() == []


@pytest.mark.criterion("16.4")
@pytest.mark.criterion("23")
def test_whoever_follows_an_official_keeps_the_searches_and_their_watches(keeping: Keeping) -> None:
    saved_id = keeping.save(LI, is_watched=True).saved_search_id
    keeping.handlers.drop(
        DropSavedSearch(saved_search_id=keeping.save(replace(LI, command_id="2")).saved_search_id), LI
    )

    def held_by(officers: Sequence[str]) -> list[str]:
        return [each.id for each in keeping.searches.all() if each.owner in officers and each.is_open]

    holdings = Holdings((Holding("saved_search", keeping.searches, held_by, handed_over),))
    assert [each.item_id for each in holdings.list_held(ListHeld(officer=LI.actor)).items] == [saved_id]
    moved = holdings.hand_items_over(
        HandItemsOver(hand_over_id="h1", leaver=LI.actor, successor=WANG.actor), caller("police", "h1")
    )

    assert [each.item_id for each in moved.items] == [saved_id]
    assert keeping.names(WANG) == [saved_id]
    assert keeping.names(LI) == []
    keeping.file(TEXTS[0])
    assert len(keeping.told()) == 1


@pytest.mark.parametrize(
    ("asked", "error", "code"),
    [
        ({"text": "福"}, Malformed, "search.too_short"),
        ({"name": "  "}, Malformed, "saved_search.nameless"),
        ({"desk": "market/desk"}, RuleBroken, "saved_search.desk_not_yours"),
        ({"desk": "police/economic"}, RuleBroken, "saved_search.desk_not_yours"),
        ({"desk": "police/nobody"}, RuleBroken, "saved_search.desk_not_yours"),
    ],
)
def test_what_cannot_be_kept_is_refused(
    keeping: Keeping, asked: dict[str, Any], error: type[LianxiError], code: str
) -> None:
    with pytest.raises(error) as refused:
        keeping.handlers.save(SaveSearch(**{"name": "n", "text": WORDS, **asked}), LI)
    assert refused.value.code == code


def test_one_official_keeps_so_many_and_pages_follow_one_another(keeping: Keeping) -> None:
    for number in range(MOST_OF_ONE):
        keeping.save(replace(LI, command_id=str(number)))
        keeping.save(replace(WANG, command_id=str(number)))
    with pytest.raises(RuleBroken, match=r"^saved_search\.too_many"):
        keeping.save(LI)

    first = keeping.views.list_some(ListSavedSearches(limit=30), LI)
    second = keeping.views.list_some(ListSavedSearches(limit=30, cursor=first.next_cursor), LI)
    found = [each.saved_search_id for each in (*first.items, *second.items)]
    assert (len(first.items), len(second.items), len(set(found)), second.next_cursor) == (30, 20, MOST_OF_ONE, None)


def test_the_same_wish_twice_is_one_search(keeping: Keeping) -> None:
    by = replace(LI, command_id="k")
    assert keeping.save(by) == keeping.save(by)

"""Searching tips: what is found, by whom, how fast, and what stays hidden."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lianxi.contracts.envelope import Caller
from lianxi.contracts.searching import FoundTips, SearchNumbers, SearchTips
from lianxi.kernel.errors import Malformed
from services.tips.domain.searching import query_of
from services.tips.views.search import SearchViews
from tests.unit.tips.desk import TipDesk, caller, submission
from tests.unit.tips.linking import KEY, Linking

OFFICE = replace(caller("office"), rows=("all",))
TEXTS = (
    "南文街3号楼502,每到中午有人讲课,门口挂着聚福商城的牌子,联系电话13812345678",
    "南文街三幢五樓,有人推銷床墊,門口掛着聚福商城的牌子",
    "大业路9号,有人在长乐村拉人头,打13900005678",
)


class Searching:
    def __init__(self, desk: TipDesk, *texts: str, **changed: str) -> None:
        self.tips = []
        for number, text in enumerate(texts):
            category = changed.get(f"category_{number}", "rental_gathering")
            fields = {"tip_id": f"tip_0123456789ABCDEFGHJKMNP{number:03}", "receipt_verifier": f"v{number}"}
            self.tips.append(desk.submit(submission(text=text, number=f"N{number}", category=category, **fields)))
        self.linking = Linking(desk)
        self.linking.hear()
        self.views = SearchViews(self.linking.finder, self.linking.visible, KEY)

    def find(self, text: str, by: Caller = OFFICE, **more: object) -> list[int]:
        return [self._number(each.tip_id) for each in self.ask(text, by, **more).items]

    def ask(self, text: str, by: Caller = OFFICE, **more: object) -> FoundTips:
        return self.views.search_tips(SearchTips(text=text, **more), by)  # type: ignore[arg-type]

    def _number(self, tip_id: str) -> int:
        return int(tip_id[-3:])


@pytest.mark.criterion("16.1")
@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("聚福商城", [1, 0]),
        ("聚福商", [1, 0]),
        ("聚福楼", []),
        ("推銷床墊", [1]),
        ("推销床垫", [1]),
        ("jufushangcheng", [1, 0]),
        ("jufu", [1, 0]),
        ("jfsc", [1, 0]),
        ("nanwenjie", [1, 0]),
        ("nwj", [1, 0]),
        ("changlecun", [2]),
        ("zhangyuecun", [2]),
        ("３號樓", [1, 0]),
        ("南文街 讲课", [0]),
        ("南文街3栋502", [0]),
        ("meidaomeizhongwu", []),
        ("ufushang", []),
    ],
)
def test_words_in_any_script_and_names_by_their_sound(desk: TipDesk, typed: str, found: list[int]) -> None:
    assert Searching(desk, *TEXTS).find(typed) == found


def test_what_almost_holds_it_stands_in_and_says_so(desk: TipDesk) -> None:
    found = Searching(desk, *TEXTS).ask("门口挂着聚福商场的牌子")

    assert found.is_near
    assert len(found.items) == 2


@pytest.mark.criterion("16.1")
def test_numbers_are_found_by_their_end_only(desk: TipDesk) -> None:
    searching = Searching(desk, *TEXTS)

    found = searching.views.search_numbers(SearchNumbers(ending="5678"), OFFICE)

    assert [each.tip_id[-3:] for each in found.items] == ["002", "000"]
    assert "5678" not in repr([each.excerpt for each in found.items])
    assert searching.find("13812345678") == []
    with pytest.raises(Malformed, match=r"^search\.ending_unreadable"):
        searching.views.search_numbers(SearchNumbers(ending="56 8"), OFFICE)


@pytest.mark.criterion("16.3")
def test_an_outsider_finds_and_counts_as_if_the_hidden_were_not_there(desk: TipDesk) -> None:
    searching = Searching(desk, *TEXTS, category_0="health_product_lecture")
    mine = searching.tips[1]
    outsider = caller(next(each for each in mine.agencies if each not in searching.tips[0].agencies))
    without = Searching(TipDesk(), "完全无关的内容", *TEXTS[1:])

    for typed in ("聚福商城", "jfsc", "南文街", "门口挂着聚福商场的牌子", "没有这样的话"):
        mine_found, there = searching.ask(typed, outsider), without.ask(typed, outsider)
        assert (mine_found.total, mine_found.is_near) == (there.total, there.is_near), typed
        assert [each.tip_id for each in mine_found.items] == [each.tip_id for each in there.items], typed
    assert searching.ask("聚福商城").total == 2


def test_a_tip_that_was_lost_a_moment_ago_is_neither_shown_nor_counted(desk: TipDesk) -> None:
    searching = Searching(desk, *TEXTS)
    agency = searching.tips[0].agencies[0]
    for row in searching.linking.traces.rows.values():
        row["agencies"] = ["stranger"]
    searching.linking.traces._write(list(searching.linking.traces.rows))

    assert agency != "stranger"
    assert searching.ask("聚福商城", caller("stranger")) == FoundTips(items=(), total=0, is_total_exact=True)


def test_pages_follow_one_another(desk: TipDesk) -> None:
    searching = Searching(desk, *TEXTS)
    first = searching.ask("聚福商城", limit=1)

    second = searching.ask("聚福商城", limit=1, cursor=first.next_cursor)

    assert [each.tip_id[-3:] for page in (first, second) for each in page.items] == ["001", "000"]
    assert (first.total, second.total, second.next_cursor) == (2, 2, None)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("聚", "search.too_short"),
        ("。", "search.too_short"),
        ("一二 三四 五六 七八 九十 甲乙 丙丁", "search.too_long"),
    ],
)
def test_what_cannot_be_searched_is_refused(typed: str, code: str) -> None:
    with pytest.raises(Malformed) as refused:
        query_of(typed)
    assert refused.value.code == code

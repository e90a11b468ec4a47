"""Tips that are alike, and what people make of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianxi.contracts.codec import as_plain
from lianxi.contracts.links import BondKind, BondMade, BondUndone
from lianxi.contracts.tips import FindTipByReceipt
from lianxi.kernel.errors import Conflict, Forbidden, LianxiError, NotFound, RuleBroken
from services.tips.domain.bonds import first_reporters
from services.tips.domain.tip import Tip
from services.tips.handlers.bonds import MergedReporters
from tests.unit.tips.desk import NOW, TIP_ID, TipDesk, caller, everything_said, submission
from tests.unit.tips.linking import Linking

OFFICE = replace(caller("office"), rows=("all",))
TEXT = "你好,石埠南文街3号楼502房,每到中午一群男女轮流分享成功经验,联系电话13812345678,车牌粤T·A12345"
SAME = "石埠南文街三幢502室,中午十二点后男男女女轮着上台讲成功故事,打138 1234 5678"


@pytest.fixture
def linking(desk: TipDesk) -> Linking:
    return Linking(desk)


def submit(desk: TipDesk, number: int, text: str = TEXT, **changed: Any) -> Tip:
    tip_id = f"{TIP_ID[:-3]}{number:03}"
    return desk.submit(
        submission(
            tip_id=tip_id,
            number=f"DY-2026-{number:04}-AAAA",
            text=text,
            receipt_verifier=f"verifier-{number}",
            **changed,
        )
    )


@pytest.mark.criterion("10.1")
def test_a_trace_holds_what_identifies_as_keyed_hashes_only(desk: TipDesk, linking: Linking) -> None:
    text = (
        "南文街3号楼502房,电话13812345678,粤TA12345,身份证440106199001011234,"
        "微信号hcx889900,网址www.fa-cai.top,搞阳光计划"
    )
    tip = submit(desk, 1, text)

    linking.hear()

    row = linking.traces.rows[tip.id]
    kinds = {mark.partition(":")[0] for mark in row["marks"]}
    assert kinds == {"phone", "plate", "id_number", "account", "web", "place", "organisation_sunshine"}
    for secret in ("13812345678", "a12345", "440106", "hcx889900"):
        assert secret not in repr(row).casefold()
    assert "13812345678" not in everything_said(desk.tips.announced)


@pytest.mark.criterion("10.2")
def test_a_new_tip_has_candidates_with_reasons_that_tell_nothing_in_clear(desk: TipDesk, linking: Linking) -> None:
    first = submit(desk, 1)
    second = submit(desk, 2, SAME)
    submit(desk, 3, "旗北路18号2栋,晚上有人卖床垫")
    linking.hear()

    found = linking.similar(second, OFFICE)

    assert [each.tip_id for each in found.items] == [first.id]
    assert {"phone", "place"} <= {each.code for each in found.items[0].reasons}
    assert "1381234" not in repr(as_plain(found))


def test_traces_made_by_other_rules_are_made_anew(desk: TipDesk, linking: Linking) -> None:
    tip = submit(desk, 1)
    linking.hear()
    kept = dict(linking.traces.rows[tip.id])
    linking.traces.rows[tip.id] |= {"made_by": "older rules", "marks": []}

    linking.tracing.remake_traces()
    linking.tracing.remake_traces()

    assert linking.tracing.settled
    assert linking.traces.rows[tip.id] == kept


def test_traces_that_were_lost_are_made_anew(desk: TipDesk, linking: Linking) -> None:
    tip = submit(desk, 1)
    linking.hear()
    linking.traces.rows.clear()

    linking.tracing.remake_traces()

    assert list(linking.traces.rows) == [tip.id]


def test_a_trace_goes_with_the_words_of_its_tip(desk: TipDesk, linking: Linking) -> None:
    first, second = submit(desk, 1), submit(desk, 2, SAME)
    linking.hear()
    more: list[str] = []

    linking.tracing.forgetting(lambda tip: more.append(tip.id))(first)

    assert linking.similar(second, OFFICE).items == ()
    assert (more, list(linking.traces.rows)) == ([first.id], [second.id])


def test_nothing_is_found_until_all_is_there_to_be_found(desk: TipDesk, linking: Linking) -> None:
    tip = submit(desk, 1)

    with pytest.raises(LianxiError, match=r"^search\.filling"):
        linking.similar(tip, OFFICE)


def test_candidates_hold_none_that_the_caller_may_not_know_of(desk: TipDesk, linking: Linking) -> None:
    hidden = submit(desk, 1, category="health_product_lecture")
    mine = submit(desk, 2, SAME)
    linking.hear()
    outsider = next(
        agency for desk_code in (mine.lead, *mine.dispatch.copies)
        if (agency := desk_code.partition("/")[0]) not in hidden.agencies
    )  # fmt: skip

    assert linking.similar(mine, caller(outsider)).items == ()
    assert [each.tip_id for each in linking.similar(mine, OFFICE).items] == [hidden.id]


@pytest.mark.criterion("10.2")
def test_a_rescue_is_told_of_but_never_merged_away(desk: TipDesk, linking: Linking) -> None:
    held = submit(desk, 1, category="person_held", lane="rescue")
    other = submit(desk, 2, SAME)
    linking.hear()

    assert [each.tip_id for each in linking.similar(other, OFFICE).items] == [held.id]
    for one, two in ((held, other), (other, held)):
        with pytest.raises(RuleBroken, match=r"^bond\.rescue_stands_alone"):
            linking.bind(one, two, OFFICE)
    linking.bind(held, other, OFFICE, BondKind.LINK)
    assert desk.tip(held.id) == held


@pytest.mark.criterion("10.3")
def test_only_a_person_binds_and_undoes(desk: TipDesk, linking: Linking) -> None:
    one, two = submit(desk, 1), submit(desk, 2, SAME)

    with pytest.raises(RuleBroken, match=r"^bond\.officer_needed"):
        linking.bind(one, two, OFFICE, officer=None)
    bond = linking.bind(one, two, replace(OFFICE, is_person=True), officer=None)
    with pytest.raises(RuleBroken, match=r"^bond\.officer_needed"):
        linking.undo(one, bond.bond_id, OFFICE, officer=None)


@pytest.mark.criterion("10.3")
def test_merge_keeps_all_originals_and_un_merge_restores_the_former_state(desk: TipDesk, linking: Linking) -> None:
    one, two = submit(desk, 1), submit(desk, 2, SAME)
    linked = linking.bind(one, two, OFFICE, BondKind.LINK)
    before = linking.listed(one, OFFICE), linking.listed(two, OFFICE)

    merged = linking.bind(two, one, OFFICE)

    assert merged.kind is BondKind.MERGE
    assert [each.tip_id for each in linking.listed(two, OFFICE).merged] == [one.id, two.id]
    assert (desk.tip(one.id), desk.tip(two.id)) == (one, two)
    undone = linking.undo(one, merged.bond_id, OFFICE)
    assert undone.kind is BondKind.LINK
    assert [each.undone_by for each in undone.ties] == [None, "officer-7"]
    after = linking.listed(one, OFFICE), linking.listed(two, OFFICE)
    assert [(each.merged, each.bonds[0].kind, each.bonds[0].ties[0]) for each in after] == [
        (each.merged, each.bonds[0].kind, each.bonds[0].ties[0]) for each in before
    ]
    assert linked.ties[0] == undone.ties[0]
    assert (desk.tip(one.id), desk.tip(two.id)) == (one, two)


def test_what_a_bond_says_names_no_more_than_tips(desk: TipDesk, linking: Linking) -> None:
    one, two = submit(desk, 1), submit(desk, 2, SAME)
    bond = linking.bind(one, two, OFFICE)
    linking.undo(one, bond.bond_id, OFFICE)

    assert [each.type for each in linking.bonds.announced] == [BondMade.KEY, BondUndone.KEY]
    assert "同一处" not in everything_said(linking.bonds.announced)


def test_a_bond_is_refused_to_whoever_leads_neither_tip(desk: TipDesk, linking: Linking) -> None:
    one, two = submit(desk, 1), submit(desk, 2, SAME)
    copy = next(each for each in one.agencies if each not in ("office", one.lead.partition("/")[0]))

    with pytest.raises(Forbidden, match=r"^tip\.not_yours"):
        linking.bind(one, two, caller(copy))
    with pytest.raises(NotFound, match=r"^tip\.not_found"):
        linking.bind(one, two, caller("nobody"))
    with pytest.raises(RuleBroken, match=r"^bond\.with_itself"):
        linking.bind(one, one, OFFICE)
    linking.bind(one, two, OFFICE)
    with pytest.raises(Conflict, match=r"^bond\.holds_already"):
        linking.bind(two, one, OFFICE, BondKind.LINK)


def test_merged_tips_are_followed_through_none_that_the_caller_may_not_know_of(desk: TipDesk, linking: Linking) -> None:
    one, three = submit(desk, 1), submit(desk, 3)
    two = submit(desk, 2, category="health_product_lecture")
    linking.bind(one, two, OFFICE)
    linking.bind(two, three, OFFICE)
    outsider = next(each for each in one.agencies if each not in two.agencies)

    assert {each.tip_id for each in linking.listed(one, OFFICE).merged} == {one.id, two.id, three.id}
    assert linking.listed(one, caller(outsider)) == replace(linking.listed(one, caller(outsider)), bonds=(), merged=())


@pytest.mark.criterion("10.4")
def test_only_the_first_reporter_of_merged_tips_has_nobody_earlier(desk: TipDesk, linking: Linking) -> None:
    late, first, other = submit(desk, 1), submit(desk, 2, received_at=NOW - timedelta(hours=1)), submit(desk, 3)
    reporters = MergedReporters(desk.tips, linking)
    bond = linking.bind(late, other, OFFICE)
    linking.bind(first, other, OFFICE)

    assert [reporters.has_earlier(each) for each in (late, first, other)] == [True, False, True]
    linking.undo(late, bond.bond_id, OFFICE)
    assert [reporters.has_earlier(each) for each in (late, first, other)] == [False, False, True]


@pytest.mark.criterion("10.5")
def test_informants_of_merged_tips_never_learn_of_one_another(desk: TipDesk, linking: Linking) -> None:
    one, two = submit(desk, 1), submit(desk, 2, SAME)

    def read(verifier: str) -> Any:
        found = desk.handlers.find_tip_by_receipt(FindTipByReceipt(receipt_verifier=verifier))
        return as_plain(desk.views.show_status(found))

    before = read("verifier-1"), read("verifier-2")
    bond = linking.bind(one, two, OFFICE)
    assert (read("verifier-1"), read("verifier-2")) == before
    linking.undo(two, bond.bond_id, OFFICE)
    assert (read("verifier-1"), read("verifier-2")) == before


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("submit"), st.integers(0, 3), st.sampled_from(["normal", "bulk"])),
        st.tuples(st.just("clock"), st.integers(-90, 90), st.none()),
        st.tuples(st.just("merge"), st.integers(0, 9), st.integers(0, 9)),
        st.tuples(st.just("undo"), st.integers(0, 9), st.none()),
    ),
    min_size=4,
    max_size=14,
)


@pytest.mark.criterion("10.4")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_who_was_first_is_fixed_at_intake_and_nothing_later_re_orders(steps: list[tuple[str, Any, Any]]) -> None:
    town = Town()
    for what, one, two in steps:
        getattr(town, what)(one, two)
        fixed = first_reporters(town.came_in)
        assert {tip_id: town.desk.tip(tip_id) for tip_id in town.came_in} == town.came_in
        for tip in town.came_in.values():
            merged = [each.tip_id for each in town.linking.listed(tip, OFFICE).merged]
            assert merged == [tip_id for tip_id in fixed if tip_id in merged]


class Town:
    """What may happen to tips, by number; what cannot be done is left undone."""

    def __init__(self) -> None:
        self.desk = TipDesk()
        self.linking = Linking(self.desk)
        self.came_in: dict[str, Tip] = {}
        self.bonds: list[str] = []

    def submit(self, hours: int, lane: str) -> None:
        """Take a tip in; an import carries the time of receipt on paper, and several may share one instant."""
        tip = submit(self.desk, len(self.came_in) + 1, lane=lane, received_at=NOW - timedelta(hours=hours))
        self.came_in[tip.id] = tip

    def clock(self, minutes: int, _: None) -> None:
        self.desk.pass_time(minutes)

    def merge(self, one: int, two: int) -> None:
        tips = list(self.came_in.values())
        if tips:
            with suppress(Conflict, RuleBroken):
                self.bonds.append(self.linking.bind(tips[one % len(tips)], tips[two % len(tips)], OFFICE).bond_id)

    def undo(self, one: int, _: None) -> None:
        if self.bonds:
            bond = self.linking.bonds.get(self.bonds[one % len(self.bonds)]).state
            with suppress(Conflict):
                self.linking.undo(self.came_in[bond.tip_ids[0]], bond.id, OFFICE)

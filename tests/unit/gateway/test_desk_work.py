"""A desk's work on pages without a browser: hand-overs, cases, orders, returns, obligations, rewards, accounts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.console import DESK, handover_pages, tip_pages
from gateway.console.deeds import Deed
from gateway.console.sayings import sayings
from gateway.console.staff import need_of
from gateway.console.things import Thing
from gateway.people import second_factor
from lianxi.contracts.cases import AssistancePage, CaseState, ReferralPage, ReferralState
from lianxi.contracts.links import (
    BondKind,
    BondList,
    BondView,
    LikenessReason,
    SimilarTip,
    SimilarTips,
    TieView,
)
from lianxi.contracts.reporting import (
    ClauseList,
    ClauseView,
    OrderState,
    StageReportDraft,
    StageReportList,
    StageReportState,
)
from lianxi.contracts.rewards import RewardPage, RewardState, RewardView
from lianxi.contracts.saved_searches import SavedSearchPage, SavedSearchView
from lianxi.contracts.searching import FoundTip, FoundTips
from lianxi.contracts.tips import TipState
from lianxi.contracts.vault import OpeningKind, OpeningPage, OpeningState, OpeningView, SealedOpening
from lianxi.kernel.errors import BrokerDown, Conflict, RuleBroken
from lianxi.policy.load import load_policy
from tests.support.desk_door import (
    ADDRESS,
    CASE,
    HELP,
    ORDER,
    OURS,
    REFERRAL,
    REPORT,
    TIP_ID,
    VIEW,
    asked,
    deeds_on,
    form_on,
    open_desk,
    send,
    sign_in,
)
from tests.support.gateway_fakes import NOON, Door

HANDOVER = f"/desk/handovers/{REFERRAL.referral_id}"
HELPING = f"/desk/handovers/{HELP.assistance_id}"
CASE_AT = f"/desk/cases/{CASE.case_id}"
ORDER_AT = f"/desk/orders/{ORDER.order_id}"
RETURN_AT = f"/desk/returns/{REPORT.report_id}"
OTHER_TIP = "tip_00000000000000000000000002"
REWARD = RewardView(
    reward_id="reward_0000000000000000001",
    version=1,
    state=RewardState.CLAIMED,
    number=None,
    scheme="town",
    amount_yuan=None,
    budget_line=None,
    proposed_at=None,
    approvals=(),
    approvals_needed=2,
    refusal_ground=None,
    settled_at=None,
    payment_reference=None,
    tip_id=TIP_ID,
    lead="police/station",
    claimed_at=NOON,
    is_late=False,
    band=None,
    persons_found=None,
    fine_yuan=None,
    grounds=None,
    reasons=(),
)
SAVED = SavedSearchView(
    saved_search_id="saved_search_00000001",
    version=1,
    name="听课",
    text="听课",
    desk="police/station",
    owner="account_desk",
    is_shared=False,
    is_watched=True,
    saved_at=NOON,
    watched_since=NOON,
    is_dropped=False,
)
REWARD_AT = f"/desk/rewards/{REWARD.reward_id}"


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with open_desk(tmp_path) as opened:
        opened.bus.says("get_referral", REFERRAL)
        opened.bus.says("get_assistance", HELP)
        opened.bus.says("get_case", CASE)
        opened.bus.says("get_order", ORDER)
        yield opened


# --- every thing


THINGS = [
    thing
    for module in DESK
    for thing in vars(module).values()
    if isinstance(thing, type) and issubclass(thing, Thing) and thing is not Thing
]


def test_every_deed_of_every_page_has_its_words_and_the_right_of_its_route() -> None:
    told = sayings("zh")
    assert len(THINGS) >= 9
    for thing in THINGS:
        for name, deed in thing.deeds.items():
            assert f"deed.{thing.noun}.{name}" in told, (thing, name)
            assert "." in need_of(deed.route).right
            for entry in (each for each in deed.entries if each.kind != "kept"):
                assert {f"entry.{thing.noun}.{entry.name}", f"entry.{entry.name}"} & told.keys(), (thing, entry)
                assert not [code for code in entry.codes if f"{entry.words}.{code}" not in told], entry


@pytest.mark.criterion("1.1")
def test_every_step_of_the_policys_process_has_its_form(door: Door) -> None:
    steps = {each.code for each in door.house.policy.processes["criminal_referral"].steps}
    assert steps - set(handover_pages.REFERRAL) == {"draft"}
    help_steps = {each.code for each in door.house.policy.processes["assistance"].steps}
    assert help_steps - set(handover_pages.Assistance.deeds) == {"request"}


# --- hand-overs


def test_a_handover_shows_papers_with_hashes_its_clock_and_whose_move_it_is(door: Door) -> None:
    sign_in(door, "lead")
    page = door.http.get(HANDOVER)
    for words in ("工商分局", "派出所", "AJ-2026-0001", "ab" * 32, "没有检验", "还剩 24 小时", "已移送"):
        assert words in page.text, words
    assert deeds_on(page, HANDOVER) == {"accept", "accept_not_competent"}
    door.http.cookies.clear()
    sign_in(door)
    waiting = door.http.get(HANDOVER).text
    assert deeds_on(door.http.get(HANDOVER), HANDOVER) == set()
    assert "本单位有此权限的角色： 办案负责人" in waiting


@pytest.mark.criterion("1.4")
def test_a_receipt_is_signed_once_by_whoever_presses_and_can_be_fetched(door: Door) -> None:
    signed = replace(REFERRAL, version=3, state=ReferralState.ACCEPTED, receipt={"number": "HZ-1"})
    door.bus.says("accept_referral", signed)
    sign_in(door, "lead")
    page = door.http.get(HANDOVER)
    for _ in range(2):
        assert send(door, page, "accept", HANDOVER).headers["Location"] == f"{HANDOVER}?done=accept"
    (given,) = asked(door, "accept_referral")
    told = (given.request.desk, given.request.officer, given.request.is_competent, given.request.expected_version)
    assert told == ("police/station", "account_lead", True, 2)
    door.bus.says("get_referral", signed)
    after = door.http.get(f"{HANDOVER}?done=accept")
    assert f'href="/v1/criminal-referrals/{REFERRAL.referral_id}/receipt"' in after.text
    assert deeds_on(after, HANDOVER) == {"request_supplement", "file", "decline", "forward"}
    assert "已办：签收" in after.text


def test_a_handover_goes_back_with_a_reason_that_is_never_lost(door: Door) -> None:
    door.bus.says("get_referral", replace(REFERRAL, state=ReferralState.ACCEPTED))
    sign_in(door, "lead")
    page = door.http.get(HANDOVER)
    assert send(door, page, "decline", HANDOVER).status_code == 422
    assert send(door, page, "request_supplement", HANDOVER).status_code == 422
    door.bus.says("answer_referral", Conflict("referral.changed"))
    door.bus.says("get_referral", replace(REFERRAL, state=ReferralState.FILED))
    stale = send(door, page, "decline", HANDOVER, text_reason="不构成犯罪,理由写了很久")
    assert (stale.status_code, "不构成犯罪,理由写了很久</textarea>" in stale.text) == (412, True)
    door.bus.says("get_referral", replace(REFERRAL, state=ReferralState.ACCEPTED))
    door.bus.says("request_supplement", replace(REFERRAL, state=ReferralState.SUPPLEMENTING))
    form = {"papers.test_results": "yes", "papers.other": "yes"}
    assert send(door, door.http.get(HANDOVER), "request_supplement", HANDOVER, **form).status_code == 303
    assert asked(door, "request_supplement")[-1].request.papers == ("test_results", "other")
    missing = replace(REFERRAL, state=ReferralState.SUPPLEMENTING, missing_papers=("test_results",))
    door.bus.says("get_referral", missing)
    door.bus.says("supplement_referral", replace(missing, state=ReferralState.ACCEPTED))
    door.http.cookies.clear()
    sign_in(door, "officer")
    filled = {"test_results.sha256": "CD" * 32}
    assert send(door, door.http.get(HANDOVER), "supplement", HANDOVER, **filled).status_code == 303
    (paper,) = asked(door, "supplement_referral")[-1].request.papers
    assert (paper.name, paper.status, paper.sha256) == ("test_results", "attached", "cd" * 32)


def test_a_request_for_assistance_is_taken_on_answered_or_refused(door: Door) -> None:
    sign_in(door)
    page = door.http.get(HELPING)
    assert "请提供房屋登记情况" in page.text
    assert deeds_on(page, HELPING) == {"accept", "answer", "refuse"}
    door.bus.says("answer_assistance", HELP)
    assert send(door, page, "answer", HELPING, reference="GA-2026-7").status_code == 303
    assert asked(door, "answer_assistance")[0].request.reference == "GA-2026-7"
    assert door.http.get("/desk/handovers/nothing_known").status_code == 404


# --- cases


def test_a_case_shows_its_deadline_its_tasks_and_persons_never_without_standing(door: Door) -> None:
    door.bus.says("list_referrals", ReferralPage(items=(REFERRAL,)))
    door.bus.says("list_assistance", AssistancePage(items=(HELP,)))
    sign_in(door, "lead")
    page = door.http.get(CASE_AT)
    for words in ("收取入门费", "还剩 90 天", "《禁止传销条例》第七条", HANDOVER, HELPING):
        assert words in page.text, words
    # The police do not refer to themselves.
    assert deeds_on(page, CASE_AT) == {"record_measure", "close", "ask", "name", "add_task", "bundle", "evidence"}
    door.bus.says("get_case", replace(CASE, state=CaseState.CLOSED))
    assert deeds_on(door.http.get(CASE_AT), CASE_AT) == {"reopen", "bundle"}
    door.bus.says("list_parties", BrokerDown("cases.away"))
    assert door.http.get(CASE_AT).status_code == 200


def test_a_case_is_handed_over_from_its_page(door: Door) -> None:
    sign_in(door, "lead")
    page = door.http.get(CASE_AT)
    assert 'value="market/desk"' in page.text
    door.bus.says("request_assistance", HELP)
    asking = {"receiver": "market/desk", "text_what": "查登记", "legal_ground": "方案三", "is_urgent": "yes"}
    made = send(door, page, "ask", CASE_AT, **asking)
    assert made.headers["Location"] == HELPING
    given = asked(door, "request_assistance")[0].request
    assert (given.case_id, given.receiver, given.is_urgent) == (CASE.case_id, "market/desk", True)
    door.bus.says("close_case", replace(CASE, state=CaseState.CLOSED))
    ended = {"outcome": "not_established", "reason": "facts_not_established"}
    done = send(door, page, "close", CASE_AT, text_grounds="查无实据", **ended)
    assert (done.status_code, asked(door, "close_case")[0].request.grounds) == (303, "查无实据")


# --- what an agency owes


def test_an_order_is_answered_by_its_unit_and_judged_by_the_office(door: Door) -> None:
    sign_in(door)
    page = door.http.get(ORDER_AT)
    assert "为什么还没有核查" in page.text
    assert f'href="{ADDRESS}"' in page.text
    door.bus.says("answer_order", ORDER)
    assert send(door, page, "answer", ORDER_AT, text_answer="已约谈房东").status_code == 303
    assert asked(door, "answer_order")[0].request.answer == "已约谈房东"
    door.bus.says("get_order", replace(ORDER, state=OrderState.ANSWERED, answer="已约谈房东"))
    assert deeds_on(door.http.get(ORDER_AT), ORDER_AT) == set()
    door.http.cookies.clear()
    sign_in(door, "office")
    office = door.http.get(ORDER_AT)
    assert deeds_on(office, ORDER_AT) == {"accept", "reject"}
    door.bus.says("review_order", ORDER)
    back = send(door, office, "reject", ORDER_AT, text_remark="再查", new_due_on="2026-03-20")
    given = asked(door, "review_order")[0].request
    assert (back.status_code, given.accept, given.new_due_on) == (303, False, date(2026, 3, 20))


DRAFT = StageReportDraft(
    report_id=REPORT.report_id,
    agency="police",
    period_from=date(2026, 2, 12),
    period_to=date(2026, 2, 26),
    due_on=REPORT.due_on,
    figures={"tips_led": 7, "cases_opened": 0},
    practice="受理线索7条",
    results="查实1条",
    problems="无",
    advice="无",
)


def test_a_return_is_prefilled_and_taken_late_and_marked(door: Door) -> None:
    door.bus.says("list_stage_reports", StageReportList(items=(REPORT,)))
    door.bus.says("get_stage_report_draft", DRAFT)
    sign_in(door)
    assert RETURN_AT in door.http.get("/desk/returns").text
    page = door.http.get(RETURN_AT)
    for words in ("受理线索7条</textarea>", "主办线索", "仍然可以报送"):
        assert words in page.text, words
    filed = replace(
        REPORT, version=2, state=StageReportState.FILED_LATE, filed_at=NOON, practice="走访20户",
        figures={"tips_led": 7}, stated={"tips_led": 9}, remarks={"tips_led": "含上期2条"},
    )  # fmt: skip
    parts = {"text_practice": "走访20户", "text_results": "一", "text_problems": "二", "text_advice": "三"}
    parts |= {"count.tips_led": "9", "remark.tips_led": "含上期2条"}
    door.bus.says("file_stage_report", RuleBroken("stage_report.remark_missing", figure="tips_led"))
    wanting = send(door, page, "file", RETURN_AT, **parts)
    assert (wanting.status_code, 'value="9"' in wanting.text, "缺少说明" in wanting.text) == (422, True, True)
    door.bus.says("file_stage_report", Conflict("stage_report.changed"))
    stale = send(door, wanting, "file", RETURN_AT, **parts)
    assert (stale.status_code, "走访20户</textarea>" in stale.text) == (412, True)
    door.bus.says("file_stage_report", filed)
    assert send(door, stale, "file", RETURN_AT, **parts).status_code == 303
    door.bus.says("list_stage_reports", StageReportList(items=(filed,)))
    after = door.http.get(RETURN_AT).text
    assert ("补报" in after, "走访20户" in after, "<textarea" in after) == (True, True, False)
    assert ("本单位 9，系统 7" in after, "含上期2条" in after) == (True, True)
    last = asked(door, "file_stage_report")[-1].request
    assert (dict(last.figures), dict(last.remarks)) == ({"tips_led": 9}, {"tips_led": "含上期2条"})
    assert "补报" in door.http.get("/desk/returns").text
    assert door.http.get("/desk/returns/another").status_code == 404
    door.ledger.people.sessions.clear()
    over = send(door, page, "file", RETURN_AT, **parts)
    assert (over.status_code, "走访20户\n\n一" in over.text) == (401, True)


def test_one_reads_what_ones_agency_owes_the_overdue_first(door: Door) -> None:
    sentence = ClauseView(
        clause="L35.1",
        sentence="受理举报",
        resolved="",
        lead=("police",),
        support=(),
        feature="tips",
        status="running",
        kept_by=(),
        proofs=0,
        last_proof_at=None,
        state="waiting",
        next_due_on=None,
    )
    late = replace(sentence, clause="L90.1", sentence="按时报送", state="overdue", next_due_on=date(2026, 3, 12))
    door.bus.says("list_obligations", ClauseList(items=(sentence, late), totals={}))
    sign_in(door)
    page = door.http.get("/desk/obligations").text
    assert page.index("按时报送") < page.index("受理举报")
    assert asked(door, "list_obligations")[0].request.agency == "police"
    only = door.http.get("/desk/obligations?state=overdue").text
    assert ("按时报送" in only, "受理举报" in only) == (True, False)


# --- what is like a tip, its words, its case


def test_likeness_is_shown_with_its_reasons_and_bound_by_a_person(door: Door) -> None:
    like = SimilarTip(
        tip_id=OTHER_TIP,
        number="DY-2",
        category="other",
        lane="normal",
        state=TipState.DISPATCHED,
        lead="police/station",
        received_at=NOON,
        per_cent=88,
        reasons=(LikenessReason(code="wording", per_cent=71), LikenessReason(code="plate", per_cent=60)),
    )
    tie = TieView(kind=BondKind.LINK, made_by="account_x", made_at=NOON, reason="同一辆车")
    bond = BondView(bond_id="bond_1", version=1, tip_ids=(TIP_ID, OTHER_TIP), kind=BondKind.LINK, ties=(tie,))
    door.bus.says("find_similar", SimilarTips(items=(like,)))
    door.bus.says("list_bonds", BondList(tip_id=TIP_ID, bonds=(bond,), merged=()))
    sign_in(door)
    page = door.http.get(ADDRESS)
    for words in ("相似 88%", "文字 71%", "车牌 60%", "同一辆车"):
        assert words in page.text, words
    door.bus.says("make_bond", bond)
    told = {"other_tip_id": OTHER_TIP, "kind": "merge", "text_reason": "同一件事"}
    assert send(door, page, "bind", **told).status_code == 303
    given = asked(door, "make_bond")[0].request
    assert (given.other_tip_id, given.kind, given.reason) == (OTHER_TIP, BondKind.MERGE, "同一件事")
    door.bus.says("undo_bond", bond)
    assert send(door, page, "undo", bond_id="bond_1", text_reason="看错了").status_code == 303
    assert asked(door, "undo_bond")[0].request.bond_id == "bond_1"
    assert send(door, page, "undo", bond_id="../x", text_reason="看错了").status_code == 422
    door.bus.says("find_similar", BrokerDown("tips.away"))
    assert "这一部分现在没有回答" in door.http.get(ADDRESS).text


def test_a_case_is_opened_from_its_tip_by_an_officer(door: Door) -> None:
    sign_in(door, "lead")
    page = door.http.get(ADDRESS)
    assert {"case", "unmask"} <= deeds_on(page)
    door.bus.says("open_case", CASE)
    told = {"owner": "police/station", "kind": "entry_fee", "basis": "第七条"}
    assert send(door, page, "case", **told).headers["Location"] == CASE_AT
    given = asked(door, "open_case")[0].request
    assert (given.tip_id, given.kind, given.suspected_crime) == (TIP_ID, "entry_fee", False)


def test_the_office_dispatches_anew_and_demands_an_answer(door: Door) -> None:
    sign_in(door, "office")
    page = door.http.get(ADDRESS)
    assert {"dispatch", "press"} == deeds_on(page)
    door.bus.says("dispatch_tip", VIEW)
    assert send(door, page, "dispatch", lead="market/desk", reason="职责").status_code == 303
    assert asked(door, "dispatch_tip")[0].request.lead == "market/desk"
    door.bus.says("issue_order", ORDER)
    told = {"target": "police/station", "text_question": "进展?", "due_on": "2026-03-09"}
    assert send(door, page, "press", **told).status_code == 303
    assert asked(door, "issue_order")[0].request.about == f"tip/{TIP_ID}"


# --- rewards


def test_a_reward_goes_from_proposal_to_payment_by_right(door: Door) -> None:
    door.bus.says("list_rewards", RewardPage(items=(REWARD,)))
    door.bus.says("get_reward", REWARD)
    sign_in(door, "office")
    assert REWARD_AT in door.http.get("/desk/rewards").text
    page = door.http.get(REWARD_AT)
    assert deeds_on(page, REWARD_AT) == {"propose"}
    band = load_policy(Path("deploy/policy")).rewards.current
    assert band is not None
    door.bus.says("propose_reward", REWARD)
    told = {"band": band.bands[0].code, "amount_yuan": "500", "budget_line": "204-02", "text_grounds": "查实一处"}
    assert send(door, page, "propose", REWARD_AT, **told).status_code == 303
    assert asked(door, "propose_reward")[0].request.amount_yuan == 500
    approved = replace(REWARD, state=RewardState.APPROVED, number="JL-1", amount_yuan=500)
    door.bus.says("get_reward", approved)
    for name, may in (("finance", {"pay"}), ("custodian", {"stop"}), ("office", set())):
        door.http.cookies.clear()
        door.clock.advance(timedelta(seconds=31))
        sign_in(door, name)
        assert deeds_on(door.http.get(REWARD_AT), REWARD_AT) == may, name
    assert door.http.get(f"{REWARD_AT}/payee").status_code == 403


# --- search


def test_search_keeps_to_what_one_may_see_and_says_what_it_found(door: Door) -> None:
    found = FoundTip(
        tip_id=TIP_ID,
        number="DY-1",
        category="other",
        lane="normal",
        state=TipState.CLOSED,
        lead="police/station",
        village="village/banyan",
        received_at=NOON,
        excerpt="楼上<听课>",
    )
    door.bus.says("search_tips", FoundTips(items=(found,), total=1, is_total_exact=True, next_cursor="abc"))
    sign_in(door)
    assert "<ol" not in door.http.get("/desk/search").text
    page = door.http.get("/desk/search", params={"q": " 听课 "}).text
    other = 'href="/desk/search?q=%E5%90%AC%E8%AF%BE&amp;lang=en"'
    for words in ("找到 1 条", "楼上&lt;听课&gt;", ADDRESS, "cursor=abc", 'value="听课"', other):
        assert words in page, words
    assert asked(door, "search_tips")[0].request.text == "听课"
    assert "search-numbers" not in page
    door.bus.says("save_search", SAVED)
    keeping = send(
        door, door.http.get("/desk/search?q=听课"), "save", "/desk/search/saved", name="听课", is_watched="yes"
    )
    assert keeping.headers["Location"] == "/desk/search"
    given = asked(door, "save_search")[0].request
    assert (given.text, given.is_shared, given.is_watched) == ("听课", False, True)
    door.bus.says("list_saved_searches", SavedSearchPage(items=(SAVED,)))
    door.bus.says("drop_saved_search", replace(SAVED, is_dropped=True))
    kept = door.http.get("/desk/search")
    assert 'href="/desk/search?q=%E5%90%AC%E8%AF%BE"' in kept.text
    dropping = send(door, kept, "drop", "/desk/search/saved", saved_search_id=SAVED.saved_search_id)
    assert (dropping.status_code, len(asked(door, "drop_saved_search"))) == (303, 1)
    door.http.cookies.clear()
    sign_in(door, "lead")
    odd = door.http.get("/desk/search", params={"ending": "12"})
    assert (odd.status_code, asked(door, "search_numbers")) == (422, [])


# --- accounts


@pytest.mark.criterion("23")
def test_an_official_is_invited_takes_the_account_up_and_changes_the_password(door: Door) -> None:
    sign_in(door, "admin")
    people = door.http.get("/desk/people")
    told = {"name": "newcomer", "shown_name": "新同志", "roles.desk": "yes", "desks.police/station": "yes"}
    made = send(door, people, "invite", "/desk/people/new", **told)
    assert made.status_code == 201, made.text
    invitation = re.findall(r'<code class="long">([\w-]{20,})</code>', made.text)[0]
    assert invitation not in door.http.get("/desk/people").text
    assert send(door, people, "invite", "/desk/people/new", name="x").status_code == 422
    door.http.cookies.clear()
    shown = door.http.post("/desk/invitation", data={"invitation": invitation}, headers=OURS)
    assert "<svg" in shown.text
    secret = re.findall(r'<code class="long">([A-Z2-7]{16,})</code>', shown.text)[0]
    code = second_factor.code_of(secret, door.clock.now())
    form = {"invitation": invitation, "password": "short", "code": code}
    weak = door.http.post("/desk/invitation", data=form, headers=OURS)
    assert (weak.status_code >= 400, "<svg" in weak.text) == (True, True)
    form["password"] = "lantern harbour seven wheels"
    codes = door.http.post("/desk/invitation", data=form, headers=OURS)
    assert (codes.status_code, len(re.findall(r"<li><code>", codes.text))) == (200, 10)
    assert door.http.post("/desk/invitation", data=form, headers=OURS).status_code >= 400
    nonsense = door.http.post("/desk/invitation", data={"invitation": "x"}, headers=OURS)
    assert (nonsense.status_code, "<svg" in nonsense.text) == (422, False)


@pytest.mark.criterion("23")
def test_an_account_gets_duties_and_is_handed_over_in_one_action(door: Door) -> None:
    def held(_request: Any, _caller: Any) -> Any:
        raise BrokerDown("tips.away")

    sign_in(door, "admin")
    at = "/desk/people/account_desk"
    door.bus.answers["list_held"] = held
    assert door.http.get("/desk/people/account_market").status_code == 404
    page = door.http.get(at)
    assert "这一部分现在没有回答" in page.text
    assert {"duties", "acting", "hand_over", "invite_again"} <= deeds_on(page, at)
    told = {"roles.desk": "yes", "roles.case_officer": "yes", "desks.police/station": "yes"}
    assert send(door, page, "duties", at, **told).headers["Location"] == f"{at}?done=duties"
    assert "办案人员" in door.http.get(at).text
    odd = send(door, page, "acting", at, stands_in_for="account_lead", begins_at="x", ends_at="", text_reason="病假")
    assert (odd.status_code, "病假</textarea>" in odd.text) == (422, True)


def test_the_deed_of_a_page_reads_what_a_form_says() -> None:
    deed: Deed = tip_pages.DEEDS["press"]
    (body,) = deed.filled({"target": "a/b", "text_question": " q ", "due_on": "2026-03-09"}, "me")
    assert body.model_dump() == {"target": "a/b", "question": "q", "due_on": date(2026, 3, 9)}


def test_forms_of_things_carry_key_version_and_way_back(door: Door) -> None:
    sign_in(door, "lead")
    for at, deed in ((HANDOVER, "accept"), (CASE_AT, "close"), (ORDER_AT, "answer")):
        form = form_on(door.http.get(at), f"{at}/{deed}")
        assert form["page"] == at
        assert re.fullmatch(r'"\d+"', form["version"])
        assert len(form["key"]) >= 24


@pytest.mark.criterion("1.3")
def test_a_referral_is_drafted_with_its_papers_or_the_reason_why_not(door: Door) -> None:
    door.bus.says("get_case", replace(CASE, owner="market/desk"))
    door.bus.says("draft_referral", replace(REFERRAL, state=ReferralState.AWAITING_DECISION))
    sign_in(door, "officer")
    page = door.http.get(CASE_AT)
    receivers = page.text.partition('id="refer-receiver"')[2].partition("</select>")[0]
    assert re.findall(r'value="(\w+)/', receivers) == ["police"] * receivers.count("police/")
    papers = {"transfer_letter.sha256": "ef" * 32, "test_results.reason": "无需检验"}
    told = {"receiver": "police/economic", "officer": "account_second", **papers}
    assert send(door, page, "refer", CASE_AT, **told).headers["Location"] == HANDOVER
    given = asked(door, "draft_referral")[0].request
    assert given.officers == ("account_officer", "account_second")
    assert [(each.name, each.status) for each in given.papers] == [
        ("transfer_letter", "attached"),
        ("test_results", "none"),
    ]


@pytest.mark.criterion("8.4")
def test_an_identity_is_asked_for_by_one_and_opened_by_a_custodian_of_another_agency(door: Door) -> None:
    asking = OpeningView(
        request_id="opening_0000000000000001",
        tip_id=TIP_ID,
        version=1,
        kind=OpeningKind.SAFETY,
        motive="可能遭到报复",
        state=OpeningState.ASKED,
        asked_by="account_lead",
        asked_agency="police",
        asked_at=NOON,
        expires_at=NOON + timedelta(days=1),
        decided_by=None,
        decided_at=None,
        reason=None,
        withheld_ground=None,
        read_at=(),
    )
    at = f"/desk/vault/{TIP_ID}/{asking.request_id}"
    door.bus.says("ask_opening", asking)
    door.bus.says("get_opening", SealedOpening(opening=asking))
    door.bus.says("list_openings", OpeningPage(items=(asking,)))
    sign_in(door, "lead")
    made = send(door, door.http.get(ADDRESS), "vault", kind="safety", text_motive="可能遭到报复")
    assert made.headers["Location"] == at
    assert deeds_on(door.http.get(at), at) == {"withdraw"}
    door.http.cookies.clear()
    sign_in(door, "custodian")
    assert at in door.http.get("/desk").text
    assert at in door.http.get("/desk/vault").text
    page = door.http.get(at)
    assert ("可能遭到报复" in page.text, deeds_on(page, at)) == (True, {"approve", "refuse"})
    door.bus.says("decide_opening", replace(asking, state=OpeningState.APPROVED))
    assert send(door, page, "approve", at, text_reason="同意,保护需要").status_code == 303
    given = asked(door, "decide_opening")[0].request
    assert (given.tip_id, given.request_id, given.approve) == (TIP_ID, asking.request_id, True)

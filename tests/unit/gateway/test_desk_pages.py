"""Officials' pages without a browser: signing in, the inbox, one tip and what may be done with it, one's rights."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest

from gateway.console import DESK, tip_pages
from gateway.console.sayings import sayings
from gateway.console.staff import local, need_of
from gateway.people.sessions import COOKIE
from gateway.routes import tips
from lianxi.contracts.cases import AssistancePage, CasePage, ReferralPage
from lianxi.contracts.notifications import NoticePage
from lianxi.contracts.reporting import OrderPage, StageReportList, StageReportState
from lianxi.contracts.tips import (
    Channel,
    ReturnReason,
    TimelineEntry,
    TipPage,
    TipState,
    TipView,
    VerificationOutcome,
)
from lianxi.kernel.errors import BrokerDown, Conflict, RuleBroken
from lianxi.policy.rights import Action
from tests.support.desk_door import (
    ADDRESS,
    CASE_ROW,
    HELP,
    NOTICE,
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
    summary,
)
from tests.support.gateway_fakes import NOON, Door


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with open_desk(tmp_path) as opened:
        yield opened


# --- signing in


@pytest.mark.criterion("23")
def test_an_official_signs_in_with_three_things_and_signs_out(door: Door) -> None:
    assert "Set-Cookie" not in door.http.get("/desk/sign-in").headers
    opened = sign_in(door)
    assert (opened.status_code, opened.headers["Location"]) == (303, "/desk")
    cookies = [value for name, value in opened.headers.multi_items() if name == "set-cookie"]
    assert all("HttpOnly" in each and "SameSite=strict" in each for each in cookies)
    page = door.http.get("/desk")
    assert (page.status_code, "desk 同志" in page.text) == (200, True)
    out = door.http.post("/desk/sign-out", data=form_on(page, "/desk/sign-out"), headers=OURS)
    assert out.headers["Location"] == "/desk/sign-in?why=out"
    assert door.ledger.people.sessions == {}
    assert COOKIE not in door.http.cookies
    assert "已经退出登录" in door.http.get(out.headers["Location"]).text


@pytest.mark.criterion("13.2")
def test_every_mistake_gets_one_answer_and_is_kept(door: Door) -> None:
    answers = [
        sign_in(door, password="another password"),
        sign_in(door, code="000000"),
        sign_in(door, name="desk", password=""),
        sign_in(door, password="x" * 500),
    ]
    assert {each.status_code for each in answers} == {401}
    assert len({each.text for each in answers}) == 1
    assert 'value="desk"' in answers[0].text
    assert "another password" not in answers[0].text
    assert [line["kind"] for line in door.ledger.noted] == ["sign_in_failed"] * 2


def test_whoever_is_slowed_down_reads_for_how_long(door: Door) -> None:
    answers = [sign_in(door, password=f"guess {each}") for each in range(6)]
    assert answers[-1].status_code == 429
    assert f"请等 {answers[-1].headers['Retry-After']} 秒" in answers[-1].text


def test_without_a_session_one_is_led_to_sign_in_and_back_again(door: Door) -> None:
    for path in ("/desk", "/desk?state=closed", ADDRESS, "/desk/me"):
        asked_to = door.http.get(path)
        assert asked_to.status_code == 303, path
        form = form_on(door.http.get(asked_to.headers["Location"]), "/desk/sign-in")
        assert form["next"] == path
    door.clock.advance(timedelta(seconds=31))
    assert sign_in(door, next=ADDRESS).headers["Location"] == ADDRESS
    assert door.http.get("/desk/sign-in?next=/desk/me").headers["Location"] == "/desk/me"


@pytest.mark.parametrize(
    "address",
    [
        *("https://evil.test/", "//evil.test/desk", "/desk/../v1/tips", "/desk//evil.test", "/desk\\evil.test"),
        *("/desk?next=https://evil.test", "/desk@evil.test", "/desks", "/desk\r\nX: y", "javascript:alert(1)", ""),
        *("/desk/sign-out", "/desk/" + "a" * 600),
    ],
)
def test_the_way_back_leads_nowhere_else(address: str) -> None:
    assert local(address) == "/desk"


def test_signing_in_leads_nowhere_else(door: Door) -> None:
    assert sign_in(door, next="//evil.test/desk").headers["Location"] == "/desk"
    signed_in = door.http.get("/desk/sign-in", params={"next": "https://evil.test/"})
    assert signed_in.headers["Location"] == "/desk"


# --- the ground


def test_every_form_of_a_session_carries_its_token_and_no_other(door: Door) -> None:
    sign_in(door)
    posts = [
        getattr(route, "path", "")
        for area in DESK
        for route in area.router.routes
        if "POST" in getattr(route, "methods", ())
    ]
    assert len(posts) >= 12
    for path in posts:
        address = re.sub(r"\{\w+\}", "accept", path)
        before = len(door.bus.asked)
        for form in ({}, {"csrf": "0" * 64}):
            refused = door.http.post(address, data={"key": "k", "version": '"3"', **form}, headers=OURS)
            assert (refused.status_code, refused.headers["Content-Type"]) == (403, "text/html; charset=utf-8"), path
        assert len(door.bus.asked) == before


def test_the_header_of_the_interface_is_still_asked_for_there(door: Door) -> None:
    """Only pages bring the token in a field: a write of the interface without its header stays refused."""
    sign_in(door)
    answer = door.http.post(f"/v1/tips/{TIP_ID}/accept", headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (403, "session.not_meant")
    assert asked(door, "accept_tip") == []


def test_a_form_from_elsewhere_is_refused_even_with_the_token(door: Door) -> None:
    sign_in(door)
    form = form_on(door.http.get(ADDRESS), f"{ADDRESS}/accept")
    for headers in ({}, {"Origin": "null"}, {"Origin": "https://evil.test"}, {"Sec-Fetch-Site": "same-site"}):
        assert door.http.post(f"{ADDRESS}/accept", data=form, headers=headers).status_code == 403, headers
    assert (
        door.http.post("/desk/sign-in", data={"name": "x"}, headers={"Origin": "https://evil.test"}).status_code == 403
    )
    assert asked(door, "accept_tip") == []


def test_pages_are_strict_and_kept_nowhere(door: Door) -> None:
    sign_in(door)
    door.bus.says("list_notices", NoticePage(items=(NOTICE,)))
    for path in ("/desk", ADDRESS, "/desk/me", "/desk/tips/nothing%20here"):
        page = door.http.get(path)
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert page.headers["Cache-Control"] == "no-store"
        assert not re.search(r"<(script|style)>| style=| on[a-z]+=", page.text), path
        for address in re.findall(r'(?:src|href|action)="([^"]+)"', page.text):
            assert address.startswith(("/", "#")), address


def test_rows_of_the_request_audit_name_the_official(tmp_path: Path) -> None:
    with open_desk(tmp_path) as door:
        sign_in(door)
        door.http.get(ADDRESS)
    rows = [row for row in door.ledger.requests if row.route == "/desk/tips/{tip_id}"]
    assert [(row.actor, row.agency, row.status) for row in rows] == [("account_desk", "police", 200)]


# --- inbox


KIND = r'<p class="kind"><span class="lamp[^\n]*</span> (\w+)'
NUMBER = r'class="tip-no">(DY-\d+)<'


@pytest.mark.criterion("3.2")
def test_the_inbox_lays_tips_by_their_clocks_and_says_late_in_words(door: Door) -> None:
    rows = {
        TipState.DISPATCHED: (summary(1, timedelta(days=3), TipState.DISPATCHED),),
        TipState.ACCEPTED: (
            summary(2, timedelta(days=-4), TipState.ACCEPTED),
            summary(3, timedelta(hours=5), TipState.ACCEPTED),
        ),
        TipState.VERIFIED: (summary(4, None, TipState.VERIFIED),),
        TipState.CLOSED: (summary(5, None, TipState.CLOSED),),
    }
    door.bus.answers["list_tips"] = lambda request, _caller: TipPage(items=rows[request.state])
    sign_in(door)
    page = door.http.get("/desk").text
    assert re.findall(NUMBER, page) == ["DY-2", "DY-3", "DY-1", "DY-4"]
    for words in ("已超期 4 天", "还剩 5 小时", "还剩 3 天", "没有正在走的期限", "▲", "◆", "●"):
        assert words in page
    closed = door.http.get("/desk?state=closed").text
    assert re.findall(NUMBER, closed) == ["DY-5"]
    assert 'href="/desk?state=closed" aria-current="true"' in closed
    caller = asked(door, "list_tips")[-1].caller
    assert (caller.actor, caller.rows, caller.is_person) == ("account_desk", ("involved",), True)


def test_the_inbox_reads_every_page_and_shows_fifty_at_a_time(door: Door) -> None:
    def tell(request: Any, _caller: Any) -> TipPage:
        if request.state is not TipState.DISPATCHED:
            return TipPage(items=())
        first = 0 if request.cursor is None else 40
        items = tuple(summary(first + n, timedelta(hours=100 - first - n), request.state) for n in range(40))
        return TipPage(items=items, next_cursor="more" if first == 0 else None)

    door.bus.answers["list_tips"] = tell
    sign_in(door)
    first, second = door.http.get("/desk"), door.http.get("/desk?page=2")
    assert re.findall(NUMBER, first.text)[0] == "DY-79"
    assert [len(re.findall(NUMBER, each.text)) for each in (first, second)] == [50, 30]
    assert 'rel="next" href="/desk?page=2"' in first.text
    for odd in ("0", "99", "x", "-1", "²"):
        page = door.http.get("/desk", params={"page": odd, "state": odd, "whose": odd, "kind": odd})
        assert page.status_code == 200


def test_an_empty_inbox_says_so_and_what_comes_next(door: Door) -> None:
    coming = replace(REPORT, state=StageReportState.NOT_DUE, due_on=date(2026, 3, 12))
    door.bus.says("list_stage_reports", StageReportList(items=(coming,)))
    sign_in(door)
    page = door.http.get("/desk").text
    for words in ("没有待办", "下一次报送：2026年3月12日"):
        assert words in page
    assert "Nothing waits for you" in door.http.get("/desk?lang=en").text
    door.http.cookies.clear()
    sign_in(door, "admin")
    before = len(asked(door, "list_tips"))
    assert "没有待办" in door.http.get("/desk").text
    assert len(asked(door, "list_tips")) == before


def test_whoever_sees_the_whole_town_sees_their_own_desks_first(door: Door) -> None:
    rows = (
        summary(1, timedelta(days=1), TipState.DISPATCHED),
        summary(2, timedelta(days=2), TipState.DISPATCHED, "office/desk"),
    )
    door.bus.answers["list_tips"] = lambda request, _: TipPage(items=rows if request.state == "dispatched" else ())
    sign_in(door, "office")
    assert re.findall(NUMBER, door.http.get("/desk").text) == ["DY-2"]
    assert re.findall(NUMBER, door.http.get("/desk?whose=others").text) == ["DY-1"]


EVERYTHING: dict[str, Any] = {
    "list_notices": NoticePage(items=(NOTICE,)),
    "list_tips": TipPage(items=()),
    "list_referrals": ReferralPage(items=(REFERRAL,)),
    "list_assistance": AssistancePage(items=(HELP,)),
    "list_cases": CasePage(items=(CASE_ROW,)),
    "list_orders": OrderPage(items=(ORDER,)),
    "list_stage_reports": StageReportList(items=(REPORT,)),
}


def test_the_inbox_holds_everything_that_i_may_do_next_by_its_clock(door: Door) -> None:
    for method, answer in EVERYTHING.items():
        door.bus.says(method, answer)
    sign_in(door, "lead")
    page = door.http.get("/desk").text
    kinds = re.findall(KIND, page)
    assert kinds == ["报送", "通知", "移送", "督办", "协查", "案件"]
    for deed in ("签收", "答复督办", "接受", "报送"):
        assert f">{deed}</" in page, deed
    only = door.http.get("/desk?kind=order").text
    assert re.findall(KIND, only) == ["督办"]
    assert 'href="/desk?kind=order" aria-current="true"' in only


def test_what_others_have_to_do_stands_under_its_own_tab(door: Door) -> None:
    for method, answer in EVERYTHING.items():
        door.bus.says(method, answer)
    asked_by_us = replace(HELP, asker="police/station", receiver="market/desk")
    door.bus.says("list_assistance", AssistancePage(items=(asked_by_us,)))
    sign_in(door)
    mine, unit, others = (door.http.get(f"/desk{query}").text for query in ("", "?whose=unit", "?whose=others"))
    # A desk without the right to sign for the police sees that its unit has to, and who may.
    assert (REFERRAL.referral_id in mine, REFERRAL.referral_id in unit) == (False, True)
    assert (HELP.assistance_id in unit, HELP.assistance_id in others) == (False, True)


def test_whoever_is_named_next_owner_has_the_tip_to_close(door: Door) -> None:
    owned = replace(summary(7, None, TipState.VERIFIED), next_owner="market/desk")
    door.bus.answers["list_tips"] = lambda request, _: TipPage(items=(owned,) if request.state == "verified" else ())
    sign_in(door, "officer")
    page = door.http.get("/desk").text
    assert re.findall(NUMBER, page) == ["DY-7"]
    assert ">办结</a>" in page


def test_a_desk_that_is_away_is_named_and_takes_nothing_from_the_others(door: Door) -> None:
    door.bus.says("list_notices", NoticePage(items=(NOTICE,)))
    for method in ("list_referrals", "list_assistance", "list_cases"):
        door.bus.says(method, BrokerDown("cases.away"))
    sign_in(door, "lead")
    page = door.http.get("/desk?whose=unit")
    assert (page.status_code, NOTICE.text_zh in page.text) == (200, True)
    away = page.text.partition("这些没有回答")[2].partition("</p>")[0]
    assert re.findall(r"<strong>(\w+)</strong>", away) == ["移送", "协查", "案件"]
    assert 'href="/desk?whose=unit"' in away


def test_a_notice_is_acknowledged_once(door: Door) -> None:
    door.bus.says("list_notices", NoticePage(items=(NOTICE,)))
    door.bus.says("acknowledge_notice", replace(NOTICE, version=2, acknowledged_at=NOON))
    sign_in(door)
    page = door.http.get("/desk?kind=notice")
    assert NOTICE.text_zh in page.text
    assert asked(door, "list_notices")[0].request.only_open
    address = f"/desk/notices/{NOTICE.notice_id}/acknowledge"
    form = form_on(page, address)
    for _ in range(2):
        signed = door.http.post(address, data=form, headers=OURS)
        assert (signed.status_code, signed.headers["Location"]) == (303, "/desk?kind=notice")
    assert [each.request.expected_version for each in asked(door, "acknowledge_notice")] == [1]
    door.bus.says("acknowledge_notice", Conflict("notice.changed"))
    stale = door.http.post(address, data={**form, "key": "another"}, headers=OURS)
    assert (stale.status_code, "有人先改过" in stale.text) == (412, True)


# --- one tip


def test_a_tip_is_told_with_clock_clause_words_and_line(door: Door) -> None:
    sign_in(door)
    page = door.http.get(ADDRESS).text
    for words in ("还剩 21 天", "收到线索", "其他事项", "又来人了", "七号楼", "方案第 35 行第 1 句", "待受理", "电话"):
        assert words in page, words
    assert "楼上 &lt;b&gt;听课" in page
    assert "<b>听课" not in page


@pytest.mark.criterion("8.1")
def test_buttons_are_those_of_state_right_and_desk(door: Door) -> None:
    sign_in(door)
    assert deeds(door, VIEW) == {"accept", "return", "dispatch", "clock", "messages"}
    assert deeds(door, replace(VIEW, state=TipState.ACCEPTED)) == {"verify", "dispatch", "clock", "messages"}
    assert deeds(door, replace(VIEW, state=TipState.VERIFIED)) == {"close", "clock", "messages"}
    assert deeds(door, replace(VIEW, state=TipState.CLOSED)) == {"messages"}
    assert deeds(door, replace(VIEW, lead="market/desk")) == set()
    owned = replace(VIEW, state=TipState.VERIFIED, lead="market/desk", next_owner="police/station")
    assert deeds(door, owned) == {"close"}
    returned = TimelineEntry(at=NOON, what="tip.returned", by="police/station", reference="duplicate")
    assert deeds(door, replace(VIEW, timeline=(returned, returned))) == {"accept", "dispatch", "clock", "messages"}


def deeds(door: Door, view: TipView) -> set[str]:
    door.bus.says("get_tip", view)
    return deeds_on(door.http.get(ADDRESS))


def test_a_stranger_finds_no_page_and_a_role_without_tips_is_refused(door: Door) -> None:
    del door.bus.answers["get_tip"]
    sign_in(door, "market")
    gone = door.http.get(ADDRESS)
    assert (gone.status_code, gone.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert door.http.get("/desk/tips/not%20an%20id").status_code == 404
    assert door.http.get("/desk/nothing").status_code == 404
    door.http.cookies.clear()
    sign_in(door, "admin")
    assert door.http.get(ADDRESS).status_code == 403


WORK: list[tuple[str, TipState, dict[str, str], str, dict[str, Any]]] = [
    ("accept", TipState.DISPATCHED, {}, "accept_tip", {"officer": None}),
    (
        "return",
        TipState.DISPATCHED,
        {"reason": "duplicate", "suggested_desk": "market/desk", "text_explanation": "已经有了"},
        "return_tip",
        {"reason": ReturnReason.DUPLICATE, "suggested_desk": "market/desk", "explanation": "已经有了"},
    ),
    (
        "verify",
        TipState.ACCEPTED,
        {"outcome": "not_substantiated", "next_owner": ""},
        "verify_tip",
        {"outcome": "not_substantiated", "next_owner": None},
    ),
    ("close", TipState.VERIFIED, {"text_outcome": "已取缔"}, "close_tip", {"outcome": "已取缔"}),
    ("messages", TipState.ACCEPTED, {"text": "请问几楼"}, "post_message", {}),
]


def test_each_deed_is_done_once_on_the_version_that_was_read(door: Door) -> None:
    sign_in(door)
    for deed, state, filled, method, told in WORK:
        door.bus.says("get_tip", replace(VIEW, state=state))
        door.bus.says(method, replace(VIEW, version=4))
        page = door.http.get(ADDRESS)
        answers = [send(door, page, deed, **filled) for _ in range(2)]
        assert {each.status_code for each in answers} == {303}, deed
        assert {each.headers["Location"] for each in answers} == {f"{ADDRESS}?done={deed}"}
        (given,) = asked(door, method)
        assert {name: getattr(given.request, name) for name in told} == told
        assert getattr(given.request, "expected_version", 3) == 3
        assert (given.caller.actor, bool(given.caller.command_id)) == ("account_desk", True)
        assert "请问几楼" not in str(given.request)
        assert 'role="status"' in door.http.get(answers[0].headers["Location"]).text


@pytest.mark.criterion("14.2")
def test_a_conflict_shows_what_has_changed_and_keeps_what_was_written(door: Door) -> None:
    verified = replace(VIEW, state=TipState.VERIFIED)
    door.bus.says("get_tip", verified)
    sign_in(door)
    page = door.http.get(ADDRESS)
    late = TimelineEntry(at=NOON + timedelta(hours=1), what="case.opened", by="police/economic", reference="case_1")
    door.bus.says("get_tip", replace(verified, version=4, timeline=(*VIEW.timeline, late)))
    door.bus.says("close_tip", Conflict("tip.changed"))
    stale = send(door, page, "close", text_outcome="已取缔 <i>")
    assert stale.status_code == 412
    assert "有人先改过" in stale.text
    changed = stale.text.partition('id="changed"')[2].partition("</section>")[0]
    assert ("立案" in changed, "收到线索" in changed) == (True, False)
    assert "已取缔 &lt;i&gt;</textarea>" in stale.text
    again = form_on(stale, f"{ADDRESS}/close")
    assert again["version"] == '"4"'
    assert again["key"] != form_on(page, f"{ADDRESS}/close")["key"]
    door.bus.says("close_tip", replace(VIEW, version=5, state=TipState.CLOSED))
    assert send(door, stale, "close", text_outcome="已取缔").status_code == 303


def test_what_was_written_is_shown_when_its_form_is_gone(door: Door) -> None:
    door.bus.says("get_tip", replace(VIEW, state=TipState.VERIFIED))
    sign_in(door)
    page = door.http.get(ADDRESS)
    door.bus.says("get_tip", replace(VIEW, state=TipState.CLOSED))
    door.bus.says("close_tip", Conflict("tip.already_closed"))
    gone = send(door, page, "close", text_outcome="写了很久")
    assert gone.status_code == 409
    assert re.search(r'id="written"[^>]*>\n写了很久</textarea>', gone.text)


def test_what_was_written_survives_a_refusal_an_outage_and_the_end_of_a_session(door: Door) -> None:
    sign_in(door)
    page = door.http.get(ADDRESS)
    door.bus.says("post_message", RuleBroken("dialogue.full"))
    assert "写了很久</textarea>" in send(door, page, "messages", text="写了很久").text
    door.bus.says("post_message", BrokerDown("broker.away"))
    door.bus.says("get_tip", BrokerDown("broker.away"))
    away = send(door, page, "messages", text="写得更久")
    assert (away.status_code, "写得更久</textarea>" in away.text) == (503, True)
    door.ledger.people.sessions.clear()
    over = send(door, page, "messages", text="写得最久")
    assert (over.status_code, "写得最久</textarea>" in over.text) == (401, True)
    assert form_on(over, "/desk/sign-in")["next"] == ADDRESS


def test_what_is_missing_is_named_and_nothing_is_sent(door: Door) -> None:
    door.bus.says("get_tip", VIEW)
    sign_in(door)
    page = door.http.get(ADDRESS)
    half = send(door, page, "return", reason="duplicate", suggested_desk="", text_explanation="已经有了")
    assert half.status_code == 422
    assert 'id="return-suggested_desk-wrong"' in half.text
    assert 'value="duplicate" selected' in half.text
    empty = send(door, page, "messages", text=" ")
    assert (empty.status_code, 'id="messages-text-wrong"' in empty.text) == (422, True)
    assert send(door, page, "accept", version="").status_code == 400
    assert send(door, page, "accept", key="").status_code == 400
    assert asked(door, "return_tip") + asked(door, "post_message") + asked(door, "accept_tip") == []
    form = form_on(page, f"{ADDRESS}/accept")
    assert door.http.post(f"{ADDRESS}/burn", data=form, headers=OURS).status_code == 404


def test_whatever_a_tip_may_be_has_a_word() -> None:
    wanted = {
        "channel": Channel,
        "state": TipState,
        "found": VerificationOutcome,
        "reason": ReturnReason,
        "action": get_args(Action),
        "deed.tip": tip_pages.DEEDS,
    }
    for group, codes in wanted.items():
        for code in codes:
            assert f"{group}.{code}" in sayings("zh"), (group, code)


# --- me


def test_one_reads_who_one_is_and_what_one_may_do_and_why(door: Door) -> None:
    sign_in(door)
    page = door.http.get("/desk/me").text
    for words in ("desk 同志", "派出所", "没有代理任何人", "涉及本单位的", "L35.1", "办结"):
        assert words in page, words
    english = door.http.get("/desk/me?lang=en").text
    assert "those that involve one&#39;s agency" in english


def test_a_page_asks_for_the_right_of_its_route_and_no_other() -> None:
    rights = {deed: need_of(each.route).right for deed, each in tip_pages.DEEDS.items()}
    assert rights == {
        "accept": "tip.decide",
        "return": "tip.decide",
        "verify": "tip.decide",
        "close": "tip.close",
        "tell": "tip.decide",
        "messages": "message.create",
        "dispatch": "tip.decide",
        "case": "case.create",
        "clock": "tip.change",
        "allow_clock": "tip.decide",
        "refuse_clock": "tip.decide",
        "press": "supervision.create",
        "unmask": "tip.unmask",
        "vault": "vault.create",
        "bind": "tip.decide",
        "undo": "tip.decide",
    }
    assert need_of(tips.list_tips).scopes == ("tips:read",)
    with pytest.raises(LookupError):
        need_of(test_a_page_asks_for_the_right_of_its_route_and_no_other)

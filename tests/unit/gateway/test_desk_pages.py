"""Officials' pages without a browser: signing in, the inbox, one tip and what may be done with it, one's rights."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any, get_args

import httpx2
import pytest
from argon2 import PasswordHasher

from gateway.console import desk_pages, desk_session
from gateway.console.sayings import sayings
from gateway.console.staff import local, need_of
from gateway.people import second_factor
from gateway.people.sessions import COOKIE
from gateway.routes import tips
from lianxi.contracts.notifications import NoticePage, NoticeView
from lianxi.contracts.tips import (
    Channel,
    ClockView,
    MessageView,
    ReturnReason,
    TimelineEntry,
    TipKind,
    TipPage,
    TipState,
    TipSummary,
    TipView,
    VerificationOutcome,
)
from lianxi.kernel.errors import BrokerDown, Conflict, RuleBroken
from lianxi.policy.rights import Action
from tests.support.gateway_fakes import NOON, Door, open_door

PASSWORD = "four words in a row"
HASHED = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
SEATS = {
    "desk": ("police", ["desk"], ["police/station"]),
    "market": ("market", ["desk"], []),
    "admin": ("police", ["administrator"], []),
    "office": ("office", ["office"], []),
    "chair": ("office", ["leader"], []),
}
SECRETS = {name: second_factor.new_secret() for name in SEATS}
OURS = {"Origin": "http://testserver"}
TIP_ID = "tip_00000000000000000000000001"
ADDRESS = f"/desk/tips/{TIP_ID}"
LINE = TimelineEntry(at=NOON, what="tip.received", by="phone", clause="L35.1")
VIEW = TipView(
    tip_id=TIP_ID,
    number="DY-2026-XXXX-XXXX",
    version=3,
    kind=TipKind.TIP,
    channel=Channel.PHONE,
    category="rental_gathering",
    lane="normal",
    state=TipState.DISPATCHED,
    village="village/banyan",
    rental_code=None,
    is_anonymous=True,
    text="楼上 <b>听课</b>",
    place="七号楼",
    received_at=NOON,
    lead="police/station",
    copies=("office/desk",),
    dispatches=(),
    clocks=(ClockView(clock="T-01", desk="police/station", started_at=NOON, due_at=NOON + timedelta(days=21)),),
    verification=None,
    next_owner=None,
    case_id=None,
    outcome=None,
    messages=(MessageView(author="informant", text="又来人了", posted_at=NOON),),
    timeline=(LINE, TimelineEntry(at=NOON, what="something.new", by="police/station")),
)
NOTICE = NoticeView(
    notice_id="notice_00000000000000000001",
    version=1,
    desk="police/station",
    event_type="tips.tip.dispatched.v1",
    about=TIP_ID,
    role="lead",
    lane="normal",
    text_zh="有新线索派到本席位",
    text_en="A new tip for your desk",
    delivered_at=NOON,
    seen_at=None,
    acknowledge=True,
    acknowledge_by=NOON + timedelta(hours=5),
    acknowledged_at=None,
    acknowledged_by=None,
)


@contextmanager
def open_desk(folder: Path, **more: Any) -> Iterator[Door]:
    rows = [
        {
            "account_id": f"account_{name}",
            "name": name,
            "shown_name": f"{name} 同志",
            "agency": agency,
            "roles": roles,
            "desks": desks,
            "areas": [],
            "keeps": [],
            "password_hash": HASHED,
            "totp_secret": SECRETS[name],
        }
        for name, (agency, roles, desks) in SEATS.items()
    ]
    (folder / "people.json").write_text(json.dumps(rows), encoding="utf-8")
    with open_door(folder, gateway_people_file=folder / "people.json", **more) as opened:
        opened.http.follow_redirects = False
        opened.bus.says("list_tips", TipPage(items=()))
        opened.bus.says("list_notices", NoticePage(items=()))
        opened.bus.says("get_tip", VIEW)
        yield opened


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with open_desk(tmp_path) as opened:
        yield opened


def sign_in(door: Door, name: str = "desk", **more: str) -> httpx2.Response:
    code = second_factor.code_of(SECRETS[name], door.clock.now())
    form = {"name": name, "password": PASSWORD, "code": code, **more}
    return door.http.post("/desk/sign-in", data=form, headers=OURS)


def form_on(page: httpx2.Response, action: str) -> dict[str, str]:
    found = re.search(rf'action="{re.escape(action)}">(.*?)</form>', page.text, re.DOTALL)
    assert found is not None, action
    return {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', found[1])}


def send(door: Door, page: httpx2.Response, deed: str, **filled: str) -> httpx2.Response:
    address = f"{ADDRESS}/{deed}"
    plain = {name: value for name, value in form_on(page, address).items() if name != "outcome"}
    return door.http.post(address, data={**plain, **filled}, headers=OURS)


def asked(door: Door, method: str) -> list[Any]:
    return [each for each in door.bus.asked if each.method == method]


def summary(number: int, due: timedelta | None, state: TipState, lead: str = "police/station") -> TipSummary:
    return TipSummary(
        tip_id=f"tip_{number:026d}",
        number=f"DY-{number}",
        kind=TipKind.TIP,
        category="other",
        lane="normal",
        state=state,
        lead=lead,
        received_at=NOON,
        due_at=None if due is None else NOON + due,
    )


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
        for area in (desk_session.router, desk_pages.router)
        for route in area.routes
        if "POST" in getattr(route, "methods", ())
    ]
    assert len(posts) == 3
    for path in posts:
        address = path.format(tip_id=TIP_ID, deed="accept", notice_id=NOTICE.notice_id)
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
    assert re.findall(r"DY-\d", page) == ["DY-2", "DY-3", "DY-1", "DY-4"]
    for words in ("已超期 4 天", "还剩 5 小时", "还剩 3 天", "没有正在走的期限"):
        assert words in page
    closed = door.http.get("/desk?state=closed").text
    assert re.findall(r"DY-\d", closed) == ["DY-5"]
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
    first, second = door.http.get("/desk"), door.http.get("/desk?state=open&page=2")
    assert re.findall(r"DY-\d+", first.text)[0] == "DY-79"
    assert [len(re.findall(r"DY-\d+", each.text)) for each in (first, second)] == [50, 30]
    assert 'rel="next" href="/desk?state=open&amp;page=2"' in first.text
    for odd in ("0", "99", "x", "-1", "²"):
        assert door.http.get("/desk", params={"page": odd, "state": odd}).status_code == 200


def test_an_empty_inbox_says_so_and_a_role_without_tips_too(door: Door) -> None:
    sign_in(door)
    assert "这里没有线索" in door.http.get("/desk").text
    assert "There are no tips here" in door.http.get("/desk?lang=en").text
    door.http.cookies.clear()
    sign_in(door, "admin")
    before = len(asked(door, "list_tips"))
    assert "您的角色不办理线索" in door.http.get("/desk").text
    assert len(asked(door, "list_tips")) == before


def test_whoever_sees_the_whole_town_sees_their_own_desks_first(door: Door) -> None:
    rows = (
        summary(1, timedelta(days=1), TipState.DISPATCHED),
        summary(2, timedelta(days=2), TipState.DISPATCHED, "office/desk"),
    )
    door.bus.answers["list_tips"] = lambda request, _: TipPage(items=rows if request.state == "dispatched" else ())
    sign_in(door, "office")
    assert re.findall(r"DY-\d", door.http.get("/desk").text) == ["DY-2"]
    assert re.findall(r"DY-\d", door.http.get("/desk?state=open&whose=all").text) == ["DY-1", "DY-2"]


def test_a_notice_is_acknowledged_once(door: Door) -> None:
    door.bus.says("list_notices", NoticePage(items=(NOTICE,)))
    door.bus.says("acknowledge_notice", replace(NOTICE, version=2, acknowledged_at=NOON))
    sign_in(door)
    page = door.http.get("/desk?state=accepted")
    assert NOTICE.text_zh in page.text
    assert asked(door, "list_notices")[0].request.only_open
    address = f"/desk/notices/{NOTICE.notice_id}/acknowledge"
    form = form_on(page, address)
    for _ in range(2):
        signed = door.http.post(address, data=form, headers=OURS)
        assert (signed.status_code, signed.headers["Location"]) == (303, "/desk?state=accepted&page=1")
    assert [each.request.expected_version for each in asked(door, "acknowledge_notice")] == [1]
    door.bus.says("acknowledge_notice", Conflict("notice.changed"))
    stale = door.http.post(address, data={**form, "key": "another"}, headers=OURS)
    assert (stale.status_code, "事项已经变了" in stale.text) == (412, True)


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
    assert deeds(door, VIEW) == {"accept", "return", "messages"}
    assert deeds(door, replace(VIEW, state=TipState.ACCEPTED)) == {"verify", "messages"}
    assert deeds(door, replace(VIEW, state=TipState.VERIFIED)) == {"close", "messages"}
    assert deeds(door, replace(VIEW, state=TipState.CLOSED)) == {"messages"}
    assert deeds(door, replace(VIEW, lead="market/desk")) == set()
    owned = replace(VIEW, state=TipState.VERIFIED, lead="market/desk", next_owner="police/station")
    assert deeds(door, owned) == {"close"}
    returned = TimelineEntry(at=NOON, what="tip.returned", by="police/station", reference="duplicate")
    assert deeds(door, replace(VIEW, timeline=(returned, returned))) == {"accept", "messages"}


def deeds(door: Door, view: TipView) -> set[str]:
    door.bus.says("get_tip", view)
    return set(re.findall(rf'action="{ADDRESS}/(\w+)"', door.http.get(ADDRESS).text))


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
        {"reason": "duplicate", "suggested_desk": "market/desk"},
        "return_tip",
        {"reason": ReturnReason.DUPLICATE, "suggested_desk": "market/desk"},
    ),
    (
        "verify",
        TipState.ACCEPTED,
        {"outcome": "not_substantiated", "next_owner": ""},
        "verify_tip",
        {"outcome": "not_substantiated", "next_owner": None},
    ),
    ("close", TipState.VERIFIED, {"text": "已取缔"}, "close_tip", {"outcome": "已取缔"}),
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
    stale = send(door, page, "close", text="已取缔 <i>")
    assert stale.status_code == 412
    assert "事项已经变了" in stale.text
    changed = stale.text.partition('id="changed"')[2].partition("</section>")[0]
    assert ("立案" in changed, "收到线索" in changed) == (True, False)
    assert "已取缔 &lt;i&gt;</textarea>" in stale.text
    again = form_on(stale, f"{ADDRESS}/close")
    assert again["version"] == '"4"'
    assert again["key"] != form_on(page, f"{ADDRESS}/close")["key"]
    door.bus.says("close_tip", replace(VIEW, version=5, state=TipState.CLOSED))
    assert send(door, stale, "close", text="已取缔").status_code == 303


def test_what_was_written_is_shown_when_its_form_is_gone(door: Door) -> None:
    door.bus.says("get_tip", replace(VIEW, state=TipState.VERIFIED))
    sign_in(door)
    page = door.http.get(ADDRESS)
    door.bus.says("get_tip", replace(VIEW, state=TipState.CLOSED))
    door.bus.says("close_tip", Conflict("tip.already_closed"))
    gone = send(door, page, "close", text="写了很久")
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
    half = send(door, page, "return", reason="duplicate", suggested_desk="")
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
        "done": desk_pages.DEEDS,
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
    rights = {deed: need_of(each.route).right for deed, each in desk_pages.DEEDS.items()}
    assert rights == {
        "accept": "tip.decide",
        "return": "tip.decide",
        "verify": "tip.decide",
        "close": "tip.close",
        "messages": "message.create",
    }
    assert need_of(tips.list_tips).scopes == ("tips:read",)
    with pytest.raises(LookupError):
        need_of(test_a_page_asks_for_the_right_of_its_route_and_no_other)

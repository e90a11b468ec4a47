"""The public's pages without a browser: the whole way by forms, nothing lost, nothing left behind."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html import escape, unescape
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gateway.console import files
from gateway.console.sayings import sayings
from gateway.console.tickets import RECEIPT_LIVES
from lianxi.contracts.rewards import RewardNotice, RewardState
from lianxi.contracts.sealing import CONTACT, CONTENT, Opener
from lianxi.contracts.tips import MessageView, StatusStep, SubmitTip, TipState, TipStatusView
from lianxi.kernel.errors import BrokerDown, Conflict
from tests.support.gateway_fakes import Door, open_door
from tests.support.pictures import SECRET, photo

CONSOLE = Path(files.__file__).parent
TEXT = "楼上每晚有人听课 <script>alert(1)</script>"
FORM = {
    "danger": "no",
    "category": "rental_gathering",
    "text": TEXT,
    "village": "village/banyan",
    "place": "七号楼",
    "happened_at": "2026-03-01T20:30",
    "people_count": "２０",
    "stay": "anonymous",
}
STATUS = TipStatusView(
    number="DY-2026-XXXX-XXXX",
    state=TipState.DISPATCHED,
    received_at=datetime(2026, 3, 2, 4, tzinfo=UTC),
    steps=(
        StatusStep(code="received", at=datetime(2026, 3, 2, 4, tzinfo=UTC)),
        StatusStep(code="being_checked", due_at=datetime(2026, 3, 20, 16, tzinfo=UTC)),
        StatusStep(code="something_new"),
    ),
    verification=None,
    outcome=None,
    messages=(
        MessageView(author="informant", text="又来人了", posted_at=datetime(2026, 3, 2, 5, tzinfo=UTC)),
        MessageView(author="desk", text="谢谢", posted_at=datetime(2026, 3, 2, 6, tzinfo=UTC)),
    ),
)
PUBLIC_PAGES = ("/", "/report", "/track", "/warnings", "/accessibility")


def hidden(page: httpx2.Response) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    return {name: unescape(value) for name, value in found}


def code_on(page: httpx2.Response) -> str:
    return "-".join(re.findall(r"<span>(\d{4})</span>", page.text))


def file(door: Door, **more: str) -> httpx2.Response:
    checked = door.http.post("/report/check", data={**FORM, **more})
    assert checked.status_code == 200, checked.text
    return door.http.post("/report/receipt", data=hidden(checked))


def dialogue(door: Door) -> httpx2.Response:
    door.bus.says("find_tip_by_receipt", STATUS)
    return door.http.post("/track", data={"code": code_on(file(door))})


def handed_in(door: Door) -> SubmitTip:
    command = door.bus.handed_in[-1][2]
    assert isinstance(command, SubmitTip)
    return command


@pytest.mark.criterion("2.1")
def test_a_form_without_script_or_account_becomes_the_same_tip_as_by_the_interface(door: Door) -> None:
    receipt = file(door)
    assert receipt.status_code == 201
    command = handed_in(door)
    assert (command.category, command.village, command.is_anonymous) == ("rental_gathering", "village/banyan", True)
    opener = Opener((door.settings.gateway_spool_dir.parent / "seal-private").read_text())
    told = opener.open(command.content, CONTENT)
    assert (told["text"], told["place"], told["people_count"]) == (TEXT, "七号楼", 20)
    assert told["happened_at"] == "2026-03-01T20:30:00+08:00"
    assert len(code_on(receipt)) == 19
    assert command.number in receipt.text
    assert code_on(receipt) not in str(receipt.url)
    assert code_on(receipt) not in str(receipt.headers)


@pytest.mark.criterion("2.1")
@pytest.mark.parametrize("where", [{"village": "village/banyan", "place": ""}, {"village": "", "place": "微信群"}])
def test_what_and_where_are_all_that_is_needed(door: Door, where: dict[str, str]) -> None:
    checked = door.http.post("/report/check", data={"text": "有人拉人头", **where})
    assert checked.status_code == 200
    assert door.http.post("/report/receipt", data=hidden(checked)).status_code == 201
    assert handed_in(door).category == "other"


def test_somebody_held_is_asked_for_first_and_goes_on_the_rescue_lane(door: Door) -> None:
    form = door.http.get("/report").text
    assert form.index('name="danger"') < form.index('name="text"')
    assert form.index("tel:110") < form.index('name="text"')
    receipt = file(door, danger="person_held")
    assert receipt.status_code == 201
    assert (door.bus.handed_in[-1][1], handed_in(door).category) == ("rescue", "person_held")


def test_a_complaint_is_taken_in_as_one(door: Door) -> None:
    assert file(door, category="consumer_dispute").status_code == 201
    assert handed_in(door).kind == "complaint"


def test_a_contact_goes_into_the_vault_only_when_it_was_wanted(door: Door) -> None:
    contact = {"contact_name": "王女士", "contact_phone": "13800000000"}
    file(door, **contact)
    assert handed_in(door).contact is None
    file(door, **contact, stay="named")
    sealed = handed_in(door).contact
    assert sealed is not None
    opener = Opener((door.settings.gateway_spool_dir.parent / "seal-private").read_text())
    assert opener.open(sealed, CONTACT) == {"name": "王女士", "phone": "13800000000"}


MISTAKES: list[tuple[str, dict[str, str]]] = [
    ("text", {"text": ""}),
    ("text", {"text": "长" * 4001}),
    ("place", {"village": "", "place": ""}),
    ("place", {"place": "a\u0000b"}),
    ("people_count", {"people_count": "许多"}),
    ("happened_at", {"happened_at": "昨天"}),
    ("happened_at", {"happened_at": "2027-01-01T00:00"}),
    ("contact_phone", {"stay": "named", "contact_phone": "1" * 201}),
]


def test_a_mistake_is_named_at_its_field_and_nothing_that_was_written_is_lost(door: Door) -> None:
    for field, wrong in MISTAKES:
        filled = {**FORM, **wrong}
        answer = door.http.post("/report/check", data=filled)
        assert answer.status_code == 422, wrong
        assert f'href="#{field}"' in answer.text
        assert f'id="{field}-wrong"' in answer.text
        assert escape(filled["text"], quote=False) in answer.text
        assert filled["place"] in unescape(answer.text)
        assert 'value="rental_gathering" selected' in answer.text
    assert door.bus.handed_in == []


def test_going_back_to_change_it_finds_everything_filled_in(door: Door) -> None:
    checked = door.http.post("/report/check", data=FORM)
    again = door.http.post("/report", data=hidden(checked))
    assert again.status_code == 200
    assert "<script>alert" not in again.text
    assert 'value="rental_gathering" selected' in again.text
    assert 'value="2026-03-01T20:30"' in again.text


def test_sending_twice_files_once_and_shows_the_same_code(door: Door) -> None:
    checked = hidden(door.http.post("/report/check", data=FORM))
    first, again = (door.http.post("/report/receipt", data=checked) for _ in range(2))
    assert code_on(first) == code_on(again)
    assert len(door.bus.handed_in) == 1


def test_what_cannot_be_taken_in_just_now_stays_on_the_page(tmp_path: Path) -> None:
    with open_door(tmp_path, gateway_spool_entries=1) as door:
        door.bus.is_connected = False
        assert file(door).status_code == 201
        full = file(door)
        assert full.status_code == 503
        assert "Retry-After" not in full.text
        assert hidden(full)["text"] == TEXT
        door.bus.is_connected = True
        assert door.http.post("/report/receipt", data=hidden(full)).status_code == 201


@pytest.mark.criterion("2.4")
def test_the_receipt_leads_on_only_when_the_code_has_been_saved(door: Door) -> None:
    door.bus.says("find_tip_by_receipt", STATUS)
    receipt = file(door)
    stuck = door.http.post("/track", data=hidden(receipt))
    assert stuck.status_code == 422
    assert code_on(stuck) == code_on(receipt)
    assert STATUS.number not in stuck.text
    assert not [each for each in door.bus.asked if each.method == "find_tip_by_receipt"]
    opened = door.http.post("/track", data={**hidden(stuck), "saved": "yes"})
    assert opened.status_code == 200
    assert STATUS.number in opened.text
    assert 'href="/track/' not in receipt.text


@pytest.mark.criterion("2.4")
def test_the_slip_has_code_time_number_telephones_and_what_comes_next_on_a5(door: Door) -> None:
    receipt = file(door)
    slip = receipt.text.partition('<section class="slip"')[2].partition("</section>")[0]
    assert re.findall(r"<span>\d{4}</span>", slip)
    assert handed_in(door).number in slip
    assert "2026年3月2日（星期一）12:00" in slip
    for number in ("110", "12315", "12345"):
        assert number in slip
    assert slip.count("<li>") == 4
    assert "2026年3月23日" in slip  # fifteen working days later, by the limit in force
    sheet = re.search(r'href="([^"]*slip\.css)" media="print"', receipt.text)
    assert sheet is not None
    assert "size: A5" in door.http.get(sheet[1]).text


def test_a_page_holds_a_ticket_and_not_the_code(door: Door) -> None:
    receipt = file(door)
    opened = dialogue(door)
    for page in (receipt, opened):
        ticket = hidden(page)["ticket"]
        assert code_on(receipt).replace("-", "") not in page.text.replace(" ", "").replace("-", "").replace(ticket, "")
    assert not re.search(r"\d{4}-\d{4}-\d{4}-\d{4}", opened.text)


def test_the_code_is_understood_however_it_is_typed(door: Door) -> None:
    door.bus.says("find_tip_by_receipt", STATUS)
    code = code_on(file(door))
    wide = "".join(chr(ord(digit) + 0xFEE0) if digit.isdigit() else digit for digit in code)
    for between in ("-", " ", "", "－", "　"):
        for written in (code.replace("-", between), wide.replace("-", between)):
            assert door.http.post("/track", data={"code": written}).status_code == 200, written
            assert door.bus.asked[-1].request.receipt_verifier == handed_in(door).receipt_verifier


def test_progress_is_told_in_plain_words_with_dates_promised_and_kept(door: Door) -> None:
    page = dialogue(door).text
    assert "已收到您的线索" in page
    assert "2026年3月2日（星期一）12:00" in page
    assert "承诺期限：2026年3月20日（星期五）" in page  # the limit ends at that day's midnight
    assert "主办单位受理并核查" in page
    assert "后续步骤" in page


def test_messages_go_both_ways_and_new_ones_are_marked(door: Door) -> None:
    opened = dialogue(door)
    assert opened.text.count("<mark>") == 1
    door.bus.says("post_informant_message", STATUS)
    sent = door.http.post("/track/messages", data={**hidden(opened), "text": "今晚又来了"})
    assert sent.status_code == 200
    asked = [each for each in door.bus.asked if each.method == "post_informant_message"]
    assert len(asked) == 1
    assert asked[0].request.receipt_verifier == handed_in(door).receipt_verifier
    assert "今晚又来了" not in str(asked[0].request)
    door.http.post("/track/messages", data={**hidden(opened), "text": "今晚又来了"})
    assert len([each for each in door.bus.asked if each.method == "post_informant_message"]) == 1


def test_a_message_that_cannot_be_sent_comes_back_with_the_code(door: Door) -> None:
    opened = dialogue(door)
    door.clock.advance(timedelta(hours=1))
    over = door.http.post("/track/messages", data={**hidden(opened), "text": "还没写完"})
    assert over.status_code == 403
    assert hidden(over)["text"] == "还没写完"
    again = door.http.post("/track", data={"code": "1234567890123456", **hidden(over)})
    assert ">\n还没写完</textarea>" in again.text
    door.bus.says("post_informant_message", BrokerDown("broker.away"))
    away = door.http.post("/track/messages", data={**hidden(again), "text": "还没写完"})
    assert away.status_code == 503
    assert hidden(away)["text"] == "还没写完"


def test_an_empty_message_is_named_and_not_sent(door: Door) -> None:
    opened = dialogue(door)
    empty = door.http.post("/track/messages", data={**hidden(opened), "text": " "})
    assert empty.status_code == 422
    assert 'id="text-wrong"' in empty.text
    assert not [each for each in door.bus.asked if each.method == "post_informant_message"]


@pytest.mark.criterion("9.2")
def test_a_closed_tip_is_reopened_from_its_page_with_a_reason_while_there_is_time(door: Door) -> None:
    assert 'action="/track/reopening"' not in dialogue(door).text
    door.bus.says("find_tip_by_receipt", replace(STATUS, reopen_until=date(2026, 12, 23)))
    opened = door.http.post("/track", data={"code": "1234567890123456"})
    assert 'action="/track/reopening"' in opened.text
    assert "2026-12-23" in opened.text
    door.bus.says("reopen_tip", STATUS)
    empty = door.http.post("/track/reopening", data={**hidden(opened), "text": " "})
    assert empty.status_code == 422
    sent = door.http.post("/track/reopening", data={**hidden(opened), "text": "还在讲课"})
    assert sent.status_code == 200
    (asked,) = [each for each in door.bus.asked if each.method == "reopen_tip"]
    assert "还在讲课" not in str(asked.request)


def test_a_ticket_dies_and_a_forged_one_opens_nothing(door: Door) -> None:
    receipt = file(door)
    door.clock.advance(RECEIPT_LIVES)
    assert door.http.post("/track", data={**hidden(receipt), "saved": "yes"}).status_code == 422
    for forged in ("", "x", "AAAA", "é"):
        assert door.http.post("/track/messages", data={"ticket": forged, "text": "x"}).status_code == 403


@pytest.mark.criterion("2.3")
def test_wrong_codes_are_told_alike_and_stopped_on_the_page_too(door: Door) -> None:
    pages = [door.http.post("/track", data={"code": code}) for code in ("1234567890123456", "12", "x" * 50)]
    assert {page.status_code for page in pages} == {404}
    assert len({re.sub(r' value="[^"]*" aria', "", page.text) for page in pages}) == 1
    statuses = [door.http.post("/track", data={"code": "1234567890123456"}).status_code for _ in range(4)]
    assert statuses[-1] == 429
    empty = door.http.post("/track", data={"code": " "})
    assert (empty.status_code, 'id="code-wrong"' in empty.text) == (422, True)


# --- pictures


@pytest.mark.criterion("2.7")
def test_pictures_are_added_one_by_one_before_sending_without_name_or_place(door: Door) -> None:
    page = door.http.post("/report/check", data=FORM)
    for count in (1, 2, 3):
        page = add_picture(door, page, photo("JPEG"))
        assert page.status_code == 200
        assert f"已加 {count} 张" in page.text
    assert 'name="picture"' not in page.text
    assert hidden(page)["text"] == TEXT
    assert door.http.post("/report/receipt", data=hidden(page)).status_code == 201
    assert len(handed_in(door).attachments) == 3
    kept = [path.read_bytes() for path in door.settings.gateway_attachments_dir.rglob("*") if path.is_file()]
    assert len(kept) >= 3
    assert not any(SECRET.encode() in each or b"IMG_0001" in each for each in kept)


def add_picture(door: Door, page: httpx2.Response, raw: bytes, path: str = "/report/pictures") -> httpx2.Response:
    return door.http.post(path, data=hidden(page), files={"picture": ("IMG_0001.JPG", raw, "image/jpeg")})


def test_a_picture_that_cannot_be_used_loses_no_word(door: Door) -> None:
    page = door.http.post("/report/check", data=FORM)
    for raw, status in ((b"no picture", 422), (b"", 422)):
        answer = add_picture(door, page, raw)
        assert answer.status_code == status
        assert hidden(answer)["text"] == TEXT
        assert 'class="trouble"' in answer.text
    added = add_picture(door, page, photo("PNG"))
    assert add_picture(door, page, b"x" * (9 * 1024 * 1024)).status_code == 413
    assert "没有" in door.http.post("/report/check", data={**hidden(added), "attachments": ""}).text
    gone = door.http.post("/report/receipt", data={**hidden(added), "attachments": "x" * 60})
    assert (gone.status_code, hidden(gone)["attachments"]) == (422, "")
    assert door.http.post("/report/receipt", data=hidden(gone)).status_code == 201


def test_a_picture_goes_into_the_dialogue_too(door: Door) -> None:
    opened = dialogue(door)
    door.bus.says("post_informant_message", STATUS)
    sent = add_picture(door, opened, photo("JPEG"), "/track/pictures")
    assert sent.status_code == 200
    asked = [each for each in door.bus.asked if each.method == "post_informant_message"]
    assert [len(each.request.attachments) for each in asked] == [1]
    refused = add_picture(door, opened, b"no picture", "/track/pictures")
    assert refused.status_code == 422
    door.clock.advance(timedelta(hours=1))
    assert add_picture(door, opened, photo("JPEG"), "/track/pictures").status_code == 403


def test_a_form_with_a_picture_is_read_strictly(door: Door) -> None:
    page = hidden(door.http.post("/report/check", data=FORM))
    two = [("picture", ("a", photo("PNG"), "image/png")), ("picture", ("b", photo("PNG"), "image/png"))]
    assert door.http.post("/report/pictures", data=page, files=two).status_code == 400
    assert door.http.post("/report/pictures", data=page, files={"text": ("a", b"x", "text/plain")}).status_code == 400
    assert door.http.post("/report/pictures", data=page).status_code == 415
    assert (
        door.http.post("/report/pictures", content=b"x", headers={"Content-Type": "multipart/form-data"}).status_code
        == 400
    )
    for path in ("/report/pictures", "/track/pictures"):
        assert door.http.get(path, follow_redirects=False).status_code == 303


def test_a_reward_is_claimed_by_the_code_without_any_account_number(door: Door) -> None:
    opened = dialogue(door)
    assert "reward-form" not in opened.text
    open_reward = replace(STATUS, reward=RewardNotice(state=RewardState.OPEN))
    door.bus.says("find_tip_by_receipt", open_reward)
    opened = door.http.post("/track", data={"ticket": hidden(opened)["ticket"]})
    form = {"ticket": hidden(opened)["ticket"], "key": "a-key", "name": "王女士", "patrols_the_place": "yes"}
    wrong = door.http.post("/track/reward", data={**form, "reference": "6222 0200 1234 5678"})
    assert (wrong.status_code, 'id="reference-wrong"' in wrong.text) == (422, True)
    assert 'value="6222 0200 1234 5678"' in wrong.text
    assert 'name="patrols_the_place" value="yes" checked' in wrong.text
    assert door.http.post("/track/reward", data={**form, "reference": ""}).status_code == 422
    door.bus.says("claim_reward", replace(STATUS, reward=RewardNotice(state=RewardState.CLAIMED)))
    claimed = door.http.post("/track/reward", data={**form, "reference": "窗口三号"})
    assert claimed.status_code == 200
    assert "已收到奖励申领" in claimed.text
    asked = [each.request for each in door.bus.asked if each.method == "claim_reward"]
    assert [(each.declared.patrols_the_place, each.declared.is_official) for each in asked] == [(True, False)]
    assert "王女士" not in str(asked)
    assert door.http.post("/track/reward", data={**form, "ticket": "x"}).status_code == 403


# --- the ground


def test_a_form_that_another_site_made_is_refused(door: Door) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.test"}):
        answer = door.http.post("/report/check", data=FORM, headers=headers)
        assert answer.status_code == 403, headers
        assert answer.headers["Content-Type"].startswith("text/html")
    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://testserver"}, {"Origin": "null"}, {}):
        assert door.http.post("/report/check", data=FORM, headers=headers).status_code == 200, headers


def test_a_form_is_read_strictly(door: Door) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for body, headers, status in (
        (b"text=a&text=b", form, 400),
        (b"text=%ff", form, 400),
        (b"&".join(b"f%d=1" % number for number in range(99)), form, 400),
        (b"{}", {"Content-Type": "application/json"}, 415),
        (b"text=" + b"x" * 200_000, form, 413),
    ):
        answer = door.http.post("/report/check", content=body, headers=headers)
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html; charset=utf-8")


def test_pages_are_told_to_fetch_nothing_elsewhere_and_to_be_kept_nowhere(door: Door) -> None:
    for path in PUBLIC_PAGES:
        page = door.http.get(path)
        policy = page.headers["Content-Security-Policy"]
        for rule in ("default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'self'"):
            assert rule in policy.split("; "), path
        assert "unsafe" not in policy
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert "Set-Cookie" not in page.headers
        assert 'rel="noreferrer"' in page.text
        assert not re.search(r"<(script|style)>| style=| on[a-z]+=", page.text)
        for address in re.findall(r'(?:src|href|action)="([^"]+)"', page.text):
            assert address.startswith(("/", "#", "tel:")) or address == door.settings.gateway_exit_address


def test_static_files_are_kept_for_good_under_the_name_of_their_content(door: Door) -> None:
    for name, file in files.files().items():
        answer = door.http.get(file.address)
        assert answer.status_code == 200, name
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.content == file.plain
        assert door.http.get(file.address, headers={"Accept-Encoding": "identity"}).content == file.plain
        assert hashlib.sha256(file.plain).hexdigest().startswith(file.address.split("/")[2])
    assert door.http.get("/static/0000000000000000/lianxi.css").status_code == 404
    assert door.http.get("/static/x/../../app.py").status_code == 404


def test_what_others_have_made_is_exactly_what_they_published() -> None:
    folder = CONSOLE / "static" / "vendor"
    rows = tomllib.loads((folder / "VENDOR.toml").read_text(encoding="utf-8"))["file"]
    assert {row["name"] for row in rows} == {path.name for path in folder.iterdir()} - {"VENDOR.toml"}
    notice = (Path(__file__).parents[3] / "NOTICE").read_text(encoding="utf-8")
    for row in rows:
        assert hashlib.sha256((folder / row["name"]).read_bytes()).hexdigest() == row["sha256"], row["name"]
        assert f"{row['package']} {row['version']}" in notice
        assert row["copyright"] in notice


def test_a_refusal_to_a_person_is_a_page_and_to_a_machine_a_document(door: Door) -> None:
    as_person, as_machine = {"Accept": "text/html,*/*;q=0.8"}, {"Accept": "application/json"}
    assert door.http.get("/nothing", headers=as_person).headers["Content-Type"].startswith("text/html")
    for path in ("/nothing", "/v1/nothing", "/v1/public/nothing"):
        assert "problem+json" in door.http.get(path, headers=as_machine).headers["Content-Type"]
    assert "problem+json" in door.http.get("/v1/nothing", headers=as_person).headers["Content-Type"]
    wrong_way = door.http.request("PUT", "/report")
    assert (wrong_way.status_code, wrong_way.headers["Content-Type"]) == (405, "text/html; charset=utf-8")


def test_pages_are_counted_like_the_interface_and_say_when_to_come_back(tmp_path: Path) -> None:
    with open_door(tmp_path, gateway_public_requests_per_minute=3) as door:
        answers = [door.http.get("/report") for _ in range(4)]
        assert [each.status_code for each in answers] == [200, 200, 200, 429]
        assert answers[-1].headers["Content-Type"].startswith("text/html")
        assert int(answers[-1].headers["Retry-After"]) > 0
        assert door.http.get(files.address_of("lianxi.css")).status_code == 200


def test_what_breaks_is_told_with_a_number_and_no_more(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a secret")

    monkeypatch.setattr(door.house.verifiers, "verifier", broken)
    answer = door.http.post("/track", data={"code": "1234567890123456"})
    assert (answer.status_code, "a secret" in answer.text) == (500, False)
    assert answer.headers["X-Correlation-Id"] in answer.text


def test_the_public_leaves_the_route_and_the_hour_on_pages_too(tmp_path: Path) -> None:
    with open_door(tmp_path) as door:
        headers = {"X-Correlation-Id": "mine-to-be-followed", "traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
        checked = hidden(door.http.post("/report/check", data=FORM, headers=headers))
        door.http.post("/report/receipt", data=checked, headers=headers)
        cause = door.bus.handed_in[0][3]
        assert "mine-to-be-followed" not in str(cause)
        assert "a" * 32 not in str(cause)
    rows = door.ledger.requests
    assert [row.route for row in rows] == ["/report/check", "/report/receipt"]
    assert {(row.actor, row.agency, row.correlation_id, row.at.minute) for row in rows} == {("public", "", None, 0)}
    assert "testclient" not in str(rows)
    assert TEXT not in str(rows)


# --- languages


def test_chinese_comes_first_and_english_by_the_switch_which_is_remembered(door: Door) -> None:
    assert '<html lang="zh-CN"' in door.http.get("/").text
    english = door.http.get("/?lang=en")
    assert '<html lang="en"' in english.text
    cookie = english.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Max-Age" not in cookie
    assert '<html lang="en"' in door.http.get("/track").text
    assert '<html lang="zh-CN"' in door.http.get("/track?lang=zh").text
    assert '<html lang="zh-CN"' in door.http.get("/track?lang=xx").text


def test_switching_the_language_in_the_middle_loses_nothing(door: Door) -> None:
    switched = door.http.post("/report?lang=en", data=FORM)
    assert '<html lang="en"' in switched.text
    assert 'value="rental_gathering" selected' in switched.text
    receipt = file(door)
    other = door.http.post("/report/receipt?lang=zh", data=hidden(receipt))
    assert code_on(other) == code_on(receipt)
    assert '<html lang="zh-CN"' in other.text
    opened = dialogue(door)
    english = door.http.post("/track?lang=en", data={**hidden(opened), "text": "draft"})
    assert "draft</textarea>" in english.text
    assert "Your tip has been received" in english.text


@pytest.mark.criterion("25")
def test_both_languages_say_everything_and_nothing_that_is_not_used() -> None:
    chinese, english = sayings("zh"), sayings("en")
    assert set(chinese) == set(english)
    for key, said in chinese.items():
        assert said.strip(), key
        assert english[key].strip(), key
        assert set(re.findall(r"\{\w+\}", said)) == set(re.findall(r"\{\w+\}", english[key])), key
        if key not in ("site.other_language", "dialogue.kept"):
            assert any("\u4e00" <= letter <= "\u9fff" for letter in said), key
            assert not any("\u4e00" <= letter <= "\u9fff" for letter in english[key]), key
    used = set(named_keys())
    beginnings = tuple(each for each in used if each.endswith((".", "_")))
    assert {each for each in used if each not in beginnings} <= set(chinese)
    unused = {key for key in chinese if key not in used and not key.startswith((*beginnings, "problem."))}
    assert unused == set()


def named_keys() -> Iterator[str]:
    for path in (CONSOLE / "templates").glob("*.html"):
        text = path.read_text(encoding="utf-8")
        named = re.findall(r"""["']([a-z_]+\.[a-z_.]*)["']""", text)
        yield from (each for each in named if not each.endswith((".html", ".css", ".js", ".svg")))
        assert not re.search(r"[\u4e00-\u9fff]", text), path.name
    # A bundle says in the words of the pages what it holds, and is written outside of them.
    for path in (*CONSOLE.glob("*.py"), *CONSOLE.parent.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        quoted = re.findall(r'"([a-z_]+\.[a-z_.]+)"', text)
        yield from (each for each in quoted if each in sayings("zh"))
        yield from (f"{each}." for each in quoted if f"{each}.what" in sayings("zh"))
        yield from re.findall(r'f"([a-z_]+\.(?:[a-z_]+_)?)\{', text)


@pytest.mark.criterion("2.4")
def test_a_code_from_an_officer_is_changed_on_the_page_before_anything_is_shown(door: Door) -> None:
    changed: list[str] = []

    def find(request: Any, _caller: Any) -> TipStatusView:
        if not changed:
            raise Conflict("receipt.must_change")
        assert request.receipt_verifier == changed[0]
        return STATUS

    def change(request: Any, _caller: Any) -> TipStatusView:
        changed.append(request.new_verifier)
        return STATUS

    door.bus.answers.update(find_tip_by_receipt=find, change_receipt=change)
    asked = door.http.post("/track", data={"code": "1234567890123456"})
    assert asked.status_code == 200
    assert STATUS.number not in asked.text
    assert "1234" not in re.sub(r'value="[^"]*"', "", asked.text)
    shown = door.http.post("/track/code", data=hidden(asked))
    new = code_on(shown)
    assert len(new) == 19
    assert code_on(door.http.post("/track/code", data=hidden(asked))) == new
    assert len(changed) == 1
    # The page with the new code cannot be left for the dialogue without ticking "saved".
    assert door.http.post("/track", data=hidden(shown)).status_code == 422
    opened = door.http.post("/track", data={**hidden(shown), "saved": "yes"})
    assert STATUS.number in opened.text
    assert door.http.post("/track/code", data={"ticket": "forged", "key": "x"}).status_code == 403

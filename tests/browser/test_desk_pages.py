"""What a desk's officials meet, in a real browser before a whole town."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import expect

from lianxi.contracts.receipts import Verdict, public_key_of, verify_receipt_file
from tests.browser.conftest import Visitor
from tests.browser.test_public_pages import Visitors, step_to, tip_of
from tests.chaos.sizes import FULL
from tests.support.officials import account, code_of
from tests.support.town import RunningTown

# The first test waits for the town too.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

Officials = Callable[..., Visitor]
TEXT = "电话13800001234说:楼上每晚听课,有人想走不让走。"


def file_tip(town: RunningTown, category: str = "rental_gathering") -> dict[str, Any]:
    """File a tip that the police hold, and wait for it at their desk."""
    with town.http("police") as police:
        body = {"category": category, "village": "village/banyan", "text": TEXT, "place": "七号楼"}
        answer = police.post("/v1/tips", json=body, headers={"Idempotency-Key": uuid.uuid4().hex})
        assert answer.is_success, answer.text
    return tip_of(town, answer.json()["number"])


@dataclass(frozen=True)
class Work:
    """What there is to look at in the town."""

    tip_id: str
    case_id: str
    referral_id: str
    assistance_id: str
    order_id: str
    operation_id: str
    upward_id: str


def post(client: httpx2.Client, path: str, **body: Any) -> dict[str, Any]:
    answer = client.post(path, json=body, headers={"Idempotency-Key": uuid.uuid4().hex})
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


def refer(market: httpx2.Client) -> tuple[str, str]:
    """Open a case of the market's and send it to the police, as its machine does."""
    opened = {"owner": "market/desk", "kind": "entry_fee", "basis": "《禁止传销条例》第七条"}
    case_id = post(market, "/v1/cases", **opened, suspected_crime=True)["case_id"]
    papers = [
        {"name": "transfer_letter", "status": "attached", "sha256": "ab" * 32},
        {"name": "investigation_report", "status": "attached", "sha256": "cd" * 32},
        {"name": "list_of_items", "status": "none", "reason": "没有扣押物品"},
        {"name": "test_results", "status": "none", "reason": "无需检验"},
        {"name": "other", "status": "none", "reason": "没有其他材料"},
    ]
    sides = {"receiver": "police/economic", "officers": ["officer-11", "officer-12"], "papers": papers}
    referral_id = post(market, "/v1/criminal-referrals", case_id=case_id, **sides)["referral_id"]
    post(market, f"/v1/criminal-referrals/{referral_id}/decide", approve=True, head="market-head")
    sent = f"/v1/criminal-referrals/{referral_id}/send"
    market.post(sent, headers={"Idempotency-Key": uuid.uuid4().hex}).raise_for_status()
    return case_id, referral_id


def operate(office: httpx2.Client) -> str:
    """Plan a joint operation of the police and the market agency."""
    starts = datetime.now(UTC) + timedelta(hours=3)
    place = {"kind": "venue", "village": "village/banyan", "address": "榕树头六号二楼", "legal_ground": "条例第十四条"}
    plan = {
        "title": "冬季联勤",
        "plan": "两组入场,一组守后门",
        "places": [place],
        "forces": [{"desk": "police/public-security", "heads": 8}, {"desk": "market/desk", "heads": 4}],
        "commander": "police/public-security",
        "starts_at": starts.isoformat(),
        "ends_at": (starts + timedelta(hours=4)).isoformat(),
    }
    return str(post(office, "/v1/joint-operations", **plan)["operation_id"])


def report_upward(office: httpx2.Client) -> str:
    """Report to the city office, and record how it was sent."""
    happened = (datetime.now(UTC) - timedelta(hours=2)).isoformat()
    report = {"kind": "summary", "title": "创无工作总结", "text": "全年走访三千户", "happened_at": happened}
    report_id = str(post(office, "/v1/upward-reports", **report)["report_id"])
    sending = {"addressee": "city-office", "way": "document_system", "reference": "涌打传〔2026〕9号"}
    post(office, f"/v1/upward-reports/{report_id}/sent", **sending, proof_sha256="ab" * 32)
    return report_id


@pytest.fixture(scope="module")
def work(whole_town: RunningTown) -> Work:
    """A tip at the police, a case of the market's that was sent to them and in which they were asked, an order."""
    tip = file_tip(whole_town)
    with whole_town.http("market") as market, whole_town.http("office") as office:
        case_id, referral_id = refer(market)
        asking = {"receiver": "police/station", "what": "请提供该地址的登记情况。", "legal_ground": "方案三(一)"}
        assistance_id = post(market, "/v1/assistance", case_id=case_id, **asking)["assistance_id"]
        day = (datetime.now(UTC) + timedelta(days=9)).date().isoformat()
        order = {
            "target": "police/station",
            "question": "请说明核查进展。",
            "due_on": day,
        }
        order_id = post(office, f"/v1/tips/{tip['tip_id']}/supervision-orders", **order)["order_id"]
        operation_id = operate(office)
        upward_id = report_upward(office)
    return Work(tip["tip_id"], case_id, referral_id, assistance_id, order_id, operation_id, upward_id)


SCREENS = [("zh", 390), ("en", 1280), ("zh", 1280), ("en", 390)]
WITH_AXE = SCREENS if FULL else SCREENS[:1]


@pytest.mark.criterion("25")
@pytest.mark.parametrize(("language", "width"), SCREENS if FULL else SCREENS[:2])
def test_every_page_of_a_desk_is_accessible_and_whole(
    officials: Officials, visitors: Visitors, work: Work, language: str, width: int
) -> None:
    def see(visitor: Visitor, name: str, path: str = "") -> None:
        if path:
            visitor.go(path)
        for details in visitor.page.locator("details.deed:not([open]) > summary").all()[::-1]:
            details.click()
        # Axe looks at every page in Chinese on a telephone, and at all four screens in the full size.
        (visitor.check if (language, width) in WITH_AXE else visitor.look)(f"desk-{name}")
        if (language, width) == ("en", 1280) and name in ("inbox", "referral"):
            visitor.picture(name)

    stranger = visitors(language, width)
    see(stranger, "sign-in", "/desk/sign-in")
    see(stranger, "invitation", "/desk/invitation")
    lead = officials("police-lead", language, width)
    for name, path in {
        "inbox": "/desk",
        "inbox-others": "/desk?whose=others",
        "tip": f"/desk/tips/{work.tip_id}",
        "referral": f"/desk/handovers/{work.referral_id}",
        "assistance": f"/desk/handovers/{work.assistance_id}",
        "order": f"/desk/orders/{work.order_id}",
        "obligations": "/desk/obligations?state=kept",
        "search": "/desk/search?q=%E5%90%AC%E8%AF%BE",
        "me": "/desk/me",
        "my-sign-in": "/desk/me/sign-in",
        "nothing-there": "/desk/tips/nobody-knows-it",
        "returns": "/desk/returns",
    }.items():
        see(lead, name, path)
    lead.press(lead.page.locator(".row .do a").first)
    see(lead, "return")
    market = officials("market-lead", language, width)
    see(market, "case", f"/desk/cases/{work.case_id}")
    see(market, "cases", "/desk/cases")
    see(market, "rewards", "/desk/rewards")
    see(market, "joint-operation", f"/desk/joint-operations/{work.operation_id}")
    office = officials("office-desk", language, width)
    see(office, "joint-operations", "/desk/joint-operations")
    see(office, "upward-reports", "/desk/upward-reports")
    see(office, "upward-report", f"/desk/upward-reports/{work.upward_id}")
    admin = officials("police-admin", language, width)
    see(admin, "inbox-empty", "/desk")
    see(admin, "people", "/desk/people")
    admin.press(admin.page.locator(".tray a", has_text="police-desk"))
    see(admin, "account")


@pytest.mark.criterion("25")
def test_a_desk_works_without_script(visitors: Visitors, town: RunningTown) -> None:
    tip = file_tip(town)
    visitor = visitors("zh", 390, java_script_enabled=False)
    visitor.go(f"/desk/tips/{tip['tip_id']}")
    assert "/desk/sign-in" in visitor.page.url
    visitor.page.fill("#name", "police-lead")
    visitor.page.fill("#password", account(town, "police-lead")["password"])
    visitor.page.fill("#code", code_of(town, "police-lead"))
    visitor.submit("sign-in")
    assert visitor.page.url.endswith(f"/desk/tips/{tip['tip_id']}")
    visitor.press(visitor.page.locator("form[action$='/accept'] button"))
    expect(visitor.page.locator(".good")).to_be_visible()
    visitor.go("/desk?kind=tip")
    expect(visitor.page.locator(f".name a[href='/desk/tips/{tip['tip_id']}']")).to_be_visible()
    visitor.press(visitor.page.locator("nav.tabs a").nth(2))
    assert visitor.page.url.endswith("/desk?whose=others")


@pytest.mark.criterion("25")
def test_a_desk_can_be_worked_with_the_keyboard_alone(officials: Officials, town: RunningTown) -> None:
    tip = file_tip(town)
    desk = officials("police-desk")
    page = desk.page
    desk.go("/desk?kind=tip")
    step_to(page, f".name a[href='/desk/tips/{tip['tip_id']}']")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    step_to(page, "form[action$='/accept'] button")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator(".good")).to_be_visible()
    step_to(page, "#messages-text")
    page.keyboard.type("On which floor, please?")
    page.reload()
    expect(page.locator("#messages-text")).to_have_value("On which floor, please?")
    step_to(page, "#messages-text")
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator(".talk .mine")).to_have_count(1)
    expect(page.locator("#messages-text")).to_have_value("")


@pytest.mark.criterion("14.2")
@pytest.mark.criterion("25")
def test_two_browsers_in_conflict_on_one_tip_lose_nobodys_text(officials: Officials, town: RunningTown) -> None:
    tip = file_tip(town)
    path = f"/desk/tips/{tip['tip_id']}"
    first, second = officials("police-desk"), officials("police-lead", width=390)
    for each in (first, second):
        each.go(path)
        _do(each, "accept") if each is first else None
    first.page.locator("form[action$='/verify'] input[value=not_substantiated]").check()
    _do(first, "verify")
    second.go(path)
    first.page.fill("#close-text_outcome", "第一个人写的结论。")
    second.page.fill("#close-text_outcome", "第二个人写的结论,写了很久。")
    _do(first, "close")
    _do(second, "close")
    expect(second.page.locator(".trouble")).to_be_focused()
    expect(second.page.locator("#changed")).to_be_visible()
    expect(second.page.locator("#written")).to_have_value("第二个人写的结论,写了很久。")
    expect(second.page.locator(".told")).to_contain_text("第一个人写的结论。")
    second.check("desk-tip-conflict")


@pytest.mark.criterion("1.4")
@pytest.mark.criterion("14.6")
def test_a_referral_is_signed_for_answered_and_completed_by_two_desks_at_their_browsers(
    officials: Officials, town: RunningTown, tmp_path: Path
) -> None:
    with town.http("market") as market:
        case_id, referral_id = refer(market)
    sender, receiver = officials("market-lead"), officials("police-lead", width=390)
    path = f"/desk/handovers/{referral_id}"
    for each in (sender, receiver):
        each.go(path)
    receiver.check("desk-referral-offered")
    _do(receiver, "accept")
    expect(receiver.page.locator(".good")).to_be_visible()
    receiver.check("desk-referral-signed")
    with receiver.page.expect_download() as taken:
        receiver.page.locator(f"a[href='/v1/criminal-referrals/{referral_id}/receipt']").click()
    taken.value.save_as(tmp_path / "receipt.json")
    key = public_key_of((town.places.keys / "cases-signing.key").read_text("ascii"))
    assert verify_receipt_file((tmp_path / "receipt.json").read_bytes(), [key]) is Verdict.VALID
    receiver.page.locator("#do-file input[name$=police_reference]").fill("DYGA-2026-0001")
    _do(receiver, "file")
    expect(receiver.page.locator(".good")).to_be_visible()
    sender.go(path)
    expect(sender.page.locator("dl.told")).to_contain_text("DYGA-2026-0001")
    _do(sender, "complete")
    expect(sender.page.locator(".good")).to_be_visible()
    sender.go(f"/desk/cases/{case_id}")
    expect(sender.page.locator(f"a[href='{path}']").first).to_be_visible()


@pytest.mark.criterion("23")
def test_an_official_s_work_is_handed_over_at_a_browser_and_both_sides_read_the_receipt(
    officials: Officials, town: RunningTown
) -> None:
    tip = file_tip(town, "suspected_crime")
    leaver = officials("police-economic")
    leaver.go(f"/desk/tips/{tip['tip_id']}")
    _do(leaver, "accept")
    admin = officials("police-admin", width=390)
    admin.go(f"/desk/people/{account(town, 'police-economic')['account_id']}")
    admin.page.locator("details:has(#do-hand_over) > summary").click()
    form = admin.page.locator("#do-hand_over")
    form.locator("select[name=successor]").select_option(account(town, "police-lead")["account_id"])
    form.locator("textarea").fill("轮岗交接。")
    admin.press(form.locator("button[type=submit]"))
    admin.check("desk-departure-receipt")
    item = f"a[href='/desk/tips/{tip['tip_id']}']"
    expect(admin.page.locator(item)).to_be_visible()
    download = admin.page.locator("a[download]").get_attribute("href") or ""
    successor = officials("police-lead")
    successor.go(download.replace("/v1/hand-overs/", "/desk/departures/"))
    expect(successor.page.locator("dl.told")).to_contain_text("办案负责人")
    successor.press(successor.page.locator(item))
    expect(successor.page.locator("form[action$='/verify']")).to_be_visible()
    leaver.go("/desk")
    assert "/desk/sign-in" in leaver.page.url


def test_a_warning_goes_from_a_decided_case_to_the_public_over_two_desks(
    officials: Officials, visitors: Visitors, town: RunningTown
) -> None:
    with town.http("market") as market:
        opened = {"owner": "market/desk", "kind": "entry_fee", "basis": "《禁止传销条例》第七条"}
        case_id = post(market, "/v1/cases", **opened)["case_id"]
        post(
            market,
            f"/v1/cases/{case_id}/close",
            outcome="penalty_decided",
            reason="decision_served",
            grounds="证据充分。",
        )
    writer, publisher = officials("market-lead", width=390), officials("police-lead")
    writer.go(f"/desk/cases/{case_id}")
    writer.page.locator("details:has(#do-warn) > summary").click()
    title = f"警惕“高薪文员”招聘 {uuid.uuid4().hex[:6]}"
    writer.page.locator("#do-warn input[name$=title]").fill(title)
    writer.page.locator("#do-warn textarea").fill("先收押金,再要求拉人入会,就是传销。请立即离开并报警。")
    writer.press(writer.page.locator("#do-warn button[type=submit]"))
    writer.check("desk-warning-draft")
    publisher.go("/desk/warnings")
    publisher.check("desk-warnings")
    publisher.press(publisher.page.locator(".tray a", has_text=title))
    publisher.page.locator("#do-publish select").select_option("market_regulation")
    publisher.page.locator("#do-publish input[type=text]").fill("中市监警〔2026〕3号")
    publisher.page.locator("#do-publish input[type=date]").fill("2026-11-20")
    _do(publisher, "publish")
    publisher.check("desk-warning-published")
    anybody = visitors("zh", 390)
    anybody.go("/warnings")
    anybody.check("warnings-published")
    expect(anybody.page.locator("h3", has_text=title)).to_be_visible()


def _do(visitor: Visitor, deed: str) -> None:
    visitor.press(visitor.page.locator(f"form[action$='/{deed}'] button[type=submit]"))

"""The file of a case, hand-overs, the assessment, meetings, publicity and bulletins, in a real browser."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from playwright.sync_api import FilePayload, expect

from tests.browser.conftest import Visitor
from tests.browser.test_desk_pages import Officials, post, refer
from tests.chaos.sizes import FULL
from tests.support.town import RunningTown

# The first test waits for the town too.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

LOOKS = [
    (*screen, scheme)
    for screen in (("zh", 390), ("en", 1280), ("en", 390), ("zh", 1280))
    for scheme in ("light", "dark")
]
LIST_OF_GUESTS: FilePayload = {"name": "guests.txt", "mimeType": "text/plain", "buffer": "参加人员签到表\n".encode()}
HANDLING: dict[str, Any] = {"why": "现场检查时提取", "where": "榕荫路七号楼"}


def today(days: int = 0) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


def collect(market: httpx2.Client, case_id: str) -> str:
    """Take a file into a case, as its machine does."""
    more = {"Idempotency-Key": uuid.uuid4().hex, "Content-Type": "text/plain"}
    sent = market.post(f"/v1/cases/{case_id}/evidence/files", content=LIST_OF_GUESTS["buffer"], headers=more).json()
    named = {"file": sent["attachment"], "kind": "document", "label": "签到表", **HANDLING}
    return str(post(market, f"/v1/cases/{case_id}/evidence", **named)["evidence_id"])


def hand_over(town: RunningTown, *, is_disputed: bool) -> str:
    """Hand a matter over, and have two desks refuse it where wished."""
    with town.http("police") as police, town.http("market") as market, town.http("tenancy") as tenancy:
        why = {"ground": "no_crime", "basis": "没有犯罪事实。", "reference": f"DYGA-{uuid.uuid4().hex[:6].upper()}"}
        sides = {"sender": "police/economic", "receiver": "market/desk"}
        at = f"/v1/transfers/{post(police, '/v1/transfers', **sides, **why)['transfer_id']}"
        if is_disputed:
            post(market, f"{at}/refuse", reason="not_competent", text="经营地不在本辖区。")
            post(police, f"{at}/resend", receiver="tenancy/desk", basis="当事人租住在本镇。")
            post(tenancy, f"{at}/refuse", reason="other_territory", text="房屋不在本镇。")
    return at.removeprefix("/v1/transfers/")


@dataclass(frozen=True)
class Files:
    """What there is to look at in the town, by the path of its page and who looks."""

    pages: dict[str, tuple[str, str]]


def handed_to_carriers(town: RunningTown) -> str:
    """A text for the first month that is not over, written by the unit and approved by the office."""
    with town.http("publicity") as publicity, town.http("office") as office:
        plan = publicity.get("/v1/campaigns/plan").json()["items"]
        due_on = next(each["due_on"] for each in plan if not each["is_late"])
        text = "打传办提醒:交会费、拉人头就是传销。"
        campaign_id = str(post(publicity, "/v1/campaigns", due_on=due_on, text=text)["campaign_id"])
        post(office, f"/v1/campaigns/{campaign_id}/approve")
    return campaign_id


@pytest.fixture(scope="module")
def files(whole_town: RunningTown) -> Files:
    """A case with a task and evidence, a matter that was refused twice, and what the office writes."""
    with whole_town.http("market") as market, whole_town.http("office") as office:
        case_id, _ = refer(market)
        due_at = today(3).isoformat()
        post(market, f"/v1/cases/{case_id}/tasks", title="询问证人", owner="market/desk", due_at=due_at)
        evidence_id = collect(market, case_id)
        found = {"unit": "market", "about": f"case/{case_id}", "proof": [f"case/{case_id}"], "grounds": "经核实。"}
        post(office, "/v1/assessment/findings", fact="major_lead_neglected", **found)
        proposal = {"kind": "yellow_card", "trigger": "major-lead", "proof": [f"case/{case_id}"], "target": "market"}
        heard_on = f"{today(20):%Y-%m-%d}"
        tool_id = post(office, "/v1/accountability-tools", **proposal, statement_due_on=heard_on)["tool_id"]
        deduction = office.get("/v1/assessment/deductions").json()["items"][0]["deduction_id"]
        held = {"kind": "conference", "place": "镇政府三楼会议室", "held_at": today(3).isoformat()}
        meeting_id = post(office, "/v1/meetings", title="联席会议", **held)["meeting_id"]
        days = {"first_on": f"{today(-13):%Y-%m-%d}", "last_on": f"{today():%Y-%m-%d}"}
        bulletin = post(office, "/v1/bulletins", kind="bulletin", title="第一期", **days)["bulletin_id"]
    with whole_town.http("publicity") as publicity:
        sent = {"duty": "sms-monthly", "party": "carrier/telecom", "what": "防范短信", "place": "全镇", "reach": 12000}
        activity = post(publicity, "/v1/publicity", **sent, held_on=f"{today():%Y-%m-%d}")["activity_id"]
    campaign = f"/desk/campaigns/{handed_to_carriers(whole_town)}"
    matter = hand_over(whole_town, is_disputed=True)
    return Files({
        "file-case": ("market-lead", f"/desk/cases/{case_id}"),
        "file-timeline": ("market-lead", f"/desk/cases/{case_id}/timeline"),
        "file-evidence": ("market-lead", f"/desk/evidence/{evidence_id}"),
        "transfers": ("police-lead", "/desk/transfers"),
        "transfer": ("office-desk", f"/desk/transfers/{matter}"),
        "assessment": ("market-lead", "/desk/assessment"),
        "assessment-all": ("office-desk", "/desk/assessment"),
        "deduction": ("market-lead", f"/desk/deductions/{deduction}"),
        "bulletins": ("office-desk", "/desk/bulletins"),
        "bulletin": ("office-desk", f"/desk/bulletins/{bulletin}"),
        "meetings": ("market-lead", "/desk/meetings"),
        "meeting": ("office-desk", f"/desk/meetings/{meeting_id}"),
        "publicity": ("publicity-desk", "/desk/publicity"),
        "campaigns": ("publicity-lead", "/desk/campaigns"),
        "campaign": ("publicity-lead", campaign),
        "campaign-of-carrier": ("carrier-mobile", campaign),
        "campaigns-of-carrier": ("carrier-mobile", "/desk/campaigns"),
        "activity": ("publicity-desk", f"/desk/publicity/{activity}"),
        "tool": ("market-lead", f"/desk/tools/{tool_id}"),
    })  # fmt: skip


@pytest.mark.criterion("25")
@pytest.mark.parametrize("turn", range(len(LOOKS)) if FULL else [0])
def test_every_page_of_a_file_and_of_the_office_s_papers_is_accessible_and_whole(
    officials: Officials, files: Files, turn: int
) -> None:
    """Each page has its turn with each look; in the small size every page has one, and every look some pages."""
    for place, (name, (who, path)) in enumerate(files.pages.items()):
        language, width, scheme = LOOKS[(place + turn) % len(LOOKS)]
        visitor = officials(who, language, width, color_scheme=scheme)
        visitor.go(path)
        visitor.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        visitor.check(f"{name}-{scheme}")


@pytest.mark.criterion("9.1")
@pytest.mark.criterion("9.2")
def test_a_case_is_worked_at_a_browser_from_its_evidence_to_its_end(officials: Officials, town: RunningTown) -> None:
    with town.http("market") as market:
        case_id, _ = refer(market)
    holder, receiver = officials("market-lead", width=390), officials("police-lead")
    case = f"/desk/cases/{case_id}"
    holder.go(case)
    holder.page.locator("details:has(#proof-file) > summary").click()
    holder.page.set_input_files("#proof-file", LIST_OF_GUESTS)
    holder.page.locator("#proof-kind").select_option("document")
    for name, value in {"label": "签到表", **HANDLING}.items():
        holder.page.fill(f"#proof-{name}", value)
    holder.press(holder.page.locator("details:has(#proof-file) button"))
    holder.press(holder.page.locator("a", has_text="签到表"))
    evidence = holder.page.url.removeprefix(town.gateway_url)
    work(holder, "offer", receiver="police/economic", **HANDLING)
    expect(holder.page.locator(".good")).to_be_visible()
    receiver.go(evidence)
    work(receiver, "receive", **HANDLING)
    expect(receiver.page.locator(".when-big")).to_contain_text("经侦")
    holder.go(case)
    due_at = f"{today(2):%Y-%m-%dT%H:%M}"
    work(holder, "add_task", title="询问证人", owner="market/desk", due_at=due_at)
    expect(holder.page.locator("section:has(#todo) li")).to_contain_text("询问证人")
    task = holder.page.locator("#do-complete_task select option", has_text="询问证人").get_attribute("value")
    work(holder, "complete_task", task_id=task, text_result="已形成笔录。")
    expect(holder.page.locator("section:has(#todo) li")).to_contain_text("已形成笔录。")
    work(holder, "close", outcome="penalty_decided", reason="decision_served", text_grounds="证据充分。")
    expect(holder.page.locator("dl.told")).to_contain_text("证据充分。")
    holder.check("file-case-closed")
    holder.go(f"{case}/timeline")
    expect(holder.page.locator("ol.tray li").first).to_be_visible()


@pytest.mark.criterion("1.5")
def test_a_matter_is_refused_decided_and_signed_for_by_three_desks_at_their_browsers(
    officials: Officials, town: RunningTown
) -> None:
    market, office = officials("market-lead", width=390), officials("office-desk", "en")
    tenancy, police = officials("tenancy-desk"), officials("police-lead", width=390)
    path = f"/desk/transfers/{hand_over(town, is_disputed=False)}"
    market.go("/desk/transfers")
    market.press(market.page.locator(f"a[href='{path}']"))
    work(market, "refuse", reason="not_competent", text="经营地不在本辖区。")
    police.go(path)
    work(police, "resend", receiver="tenancy/desk", text_basis="当事人租住在本镇。")
    tenancy.go(path)
    work(tenancy, "refuse", reason="other_territory", text="房屋不在本镇。")
    office.go(path)
    expect(office.page.locator("ol.line li")).to_have_count(2)
    work(office, "arbitrate", receiver="market/desk", text_grounds="属市场监管职责。")
    market.go(path)
    expect(market.page.locator("#do-refuse")).to_have_count(0)
    work(market, "accept")
    expect(market.page.locator(f"a[href='/v1/transfers/{path.rpartition('/')[2]}/receipt']")).to_be_visible()
    market.check("transfer-signed")


@pytest.mark.criterion("22")
def test_publicity_is_recorded_at_a_browser_and_nothing_is_lost_where_something_is_wanting(
    officials: Officials,
) -> None:
    desk = officials("publicity-desk", width=390)
    desk.go("/desk/publicity")
    said: dict[str, Any] = {"text_what": "进村入户发放折页", "place": "榕荫村", "reach": "320"}
    duty: dict[str, Any] = {"duty": "sms-monthly", "held_on": f"{today():%Y-%m-%d}"}
    work(desk, "record", wanting=True, **said, **duty)
    expect(desk.page.locator("#do-record textarea").first).to_have_value(said["text_what"])
    work(desk, "record", party="carrier/unicom")
    expect(desk.page.locator(".quoted")).to_contain_text(said["text_what"])
    desk.check("activity-recorded")


def work(visitor: Visitor, deed: str, *, wanting: bool = False, **filled: Any) -> None:
    """Fill a form of the page in and send it; the page says what is wanting, or nothing."""
    folded = visitor.page.locator(f"details:not([open]):has(#do-{deed}) > summary")
    if folded.count():
        folded.first.click()
    form = visitor.page.locator(f"#do-{deed}")
    for name, value in filled.items():
        entry = form.locator(f"[name='{name}']")
        is_choice = entry.evaluate("it => it.tagName") == "SELECT"
        entry.select_option(value) if is_choice else entry.fill(value)
    visitor.press(form.locator("button[type=submit]"))
    assert bool(visitor.page.locator(".trouble").count()) is wanting, visitor.page.locator("main").inner_text()

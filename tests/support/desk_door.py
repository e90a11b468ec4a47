"""Officials before the pages of a gateway whose bus answers what a test says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
from argon2 import PasswordHasher

from gateway.people import second_factor
from lianxi.contracts.cases import (
    AssistancePage,
    AssistanceState,
    AssistanceView,
    CaseKind,
    CasePage,
    CaseState,
    CaseSummary,
    CaseView,
    Paper,
    PaperStatus,
    ReferralPage,
    ReferralState,
    ReferralView,
    StatutoryClock,
)
from lianxi.contracts.notifications import NoticePage, NoticeView
from lianxi.contracts.reporting import (
    OrderPage,
    OrderState,
    OrderView,
    StageReportList,
    StageReportState,
    StageReportView,
)
from lianxi.contracts.tips import (
    Channel,
    ClockView,
    MessageView,
    TimelineEntry,
    TipKind,
    TipPage,
    TipState,
    TipSummary,
    TipView,
)
from lianxi.contracts.transfers import TransferPage
from tests.support.gateway_fakes import NOON, Door, open_door

PASSWORD = "four words in a row"
HASHED = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
SEATS = {
    "desk": ("police", ["desk"], ["police/station"]),
    "lead": ("police", ["desk", "case_officer", "case_lead"], ["police/station"]),
    "market": ("market", ["desk"], []),
    "officer": ("market", ["desk", "case_officer"], ["market/desk"]),
    "finance": ("finance", ["desk", "finance"], []),
    "custodian": ("governance", ["custodian"], []),
    "admin": ("police", ["administrator"], []),
    "office": ("office", ["office"], []),
    "chair": ("office", ["leader"], []),
    "publicity": ("publicity", ["desk"], ["publicity/desk"]),
    "carrier": ("carrier", ["carrier"], ["carrier/mobile"]),
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
REFERRAL = ReferralView(
    referral_id="referral_00000000000000000001",
    version=2,
    case_id="case_000000000000000000001",
    case_number="AJ-2026-0001",
    sender="market/desk",
    receiver="police/station",
    state=ReferralState.SENT,
    officers=("account_officer", "account_second"),
    papers=(
        Paper(name="transfer_letter", status=PaperStatus.ATTACHED, sha256="ab" * 32),
        Paper(name="test_results", status=PaperStatus.NONE, reason="没有检验"),
    ),
    clocks=(StatutoryClock(clock="T-34", owner="police/station", started_at=NOON, due_at=NOON + timedelta(hours=24)),),
    missing_papers=(),
    reason=None,
    police_reference=None,
    receipt=None,
)
HELP = AssistanceView(
    assistance_id="assistance_00000000000000001",
    version=1,
    case_id="case_000000000000000000001",
    asker="market/desk",
    receiver="police/station",
    what="请提供房屋登记情况",
    legal_ground="方案三(一)",
    is_urgent=False,
    state=AssistanceState.ASKED,
    asked_at=NOON,
    due_at=NOON + timedelta(days=15),
    rungs=(),
    reason=None,
    reference=None,
)
CASE = CaseView(
    case_id="case_000000000000000000001",
    number="AJ-2026-0001",
    version=4,
    owner="police/station",
    kind=CaseKind.ENTRY_FEE,
    basis="《禁止传销条例》第七条",
    state=CaseState.OPEN,
    tip_id=TIP_ID,
    rental_code=None,
    suspected_crime=True,
    opened_at=NOON,
    decision_due_at=NOON + timedelta(days=90),
    measures=(),
    referral_ids=(),
    outcome=None,
    grounds=None,
    closed_at=None,
)
CASE_ROW = CaseSummary(
    case_id=CASE.case_id,
    number=CASE.number,
    owner=CASE.owner,
    kind=CASE.kind,
    state=CASE.state,
    opened_at=NOON,
)
ORDER = OrderView(
    order_id="order_0000000000000000000001",
    number="DB-2026-0001",
    version=1,
    target="police/station",
    about=f"tip/{TIP_ID}",
    question="为什么还没有核查",
    issued_by="account_office",
    issued_at=NOON,
    due_at=NOON + timedelta(days=5),
    state=OrderState.ISSUED,
    answer=None,
    answered_at=None,
    remark=None,
    rounds=0,
    rungs=(),
)
REPORT = StageReportView(
    report_id="stage_report_000000000000001",
    version=1,
    agency="police",
    due_on=date(2026, 2, 26),
    state=StageReportState.MISSED,
    filed_at=None,
    practice=None,
    results=None,
    problems=None,
    advice=None,
    figures={},
    figures_sha256=None,
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
        opened.bus.says("list_referrals", ReferralPage(items=()))
        opened.bus.says("list_assistance", AssistancePage(items=()))
        opened.bus.says("list_transfers", TransferPage(items=()))
        opened.bus.says("list_cases", CasePage(items=()))
        opened.bus.says("list_orders", OrderPage(items=()))
        opened.bus.says("list_stage_reports", StageReportList(items=()))
        opened.bus.says("get_tip", VIEW)
        yield opened


def sign_in(door: Door, name: str = "desk", **more: str) -> httpx2.Response:
    code = second_factor.code_of(SECRETS[name], door.clock.now())
    form = {"name": name, "password": PASSWORD, "code": code, **more}
    return door.http.post("/desk/sign-in", data=form, headers=OURS)


def form_on(page: httpx2.Response, action: str) -> dict[str, str]:
    """Read what a form of a page would send if nobody touched it; what is written at length and chosen is left out."""
    found = re.search(rf'action="{re.escape(action)}">(.*?)</form>', page.text, re.DOTALL)
    assert found is not None, action
    fields = [dict(re.findall(r'(\w+)="([^"]*)"', each)) for each in re.findall(r"<input([^>]*)>", found[1])]
    kept = [each for each in fields if each.get("type") not in ("radio", "checkbox") and each.get("value")]
    return {each["name"]: unescape(each["value"]) for each in kept}


def send(door: Door, page: httpx2.Response, deed: str, at: str = ADDRESS, **filled: str) -> httpx2.Response:
    return door.http.post(f"{at}/{deed}", data={**form_on(page, f"{at}/{deed}"), **filled}, headers=OURS)


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


def deeds_on(page: httpx2.Response, at: str = ADDRESS) -> set[str]:
    return set(re.findall(rf'action="{re.escape(at)}/(\w+)"', page.text))

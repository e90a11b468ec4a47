"""What lies apart from a desk's daily work, in a real browser: persons, the vault, rewards, an informant's words."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import FilePayload

from tests.browser.conftest import Visitor
from tests.browser.test_desk_pages import SCREENS, TEXT, Officials, post
from tests.browser.test_public_pages import tip_of
from tests.chaos.sizes import FULL
from tests.support.registers import bad, csv_file, row
from tests.support.town import RunningTown
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@dataclass(frozen=True)
class Apart:
    """What lies apart from a desk's daily work."""

    tip_id: str
    party_id: str
    request: str
    reward_id: str


@pytest.fixture(scope="module")
def apart(whole_town: RunningTown) -> Apart:
    """A person of a case, a wish to know an informant, and a reward that was claimed."""
    told = {"category": "rental_gathering", "village": "village/banyan", "text": TEXT, "channel": "phone"}
    with whole_town.http("market") as market, whole_town.http("police") as police, whole_town.http() as resident:
        opened = {"owner": "market/desk", "kind": "entry_fee", "basis": "《禁止传销条例》第七条"}
        case_id = post(market, "/v1/cases", **opened)["case_id"]
        person = {"role": "organiser", "name": "上官测", "statement": "自称讲师。", "certainty": "observed"}
        why = {"source": "现场检查笔录", "basis": "《禁止传销条例》第十四条"}
        party_id = post(market, f"/v1/cases/{case_id}/parties", **person, **why)["party_id"]
        contact = {"name": "欧阳测", "phone": "13912345678"}
        tip_id = post(police, "/v1/tips", **told, contact=contact)["tip_id"]
        wait_until(lambda: police.get(f"/v1/tips/{tip_id}").is_success, 20, "the tip at its desk")
        wish = {"kind": "safety", "motive": "嫌疑人扬言报复,需通知其避险"}
        request = police.post(
            f"/v1/tips/{tip_id}/vault/requests", json=wish, headers={"Idempotency-Key": uuid.uuid4().hex}
        ).headers["Location"]
        filed = post(
            resident,
            "/v1/public/tips",
            **{name: told[name] for name in ("category", "village", "text")},
            contact=contact,
        )
        rewarded = tip_of(whole_town, filed["tip_number"])["tip_id"]
        for step, body in {
            "accept": {},
            "verify": {"outcome": "substantiated", "next_owner": "police/station"},
            "close": {"outcome": "已查实,谢谢您。"},
        }.items():
            post(police, f"/v1/tips/{rewarded}/{step}", **body)
        claim = {
            "name": "欧阳测",
            "reference": "到窗口领取",
            **dict.fromkeys(
                ("is_official", "has_duty_to_report", "patrols_the_place", "seeks_rescue_of_relative"), False
            ),
        }
        code = {"Lianxi-Receipt": filed["receipt"], "Idempotency-Key": uuid.uuid4().hex, "Lianxi-Proof": "wait"}
        claimed = resident.post("/v1/public/rewards", json=claim, headers=code)
        assert claimed.is_success, claimed.text
        rows = police.get("/v1/rewards").json()["items"]
        reward_id = next(each["reward_id"] for each in rows if each["tip_id"] == rewarded)
    return Apart(tip_id, party_id, request.removeprefix("/v1/tips/").replace("/vault/requests/", "/"), reward_id)


@pytest.mark.criterion("25")
@pytest.mark.parametrize(("language", "width"), SCREENS if FULL else SCREENS[:1])
def test_what_lies_apart_is_accessible_and_whole(officials: Officials, apart: Apart, language: str, width: int) -> None:
    def see(visitor: Visitor, name: str, path: str) -> None:
        visitor.go(path)
        for details in visitor.page.locator("details.deed:not([open]) > summary").all()[::-1]:
            details.click()
        visitor.check(f"desk-{name}")

    market, lead = officials("market-lead", language, width), officials("police-lead", language, width)
    see(market, "party", f"/desk/parties/{apart.party_id}")
    see(market, "warnings", "/desk/warnings")
    see(lead, "vault", "/desk/vault")
    see(lead, "opening", f"/desk/vault/{apart.request}")
    see(lead, "reward", f"/desk/rewards/{apart.reward_id}")
    see(lead, "photographs", "/desk/photographs")
    lead.go(f"/desk/tips/{apart.tip_id}")
    unmask = lead.page.locator("details:has(#do-unmask)")
    unmask.locator("summary").first.click()
    unmask.locator("textarea").fill("原文里的房间号需要核对。")
    lead.press(unmask.locator("button[type=submit]"))
    see(lead, "words", f"/desk/tips/{apart.tip_id}/words")
    custodian = officials("governance-custodian", language, width)
    see(custodian, "opening-custodian", f"/desk/vault/{apart.request}")


@pytest.mark.criterion("15.1")
@pytest.mark.parametrize(("language", "width"), SCREENS if FULL else SCREENS[:1])
def test_a_register_is_tried_and_imported_on_a_page(officials: Officials, language: str, width: int) -> None:
    keeper = officials("tenancy-desk", language, width)
    keeper.go("/desk/imports")
    keeper.check("desk-imports")
    rows = [row(number, code=f"B{width}-{number}") for number in range(1, 3)]
    raw = csv_file([*rows, bad(11)], "gb18030")
    file: FilePayload = {"name": "register.csv", "mimeType": "text/csv", "buffer": raw}
    keeper.page.set_input_files("#file", file)
    keeper.submit("try")
    keeper.check("desk-import-try")
    keeper.submit("apply")
    keeper.check("desk-import")
    told, place = {"zh": "已导入", "en": "Imported"}[language], urlsplit(keeper.page.url).path

    def is_over() -> bool:
        keeper.go(place)
        return told in keeper.page.content()

    wait_until(is_over, 15, "the import")
    assert keeper.page.locator("a[download]").count() == 1

"""The patrol's telephone in a real browser before a whole town: above all what happens where there is no network."""

from __future__ import annotations

import base64
import gzip
import hashlib
import time
from collections.abc import Callable
from typing import Any

import httpx2
import pymongo
import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from deploy.local.places import read_json
from tests.browser.conftest import WCAG, Visitor
from tests.chaos.sizes import FULL
from tests.support.pictures import photo
from tests.support.town import RunningTown
from tests.support.waiting import wait_until

# The first test waits for the town too.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

Visitors = Callable[..., Visitor]
ASSISTANT = "tenancy-assistant"
DIGITS = "204681"
MOST_BYTES = 90 * 1024
HOMES = {f"M-{number}": f"巡查路{number}号二楼" for number in range(1, 7)}
EXPECTED = ("net::ERR_INTERNET_DISCONNECTED", "status of 401", "status of 409", "status of 422", "status of 503")
IN_THE_SUN = {**WCAG, "rules": {"color-contrast-enhanced": {"enabled": True}}}
SCREENS = [("zh", 390), ("en", 1280), *([("zh", 1280), ("en", 390)] if FULL else [])]
NAME = "lianxi.test"
"""A name that browsers take for somebody else's machine, so that plain HTTP to it is not secure."""
REFUSED = """async () => {
  const visit = {visit_id: "visit_refused", rental_code: "M-5", outcome: "done", entry_basis: "consent", findings: [],
                 note: "", visited_at: new Date().toISOString()};
  const problem = {status: 422, title: "内容不完整", detail: "请核对。", theirs: null}, now = Date.now();
  const body = await vault.seal({visit, address: "巡查路5号二楼"});
  const row = {id: visit.visit_id, account: "", at: now, next: now, tries: 1, state: "attention", problem, body};
  await store.put("queue", row);
  await queue.upload();
}"""
SIGNED_IN: dict[str, Any] = {}


@pytest.fixture
def phones(visitors: Visitors, town: RunningTown) -> Visitors:
    """Makes telephones on which the assistant has signed in; dwellings to visit are on the register."""
    if SIGNED_IN.get("town") != town.gateway_url:
        SIGNED_IN.update(town=town.gateway_url, state=_sign_in(town))
        _register(town)

    def make(language: str = "zh", width: int = 390, **more: Any) -> Visitor:
        visitor = visitors(language, width, storage_state=SIGNED_IN["state"], **more)
        visitor.page.context.add_cookies([{"name": "lang", "value": language, "url": town.gateway_url}])
        return visitor

    return make


def _sign_in(town: RunningTown, who: str = ASSISTANT) -> dict[str, Any]:
    row = next(each for each in read_json(town.places.credentials_file)["people"] if each["name"] == who)
    if who == ASSISTANT:
        SIGNED_IN["account"] = row["account_id"]
    code = pyotp.TOTP(row["totp_secret"]).now()
    body = {"name": row["name"], "password": row["password"], "code": code}
    answer = httpx2.post(f"{town.gateway_url}/v1/session", json=body, timeout=15, trust_env=False)
    assert answer.is_success, answer.text
    kept = {"domain": "127.0.0.1", "path": "/", "expires": -1, "httpOnly": True, "secure": False, "sameSite": "Strict"}
    return {"cookies": [{"name": name, "value": value, **kept} for name, value in answer.cookies.items()]}


def _register(town: RunningTown) -> None:
    with town.http("tenancy") as tenancy:
        for code, address in HOMES.items():
            body = {"village": "village/lotus-bay", "address": address, "rooms": 2, "is_registered": True}
            answer = tenancy.put(
                f"/v1/rentals/{code}",
                json={**body, "assistant": SIGNED_IN["account"]},
                headers={"Idempotency-Key": f"register-{code}"},
            )
            assert answer.is_success, answer.text


def visits_of(town: RunningTown, code: str) -> list[dict[str, Any]]:
    client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(town.mongo_url)
    with client:
        return list(client["lianxi_inspections"]["visits"].find({"rental_code": code}))


def open_round(visitor: Visitor) -> Page:
    visitor.go("/m/today?ahead=31")
    expect(visitor.page.locator("#phone")).to_have_attribute("data-started", "1")
    return visitor.page


def go_offline_ready(visitor: Visitor) -> Page:
    """Open the round once with a network, choose digits, and wait for the worker."""
    page = open_round(visitor)
    page.fill("#new-digits", DIGITS)
    page.locator("#choose button").click()
    expect(page.locator("#first")).to_be_visible()
    expect(page.locator("#phone")).to_have_attribute("data-ready", "1")
    page.wait_for_function("caches.match('/m/shell', {ignoreVary: true}).then(Boolean)")
    return page


def unlock(page: Page, digits: str = DIGITS) -> None:
    page.fill("#digits", digits)
    page.locator("#open button").click()


def normal(page: Page, code: str) -> None:
    page.locator(f"#stop-{code} [data-normal] button").click()


def send_now(page: Page) -> None:
    """Let the five seconds be over in which a visit may be taken back."""
    page.evaluate(
        """async () => {
          for (const row of await store.all("queue")) await store.put("queue", {...row, next: 0});
          await queue.upload();
        }"""
    )


def photographed(page: Page, code: str) -> None:
    """Record a visit with two photographs, one of which is too large and shows where it was taken."""
    page.locator(f"#stop-{code} [data-other]").click()
    page.locator("#finding-form label", has_text="允许入户").click()
    large = photo("JPEG", picture=Image.effect_noise((3000, 2000), 40).convert("RGB"))
    files: list[FilePayload] = [
        {"name": "large.jpg", "mimeType": "image/jpeg", "buffer": large},
        {"name": "small.png", "mimeType": "image/png", "buffer": photo("PNG")},
    ]
    page.set_input_files("#photo-files", files)
    expect(page.locator("#photo-list img")).to_have_count(2)
    page.locator("#finding-form [type=submit]").click()


def photographs_of(town: RunningTown, code: str) -> list[dict[str, Any]]:
    [visit] = visits_of(town, code)
    with town.http("tenancy") as tenancy:
        shown: list[dict[str, Any]] = tenancy.get(f"/v1/visits/{visit['_id']}/photographs").json()["items"]
    return shown


def forgive(visitor: Visitor) -> None:
    """A browser says in its console what a request without a network came to; that was meant."""
    assert [each for each in visitor.troubles if not any(known in each for known in EXPECTED)] == []
    visitor.troubles.clear()


@pytest.mark.criterion("6.3")
@pytest.mark.criterion("6.6")
def test_two_visits_without_a_network_outlive_a_reload_and_arrive_once(phones: Visitors, town: RunningTown) -> None:
    visitor = phones()
    page = go_offline_ready(visitor)
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("#open")).to_be_visible()
    assert page.locator(".stop").count() == 0
    assert "巡查路" not in page.content()
    unlock(page)
    normal(page, "M-1")
    photographed(page, "M-2")
    expect(page.locator("#net")).to_have_text("离线 · 2 条待上传 · 照片 2 张待上传")
    visitor.look("patrol-offline")
    assert visits_of(town, "M-1") + visits_of(town, "M-2") == []
    page.reload()
    expect(page.locator("#queue-title")).to_have_text("待上传 2")
    unlock(page)
    expect(page.locator("#stop-M-1 .went")).to_contain_text("待上传")
    expect(page.locator("#queue-list")).to_contain_text("待上传照片 2 张")
    sent = page.evaluate("queue.pictures().then((rows) => rows.map((row) => row.sha256))")
    page.context.set_offline(False)
    expect(page.locator("#queue")).to_be_hidden(timeout=15_000)
    expect(page.locator("#net")).to_contain_text("全部已上传")
    wait_until(lambda: len(visits_of(town, "M-1")) + len(visits_of(town, "M-2")) == 2, 10, "two visits")
    page.reload()
    expect(page.locator("#stop-M-1.is-done")).to_be_visible()
    assert page.locator("#queue").is_hidden()
    found = visits_of(town, "M-1") + visits_of(town, "M-2")
    assert [each["assistant"] for each in found] == [SIGNED_IN["account"]] * 2
    shown = photographs_of(town, "M-2")
    assert sorted(each["sent_sha256"] for each in shown) == sorted(sent)
    assert [(each["is_waiting"], each["needs_attention"]) for each in shown] == [(False, None)] * 2
    forgive(visitor)


@pytest.mark.criterion("6.3")
def test_what_is_refused_stays_with_its_reason_until_somebody_mends_it(phones: Visitors, town: RunningTown) -> None:
    visitor = phones()
    page = open_round(visitor)
    page.route("**/v1/visits", lambda route: route.fulfill(status=503, json={"code": "broker.away"}))
    normal(page, "M-3")
    expect(page.locator("#queue-list li.waiting")).to_have_count(1)
    visit_id = page.locator("#queue-list li").get_attribute("data-id")
    send_now(page)
    expect(page.locator("#net")).to_have_text("离线 · 1 条待上传")
    expect(page.locator("#queue-list li.waiting")).to_have_count(1)
    body = {"visit_id": visit_id, "rental_code": "M-3", "assistant": "somebody", "outcome": "refused"}
    rest = {"entry_basis": "not_entered", "findings": [], "visited_at": "2026-11-27T03:00:00Z"}
    with town.http("tenancy") as tenancy:
        assert tenancy.post("/v1/visits", json={**body, **rest}).status_code == 201
    page.unroute("**/v1/visits")
    page.reload()
    held = page.locator("#queue-list li.attention")
    expect(held).to_contain_text("这个巡查编号已登记过不同的内容")
    expect(held).to_contain_text("这部手机上是“已巡查”；系统里已有的是“拒绝入户”")
    visitor.look("patrol-attention")
    held.locator("button.secondary").click()
    expect(page.locator("#queue-list li.asked")).to_contain_text("流管办已收到（编号 M-3")
    with town.http("tenancy") as tenancy:
        told = tenancy.get("/v1/visit-conflicts").json()["items"]
    [task] = [each for each in told if each["visit_id"] == visit_id]
    assert (task["mine"]["outcome"], task["theirs"]["outcome"]) == ("done", "refused")
    page.reload()
    page.locator("#queue-list li.asked button").click()
    page.fill("#finding-form #text", "证件 11010519491231002X")
    page.locator("#finding-form [type=submit]").click()
    expect(page.locator("#finding-wrong")).to_contain_text("身份证号")
    page.fill("#finding-form #text", "")
    page.locator("#finding-form label", has_text="无人在家").click()
    page.locator("#finding-form [type=submit]").click()
    expect(page.locator("#queue-list li.waiting")).to_have_count(1)
    send_now(page)
    expect(page.locator("#queue")).to_be_hidden()
    wait_until(lambda: len(visits_of(town, "M-3")) == 2, 10, "the mended visit beside the other")
    outcomes = {each["_id"] == visit_id: each["outcome"] for each in visits_of(town, "M-3")}
    assert outcomes == {True: "refused", False: "nobody_in"}
    forgive(visitor)


@pytest.mark.criterion("6.1")
@pytest.mark.criterion("6.3")
def test_a_lost_session_keeps_the_queue_and_wrong_digits_lose_the_list(phones: Visitors, town: RunningTown) -> None:
    visitor = phones()
    page = go_offline_ready(visitor)
    # By the keyboard alone, and taken back in time.
    page.locator("#stop-M-4 [data-normal] button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#undo-button")).to_be_visible()
    expect(page.locator("#queue")).to_be_visible()
    page.locator("#undo-button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#queue")).to_be_hidden()
    page.context.clear_cookies(name="lianxi_session")
    normal(page, "M-4")
    expect(page.locator("#queue-list li")).to_have_count(1)
    send_now(page)
    expect(page.locator("#sign-in")).to_be_visible()
    expect(page.locator("#queue-title")).to_have_text("待上传 1")
    page.context.set_offline(True)
    page.reload()
    page.evaluate("store.get('kept', 'lock').then((it) => store.put('kept', {...it, wrong: 8}, 'lock'))")
    unlock(page, "111111")
    expect(page.locator("#digits-wrong")).to_contain_text("还可以试 1 次")
    unlock(page, "222222")
    expect(page.locator("#digits-wrong")).to_contain_text("名单已清除")
    assert page.evaluate("store.get('kept', 'list').then((it) => it === undefined)")
    expect(page.locator("#queue-title")).to_have_text("待上传 1")
    page.context.set_offline(False)
    page.context.add_cookies(SIGNED_IN["state"]["cookies"])
    open_round(visitor)
    expect(page.locator("#queue")).to_be_hidden()
    wait_until(lambda: len(visits_of(town, "M-4")) == 1, 10, "the visit that waited")
    forgive(visitor)


@pytest.mark.criterion("6.1")
def test_signing_out_leaves_no_list_and_old_ones_go_by_themselves(phones: Visitors) -> None:
    visitor = phones()
    page = go_offline_ready(visitor)
    page.evaluate(
        "store.get('kept', 'list').then((it) => store.put('kept', {...it, at: it.at - 73 * 3600000}, 'list'))"
    )
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("#first")).to_contain_text("手机上还没有名单")
    page.context.set_offline(False)
    go_offline_ready(visitor)
    # The town orders telephones to forget: this one hears of it when it next meets the gateway.
    page.route("**/m/order", lambda route: route.fulfill(json={"wiped_before": "2099-01-01T00:00:00+00:00"}))
    page.reload()
    expect(page.locator("#choose")).to_be_visible()
    page.unroute("**/m/order")
    go_offline_ready(visitor)
    # The session itself stays: other tests sign in with it.
    page.route("**/desk/sign-out", lambda route: route.fulfill(status=200, body="out", content_type="text/html"))
    with page.expect_navigation():
        page.locator("#sign-out button").click()
    kept = page.evaluate(
        """() => new Promise((good) => {
          const asked = indexedDB.open("lianxi-patrol");
          asked.onsuccess = () => {
            const keys = asked.result.transaction("kept").objectStore("kept").getAllKeys();
            keys.onsuccess = async () => good([...keys.result, ...(await caches.keys())]);
          };
        })"""
    )
    assert set(kept) <= {"account", "device"}
    forgive(visitor)


@pytest.mark.criterion("25")
@pytest.mark.parametrize(("language", "width"), SCREENS)
def test_every_page_of_the_phone_is_accessible_whole_and_light(phones: Visitors, language: str, width: int) -> None:
    visitor = phones(language, width)
    page = open_round(visitor)
    visitor.look("patrol-today")
    assert 0 < weight(page) <= MOST_BYTES
    normal(page, "M-5")
    visitor.look("patrol-undo")
    page.locator("#undo-button").click()
    page.evaluate(REFUSED)
    expect(page.locator("#queue-list li.attention")).to_have_count(1)
    check(visitor, "patrol-queue")
    page.locator("#stop-M-6 [data-other]").click()
    expect(page.locator("#finding")).to_be_visible()
    check(visitor, "patrol-finding")
    page.keyboard.press("Escape")
    for name in ("visit/M-6", "help", "shell", "setup"):
        visitor.go(f"/m/{name}")
        check(visitor, f"patrol-{name.partition('/')[0]}")
    forgive(visitor)


@pytest.mark.criterion("6.4")
@pytest.mark.criterion("25")
def test_the_desk_of_the_register_decides_on_pages_that_everybody_can_use(
    visitors: Visitors, town: RunningTown
) -> None:
    visit_id = contradict(town)
    desk = visitors("zh", 390, storage_state=_sign_in(town, "tenancy-desk"))
    page = desk.page
    desk.go("/desk?kind=conflict")
    page.locator(f'a[href*="/desk/conflicts/conflict-{visit_id}"]').first.click()
    # The page on which is decided in both languages, the two beside it in both in the full size.
    for language in ("zh", "en"):
        page.context.add_cookies([{"name": "lang", "value": language, "url": town.gateway_url}])
        page.reload()
        desk.check(f"desk-conflict-{language}")
        if language == "en" and not FULL:
            break
        desk.go(f"/desk/visits/{visit_id}")
        image = page.locator("figure img").first
        expect(image).to_be_visible()
        assert image.evaluate("(it) => it.decode().then(() => it.naturalWidth)") == 60
        desk.check(f"desk-visit-{language}")
        desk.go("/desk/photographs")
        desk.check(f"desk-photographs-{language}")
        page.go_back()
        page.go_back()
    page.locator("#do-mine button").click()
    expect(page.locator(".good").first).to_be_visible()
    with town.http("tenancy") as tenancy:
        assert tenancy.get(f"/v1/visits/{visit_id}").json()["outcome"] == "refused"


def contradict(town: RunningTown) -> str:
    """Record a visit with a photograph, and its id once more with another outcome."""
    raw, visit_id = photo("JPEG"), f"visit_desk_{time.monotonic_ns()}"
    body = {"visit_id": visit_id, "rental_code": "M-6", "assistant": "somebody", "outcome": "vacant"}
    rest = {"entry_basis": "not_entered", "findings": [], "visited_at": "2026-11-27T03:00:00Z"}
    digest = base64.b64encode(hashlib.sha256(raw).digest()).decode()
    headers = {"Content-Type": "image/jpeg", "Content-Digest": f"sha-256=:{digest}:"}
    with town.http("tenancy") as tenancy:
        assert tenancy.post("/v1/visits", json={**body, **rest}).status_code == 201
        place = f"/v1/visits/{visit_id}/photographs/photo_{visit_id}"
        at = {"Lianxi-Taken-At": "2026-11-27T03:00:00Z"}
        assert tenancy.put(place, content=raw, headers={**headers, **at}).status_code == 201
        wait_until(lambda: tenancy.get(f"/v1/visits/{visit_id}").is_success, 10, "the visit")
        assert tenancy.post("/v1/visits", json={**body, **rest, "outcome": "refused"}).status_code == 409
        wait_until(lambda: visit_id in tenancy.get("/v1/visit-conflicts?limit=200").text, 10, "the task")
    return visit_id


def check(visitor: Visitor, name: str) -> None:
    """Hold a page of the telephone to what every page must be, and its text to what is read in the sun."""
    visitor.look(name)
    found = Axe().run(visitor.page, options=IN_THE_SUN).response["violations"]
    assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in found] == [], name


def test_without_a_secure_connection_the_queue_still_outlives_a_reload(phones: Visitors, town: RunningTown) -> None:
    visitor = phones()
    visitor.url = town.gateway_url.replace("127.0.0.1", NAME)
    kept: Any = [{**each, "domain": NAME} for each in SIGNED_IN["state"]["cookies"]]
    visitor.page.context.add_cookies(kept)
    page = open_round(visitor)
    assert page.evaluate("self.isSecureContext || Boolean(self.crypto.subtle)") is False
    expect(page.locator("#insecure")).to_contain_text("未启用安全连接")
    normal(page, "M-5")
    page.reload()
    expect(page.locator("#queue-title")).to_have_text("待上传 1")
    visitor.look("patrol-insecure")


def weight(page: Page) -> int:
    """Weigh what the first visit takes, packed: the page, its files and its worker. Units: bytes."""
    addresses = page.evaluate("[...document.querySelectorAll('script[src],link[href]')].map((it) => it.src || it.href)")
    bodies = [
        page.request.get(each).body()
        for each in {*addresses, page.url, page.url.replace("today?ahead=31", "worker.js")}
    ]
    return sum(len(gzip.compress(each, 6)) for each in bodies)


def test_without_a_script_one_tap_is_a_form(phones: Visitors, town: RunningTown) -> None:
    visitor = phones("zh", 320, java_script_enabled=False)
    visitor.go("/m/today?ahead=31")
    before = len(visits_of(town, "M-6"))
    visitor.press(visitor.page.locator("#stop-M-6 [data-normal] button"))
    expect(visitor.page.locator(".good")).to_contain_text("巡查路6号二楼")
    wait_until(lambda: len(visits_of(town, "M-6")) == before + 1, 10, "the visit")
    visitor.look("patrol-plain")

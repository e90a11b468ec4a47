"""Integrators' page and the rehearsal's mailbox without a browser: steps, secrets shown once, refusals, rights."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from gateway.console.mailbox_pages import SHOWN, read_last
from gateway.people import second_factor
from gateway.people.sessions import COOKIE
from lianxi.contracts.notifications import NoticePage
from lianxi.contracts.webhooks import (
    TESTED,
    HookDeliveryPage,
    HookDeliveryState,
    HookDeliveryView,
    HookState,
    Replayed,
    StoppedWebhooks,
    WebhookList,
    WebhookView,
)
from lianxi.kernel.errors import BrokerDown, Refused
from tests.support.gateway_fakes import NOON, Door, open_door

PASSWORD = "four words in a row"
HASHED = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
FACTOR = second_factor.new_secret()
SEATS = {
    "desk": ("police", ["desk"], ["police/station"]),
    "admin": ("police", ["administrator"], []),
    "liaison": ("social", ["liaison"], []),
    "operator": ("office", ["operator"], []),
}
OURS = {"Origin": "http://testserver"}
HOOK = WebhookView(
    hook_id="hook_1", version=1, agency="police", client_id="police", address="https://a.example/in", events=(),
    state=HookState.FAILING, registered_at=NOON, registered_by="a", ends_at=None, old_secret_until=None,
    failing_since=NOON, trouble="webhook.answered", delivered=1, waiting=2, parked=3, secret="whsec_fresh",
)  # fmt: skip
TAKEN = HookDeliveryView(
    event_id="event-0001", event_type=TESTED, item="webhook/hook_1", state=HookDeliveryState.DELIVERED, tries=2,
    status=200, trouble=None, written_at=NOON, next_try_at=None, delivered_at=NOON,
)  # fmt: skip


@pytest.fixture
def mailbox(tmp_path: Path) -> Path:
    return tmp_path / "mailbox.ndjson"


@pytest.fixture
def door(tmp_path: Path, mailbox: Path) -> Iterator[Door]:
    rows = [
        {
            "account_id": f"account_{name}", "name": name, "shown_name": name, "agency": agency, "roles": roles,
            "desks": desks, "areas": [], "keeps": [], "password_hash": HASHED, "totp_secret": FACTOR,
        }
        for name, (agency, roles, desks) in SEATS.items()
    ]  # fmt: skip
    (tmp_path / "people.json").write_text(json.dumps(rows), encoding="utf-8")
    more = {"gateway_people_file": tmp_path / "people.json", "rehearsal": True, "gateway_mailbox_file": mailbox}
    with open_door(tmp_path, **more) as opened:
        opened.bus.says("list_webhooks", WebhookList(items=()))
        opened.bus.says("stop_webhooks_of", StoppedWebhooks(stopped=0))
        yield opened


def enter(door: Door, name: str = "desk") -> None:
    door.http.cookies.delete(COOKIE) if COOKIE in door.http.cookies else None
    door.clock.advance(timedelta(seconds=31))
    code = second_factor.code_of(FACTOR, door.clock.now())
    answer = door.http.post("/v1/session", json={"name": name, "password": PASSWORD, "code": code})
    assert answer.status_code == 200, answer.text


def form(page: str, action: str) -> dict[str, str]:
    """Read the hidden fields of a form on a page."""
    found = re.search(rf'<form[^>]*action="{re.escape(action)}[^>]*>(.*?)</form>', page, re.DOTALL)
    assert found, action
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', found[1]))


def done(page: str) -> list[bool]:
    return [each == "done" for each in re.findall(r'<li class="is-(done|open)">', page)]


def make_key(door: Door) -> tuple[str, str]:
    page = door.http.get("/developers").text
    wish = {**form(page, "/developers/keys"), "label": "档案系统", "days": "90", "scope:notices:read": "1"}
    answer = door.http.post("/developers/keys", data=wish, headers=OURS)
    assert answer.status_code == 200, answer.text
    again = door.http.post("/developers/keys", data=wish, headers=OURS)
    found = re.findall(r'id="new-key-\d">([^<]+)</code>', answer.text)
    assert found == re.findall(r'id="new-key-\d">([^<]+)</code>', again.text), "sent twice it is the same key"
    return found[0], found[1]


@pytest.mark.criterion("14.1")
@pytest.mark.criterion("14.3")
def test_the_five_steps_are_ticked_as_they_are_really_done(door: Door) -> None:
    enter(door)
    assert done(door.http.get("/developers").text) == [False] * 5
    client_id, secret = make_key(door)
    page = door.http.get("/developers").text
    assert secret not in page
    assert done(page) == [True, False, False, False, False]
    token = door.http.post("/oauth/token", data={"grant_type": "client_credentials"}, auth=(client_id, secret)).json()[
        "access_token"
    ]
    door.bus.says("list_notices", NoticePage(items=()))
    door.http.get("/v1/notices", headers={"Authorization": f"Bearer {token}"})
    door.http.portal.call(door.house.audit.flush)  # type: ignore[union-attr]
    assert done(door.http.get("/developers").text)[1], "the call is in the log"
    hook = replace(HOOK, client_id=client_id)
    door.bus.says("list_hook_deliveries", HookDeliveryPage(items=()))
    door.bus.says("register_webhook", hook)
    wish = {**form(page, "/developers/webhooks"), "address": "https://a.example/in", "family:cases": "1"}
    door.bus.says("list_webhooks", WebhookList(items=(replace(hook, secret=None),)))
    answer = door.http.post("/developers/webhooks", data=wish, headers=OURS)
    assert "whsec_fresh" in answer.text
    asked = next(each.request for each in door.bus.asked if each.method == "register_webhook")
    assert asked.client_id == client_id
    assert asked.events
    assert all(each.startswith("cases.") for each in asked.events)
    page = door.http.get("/developers").text
    assert "whsec_fresh" not in page
    assert done(page) == [True, True, True, False, False]
    door.bus.says("send_test_event", TAKEN)
    sent = form(page, "/developers/webhooks/hook_1/test")
    assert door.http.post("/developers/webhooks/hook_1/test", data=sent, headers=OURS).status_code == 200
    waiting = replace(TAKEN, state=HookDeliveryState.CREATED)
    door.bus.says("list_hook_deliveries", HookDeliveryPage(items=(waiting,)))
    assert done(door.http.get("/developers").text) == [True, True, True, True, False]
    door.bus.says("list_hook_deliveries", HookDeliveryPage(items=(TAKEN,)))
    assert done(door.http.get(f"/developers/steps?key={client_id}&hook=hook_1").text) == [True] * 5


def test_a_hook_is_turned_replayed_and_ended_on_its_own_page(door: Door) -> None:
    enter(door)
    door.bus.says("list_webhooks", WebhookList(items=(replace(HOOK, secret=None),)))
    door.bus.says("list_hook_deliveries", HookDeliveryPage(items=(TAKEN,)))
    for method in ("rotate_webhook", "delete_webhook"):
        door.bus.says(method, HOOK)
    door.bus.says("replay_webhook", Replayed(replayed=1))
    at = "/developers/webhooks/hook_1"
    page = door.http.get(at).text
    assert "event-0001" in page
    assert "whsec_fresh" in door.http.post(f"{at}/rotate", data=form(page, f"{at}/rotate"), headers=OURS).text
    replayed = door.http.post(f"{at}/replay", data=form(page, f"{at}/replay"), headers=OURS)
    assert replayed.url.query == b"done=replay"
    assert [each.request.from_event for each in door.bus.asked if each.method == "replay_webhook"] == ["event-0001"]
    assert door.http.post(f"{at}/end", data=form(page, f"{at}/end"), headers=OURS).url.path == "/developers"
    assert door.http.post(f"{at}/burn", data=form(page, f"{at}/end"), headers=OURS).status_code == 404
    assert door.http.get("/developers/webhooks/hook_2").status_code == 404


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_refused_is_told_and_what_was_written_stays(door: Door, language: str) -> None:
    enter(door)
    make_key(door)
    page = door.http.get(f"/developers?lang={language}").text
    door.bus.says("register_webhook", Refused("webhook.address_refused"))
    wish = {**form(page, "/developers/webhooks"), "address": "https://10.0.0.1/in"}
    answer = door.http.post("/developers/webhooks", data=wish, headers=OURS)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "https://10.0.0.1/in" in answer.text
    short = {**form(page, "/developers/keys"), "label": "", "days": "x"}
    assert door.http.post("/developers/keys", data=short, headers=OURS).status_code == 422
    foreign = door.http.post("/developers/keys", data=short, headers={"Origin": "https://elsewhere.example"})
    assert foreign.status_code == 403


def test_while_the_desk_is_away_keys_go_on(door: Door) -> None:
    enter(door)
    door.bus.says("list_webhooks", BrokerDown("broker.away"))
    make_key(door)
    assert done(door.http.get("/developers").text) == [True, False, False, False, False]


def test_an_administrator_revokes_and_makes_none_and_a_liaison_has_no_such_place(door: Door) -> None:
    enter(door)
    client_id, _ = make_key(door)
    enter(door, "admin")
    page = door.http.get("/developers").text
    assert "new-key-form" not in page
    revoke = f"/developers/keys/{client_id}/revoke"
    assert door.http.post(revoke, data=form(page, revoke), headers=OURS).status_code == 200
    assert client_id not in door.http.get("/developers").text
    enter(door, "liaison")
    assert door.http.get("/developers").status_code == 403
    assert 'href="/developers"' not in door.http.get("/desk").text


def test_schemas_are_handed_out_to_whoever_writes_a_receiver(door: Door) -> None:
    names = door.http.get("/schemas").json()["items"]
    assert "/schemas/webhook.v1.json" in names
    for name in ("/schemas/webhook.v1.json", "/schemas/tips.tip.dispatched.v1.json"):
        assert door.http.get(name).json()["type"] == "object"
    assert door.http.get("/schemas/no.such.json").status_code == 404


def test_the_mailbox_shows_what_would_have_gone_out_newest_first_and_only_in_a_rehearsal(
    door: Door, mailbox: Path, tmp_path: Path
) -> None:
    enter(door, "operator")
    assert door.http.get("/ops/mailbox").status_code == 200
    line: dict[str, Any] = {"key": "k", "receiver": "duty-phone", "channel": "sms", "to": "x", "at": NOON.isoformat()}
    written = [json.dumps({**line, "text": f"第{place}条"}, ensure_ascii=False) for place in range(SHOWN + 5)]
    mailbox.write_text(
        "\n".join(
            [*written, '{"half'],
        ),
        encoding="utf-8",
    )
    assert [each["text"] for each in read_last(mailbox)][:2] == [f"第{SHOWN + 4}条", f"第{SHOWN + 3}条"]
    assert len(read_last(mailbox)) == SHOWN
    page = door.http.get("/ops/mailbox").text
    assert page.index(f"第{SHOWN + 4}条") < page.index(f"第{SHOWN + 3}条")
    enter(door, "desk")
    assert door.http.get("/ops/mailbox").status_code == 403
    with open_door(
        tmp_path / "other", gateway_people_file=tmp_path / "people.json", gateway_mailbox_file=mailbox
    ) as live:
        enter(live, "operator")
        assert live.http.get("/ops/mailbox").status_code == 404

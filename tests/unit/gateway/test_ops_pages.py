"""Operators' pages without a browser: what is wrong stands first, letters are settled, and nobody else gets in."""

from __future__ import annotations

import asyncio
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.places import CHECKOUT
from gateway import town_state
from gateway.console.sayings import sayings
from gateway.people import second_factor
from gateway.processes import Processes
from lianxi.contracts.operations import ParkedList, ParkedView
from lianxi.contracts.registry import SERVICES
from lianxi.kernel.errors import BrokerDown, Conflict
from tests.support.desk_door import HASHED, OURS, PASSWORD, form_on
from tests.support.gateway_fakes import NOON, Door, open_door
from tests.unit.gateway.test_processes import RELAY, TIPS, Town

SECRET = second_factor.new_secret()
LETTER = ParkedView(
    parked_id="event-1",
    service="tips",
    queue="lx.tips.start_clock",
    event_id="event-1",
    event_type="notifications.notice.delivered.v1",
    subject="tip/tip_1",
    attempts=6,
    error="RuleBroken: clock.unknown <script>",
    parked_at=NOON,
    state="parked",
    headers={"x-death": 6},
)
ADDRESS = "/ops/parked/tips:event-1"


def open_as(folder: Path, role: str) -> Any:
    row = {
        "account_id": "account_one",
        "name": "one",
        "shown_name": "运维",
        "agency": "office",
        "roles": [role],
        "desks": [],
        "areas": [],
        "keeps": [],
        "password_hash": HASHED,
        "totp_secret": SECRET,
    }
    (folder / "people.json").write_text(json.dumps([row]), encoding="utf-8")
    return open_door(folder, gateway_people_file=folder / "people.json")


def enter(door: Door) -> Door:
    door.http.follow_redirects = False
    form = {"name": "one", "password": PASSWORD, "code": second_factor.code_of(SECRET, door.clock.now())}
    assert door.http.post("/desk/sign-in", data=form, headers=OURS).status_code == 303
    return door


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with open_as(tmp_path, "operator") as opened:
        for name in SERVICES:
            opened.bus.says("list_parked", ParkedList(items=(LETTER,) if name == "tips" else (), total=0))
        opened.bus.says("list_parked", ParkedList(items=(LETTER,), total=1))
        opened.bus.says("get_parked", LETTER)
        yield enter(opened)


def look(door: Door, town: Town) -> None:
    house = door.house
    house.processes = Processes({"tips": TIPS, "relay": RELAY}, door.clock, every_seconds=15, ask=town, own=lambda: b"")
    asyncio.run(house.processes.look())


def test_what_is_wrong_stands_before_everything_with_what_to_do(door: Door) -> None:
    look(door, Town())
    page = door.http.get("/ops", headers={"Accept-Language": "en"})
    assert page.status_code == 200
    assert "A letter of Tips has not been sent for 300 seconds" in page.text
    assert "OutboxStuck" in page.text
    assert page.text.index("OutboxStuck") < page.text.index("Processes</h2>")
    assert "database: away" in page.text
    assert LETTER.event_type in page.text
    assert "<script>" not in page.text.replace("<script src", "")


def test_a_town_where_all_is_well_says_so(door: Door) -> None:
    town = Town()
    town.answers[f"{RELAY}/readyz"] = (200, "{}")
    town.answers[f"{RELAY}/metrics"] = town.answers[f"{TIPS}/metrics"] = (200, "")
    look(door, town)
    door.bus.says("list_parked", ParkedList(items=(), total=0))
    page = door.http.get("/ops")
    assert sayings("zh")["ops.all_well"] in page.text
    assert sayings("zh")["ops.no_letters"] in page.text


def test_while_the_bus_is_down_the_processes_are_told_all_the_same(door: Door) -> None:
    look(door, Town())

    def fail(_request: Any, _caller: Any) -> Any:
        raise BrokerDown("broker.away")

    door.bus.answers["list_parked"] = fail
    page = door.http.get("/ops")
    assert page.status_code == 200
    assert "OutboxStuck" in page.text
    assert sayings("zh")["ops.no_letters"] not in page.text


def test_a_letter_is_sent_again_or_buried_with_a_reason(door: Door) -> None:
    page = door.http.get(ADDRESS)
    assert "RuleBroken: clock.unknown &lt;script&gt;" in page.text
    done: list[Any] = []

    def settle(request: Any, _caller: Any) -> ParkedView:
        done.append(request)
        return LETTER

    door.bus.answers |= {"replay_parked": settle, "bury_parked": settle}
    again = door.http.post(f"{ADDRESS}/replay", data=form_on(page, f"{ADDRESS}/replay"), headers=OURS)
    assert (again.status_code, again.headers["Location"]) == (303, "/ops?done=replay")
    empty = door.http.post(f"{ADDRESS}/bury", data={**form_on(page, f"{ADDRESS}/bury"), "text": " "}, headers=OURS)
    assert empty.status_code == 422
    assert sayings("zh")["ops.reason_missing"] in empty.text
    form = {**form_on(empty, f"{ADDRESS}/bury"), "text": "发信方已重做"}
    buried = door.http.post(f"{ADDRESS}/bury", data=form, headers=OURS)
    assert buried.headers["Location"] == "/ops?done=bury"
    assert [getattr(each, "reason", None) for each in done] == [None, "发信方已重做"]


def test_a_letter_that_another_has_settled_meanwhile_keeps_what_was_written(door: Door) -> None:
    page = door.http.get(ADDRESS)

    def settled(_request: Any, _caller: Any) -> Any:
        raise Conflict("parked.settled", state="replayed")

    door.bus.answers["bury_parked"] = settled
    form = {**form_on(page, f"{ADDRESS}/bury"), "text": "发信方已重做"}
    refused = door.http.post(f"{ADDRESS}/bury", data=form, headers=OURS)
    assert refused.status_code == 409
    assert "发信方已重做" in refused.text


@pytest.mark.parametrize("role", ["desk", "leader", "auditor", "administrator"])
def test_nobody_else_sees_the_machine(tmp_path: Path, role: str) -> None:
    with open_as(tmp_path, role) as opened:
        door = enter(opened)
        assert door.http.get("/ops").status_code == 403
        assert 'href="/ops"' not in door.http.get("/desk/me").text


def test_every_rule_that_the_page_can_name_is_one_of_the_alert_rules_and_has_its_words() -> None:
    source = Path(town_state.__file__).read_text(encoding="utf-8")
    named = set(re.findall(r'rule="(\w+)"', source))
    alerts = (CHECKOUT / "deploy" / "prometheus" / "alerts.yml").read_text(encoding="utf-8")
    # Nobody is woken because a process waits: what it waits for has a rule of its own.
    assert named - set(re.findall(r"alert: (\w+)", alerts)) == {"NotReady"}
    said = tomllib.loads((CHECKOUT / "gateway/console/words/zh/ops.toml").read_text(encoding="utf-8"))["ops_alarm"]
    assert len(said) == 2 * len(named)

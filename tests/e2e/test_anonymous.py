"""An anonymous tip with a photograph, looked at from every side: nothing tells where it was taken, or when it came."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image
from pymongo import MongoClient

from lianxi.contracts.registry import SERVICES
from tests.support.pictures import SECRET, photo
from tests.support.sniffing import Tap, tapped
from tests.support.town import RunningTown
from tests.support.waiting import wait_until

TIP = {"category": "rental_gathering", "village": "village/banyan", "text": "楼里每天有人集中听课。"}
JPEG = {"Content-Type": "image/jpeg"}
FILE_NAME = "IMG_20260301_NACHBAR"
PATHS = (
    *("/v1/tips", "/v1/notices", "/v1/deliveries", "/v1/ops/parked", "/v1/supervision-orders"),
    *("/v1/cases", "/v1/audit/unusual", "/v1/vault/requests", "/v1/supervision-orders/near-due"),
)
pytestmark = pytest.mark.timeout(180)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")


@dataclass
class Filed:
    """One anonymous tip, what was learned of it, and when it came: from just before it was filed to the last thing that
    followed from it by itself."""

    tip: dict[str, Any]
    receipt: str
    picture: dict[str, Any]
    began: datetime
    ended: datetime
    clients: dict[str, httpx2.Client]
    tap: Tap

    @property
    def path(self) -> str:
        return f"/v1/tips/{self.tip['tip_id']}"

    def named(self) -> set[str]:
        """Every name by which something may speak of the tip."""
        found = {self.tip["tip_id"], self.tip["number"]}
        return found | {each["dispatch_id"] for each in self.tip["dispatches"]}

    def gives_away(self, told: Any) -> list[str]:
        """List the exact instants within the time in which it came, of whatever speaks of the tip."""
        if not any(name in json.dumps(told) for name in self.named()):
            return []
        if isinstance(told, dict) and told.get("kind") == "read":
            return []  # when somebody of the staff looked
        if isinstance(told, list):
            return [each for one in told for each in self.gives_away(one)]
        if isinstance(told, dict) and any(key in told for key in ("items", "lines")):
            return [each for one in told.values() if isinstance(one, list) for each in self.gives_away(one)]
        return [each for each in _INSTANT.findall(json.dumps(told)) if self._is_telling(each)]

    def _is_telling(self, written: str) -> bool:
        at = datetime.fromisoformat(written)
        return self.began <= at <= self.ended and bool(at.minute or at.second or at.microsecond)


@pytest.fixture(scope="module")
def filed(whole_town: RunningTown) -> Iterator[Filed]:
    with ExitStack() as opened:
        who = ("police", "office", "operator", "auditor", "custodian")
        known = [name for name in who if name in _client_ids(whole_town)]
        clients = {name: opened.enter_context(whole_town.http(name)) for name in known}
        resident = clients["resident"] = opened.enter_context(whole_town.http())
        tap = opened.enter_context(tapped(whole_town.amqp_url()))
        began = datetime.now(UTC)
        named = {"Content-Disposition": f'attachment; filename="{FILE_NAME}.jpg"'}
        answer = resident.post("/v1/public/attachments", content=photo("JPEG"), headers={**JPEG, **named})
        assert answer.status_code == 201, answer.text
        picture = answer.json()
        answer = resident.post("/v1/public/tips", json={**TIP, "attachments": [picture["attachment"]]})
        assert answer.status_code == 201, answer.text
        number = answer.json()["tip_number"]
        tip = wait_until(lambda: _delivered(clients["office"], number), 30, "the tip to lie on its desk")
        wait_until(lambda: _settled(clients["operator"], tip["tip_id"]), 30, "its letters to arrive")
        wait_until(lambda: _chained(whole_town, tip["tip_id"]), 30, "its lines to be chained")
        receipt = answer.json()["receipt"]
        yield Filed(tip, receipt, picture, began, datetime.now(UTC), clients, tap)


def _client_ids(town: RunningTown) -> set[str]:
    return {row["client_id"] for row in json.loads(town.places.credentials_file.read_text("utf-8"))["clients"]}


def _delivered(office: httpx2.Client, number: str) -> dict[str, Any] | None:
    rows = [each for each in office.get("/v1/tips").json()["items"] if each["number"] == number]
    tip: dict[str, Any] = office.get(f"/v1/tips/{rows[0]['tip_id']}").json() if rows else {}
    return tip if tip and tip["clocks"] else None


def _settled(operator: httpx2.Client, tip_id: str) -> bool:
    items = operator.get("/v1/deliveries", params={"subject": f"tip/{tip_id}"}).json()["items"]
    return bool(items) and all(each["settled_at"] for each in items)


def _chained(town: RunningTown, tip_id: str) -> bool:
    with MongoClient[dict[str, Any]](town.mongo_url) as client:
        return client.lianxi_tips.audit_chain.count_documents({"item": f"tip/{tip_id}", "kind": "write"}) >= 2


@pytest.mark.criterion("2.7")
def test_no_answer_or_log_about_an_anonymous_tip_tells_when_it_came(filed: Filed, whole_town: RunningTown) -> None:
    telling: dict[str, list[str]] = {}
    spoke = set()
    asked: list[tuple[str, dict[str, Any]]] = [(path, {}) for path in (*PATHS, filed.path)]
    about = f"tip/{filed.tip['tip_id']}"
    asked += [("/v1/audit/reads", {"item": about}), ("/v1/deliveries", {"subject": about})]
    asked += [("/v1/audit/entries", {"service": service}) for service in (*SERVICES, "gateway")]
    for name, client in filed.clients.items():
        for path, query in asked:
            for page in _pages(client, path, query):
                spoke |= {path} if filed.tip["tip_id"] in json.dumps(page) else set()
                found = filed.gives_away(page)
                if found:
                    telling[f"{name} {path} {query}"] = found
    status = filed.clients["resident"].get("/v1/public/tips/status", headers={"Lianxi-Receipt": filed.receipt})
    assert not [each for each in _INSTANT.findall(status.text) if filed._is_telling(each)]
    assert spoke >= {"/v1/tips", filed.path, "/v1/notices", "/v1/deliveries", "/v1/audit/entries"}
    assert telling == {}
    logs = whole_town.all_logs()
    assert not [each for each in filed.named() if each in logs]


@pytest.mark.criterion("2.7")
def test_no_event_about_an_anonymous_tip_tells_when_it_came(filed: Filed) -> None:
    events = [json.loads(each.body) for each in filed.tap.events()]
    about = [each for each in events if any(name in json.dumps(each) for name in filed.named())]
    assert {each["type"] for each in about} >= {"tips.tip.received.v1", "notifications.notice.delivered.v1"}
    assert {each["type"]: found for each in about if (found := filed.gives_away(each))} == {}


def _pages(client: httpx2.Client, path: str, query: dict[str, Any]) -> Iterator[Any]:
    answer = client.get(path, params=query)
    for _ in range(50):
        if answer.status_code != 200:
            return
        told = answer.json()
        if isinstance(told, dict) and "lines" in told:
            told = {**told, "lines": [json.loads(each) for each in told["lines"]]}
        yield told
        after = told.get("next_after") if isinstance(told, dict) else None
        cursor = told.get("next_cursor") if isinstance(told, dict) else None
        if after is None and cursor is None:
            return
        answer = client.get(path, params={**query, **({"after": after} if after is not None else {"cursor": cursor})})


@pytest.mark.criterion("2.7")
def test_a_photograph_goes_in_with_its_place_and_comes_out_without(filed: Filed, whole_town: RunningTown) -> None:
    lead = filed.clients[filed.tip["lead"].partition("/")[0]]
    shown = lead.get(filed.path).json()["attachments"]
    assert [(each["number"], each["author"]) for each in shown] == [(1, "informant")]

    answer = lead.get(f"{filed.path}/attachments/1")

    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{filed.tip["number"]}-1.jpg"'
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert (picture.format, picture.size, dict(picture.getexif())) == ("JPEG", (60, 40), {})
    office = filed.clients["office"].get(f"{filed.path}/attachments/1")
    assert (office.status_code, office.json()["code"]) == (403, "right.missing")
    reads = lead.get("/v1/audit/reads", params={"item": f"tip/{filed.tip['tip_id']}"}).json()["items"]
    assert any("get_attachment" in each["what"] for each in reads)

    secret = (SECRET, FILE_NAME, filed.picture["sha256"])
    marks = [*(each.encode() for each in secret), answer.content[200:260]]
    searched = 0
    for path in whole_town.places.root.rglob("*"):
        content = _read(path)
        searched += len(content)
        for mark in marks:
            assert mark not in content, (path.name, mark)
    assert searched > 1_000_000
    for letter in filed.tap.letters:
        assert not [each for each in secret if each in letter.everything()], letter.key


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.is_file() else b""
    except OSError:
        return b""

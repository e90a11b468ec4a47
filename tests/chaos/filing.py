"""Files tips over HTTP as impatient clients do, and afterwards asks the databases what became of each."""

from __future__ import annotations

import random
import secrets
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx2
from pymongo import MongoClient

from tests.support.town import RunningTown
from tests.support.waiting import wait_until

TIP: dict[str, Any] = {
    "category": "rental_gathering",
    "village": "village/banyan",
    "text": "楼里每天有人集中听课。",
    "channel": "phone",
    "wants_receipt": False,
}
PUBLIC_TIP: dict[str, Any] = {"category": "online_scheme", "village": "village/banyan", "text": "群里拉人交会费。"}
CREATED = 201
ADDRESSEES = {"rental_gathering": 3, "online_scheme": 3}
NEVER = threading.Event()


@dataclass
class Filed:
    """The numbers of the tips that were answered 201; repeated answers count once."""

    numbers: set[str] = field(default_factory=set)
    refused: Counter[int] = field(default_factory=Counter)

    def __len__(self) -> int:
        return len(self.numbers)


class Filing:
    """Clients that file tips in the background, each with its own key, again and again until it is answered 201."""

    def __init__(self, town: RunningTown, *, agency: int, public: int = 0, per_second: float | None = None) -> None:
        self._town = town
        self._token = town.token("police")
        self._orders = ["agency"] * agency + ["public"] * public
        random.Random(7).shuffle(self._orders)
        self._pause = 0.0 if per_second is None else 4 / per_second
        self._pool = ThreadPoolExecutor(4)
        self._give_up = threading.Event()
        self.filed = Filed()
        self._lock = threading.Lock()
        self._futures = [self._pool.submit(self._file, order) for order in self._orders]

    @property
    def done(self) -> int:
        return sum(each.done() for each in self._futures)

    def is_over(self) -> bool:
        return self.done == len(self._futures)

    def wait(self, timeout: float) -> Filed:
        try:
            wait_until(self.is_over, timeout, "all tips to be answered 201")
        finally:
            self._give_up.set()
            self._pool.shutdown(wait=True)
        for each in self._futures:
            each.result()
        return self.filed

    def _file(self, order: str) -> None:
        key = secrets.token_hex(16)
        if self._pause:
            NEVER.wait(self._pause)
        while not self._give_up.is_set():
            answer = self._try(order, key)
            if answer is not None and answer.status_code == CREATED:
                body = answer.json()
                with self._lock:
                    self.filed.numbers.add(body["tip_number"] if order == "public" else body["number"])
                return
            with self._lock:
                self.filed.refused[0 if answer is None else answer.status_code] += 1
            NEVER.wait(0.2)

    def _try(self, order: str, key: str) -> httpx2.Response | None:
        headers = {"Idempotency-Key": key}
        path, body = "/v1/public/tips", PUBLIC_TIP
        if order == "agency":
            path, body = "/v1/tips", TIP
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            return httpx2.post(
                f"{self._town.gateway_url}{path}", json=body, headers=headers, timeout=20, trust_env=False
            )
        except httpx2.HTTPError:
            return None


def check_effects(town: RunningTown, filed: Filed, timeout: float = 120.0) -> None:
    """Every tip answered 201 has one dispatch, one notice per addressee and one count in reporting, and no more."""
    with MongoClient[dict[str, Any]](town.mongo_url, tz_aware=True) as client:
        wait_until(lambda: _settled(client, filed), timeout, "every effect")
        tips = {row["number"]: row for row in client.lianxi_tips.tips.find() if row["number"] in filed.numbers}
        assert set(tips) == filed.numbers
        for row in tips.values():
            assert len(row["dispatches"]) == 1, row["_id"]
        by_id = {row["_id"]: row for row in tips.values()}
        notices = Counter(
            (row["about"].partition("/")[2], row["desk"])
            for row in client.lianxi_notifications.notices.find({"event_type": "tips.tip.dispatched.v1"})
        )
        addressed = {
            (tip_id, desk)
            for tip_id, row in by_id.items()
            for desk in {row["dispatches"][0]["lead"], *row["dispatches"][0]["copies"]}
        }
        assert {key for key in notices if key[0] in by_id} == addressed
        assert all(notices[key] == 1 for key in addressed)
        facts = Counter(
            row["subject"] for row in client.lianxi_reporting.facts.find({"event_type": "tips.tip.received.v1"})
        )
        assert all(facts[f"tip/{tip_id}"] == 1 for tip_id in by_id)


def _settled(client: MongoClient[dict[str, Any]], filed: Filed) -> bool:
    tips = [row["_id"] for row in client.lianxi_tips.tips.find({}, {"number": 1}) if row["number"] in filed.numbers]
    if len(tips) < len(filed.numbers):
        return False
    told = {row["about"] for row in client.lianxi_notifications.notices.find({}, {"about": 1})}
    counted = {row["subject"] for row in client.lianxi_reporting.facts.find({}, {"subject": 1})}
    subjects = {f"tip/{tip_id}" for tip_id in tips}
    return subjects <= told and subjects <= counted and not pending(client)


def pending(client: MongoClient[dict[str, Any]]) -> int:
    """Count aggregates with events that are not sent yet."""
    places = (("tips", "tips"), ("notifications", "notices"), ("inspections", "rentals"), ("inspections", "visits"))
    return sum(
        client[f"lianxi_{service}"][name].count_documents({"_outbox_due": {"$gte": 0}}) for service, name in places
    )

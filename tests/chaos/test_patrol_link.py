"""Visits with photographs over a link that is cut at any byte: sent until the town says so, and there once each."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import random
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import httpx2
import pymongo
import pymongo.database
import pytest
from PIL import Image

from tests.chaos.sizes import size
from tests.support.pictures import photo
from tests.support.town import RunningTown
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]
VISITS, CUTS, SEED = size(10, 200), size(12, 50), 620
PHOTOGRAPHS = 3
BYTES_OF_A_VISIT = 9_000
"""About what goes to and fro for one with its photographs, so that the cuts lie all over the run."""


class Link:
    """A link to the gateway that is cut after so many bytes, in whichever direction the last one went."""

    def __init__(self, port: int, cuts: list[int]) -> None:
        self.cuts = sorted(cuts)
        self.made = 0
        self._port, self._bytes, self._lock = port, 0, threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._port))
                threading.Thread(target=self._pair, args=(near, far), daemon=True).start()

    def _pair(self, near: socket.socket, far: socket.socket) -> None:
        with near, far:
            back = threading.Thread(target=self._carry, args=(far, near), daemon=True)
            back.start()
            self._carry(near, far)
            back.join()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := one.recv(4096):
                let_through, is_cut = self._weigh(piece)
                other.sendall(let_through)
                if is_cut:
                    break
        for each in (one, other):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _weigh(self, piece: bytes) -> tuple[bytes, bool]:
        with self._lock:
            if self.cuts and self._bytes + len(piece) >= self.cuts[0]:
                room = max(0, self.cuts.pop(0) - self._bytes)
                self.made += 1
                self._bytes += room
                return piece[:room], True
            self._bytes += len(piece)
            return piece, False


@pytest.fixture
def link(town: RunningTown) -> Iterator[Link]:
    chance = random.Random(SEED)
    assert town.town.ports is not None
    made = Link(town.town.ports.gateway, [chance.randrange(VISITS * BYTES_OF_A_VISIT) for _ in range(CUTS)])
    yield made
    made.close()


@pytest.mark.criterion("6.2")
def test_visits_and_photographs_over_a_cut_link_are_there_once_each(town: RunningTown, link: Link) -> None:
    headers = {"Authorization": f"Bearer {town.token('tenancy')}"}
    answers: Counter[int] = Counter()
    with httpx2.Client(base_url=link.url, headers=headers, timeout=20, trust_env=False) as phone:
        for number in range(VISITS):
            pieces = [partial(visit_sent, phone, number)]
            pieces += [partial(photograph_sent, phone, number, each) for each in range(PHOTOGRAPHS)]
            # Also a photograph before its visit: whatever is cut, the telephone goes on with what it has.
            random.Random(number).shuffle(pieces)
            for piece in pieces:
                answers[heard(piece)] += 1
        again = photograph_sent(phone, 0, 0, colour="crimson")
    assert link.made >= CUTS * 3 // 4
    # What was kept although its answer was lost is known when it comes again.
    assert set(answers) <= {200, 201}
    assert (again.status_code, again.json()["code"]) == (409, "photograph.other_content")
    client: pymongo.MongoClient[dict[str, object]] = pymongo.MongoClient(town.mongo_url)
    with client:
        check_kept(client["lianxi_inspections"])
    with town.http("tenancy") as tenancy:
        shown = tenancy.get(f"/v1/visits/{visit_id(0)}/photographs").json()["items"]
        pictures = [tenancy.get(f"/v1/visits/{visit_id(0)}/photographs/{each['photo_id']}") for each in shown]
        # The first and the other one of its id: both versions are there.
        assert len(shown) == PHOTOGRAPHS + 1
        assert [each["needs_attention"] for each in shown].count("photograph.other_content") == 1
    assert [hashlib.sha256(each.content).hexdigest() for each in pictures] == [each["kept_sha256"] for each in shown]


@pytest.mark.criterion("6.4")
def test_three_sides_of_a_visit_are_kept_and_a_decision_stands(town: RunningTown) -> None:
    with town.http("tenancy") as tenancy:
        body = {**visit_of(90_000), "rental_code": "CUT-2"}
        place = f"/v1/visits/{body['visit_id']}"
        # A correction before its visit, then the visit, then the same id with other content.
        early = correct(tenancy, place, "edit_cut_0001", note="第一次")
        assert (early.status_code, early.json()["state"]) == (202, "waiting")
        assert tenancy.post("/v1/visits", json=body).status_code == 201
        wait_until(lambda: tenancy.get(place).json().get("note") == "第一次", 30, "the correction that was early")
        assert tenancy.post("/v1/visits", json={**body, "outcome": "refused"}).status_code == 409
        assert correct(tenancy, place, "edit_cut_0002", entry_basis="common_parts").json()["is_merged"] is True
        contested = correct(tenancy, place, "edit_cut_0003", note="第二次")
        assert (contested.status_code, contested.json()["state"]) == (202, "contested")
        mine = wait_until(lambda: tasks_of(tenancy, body["visit_id"], 2), 30, "both tasks")
        assert sorted(each["kind"] for each in mine) == ["edit", "other_content"]
        for number, each in enumerate(mine):
            answer = tenancy.post(
                f"/v1/visit-conflicts/{each['conflict_id']}/decision",
                json={"verdict": "mine"},
                headers={"Idempotency-Key": f"decide-cut-{number}"},
            )
            assert (answer.status_code, answer.json()["state"]) == (200, "decided"), answer.text
        after = tenancy.get(place).json()
        assert (after["outcome"], after["note"], tasks_of(tenancy, body["visit_id"], 1)) == ("refused", "第二次", None)


def correct(tenancy: httpx2.Client, place: str, edit_id: str, **changes: str) -> httpx2.Response:
    body = {"base": 1, "made_at": "2026-11-27T03:05:00Z", "changes": changes}
    return tenancy.put(f"{place}/edits/{edit_id}", json=body)


def tasks_of(tenancy: httpx2.Client, visit: str, count: int) -> list[dict[str, str]] | None:
    """The open tasks about a visit, once there are so many; none when there are none."""
    found = [each for each in tenancy.get("/v1/visit-conflicts").json()["items"] if each["visit_id"] == visit]
    return found if len(found) >= count else None


def check_kept(inspections: pymongo.database.Database[dict[str, object]]) -> None:
    visits, photographs = inspections["visits"], inspections["photographs"]
    wait_until(lambda: visits.count_documents({"rental_code": "CUT-1"}) == VISITS, 30, "every visit, once")
    mine = {"visit_id": {"$regex": f"^visit_cut_{SEED}_"}, "needs_attention": {"$ne": "photograph.other_content"}}
    wait_until(lambda: photographs.count_documents({**mine, "is_waiting": True}) == 0, 90, "photographs to be joined")
    found = list(photographs.find(mine))
    assert sorted(str(each["_id"]) for each in found) == sorted(
        photo_id(number, each) for number in range(VISITS) for each in range(PHOTOGRAPHS)
    )
    assert {str(each.get("needs_attention")) for each in found} == {"None"}
    assert all(str(each["visit_id"])[-5:] == str(each["_id"])[-7:-2] for each in found)


def visit_id(number: int) -> str:
    return f"visit_cut_{SEED}_{number:05}"


def photo_id(number: int, each: int) -> str:
    return f"photo_cut_{SEED}_{number:05}_{each}"


def visit_of(number: int) -> dict[str, Any]:
    return {
        "visit_id": visit_id(number),
        "rental_code": "CUT-1",
        "assistant": "account_cut",
        "outcome": "nobody_in",
        "entry_basis": "not_entered",
        "findings": [],
        "visited_at": "2026-11-27T03:00:00Z",
    }


def visit_sent(phone: httpx2.Client, number: int) -> httpx2.Response:
    return phone.post("/v1/visits", json=visit_of(number), headers={"Idempotency-Key": visit_id(number)})


def photograph_sent(phone: httpx2.Client, number: int, each: int, colour: str = "teal") -> httpx2.Response:
    raw = photo("JPEG", picture=Image.new("RGB", (60 + number, 40 + each), colour))
    headers = {
        "Content-Type": "image/jpeg",
        "Content-Digest": f"sha-256=:{base64.b64encode(hashlib.sha256(raw).digest()).decode()}:",
        "Lianxi-Taken-At": "2026-11-27T03:00:00Z",
        "Lianxi-Taken-Where": "22.4681,113.2858",
    }
    return phone.put(
        f"/v1/visits/{visit_id(number)}/photographs/{photo_id(number, each)}", content=raw, headers=headers
    )


def heard(piece: Callable[[], httpx2.Response]) -> int:
    """Send a piece until the town has said that it is there."""

    def answered() -> int | None:
        with contextlib.suppress(httpx2.TransportError):
            answer = piece()
            # Its first try may be under way still, cut off from us.
            assert answer.status_code in (200, 201, 409, 503), answer.text
            return answer.status_code if answer.is_success else None
        return None

    return wait_until(answered, 30, "an answer")

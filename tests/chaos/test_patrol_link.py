"""Visits over a link that is cut at any byte: the telephone sends until it hears, and the town counts each once."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from collections.abc import Iterator

import httpx2
import pymongo
import pytest

from tests.chaos.sizes import size
from tests.support.town import RunningTown
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]
VISITS, CUTS, SEED = size(24, 200), size(12, 50), 620
BYTES_OF_A_VISIT = 1_400
"""About what goes to and fro for one, so that the cuts lie all over the run."""


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


def test_visits_over_a_cut_link_are_there_once_each(town: RunningTown, link: Link) -> None:
    headers = {"Authorization": f"Bearer {town.token('tenancy')}"}
    answers: list[int] = []
    with httpx2.Client(base_url=link.url, headers=headers, timeout=20, trust_env=False) as phone:
        for number in range(VISITS):
            answers.append(send(phone, number))
    assert link.made >= CUTS * 3 // 4
    # A visit whose answer was lost is known when it comes again.
    assert set(answers) <= {200, 201}
    client: pymongo.MongoClient[dict[str, object]] = pymongo.MongoClient(town.mongo_url)
    with client:
        visits = client["lianxi_inspections"]["visits"]
        wait_until(lambda: visits.count_documents({"rental_code": "CUT-1"}) == VISITS, 30, "every visit, once")
        assert len({row["_id"] for row in visits.find({"rental_code": "CUT-1"})}) == VISITS


def send(phone: httpx2.Client, number: int) -> int:
    """Send a visit until the town has said that it is there."""
    visit = {
        "visit_id": f"visit_cut_{SEED}_{number:05}",
        "rental_code": "CUT-1",
        "assistant": "account_cut",
        "outcome": "nobody_in",
        "entry_basis": "not_entered",
        "findings": [],
        "visited_at": "2026-11-27T03:00:00Z",
    }

    def heard() -> int | None:
        with contextlib.suppress(httpx2.TransportError):
            answer = phone.post("/v1/visits", json=visit, headers={"Idempotency-Key": str(visit["visit_id"])})
            # Its first try may be under way still, cut off from us.
            assert answer.status_code in (200, 201, 409, 503), answer.text
            return answer.status_code if answer.is_success else None
        return None

    return wait_until(heard, 30, f"an answer to visit {number}")

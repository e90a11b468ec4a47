from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.spool import Spool
from lianxi.contracts.envelope import Cause, Lane
from lianxi.contracts.tips import Channel, SubmitTip, TipKind
from lianxi.kernel.errors import BrokerDown, Unavailable
from lianxi.runtime import metrics
from tests.support.gateway_fakes import NOON, FakeBus, open_door, settings
from tests.support.waiting import wait_until

TIP = {"category": "other", "place": "x", "text": "秘密的线索"}
CAUSE = Cause(actor="public", correlation_id="c")


def command(number: int, lane: Lane = "normal") -> SubmitTip:
    return SubmitTip(
        tip_id=f"tip_{number}",
        number=str(number),
        kind=TipKind.TIP,
        channel=Channel.WEB,
        category="other",
        lane=lane,
        village=None,
        rental_code=None,
        is_anonymous=True,
        content="sealed",
        contact=None,
        receipt_verifier="v",
        submitted_by="public",
        received_at=NOON,
    )


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.command"))


async def until(condition: Callable[[], bool]) -> None:
    await asyncio.to_thread(wait_until, condition, 10.0, "the spool")


def run(folder: Path, bus: FakeBus, work: Callable[[Spool], Any], **more: Any) -> Any:
    async def whole() -> Any:
        spool = Spool(settings(folder, **more), bus)
        await spool.open()
        try:
            return await work(spool)
        finally:
            await spool.close()

    return asyncio.run(whole())


def test_a_public_tip_is_answered_while_the_broker_is_away_and_forwarded_when_it_is_back(tmp_path: Path) -> None:
    with open_door(tmp_path) as door:
        door.bus.is_connected = False
        answers = [
            door.http.post(
                "/v1/public/tips", json={**TIP, "text": str(number)}, headers={"Idempotency-Key": str(number)}
            )
            for number in range(3)
        ]
        assert [each.status_code for each in answers] == [201] * 3
        waiting = files(door.settings.gateway_spool_dir)
        assert len(waiting) == 3
        assert metrics.spool_entries._value.get() == 3
        assert all(file.stat().st_mode & 0o077 == 0 for file in waiting)
        content = b"".join(file.read_bytes() for file in waiting).decode()
        for answer in answers:
            assert answer.json()["receipt"].replace("-", "") not in content
        door.bus.is_connected = True
        assert door.http.portal is not None
        door.http.portal.call(until, lambda: len(door.house.spool) == 0)
        assert [each[2].number for each in door.bus.handed_in] == [  # type: ignore[attr-defined]
            each.json()["tip_number"] for each in answers
        ]
        assert files(door.settings.gateway_spool_dir) == []


def test_what_an_earlier_process_left_is_forwarded_rescue_first(tmp_path: Path) -> None:
    away = FakeBus(is_connected=False)

    async def fill(spool: Spool) -> None:
        for number in range(3):
            await spool.keep("tips", "normal", command(number), CAUSE)
        await spool.keep("tips", "rescue", command(3, "rescue"), CAUSE)

    run(tmp_path, away, fill)
    assert len(files(tmp_path / "spool")) == 4
    back = FakeBus()
    run(tmp_path, back, lambda spool: until(lambda: len(spool) == 0))
    assert [(lane, each.number) for _, lane, each, _ in back.handed_in] == [  # type: ignore[attr-defined]
        ("rescue", "3"),
        ("normal", "0"),
        ("normal", "1"),
        ("normal", "2"),
    ]
    assert back.handed_in[0][2:] == (command(3, "rescue"), CAUSE)


def test_a_full_spool_says_so(tmp_path: Path) -> None:
    async def fill(spool: Spool) -> None:
        await spool.keep("tips", "normal", command(1), CAUSE)
        with pytest.raises(Unavailable, match=r"spool\.full"):
            await spool.keep("tips", "normal", command(2), CAUSE)

    run(tmp_path, FakeBus(is_connected=False), fill, gateway_spool_entries=1)
    run(tmp_path / "small", FakeBus(is_connected=False), _nothing_fits, gateway_spool_bytes=10)


async def _nothing_fits(spool: Spool) -> None:
    with pytest.raises(Unavailable, match=r"spool\.full"):
        await spool.keep("tips", "normal", command(1), CAUSE)


def test_a_spool_that_is_full_or_cannot_be_written_answers_503(tmp_path: Path) -> None:
    with open_door(tmp_path, gateway_spool_entries=1) as door:
        door.bus.is_connected = False
        assert door.http.post("/v1/public/tips", json=TIP).status_code == 201
        full = door.http.post("/v1/public/tips", json=TIP)
        assert (full.status_code, full.json()["code"]) == (503, "spool.full")
        assert int(full.headers["Retry-After"]) > 0
    (tmp_path / "file").write_text("in the way")
    with open_door(tmp_path / "b", gateway_spool_dir=tmp_path / "file" / "spool") as door:
        door.bus.is_connected = False
        lost = door.http.post("/v1/public/tips", json=TIP)
        assert (lost.status_code, lost.json()["code"]) == (503, "spool.unwritable")


def test_half_a_file_is_thrown_away_and_an_unreadable_one_set_aside(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    folder.mkdir()
    (folder / "1-000000000007.command.half").write_bytes(b"{")
    (folder / "1-000000000005.command").write_bytes(b"{")
    bus = FakeBus()

    async def keep_one(spool: Spool) -> None:
        await until(lambda: len(spool) == 0)
        await spool.keep("tips", "normal", command(9), CAUSE)
        await until(lambda: len(spool) == 0)

    run(tmp_path, bus, keep_one)
    assert [each.name for each in folder.iterdir()] == ["1-000000000005.unreadable"]
    assert len(bus.handed_in) == 1


def test_a_command_that_the_broker_did_not_confirm_stays(tmp_path: Path) -> None:
    class Forgetful(FakeBus):
        tries = 0

        async def hand_in(self, service: str, lane: Lane, command: Any, cause: Cause) -> None:
            self.tries += 1
            if self.tries == 1:
                raise BrokerDown("broker.away", reason="no confirm")
            await super().hand_in(service, lane, command, cause)

    bus = Forgetful()

    async def work(spool: Spool) -> None:
        await spool.keep("tips", "normal", command(1), CAUSE)
        await until(lambda: len(spool) == 0)

    run(tmp_path, bus, work)
    assert (bus.tries, len(bus.handed_in)) == (2, 1)


CHILD = """
import asyncio, sys
from pathlib import Path
from tests.support.gateway_fakes import FakeBus, settings
from tests.unit.gateway.test_spool import CAUSE, command
from gateway.spool import Spool

async def main():
    spool = Spool(settings(Path(sys.argv[1])), FakeBus(is_connected=False))
    await spool.open()
    for number in range(100000):
        await spool.keep("tips", "normal", command(number), CAUSE)
        print(number, flush=True)

asyncio.run(main())
"""


def test_a_process_killed_while_spooling_leaves_everything_that_it_confirmed(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert child.stdout is not None
    for _ in range(25):
        assert child.stdout.readline()
    child.send_signal(signal.SIGKILL)
    confirmed = 25 + len(child.stdout.read().split())
    child.stdout.close()
    child.wait(10)
    bus = FakeBus()
    run(tmp_path, bus, lambda spool: until(lambda: len(spool) == 0))
    assert [each.number for _, _, each, _ in bus.handed_in][:confirmed] == [  # type: ignore[attr-defined]
        str(number) for number in range(confirmed)
    ]

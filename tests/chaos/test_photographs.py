"""Tips with a photograph of two megabytes each, in numbers and across crashes: none is lost, and memory stays flat."""

from __future__ import annotations

import io
import os
import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any

import httpx2
import pytest
from PIL import Image, ImageFilter

from tests.chaos.sizes import FULL, size
from tests.support.pictures import photo
from tests.support.town import RunningTown
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]
TIP = {"category": "online_scheme", "village": "village/banyan", "text": "群里拉人交会费,有照片。"}
JPEG = {"Content-Type": "image/jpeg"}
PER_SECOND = 5
LONGEST_P95_SECONDS = 1.5
MEBIBYTE = 1024 * 1024
NEVER = threading.Event()


@pytest.fixture(scope="module")
def twelve_megapixels() -> bytes:
    """What a telephone makes today: twelve megapixels in two megabytes."""
    noise = Image.effect_noise((4000, 3000), 60).filter(ImageFilter.GaussianBlur(1.4)).convert("RGB")
    raw = photo("JPEG", picture=noise)
    assert 1.5 * MEBIBYTE < len(raw) < 3 * MEBIBYTE, len(raw)
    return raw


@dataclass
class Filing:
    """Residents who file tips with a photograph, as many a second as are wanted, whatever the answers take."""

    url: str
    raw: bytes
    seconds: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def one(self, at: float) -> None:
        NEVER.wait(max(0.0, at - time.monotonic()))
        began = time.monotonic()
        try:
            with httpx2.Client(base_url=self.url, timeout=30, trust_env=False) as resident:
                file_one(resident, self.raw)
        except (AssertionError, httpx2.HTTPError) as error:
            self.refused.append(repr(error))
        self.seconds.append(time.monotonic() - began)


def file_one(resident: httpx2.Client, raw: bytes) -> str:
    picture = resident.post("/v1/public/attachments", content=raw, headers=JPEG)
    assert picture.status_code == 201, picture.text
    body = {**TIP, "attachments": [picture.json()["attachment"]]}
    answer = resident.post("/v1/public/tips", json=body, headers={"Idempotency-Key": secrets.token_hex(16)})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["tip_number"])


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid: int) -> int:
    line = next(each for each in Path(f"/proc/{pid}/status").read_text().splitlines() if each.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


@pytest.mark.criterion("2.8")
@pytest.mark.alone
def test_five_tips_a_second_with_a_photograph_each_are_taken_in(
    whole_town: RunningTown, twelve_megapixels: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    filing, count = Filing(whole_town.gateway_url, twelve_megapixels), PER_SECOND * size(8, 120)
    settled: list[int] = []
    gateway = whole_town.pid("gateway")
    worked = processor_seconds(gateway)
    with ThreadPoolExecutor(16) as pool:
        began = time.monotonic()
        for number in range(count):
            pool.submit(filing.one, began + number / PER_SECOND)
        for part in (0.25, 1.0):
            wait_until(lambda part=part: len(filing.seconds) >= part * count, 300, "the tips to be answered")  # type: ignore[misc]
            settled.append(resident_bytes(gateway))
    took = time.monotonic() - began
    each = (processor_seconds(gateway) - worked) / count
    p95 = quantiles(filing.seconds, n=20)[-1]
    with capsys.disabled():
        grown = (settled[1] - settled[0]) / MEBIBYTE
        told = f"p95 {p95:.2f} s, gateway {each:.3f} s of a core each, {grown:+.0f} MiB"
        print(f"\n{count} tips with photographs in {took:.0f} s: {told}")
    assert filing.refused == []
    # In eight seconds the allocator has not settled: it may hold on to what the pictures in work at once have taken.
    assert settled[1] - settled[0] < size(192, 64) * MEBIBYTE
    # On a busy machine only this can be said: there is room for five a second on one core and a half.
    assert each <= 0.3
    if FULL:
        assert p95 <= LONGEST_P95_SECONDS


def test_a_photograph_that_was_taken_in_outlives_broker_and_gateway(
    town: RunningTown, twelve_megapixels: bytes
) -> None:
    town.kill("broker")
    with town.http() as resident:
        number = file_one(resident, twelve_megapixels)
        waiting = resident.post("/v1/public/attachments", content=twelve_megapixels, headers=JPEG).json()["attachment"]
    town.kill("gateway")
    town.start("broker")
    town.start("gateway")

    with town.http() as resident:
        again = resident.post("/v1/public/tips", json={**TIP, "attachments": [waiting]})
        assert again.status_code == 201, again.text
    numbers = {number, again.json()["tip_number"]}
    with town.http("office") as office:
        found = wait_until(lambda: _of(office, numbers), 60, "both tips")
    for tip in found:
        with town.http(tip["lead"].partition("/")[0]) as lead:
            answer = lead.get(f"/v1/tips/{tip['tip_id']}/attachments/1")
            assert answer.status_code == 200, answer.text
            with Image.open(io.BytesIO(answer.content)) as picture:
                assert picture.size == (4000, 3000)


def _of(office: httpx2.Client, numbers: set[str]) -> list[dict[str, Any]] | None:
    # Anonymous tips stand at their hour, so that a new one may lie deep.
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None and len(found) < len(numbers):
        page = office.get("/v1/tips", params={"limit": 200, **({"cursor": cursor} if cursor else {})}).json()
        found += [each for each in page.get("items", ()) if each["number"] in numbers]
        cursor = page.get("next_cursor")
    return found if len(found) == len(numbers) else None

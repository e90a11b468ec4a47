"""A fourteenth agency comes into a running town by publishing a version: no code, no new start, nothing lost."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest

from deploy.local import credentials, processes
from deploy.local.places import CHECKOUT, read_json, write_private_json
from tests.support.town import RunningTown, running_town
from tests.support.waiting import wait_until

PROGRAMME = "dayong-2015"
CATEGORY = "harbour_smuggling_of_members"
AGENCY = """
[[agency]]
code = "harbour"
name_zh = "港航所"
name_en = "Harbour office"
clause = "L58.1"

[[agency.desk]]
code = "harbour/desk"
name_zh = "港航所"
name_en = "Harbour office"

[[post]]
code = "member-harbour"
role = "member"
clause = "L9.1"
agencies = ["harbour"]
"""
ROUTE = f"""
[[route]]
category = "{CATEGORY}"
name_zh = "码头接送下线"
name_en = "Members brought in by boat"
lead = "harbour/desk"
copies = ["police/station"]
clause = "L58.1"
reason_zh = "码头由港航所主办"
reason_en = "Docks are for the harbour office"
"""
DESK_VERSION = re.compile(r'^lianxi_policy_version\{process="[a-z]+"\} (\d+)', re.MULTILINE)


def draft_in(folder: Path) -> Path:
    """The shipped policy with a fourteenth agency, its seat, its desk, a route to it and the returns it owes."""
    draft = Path(shutil.copytree(CHECKOUT / "deploy" / "policy", folder))
    home = draft / PROGRAMME
    for file, added in (("agencies.toml", AGENCY), ("routing.toml", ROUTE)):
        page = (home / file).read_text(encoding="utf-8")
        (home / file).write_text(page + added, encoding="utf-8")
    for file in ("returns.toml", "obligations.toml"):
        page = (home / file).read_text(encoding="utf-8")
        page = page.replace('"publicity", "finance"]', '"publicity", "finance", "harbour"]')
        (home / file).write_text(page, encoding="utf-8")
    # A lead has fewer days from now on, so that one can see by which version a clock runs.
    clocks = (home / "clocks.toml").read_text(encoding="utf-8")
    was = 'amount = 15\nunit = "wd"\nname_zh = "举报线索核查"'
    assert was in clocks
    (home / "clocks.toml").write_text(clocks.replace(was, was.replace("15", "5"), 1), encoding="utf-8")
    return draft


def lianxi(*arguments: str) -> str:
    command = [sys.executable, "-m", "lianxi.cli.main", *arguments]
    run = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def file_tip(agency: httpx2.Client, category: str) -> httpx2.Response:
    body = {"category": category, "place": "码头", "text": "夜里有船接人", "channel": "phone"}
    return agency.post("/v1/tips", json=body, headers={"Idempotency-Key": secrets.token_hex(16)})


def add_client(town: RunningTown, name: str) -> None:
    """What an operator does for a new agency: one row more in the gateway's list, which is read anew by itself."""
    row = credentials.client(name, credentials.AGENCY_SCOPES, name, credentials.roles_of(name))
    kept = read_json(town.places.credentials_file)
    write_private_json(town.places.credentials_file, {"clients": [*kept["clients"], row]})
    keys = credentials.Keys(town.places.keys)
    write_private_json(keys.clients, [*read_json(keys.clients), credentials.without_secret(row)])


def version_of(town: RunningTown, process: str) -> int:
    page = httpx2.get(f"{town.health_url(process)}/metrics", timeout=10, trust_env=False).text
    found = DESK_VERSION.search(page)
    return int(found[1]) if found else 0


def has_gone_over(town: RunningTown, process: str) -> bool:
    answer = httpx2.get(f"{town.health_url(process)}/readyz", timeout=10, trust_env=False)
    return answer.status_code == httpx2.codes.OK and version_of(town, process) == 2


@dataclass
class Published:
    """A town that went over to version 2 while tips were being filed, and what it was like before."""

    town: RunningTown
    pids: dict[str, int]
    old_tip: str
    early: list[str]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    with running_town(tmp_path_factory.mktemp("versions")) as town, town.http("police") as police:
        pids = {name: town.pid(name) for name in (*processes.DESKS, processes.GATEWAY)}
        old_tip = file_tip(police, "rental_gathering").json()["tip_id"]
        wait_until(lambda: clock_of(police, old_tip), 30, "the clock of the old tip")
        assert file_tip(police, CATEGORY).status_code == httpx2.codes.UNPROCESSABLE_CONTENT

        draft = draft_in(tmp_path_factory.mktemp("draft") / "policy")
        folder = str(town.places.policy_versions)
        told = lianxi(
            "policy", "publish", str(draft), "--versions-dir", folder, "--by", "office", "--note", "港航所入席"
        )
        assert "added agencies.agency harbour" in told
        assert "Version 2 is in force" in told
        # The first moment at which the gateway takes the new category, whatever the desks are doing just then.
        accepted = wait_until(
            lambda: answer if (answer := file_tip(police, CATEGORY)).status_code == httpx2.codes.CREATED else None,
            10,
            "the gateway's new category",
        )
        early = [accepted.json()["tip_id"], *(file_tip(police, CATEGORY).json()["tip_id"] for _ in range(20))]
        yield Published(town, pids, old_tip, early)


def clock_of(agency: httpx2.Client, tip_id: str) -> Any:
    clocks = agency.get(f"/v1/tips/{tip_id}").json().get("clocks")
    return clocks[0] if clocks else None


@pytest.mark.criterion("7.3")
def test_every_process_goes_over_and_none_is_started_anew(published: Published) -> None:
    town = published.town
    for process in published.pids:
        wait_until(partial(has_gone_over, town, process), 15, f"version 2 at {process}")
    assert {name: town.pid(name) for name in published.pids} == published.pids
    with town.http("office") as office:
        assert office.get("/v1/plan/policy/routing", params={"lang": "en"}).json()["policy_version"] == 2


@pytest.mark.criterion("7.5")
def test_the_fourteenth_agency_gets_its_tips_and_notices_from_the_first_one_on(published: Published) -> None:
    town = published.town
    add_client(town, "harbour")
    wait_until(lambda: can_sign_in(town, "harbour"), 15, "the new client")
    with town.http("harbour") as harbour:
        for tip_id in published.early:
            wait_until(partial(clock_of, harbour, tip_id), 30, "the clock of a tip")
            tip = harbour.get(f"/v1/tips/{tip_id}").json()
            assert (tip["lead"], tip["policy_version"], tip["category"]) == ("harbour/desk", 2, CATEGORY)
        notices = harbour.get("/v1/notices", params={"limit": 200}).json()["items"]
        led = {each["about"] for each in notices if each["desk"] == "harbour/desk" and each["role"] == "lead"}
        assert {f"tip/{tip_id}" for tip_id in published.early} <= led
        key = {"Idempotency-Key": secrets.token_hex(16)}
        assert harbour.post(f"/v1/tips/{published.early[0]}/accept", headers=key).status_code == httpx2.codes.OK


def can_sign_in(town: RunningTown, client_id: str) -> bool:
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": town.secret(client_id)}
    answer = httpx2.post(f"{town.gateway_url}/oauth/token", data=form, timeout=10, trust_env=False)
    return answer.status_code == httpx2.codes.OK


@pytest.mark.criterion("7.3")
def test_the_old_tip_keeps_its_version_until_it_is_moved_and_its_clock_even_then(published: Published) -> None:
    town = published.town
    with town.http("police") as police:
        before = police.get(f"/v1/tips/{published.old_tip}").json()
        assert before["policy_version"] == 1
        assert before["clocks"][0]["due_at"] > clock_of(police, published.early[0])["due_at"]

        access = ("ops", "--folder", str(town.places.root), "policy-migrate", "--from", "1", "--to", "2")
        counted = lianxi(*access)
        # Tips and the stage reports that are owed anyway; nothing else runs in this town.
        assert re.search(r"^tip +\w+ +1$", counted, re.MULTILINE), counted
        would_move = re.search(r"^(\d+) would move\n\Z", counted, re.MULTILINE)
        assert would_move is not None, counted
        assert int(would_move[1]) > 1
        assert police.get(f"/v1/tips/{published.old_tip}").json() == before

        moved = lianxi(*access, "--move")
        assert moved.endswith(f"{would_move[1]} moved, 0 left\n"), moved
        after = police.get(f"/v1/tips/{published.old_tip}").json()
    assert after["policy_version"] == 2
    assert after["clocks"] == before["clocks"]
    said = [each for each in after["timeline"] if each["what"] == "policy.migrated"]
    assert [(each["by"], each["reference"]) for each in said] == [("operator", "1→2")]


@pytest.mark.criterion("7.3")
def test_nothing_was_lost_or_parked_on_the_way(published: Published) -> None:
    with published.town.http("operator") as operator:
        parked = operator.get("/v1/ops/parked").json()
    assert parked["items"] == [], json.dumps(parked)


@pytest.mark.criterion("7.3")
def test_an_agency_may_not_move_tips(published: Published) -> None:
    with published.town.http("police") as police:
        key = {"Idempotency-Key": secrets.token_hex(16)}
        body = {"from_version": 1, "to_version": 2}
        answer = police.post("/v1/plan/policy/migrations", json=body, headers=key)
    assert answer.status_code == httpx2.codes.FORBIDDEN

"""The story of DESIGN 10, through HTTP only, played by the same code that `make run` plays."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Any

import httpx2
import pytest
from typer.testing import CliRunner

from deploy.local.interface import bare, described
from deploy.local.story import RENTAL, TIP, Story, Told
from lianxi.cli.main import app
from lianxi.contracts.receipts import public_key_of
from tests.support.answers import described_at, walk
from tests.support.town import RunningTown
from tests.support.waiting import wait_until

AGENCIES = ("police", "tenancy", "office", "market")


@pytest.fixture(scope="module")
def told(whole_town: RunningTown) -> Told:
    steps: list[str] = []
    credentials = {name: whole_town.secret(name) for name in AGENCIES}
    told = Story(whole_town.gateway_url, credentials, lambda _n, _of, _zh, english, _s: steps.append(english)).play()
    assert len(steps) == 12
    return told


def test_the_tip_was_routed_as_the_plan_says(told: Told) -> None:
    assert [(each["desk"], each["role"]) for each in told.notices] == [
        ("police/station", "lead"),
        ("tenancy/desk", "copy"),
        ("office/desk", "copy"),
    ]
    assert all(each["acknowledged_at"] for each in told.notices)


@pytest.mark.criterion("3.2")
def test_the_clock_started_when_the_notice_was_delivered(told: Told, whole_town: RunningTown) -> None:
    with whole_town.http("police") as police:
        tip = police.get(f"/v1/tips/{told.tip_id}").json()
    lead_notice = told.notices[0]
    started = [clock for clock in tip["clocks"] if clock["clock"] == "T-01"]
    assert [clock["started_at"] for clock in started] == [lead_notice["delivered_at"]]


def test_the_rental_was_visited_and_the_plan_moved_on(told: Told, whole_town: RunningTown) -> None:
    assert told.visit["counts"] is True
    assert told.visit["needs_attention"] is None
    with whole_town.http("tenancy") as tenancy:
        rental = wait_until(lambda: brought_forward(tenancy, told.tip_id), 15, "the look-back visit")
    # The visit kept the cadence; what it found became a tip of its own, which wants the place seen again soon.
    assert rental["last_visit_on"] is not None
    assert rental["next_visit_due_on"] < told.visit["next_visit_due_on"]


def brought_forward(tenancy: httpx2.Client, first_tip: str) -> Any:
    rental = tenancy.get(f"/v1/rentals/{RENTAL}").json()
    because = rental["brought_forward_because"]
    return rental if because and because != first_tip else None


def test_the_referral_carries_its_clocks_and_a_signed_receipt(told: Told) -> None:
    assert told.referral["state"] == "handed_over"
    assert {clock["clock"] for clock in told.referral["clocks"]} >= {"T-31", "T-32", "T-35", "T-37"}
    assert all(clock["breached_at"] is None for clock in told.referral["clocks"])
    assert told.referral["receipt"]["signature"]


@pytest.mark.criterion("1.4")
def test_both_sides_fetch_the_receipt_as_a_file_that_checks_without_the_town(
    told: Told, whole_town: RunningTown, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.txt"
    keys.write_text(public_key_of((whole_town.places.keys / "cases-signing.key").read_text("ascii")), "ascii")
    for side in ("market", "police"):
        with whole_town.http(side) as http:
            file = tmp_path / f"{side}.json"
            file.write_bytes(http.get(f"/v1/criminal-referrals/{told.referral['referral_id']}/receipt").content)
        assert verify_alone(file, keys) == (0, "valid")
    file = tmp_path / "police.json"
    file.write_bytes(file.read_bytes().replace(b"market/desk", b"police/desk"))
    assert verify_alone(file, keys) == (1, "altered")


def verify_alone(file: Path, keys: Path) -> tuple[int, str]:
    arguments = ["receipt", "verify", str(file), "--key", str(keys)]
    result = CliRunner(env={"LANG": "C.UTF-8"}).invoke(app, arguments)
    return result.exit_code, result.stdout.strip()


def test_the_informant_reads_the_outcome_and_nothing_else(told: Told) -> None:
    assert told.status["state"] == "closed"
    assert told.status["verification"] == "substantiated"
    assert told.status["outcome"]
    assert "desk" not in str(told.status["steps"])


def test_the_stage_report_and_the_sentences_show_it(told: Told) -> None:
    assert told.draft["figures"]["tips_verified"] >= 1
    states = {each["clause"]: each["state"] for each in told.clauses["items"]}
    assert len(states) == 107
    assert states["L32.1"] == states["L45.1"] == "kept"
    assert all(each["state"] != "kept" for each in told.clauses["items"] if each["status"] == "not_yet")


@pytest.mark.criterion("4.4")
def test_where_everything_of_the_story_is_can_be_asked_and_is_answered_at_once(
    told: Told, whole_town: RunningTown
) -> None:
    referral = told.referral["referral_id"]
    with whole_town.http("market") as market, whole_town.http("transport") as outsider:
        took = []
        for item_id in (told.tip_id, told.case["case_id"], referral):
            market.get(f"/v1/where/{item_id}")
            began = perf_counter()
            found = market.get(f"/v1/where/{item_id}").json()
            took.append(perf_counter() - began)
            assert found["holder"], item_id
            assert found["is_ended"], item_id
            assert outsider.get(f"/v1/where/{item_id}").status_code == 404
        assert sorted(took)[1] <= 0.3
        found = market.get(f"/v1/where/{referral}").json()
        assert told.referral["receipt"]["number"] in {each["receipt"] for each in found["steps"]}


def test_an_agency_sees_only_what_is_its_own(told: Told, whole_town: RunningTown) -> None:
    with whole_town.http("transport") as outsider:
        for path in (
            f"/v1/tips/{told.tip_id}",
            f"/v1/cases/{told.case['case_id']}",
            f"/v1/criminal-referrals/{told.referral['referral_id']}",
            f"/v1/notices/{told.notices[0]['notice_id']}",
        ):
            answer = outsider.get(path)
            assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json"), path
        assert told.tip_id not in outsider.get("/v1/tips").text
        assert told.tip_number not in outsider.get("/v1/notices").text


def test_what_the_informant_wrote_stays_where_it_belongs(told: Told, whole_town: RunningTown) -> None:
    logs = whole_town.all_logs()
    for planted in (TIP["text"], TIP["place"], told.receipt, told.receipt.replace("-", "")):
        assert str(planted) not in logs


@pytest.mark.criterion("14.5")
@pytest.mark.timeout(180)
def test_what_the_town_answers_is_what_its_description_says(told: Told, whole_town: RunningTown) -> None:
    known = described_at(whole_town.gateway_url)
    assert bare(known.document)["paths"] == bare(described())["paths"], "the town runs what is checked in"
    for reader in ("police", "market", "operator"):
        with whole_town.http(reader) as http:
            walk(http, known)  # each answer is held to the description as it comes
    opened = {path for _, path, status in known.seen if status == httpx2.codes.OK}

    things = ("tips/{tip_id}", "cases/{case_id}", "criminal-referrals/{referral_id}", "rentals/{rental_code}")
    assert {f"/v1/{each}" for each in (*things, "notices/{notice_id}", "visits/{visit_id}")} <= opened, sorted(opened)
    assert len(opened) > 70, sorted(opened)

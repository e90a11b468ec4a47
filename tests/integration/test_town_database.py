"""The private database: on loopback, with its data kept, and a given one asked for its version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psutil
import pytest
from pymongo import MongoClient

from deploy.local import database as database_module
from deploy.local import questions
from deploy.local.ports import LOOPBACK, answers
from deploy.local.trouble import TownError
from tests.support.town import Database, own_ports, running_database

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


def client(url: str) -> MongoClient[dict[str, Any]]:
    return MongoClient(url, serverSelectionTimeoutMS=5_000)


def test_it_listens_on_loopback_only(database: Database) -> None:
    rows = psutil.Process(database.pid).net_connections("tcp")
    assert {tuple(row.laddr) for row in rows if row.status == psutil.CONN_LISTEN} == {(LOOPBACK, database.port)}


def test_what_was_written_survives_a_crash(database: Database) -> None:
    with client(database.url) as before:
        before["lianxi_tips"]["probe"].insert_one({"_id": "kept"})
    database.kill()
    assert not questions.database_answers(database.port)
    database.start()
    with client(database.url) as after:
        assert after["lianxi_tips"]["probe"].find_one({"_id": "kept"}) == {"_id": "kept"}


def test_retried_writes_are_off_in_its_address_only(database: Database) -> None:
    assert "retryWrites=false" in database.url


def test_a_second_start_finds_the_data(tmp_path: Path) -> None:
    for expected in (0, 1):
        with running_database(tmp_path) as running, client(running.url) as opened:
            assert opened["lianxi_tips"]["probe"].count_documents({}) == expected
            opened["lianxi_tips"]["probe"].insert_one({"n": expected})
            port = running.port
        assert not answers(port)


def test_a_given_database_is_asked_for_its_version(database: Database) -> None:
    assert int(database_module.check_given(database.url).split(".")[0]) >= 7


def test_a_given_database_that_is_away_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "database_version", lambda _url, seconds: None)
    with pytest.raises(TownError, match="does not answer"):
        database_module.check_given(f"mongodb://{LOOPBACK}:{own_ports().take(27117)}/")


def test_a_given_database_that_is_too_old_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "database_version", lambda _url, seconds: "4.4.29")
    with pytest.raises(TownError, match="version 4"):
        database_module.check_given("mongodb://given/")

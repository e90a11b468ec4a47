"""A process that dies anywhere inside a decision, or between any two steps of the relay, loses and invents nothing."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from typing import Any

import pytest
from pymongo import MongoClient

from lianxi.bus import topology
from lianxi.contracts import audit
from lianxi.contracts.envelope import event_id
from lianxi.contracts.tips import TipAccepted
from tests.chaos.failpoints import DATABASE
from tests.chaos.sizes import size
from tests.support.town import Broker, Database

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]
SEED = 20151019


def run(kind: str, database: Database, broker: Broker, trials: int) -> int:
    command = [
        sys.executable,
        "-m",
        "tests.chaos.failpoints",
        kind,
        database.url,
        broker.url_for(),
        str(SEED),
        str(trials),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return int(done.stdout)


@pytest.mark.criterion("4.1")
def test_a_change_exists_if_and_only_if_its_outbox_entry_or_ledger_row_does(database: Database, broker: Broker) -> None:
    trials = size(28, 200)
    with MongoClient[dict[str, Any]](database.url, tz_aware=True) as client:
        client.drop_database(DATABASE)
        died = run("decide", database, broker, trials)
        died_relaying = 0
        for _ in range(2):
            died_relaying += run("relay", database, broker, trials // 4)
            died += sum(run(kind, database, broker, trials // 4) for kind in ("decide", "batch"))
        assert died > trials // 4, "too few died on the way for the test to mean anything"
        assert died_relaying > 0
        rows = list(client[DATABASE].tips.find())
        told = Counter[str]()
        for row in rows:
            assert row["count"] == row["_version"] - 1, "state and version are one write"
            assert len(set(row["_inbox"])) == len(row["_inbox"]), "an event that comes again changes nothing"
            told.update(entry["id"] for entry in row["_outbox"])
        pending = set(told)
        assert all(number == 1 for number in told.values())
        ledger = {row["_id"] for row in client[DATABASE].deliveries.find({"event_type": TipAccepted.KEY})}
        happened = {event_id(row["_id"], version, 0) for row in rows for version in range(1, row["_version"] + 1)}
        assert pending | ledger == happened
        unchained = [(line["item"], line["version"]) for row in rows for line in row["_audit"]]
        chain = list(client[DATABASE].audit_chain.find().sort("_id"))
        chained = [(line["item"], line["version"]) for line in chain]
        every = {(f"tip/{row['_id']}", version) for row in rows for version in range(1, row["_version"] + 1)}
        assert {*unchained, *chained} == every
        assert len(set(chained)) == len(chained), "no change is chained twice"
        lines = [audit.line_of({"sequence": row.pop("_id"), **row}) for row in chain]
        assert audit.check_chain(lines, [], []).broken is None
        queues = topology.queues_hearing(TipAccepted.KEY, "normal")
        assert {queue for row in client[DATABASE].deliveries.find() for queue in row["queues"]} <= set(queues)

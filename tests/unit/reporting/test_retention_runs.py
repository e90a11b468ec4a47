"""A run is proposed by one person, confirmed by another, done by every desk, and certified for anybody to check."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from lianxi.cli.main import app
from lianxi.contracts.codec import open_event
from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.receipts import Verdict, public_key_of, receipt_bytes, verify_receipt_file
from lianxi.contracts.retention import (
    CasesPurged,
    DecideRun,
    DeskPurged,
    GetRun,
    InspectionsPurged,
    ListRetention,
    ProposeRun,
    PurgedRow,
    RetentionRunFinished,
    RetentionRunStarted,
    RunState,
    RunView,
    TipsPurged,
)
from lianxi.kernel.clock import FixedClock
from lianxi.kernel.errors import Conflict, Forbidden, NotFound
from lianxi.policy.book import PolicyBook
from lianxi.policy.load import read_policy
from lianxi.policy.policy import Policy
from lianxi.store.fakes import MemoryAggregates
from lianxi.store.retention import ids_sha256
from services.reporting.domain.retention_runs import RetentionRun
from services.reporting.handlers.retention import RetentionDesk
from services.reporting.store import RETENTION_RUNS

POLICY_FILES = Path(__file__).resolve().parents[3] / "deploy" / "policy"
NOW = datetime(2027, 1, 4, 2, 0, tzinfo=UTC)
KEY = Ed25519PrivateKey.generate().private_bytes_raw().hex()
PUBLIC = public_key_of(KEY)
AUDITOR = Caller(actor="auditor", agency="office", correlation_id="c1")
OFFICE = Caller(actor="office-clerk", agency="office", correlation_id="c2")
ROWS = (PurgedRow(rule="visit", clause="pipl-47", count=2, sha256=ids_sha256(["visit_2", "visit_1"])),)


class NoRuns:
    last: date | None = None

    def last_started(self) -> date | None:
        return self.last


class Runs:
    """The desk that runs purges, in memory."""

    def __init__(self, policy: Policy) -> None:
        self.clock = FixedClock(NOW)
        self.kept: MemoryAggregates[RetentionRun] = MemoryAggregates(RETENTION_RUNS, self.clock)
        self.past = NoRuns()
        self.desk = RetentionDesk(self.kept, self.past, PolicyBook(policy), self.clock, KEY)

    def started(self) -> RunView:
        run = self.desk.propose_run(ProposeRun(), AUDITOR)
        return self.desk.decide_run(DecideRun(run_id=run.run_id, approve=True), OFFICE)

    def tell(self, run_id: str, kind: type[DeskPurged], rows: tuple[PurgedRow, ...] = (), again: str = "") -> RunView:
        cause = Cause(actor="system", correlation_id="c", event_id=f"evt-{kind.KEY}{again}")
        self.desk.hear_of_purge(kind(run_id=run_id, rows=rows, finished_at=NOW), cause)
        return self.desk.get_run(GetRun(run_id=run_id))

    def finished(self) -> RunView:
        run_id = self.started().run_id
        self.tell(run_id, InspectionsPurged, ROWS)
        self.tell(run_id, TipsPurged)
        return self.tell(run_id, CasesPurged)


@pytest.fixture
def runs(policy: Policy) -> Runs:
    return Runs(policy)


@pytest.mark.criterion("24")
def test_a_run_needs_a_second_person(runs: Runs) -> None:
    run = runs.desk.propose_run(ProposeRun(), AUDITOR)
    decision = DecideRun(run_id=run.run_id, approve=True)
    assert run.state is RunState.PROPOSED
    assert runs.kept.announced == []

    with pytest.raises(Forbidden, match=r"retention_run\.same_person"):
        runs.desk.decide_run(decision, AUDITOR)
    begun = runs.desk.decide_run(decision, OFFICE)

    assert (begun.state, begun.asked_by, begun.decided_by) == (RunState.RUNNING, "auditor", "office-clerk")
    assert begun.waits_for == ("tips", "inspections", "cases")
    (event,) = [open_event(each) for each in runs.kept.announced]
    assert event == RetentionRunStarted(run_id=run.run_id, policy_version=1, started_at=NOW)
    with pytest.raises(Conflict, match=r"retention_run\.decided"):
        runs.desk.decide_run(decision, OFFICE)


def test_a_run_that_is_refused_starts_nothing(runs: Runs) -> None:
    run = runs.desk.propose_run(ProposeRun(), AUDITOR)
    refused = runs.desk.decide_run(DecideRun(run_id=run.run_id, approve=False), OFFICE)

    assert refused.state is RunState.REFUSED
    assert runs.kept.announced == []
    assert runs.tell(run.run_id, TipsPurged).rows == ()
    with pytest.raises(NotFound, match=r"retention_run\.not_found"):
        runs.desk.get_run(GetRun(run_id="retention_run_none"))


def test_a_proposal_that_is_sent_twice_is_one(runs: Runs) -> None:
    caller = replace(AUDITOR, command_id="k1")
    assert runs.desk.propose_run(ProposeRun(), caller) == runs.desk.propose_run(ProposeRun(), caller)


@pytest.mark.criterion("24")
def test_a_run_ends_with_the_last_desks_word_and_its_certificate_says_what_was_done(runs: Runs) -> None:
    run_id = runs.started().run_id
    runs.tell(run_id, InspectionsPurged, ROWS)
    waiting = runs.tell(run_id, InspectionsPurged, (), again="-second")
    assert waiting.waits_for == ("tips", "cases")
    assert waiting.rows == ROWS
    assert waiting.certificate is None
    runs.tell(run_id, TipsPurged)

    ended = runs.tell(run_id, CasesPurged)

    assert ended.state is RunState.FINISHED
    assert open_event(runs.kept.announced[-1]) == RetentionRunFinished(run_id=run_id, purged=2, finished_at=NOW)
    certificate: dict[str, Any] = dict(ended.certificate or {})
    assert certificate["rows"] == [
        {"rule": "visit", "clause": "pipl-47", "count": 2, "sha256": ids_sha256(["visit_1", "visit_2"])}
    ]
    assert (certificate["asked_by"], certificate["confirmed_by"], certificate["run_id"]) == (
        "auditor", "office-clerk", run_id,
    )  # fmt: skip
    assert verify_receipt_file(receipt_bytes(certificate), [PUBLIC]) is Verdict.VALID


@cache
def certificate_file() -> bytes:
    return receipt_bytes(Runs(read_policy(POLICY_FILES)).finished().certificate or {})


@pytest.mark.criterion("24")
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_other_byte_anywhere_in_a_certificate_is_found(data: st.DataObject) -> None:
    body = certificate_file()
    place, byte = data.draw(st.integers(0, len(body) - 1)), data.draw(st.integers(0, 255))
    changed = body[:place] + bytes([byte]) + body[place + 1 :]

    assert (verify_receipt_file(changed, [PUBLIC]) is Verdict.VALID) == (changed == body)


@pytest.mark.criterion("24")
def test_the_command_line_checks_a_certificate_without_a_network(tmp_path: Path) -> None:
    (tmp_path / "certificate.json").write_bytes(certificate_file())
    (tmp_path / "changed.json").write_bytes(certificate_file().replace(b'"count":2', b'"count":1'))
    (tmp_path / "keys").write_text(PUBLIC, "ascii")

    def verify(name: str, *more: str) -> tuple[int, str]:
        told = CliRunner(env={"LANG": "C.UTF-8"}).invoke(
            app, ["receipt", "verify", str(tmp_path / name), "--key", str(tmp_path / "keys"), *more]
        )
        return told.exit_code, told.stdout.strip()

    assert verify("certificate.json") == (0, "valid")
    assert verify("changed.json") == (1, "altered")
    assert verify("certificate.json", "--paper", f"x={tmp_path / 'keys'}")[0] == 1


@pytest.mark.criterion("24")
def test_the_rules_are_told_in_words_with_the_next_run(runs: Runs) -> None:
    told = runs.desk.list_retention(ListRetention())

    assert told.next_run_on == date(2027, 1, 1)
    rows = {row.code: row for row in told.items}
    assert rows["tip-not-substantiated"].words_zh == "未查实举报保存6个月,期满删除。"
    assert (rows["tip-not-substantiated"].desk, rows["security-log"].desk) == ("tips", None)
    runs.past.last = date(2027, 1, 4)
    assert runs.desk.list_retention(ListRetention()).next_run_on == date(2027, 7, 1)

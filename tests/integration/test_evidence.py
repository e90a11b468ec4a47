"""Evidence on the real database and on a real folder: one flipped byte is found, and what is destroyed is gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import perf_counter

import mongoengine
import pytest

from lianxi.contracts import codec
from lianxi.contracts.evidence import AskDestruction, CustodyAct, DecideDestruction, EvidenceState, ListEvidence
from lianxi.contracts.tasks import ListTasks
from lianxi.contracts.timelines import GetTimeline
from lianxi.runtime import locked_files, metrics
from lianxi.runtime.sealed_files import SealedFiles
from services.cases import documents, store
from services.cases.domain.evidence import NIGHTS
from services.cases.handlers import CaseDesk
from services.cases.handlers.casefile import CaseFileDesk
from services.cases.handlers.evidence import EvidenceDesk
from services.cases.handlers.tasks import TaskDesk
from services.cases.views.casefile import PaperFinder
from services.cases.views.evidence import EvidenceFinder
from services.cases.views.tasks import TaskFinder
from tests.support.town import Database
from tests.unit.cases import desk as cases_desk
from tests.unit.cases.desk import MARKET, CasesInMemory
from tests.unit.cases.test_evidence import LEAD, WORDS, acts, collect, opened
from tests.unit.cases.test_tasks import complete, give

pytestmark = pytest.mark.integration


class Folder:
    """The real folder, under the name by which the tests of the desk put files into memory."""

    def __init__(self, folder: Path, town: CasesInMemory) -> None:
        self.place = folder
        self.files = SealedFiles(folder)
        self.files.open()
        self._town = town

    def __setitem__(self, kept: str, body: bytes) -> None:
        name, _, claim = kept.partition(".")
        self.files.put(name, body, self._town.clock.now())
        assert self.files.keep(name, claim) == kept

    def __getitem__(self, kept: str) -> bytes:
        found = self.files.read(kept)
        assert found is not None
        return found


@pytest.fixture
def cases(database: Database, tmp_path: Path) -> Iterator[CasesInMemory]:
    client = mongoengine.connect(
        "desks_evidence", alias="cases", host=database.url, tz_aware=True, uuidRepresentation="standard"
    )
    client.drop_database("desks_evidence")
    for document in documents.DOCUMENTS:
        document.ensure_indexes()
    town = CasesInMemory()
    clock, rules, folder = town.clock, cases_desk.shipped_rules(), Folder(tmp_path, town)
    kept, referred = store.cases(clock), store.referrals(clock)
    town.desk = CaseDesk(kept, referred, store.rights(), rules, clock, lambda _bits: 7)
    town.files.kept = folder  # type: ignore[assignment]
    town.evidence = store.evidence(clock)  # type: ignore[assignment]
    finder = EvidenceFinder()
    town.exhibits = EvidenceDesk(store.evidence(clock), finder, folder.files, kept, referred, rules, town.opener, clock)
    town.cases = kept  # type: ignore[assignment]
    town.chores = TaskDesk(kept, TaskFinder(), rules, clock)
    town.file_desk = CaseFileDesk(kept, PaperFinder(), town.exhibits, clock, "44" * 32)
    yield town
    mongoengine.disconnect("cases")


def gauge(state: str) -> float:
    return float(metrics.evidence.labels(state=state)._value.get())


@pytest.mark.criterion("9.3")
def test_one_flipped_byte_in_the_store_is_found_within_seven_nights_and_raises_an_alarm(
    cases: CasesInMemory, tmp_path: Path
) -> None:
    case = cases.open()
    ids = [collect(cases, case.case_id, f"exhibit {number}".encode() * 100) for number in range(30)]
    flipped = ids[11]
    file = tmp_path / "kept" / cases.evidence.get(flipped).state.file
    lies = bytearray(file.read_bytes())
    lies[len(lies) // 2] ^= 1
    file.write_bytes(lies)

    checked = {each: cases.evidence.get(each).state.checked_at for each in ids}
    seen: set[str] = set()
    for _ in range(NIGHTS):
        cases.wait(timedelta(days=1))
        for _ in range(2):  # twenty at a time
            cases.exhibits.check_nightly()
        tonight = {each for each in ids if cases.evidence.get(each).state.checked_at != checked[each]} - seen
        assert len(tonight) < len(ids)
        seen |= tonight

    assert seen == set(ids)
    items = cases.exhibits.list_evidence(ListEvidence(case_id=case.case_id), MARKET).items
    assert [each.evidence_id for each in items if each.altered_at is not None] == [flipped]
    assert (gauge("altered"), gauge("unchecked")) == (1, 0)
    row = documents.EvidenceDocument._get_collection().find_one({"_id": flipped})
    assert len(row["_outbox"]) == 2
    assert "cases.evidence.altered.v1" in str(row["_outbox"][1])
    assert acts(cases, flipped)[-1] == "find_altered"
    kept = cases.evidence.get(flipped).state
    assert locked_files.unlock(bytes(lies), "00" * 32) is None
    assert kept.state is EvidenceState.HELD


@pytest.mark.criterion("9.5")
def test_a_timeline_of_a_thousand_events_comes_within_half_a_second(cases: CasesInMemory) -> None:
    case, cause = cases.open(), MARKET.cause()
    first = cases.evidence.get(collect(cases, case.case_id)).state
    look = replace(first.custody[0], act=CustodyAct.VIEW)
    for number in range(19):
        custody = (*first.custody, *(replace(look, at=look.at + timedelta(minutes=each)) for each in range(52)))
        cases.evidence.add(replace(first, id=f"evidence_{number}", custody=custody), (), cause)
    asked, took, found = GetTimeline(case_id=case.case_id), [], b""
    for _ in range(5):
        began = perf_counter()
        found = codec.to_bytes(codec.as_plain(cases.file_desk.get_timeline(asked, MARKET)))
        took.append(perf_counter() - began)

    lines = json.loads(found)["lines"]
    assert len(lines) >= 1_000
    assert [each["at"] for each in lines] == sorted(each["at"] for each in lines)
    assert min(took) < 0.5, took


@pytest.mark.criterion("9.2")
def test_cases_with_open_tasks_are_found_on_the_real_store(cases: CasesInMemory) -> None:
    case = cases.open()
    task = give(cases, case.case_id)
    cases.wait(timedelta(days=4))
    cases.chores.tell_overdue()

    assert [(each.task_id, each.is_overdue) for each in cases.chores.list_tasks(ListTasks(), MARKET).items] == [
        (task.task_id, True)
    ]
    complete(cases, task)
    assert cases.chores.list_tasks(ListTasks(), MARKET).items == ()


@pytest.mark.criterion("9.3")
def test_what_two_have_decided_to_destroy_is_gone_from_folder_and_database_but_not_its_custody(
    cases: CasesInMemory, tmp_path: Path
) -> None:
    evidence_id = collect(cases, cases.open().case_id)
    assert opened(cases, evidence_id)
    ask = AskDestruction(evidence_id=evidence_id, decision_reference="市监处〔2026〕3号", **WORDS)
    cases.exhibits.ask_destruction(ask, MARKET)
    cases.exhibits.decide_destruction(DecideDestruction(evidence_id=evidence_id, approve=True, **WORDS), LEAD)

    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []
    assert cases.evidence.get(evidence_id).state.sealed == ""
    assert acts(cases, evidence_id) == ["collect", "view", "ask_destruction", "destroy"]

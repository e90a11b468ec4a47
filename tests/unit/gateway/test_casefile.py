"""A case's file at the door, with the desk itself behind it: one timeline of all desks, and a bundle that verifies."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import pytest

from gateway.console.sayings import sayings
from gateway.timelines import words_of
from lianxi.contracts.bundles import verify_bundle
from lianxi.contracts.cases import CloseReason, Measure
from lianxi.contracts.evidence import CustodyAct, EvidenceKind, EvidenceState
from lianxi.contracts.inspections import EntryBasis, VisitList, VisitOutcome, VisitView
from lianxi.contracts.receipts import Verdict, public_key_of, verify_receipt_file
from lianxi.contracts.sealing import Opener
from lianxi.contracts.tasks import TaskState
from lianxi.contracts.timelines import Source, TimelineLine
from lianxi.kernel.errors import NotFound, Unavailable
from lianxi.runtime.sealed_files import SealedFiles
from services.cases.handlers.casefile import CaseFileDesk
from services.cases.handlers.evidence import EvidenceDesk
from services.cases.handlers.tasks import TaskDesk
from tests.support.desk_door import TIP_ID, VIEW
from tests.support.gateway_fakes import Door
from tests.support.pictures import photo
from tests.unit.cases.desk import (
    MARKET,
    NOW,
    CasesInMemory,
    MemoryEvidenceIndex,
    MemoryPapers,
    MemoryTaskIndex,
    opening,
    shipped_rules,
)

RAW = photo("JPEG")
WORDS = {"why": "现场检查所得", "where": "市场监管所<b>"}
PURPOSE = "移送人民法院"
RENTAL = "R-0042"


class Town(CasesInMemory):
    """The cases desk behind a door, on the folder of that door."""

    def __init__(self, door: Door) -> None:
        super().__init__()
        folder = door.settings.gateway_spool_dir.parent
        self.door = door
        opener = Opener((folder / "cases-seal-private").read_text())
        files, rules = SealedFiles(door.settings.gateway_attachments_dir), shipped_rules()
        self.exhibits = EvidenceDesk(
            self.evidence,
            MemoryEvidenceIndex(self.evidence),
            files,
            self.cases,
            self.referrals,
            rules,
            opener,
            self.clock,
        )
        chores = TaskDesk(self.cases, MemoryTaskIndex(self.cases), rules, self.clock)
        papers = MemoryPapers(self.referrals, self.assistance)
        own = CaseFileDesk(self.cases, papers, self.exhibits, self.clock, "44" * 32)
        for desk, names in (
            (self.exhibits, ("collect_evidence", "open_evidence", "list_evidence")),
            (chores, ("add_task", "complete_task", "drop_task", "list_tasks", "reopen_case")),
            (own, ("get_timeline", "export_case", "sign_bundle")),
            (self.desk, ("open_case", "get_case", "close_case")),
        ):
            door.bus.answers |= {name: getattr(desk, name) for name in names}
        self.key = own.signing_key

    def post(self, path: str, key: str, body: Any, client: str = "market") -> Any:
        return self.door.http.post(path, json=body, headers=self.door.headers(client, key=key))


@pytest.fixture
def town(door: Door) -> Town:
    return Town(door)


@pytest.fixture
def case_id(town: Town) -> str:
    """A case of a verified tip about a rental, with a task, a piece of evidence and a signed receipt."""
    door = town.door
    town.verify(TIP_ID)
    made = town.desk.open_case(replace(opening(suspected_crime=True, tip_id=TIP_ID), rental_code=RENTAL), MARKET)
    town.wait(timedelta(minutes=1))
    due = (town.clock.now() + timedelta(days=2)).isoformat()
    task = {"title": "核对转账流水", "owner": "market/desk", "due_at": due, "is_mandatory": True}
    assert town.post(f"/v1/cases/{made.case_id}/tasks", "t", task).status_code == 201
    headers = {**door.headers("market", key="u"), "Content-Type": "image/jpeg"}
    token = door.http.post(f"/v1/cases/{made.case_id}/evidence/files", content=RAW, headers=headers).json()
    body = {"file": token["attachment"], "kind": EvidenceKind.PHOTOGRAPH, "label": "返利表<i>", **WORDS}
    kept = town.post(f"/v1/cases/{made.case_id}/evidence", "c", body)
    assert kept.status_code == 201, kept.text
    referral = town.draft(made.case_id)
    town.decide(referral.referral_id)
    town.send(referral.referral_id)
    return made.case_id


def visit() -> VisitView:
    return VisitView(
        visit_id="visit_00000001",
        rental_code=RENTAL,
        village="village/banyan",
        assistant="assistant:07",
        outcome=VisitOutcome.DONE,
        entry_basis=EntryBasis.CONSENT,
        findings=(),
        visited_at=NOW - timedelta(days=1),
        received_at=NOW,
        counts=True,
        needs_attention=None,
        next_visit_due_on=None,
    )


@pytest.mark.criterion("9.5")
def test_the_timeline_holds_tip_visits_and_the_case_in_one_order(town: Town, case_id: str) -> None:
    town.door.bus.says("get_tip", replace(VIEW, next_owner="market/desk"))
    town.door.bus.says("list_visits", VisitList(items=(visit(),)))

    answer = town.door.http.get(f"/v1/cases/{case_id}/timeline", headers=town.door.headers("market"))

    told = answer.json()
    assert answer.status_code == 200, answer.text
    assert [each["source"] for each in told["lines"]][:2] == ["tip", "tip"]
    assert {each["source"] for each in told["lines"]} >= {"tip", "visit", "case", "task", "evidence", "referral"}
    assert [each["at"] for each in told["lines"]] == sorted(each["at"] for each in told["lines"])
    assert told["left_out"] == []
    assert "assistant:07" not in answer.text


@pytest.mark.criterion("9.5")
def test_readers_see_only_what_they_may_and_are_told_what_is_left_out(town: Town, case_id: str) -> None:
    http, door = town.door.http, town.door
    door.bus.says("get_tip", NotFound("tip.not_found"))
    door.bus.says("list_visits", Unavailable("service.away"))
    told = http.get(f"/v1/cases/{case_id}/timeline", headers=door.headers("market")).json()
    assert told["left_out"] == ["tip", "visit"]
    assert {each["source"] for each in told["lines"]} == {"case", "task", "evidence", "referral"}

    office = http.get(f"/v1/cases/{case_id}/timeline", headers=door.headers("office"))
    assert (office.status_code, "lines" in office.json()) == (200, False)
    assert http.get(f"/v1/cases/{case_id}/timeline", headers=door.headers("police")).status_code == 404


@pytest.mark.criterion("9.4")
def test_a_bundle_holds_everything_reads_by_itself_and_verifies_offline(town: Town, case_id: str) -> None:
    answer = town.post(f"/v1/cases/{case_id}/bundle", "b", {"purpose": PURPOSE})

    assert answer.status_code == 200, answer.text
    report = verify_bundle(answer.content, [public_key_of(town.key)])
    assert (report.verdict, report.altered) == (Verdict.VALID, ())
    with zipfile.ZipFile(io.BytesIO(answer.content)) as opened:
        names = opened.namelist()
        page = opened.read("index.html").decode()
        photograph = next(each for each in names if each.startswith("evidence/"))
        assert opened.read(photograph) == RAW
        assert json.loads(opened.read("manifest.json"))["purpose"] == PURPOSE
        told = json.loads(opened.read("timeline.json"))
        assert {"case.json", "evidence.json", "index.html", "signature.json"} <= set(names)
    assert page.startswith('<!doctype html><html lang="zh-Hans">')
    assert page.index("证据") < page.index("Evidence")
    assert f'href="{photograph}"' in page
    for outside in ("http:", "https:", "<script", "<b>", "<i>", 'src="'):
        assert outside not in page
    assert [each["what"] for each in told["lines"] if each["source"] == "evidence"] == ["collect", "copy"]


@pytest.mark.criterion("9.4")
def test_receipts_in_a_bundle_verify_by_themselves(town: Town, case_id: str) -> None:
    referral = town.referrals.all()[0]
    town.accept(referral.id)
    answer = town.post(f"/v1/cases/{case_id}/bundle", "b", {"purpose": PURPOSE})

    with zipfile.ZipFile(io.BytesIO(answer.content)) as opened:
        receipt = opened.read("receipts/01.json")
    assert verify_receipt_file(receipt, [town.public_key]) is Verdict.VALID


@pytest.mark.criterion("9.4")
def test_taking_a_file_along_is_a_right_of_its_own_and_once_under_one_key(town: Town, case_id: str) -> None:
    path, body = f"/v1/cases/{case_id}/bundle", {"purpose": PURPOSE}
    for client in ("office", "desk", "case_officer"):
        assert town.post(path, f"no-{client}", body, client).status_code == 403
    assert town.post(path, "b", {"purpose": " "}).status_code == 422
    assert town.cases.get(case_id).state.exports == ()

    assert [town.post(path, "b", body).status_code for _ in range(2)] == [200, 200]
    assert [each.purpose for each in town.cases.get(case_id).state.exports] == [PURPOSE]


@pytest.mark.criterion("9.4")
def test_no_bundle_leaves_with_a_file_that_is_not_what_it_was(town: Town, case_id: str) -> None:
    kept = town.door.settings.gateway_attachments_dir / "kept" / town.evidence.all()[0].file
    kept.write_bytes(kept.read_bytes()[:-1] + b"\x00")

    answer = town.post(f"/v1/cases/{case_id}/bundle", "b", {"purpose": PURPOSE})
    assert (answer.status_code, answer.json()["code"]) == (500, "attachment.altered")


@pytest.mark.criterion("9.2")
def test_a_case_with_an_open_mandatory_task_is_told_so_at_the_door(town: Town, case_id: str) -> None:
    body = {"outcome": "not_established", "reason": "facts_not_established", "grounds": "查无实据"}
    refused = town.post(f"/v1/cases/{case_id}/close", "x", body)
    assert (refused.status_code, refused.json()["code"]) == (422, "case.tasks_open")
    [task] = town.door.http.get("/v1/tasks", headers=town.door.headers("market")).json()["items"]
    done = town.post(f"/v1/cases/{case_id}/tasks/{task['task_id']}/complete", "d", {"result": "已核对"})
    assert (done.status_code, done.json()["state"]) == (200, "done")
    without = {name: value for name, value in body.items() if name != "reason"}
    assert town.post(f"/v1/cases/{case_id}/close", "y", without).status_code == 422
    assert town.post(f"/v1/cases/{case_id}/close", "z", body).status_code == 200
    again = town.post(f"/v1/cases/{case_id}/reopen", "r", {"reason": "出现新证据"})
    assert (again.status_code, again.json()["state"]) == (200, "open")


def test_every_line_of_a_file_has_words_in_both_languages() -> None:
    whats = {
        "case": ("opened", "closed", "reopened", "exported", *Measure),
        "task": ("added", "overdue", *TaskState),
        "evidence": tuple(CustodyAct),
        "referral": ("drafted", "met.T-31", "breached.T-31", "declined", "upheld", "forwarded", "supervised"),
        "assistance": ("requested", "accepted", "met.T-42"),
        "tip": ("tip.received",),
        "visit": tuple(VisitOutcome),
    }
    assert set(whats) == set(get_args(Source))
    keys = {
        words_of(TimelineLine(at=NOW, source=source, what=what, about="x"))[0]  # type: ignore[arg-type]
        for source, codes in whats.items()
        for what in codes
    }
    keys |= {f"close_reason.{each}" for each in CloseReason} | {f"evidence_state.{each}" for each in EvidenceState}
    keys |= {f"evidence_kind.{each}" for each in EvidenceKind} | {f"filed.source.{each}" for each in whats}
    for language in ("zh", "en"):
        assert keys <= set(sayings(language))

"""A case's file on pages: evidence is collected, looked at and handed over by forms, without a script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lianxi.contracts.envelope import Caller
from lianxi.contracts.evidence import (
    CollectEvidence,
    CustodyAct,
    CustodyEntry,
    EvidenceKey,
    EvidenceKind,
    EvidenceList,
    EvidenceState,
    EvidenceView,
    OpenEvidence,
)
from lianxi.contracts.sealing import EVIDENCE, Opener, Sealer
from lianxi.contracts.tasks import TaskState, TaskView
from lianxi.contracts.timelines import CaseTimeline, TimelineLine
from tests.support.desk_door import CASE, OURS, asked, deeds_on, form_on, open_desk, send, sign_in
from tests.support.gateway_fakes import NOON, Door
from tests.support.pictures import photo

CASE_AT, PROOF_ID = f"/desk/cases/{CASE.case_id}", "evidence_0000000001"
PROOF_AT = f"/desk/evidence/{PROOF_ID}"
WORDS = {"why": "现场检查所得", "where": "派出所"}
ENTRY = CustodyEntry(act=CustodyAct.COLLECT, by="police:officer-1", desk=CASE.owner, at=NOON, **WORDS)
PROOF = EvidenceView(
    evidence_id=PROOF_ID,
    version=1,
    case_id=CASE.case_id,
    owner=CASE.owner,
    holder=CASE.owner,
    offered_to=None,
    receivers=(),
    kind=EvidenceKind.PHOTOGRAPH,
    label="返利表<b>",
    media_type="image/jpeg",
    size=3,
    sha256="a" * 64,
    state=EvidenceState.HELD,
    seal_number=None,
    collected_at=NOON,
    checked_at=NOON,
    altered_at=None,
    destruction=None,
    custody=(ENTRY,),
)
TASK = TaskView(
    task_id="task_00000001",
    case_id=CASE.case_id,
    case_number=CASE.number,
    title="核对转账流水",
    owner=CASE.owner,
    due_at=NOON - timedelta(days=1),
    parent_id=None,
    is_mandatory=True,
    state=TaskState.OPEN,
    is_overdue=True,
    added_by="police:officer-1",
    added_at=NOON,
    settled_by=None,
    settled_at=None,
    result=None,
)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with open_desk(tmp_path) as opened:
        opened.bus.says("get_case", replace(CASE, tasks=(TASK,)))
        opened.bus.says("list_evidence", EvidenceList(items=(PROOF,)))
        opened.bus.says("get_evidence", PROOF)
        sign_in(opened, "lead")
        yield opened


@pytest.mark.criterion("9.3")
def test_a_case_shows_its_evidence_and_an_alarm_where_a_byte_is_another(door: Door) -> None:
    page = door.http.get(CASE_AT).text
    assert "返利表&lt;b&gt;" in page
    assert "请勿使用" not in page
    door.bus.says("list_evidence", EvidenceList(items=(replace(PROOF, altered_at=NOON),)))
    assert "请勿使用" in door.http.get(CASE_AT).text
    door.bus.says("get_evidence", replace(PROOF, altered_at=NOON))
    assert "请勿使用" in door.http.get(PROOF_AT).text


@pytest.mark.criterion("9.3")
def test_a_file_is_collected_and_looked_at_by_forms(door: Door) -> None:
    key = Opener((door.settings.gateway_spool_dir.parent / "cases-seal-private").read_text())
    raw, came = photo("JPEG"), list[CollectEvidence]()

    def collect(request: CollectEvidence, _caller: Caller) -> EvidenceView:
        came.append(request)
        return PROOF

    def give(request: OpenEvidence, _caller: Caller) -> EvidenceKey:
        told = key.open(came[0].sealed, EVIDENCE)
        return EvidenceKey(
            evidence_id=PROOF_ID,
            case_id=CASE.case_id,
            owner=CASE.owner,
            holder=CASE.owner,
            receivers=(),
            media_type="image/jpeg",
            file=came[0].file,
            sealed=Sealer(request.answer_key).seal({name: told[name] for name in ("key", "sha256")}, EVIDENCE),
        )

    door.bus.answers |= {"collect_evidence": collect, "open_evidence": give}
    page = door.http.get(CASE_AT)
    form = {**kept(page), "kind": "photograph", "label": "返利表", **WORDS}
    files = {"picture": ("IMG.jpg", raw, "image/jpeg")}
    done = door.http.post(f"{CASE_AT}/evidence", data=form, files=files, headers=OURS)
    assert (done.status_code, done.headers["Location"]) == (303, f"{CASE_AT}#evidence")
    assert key.open(came[0].sealed, EVIDENCE)["label"] == "返利表"

    looked = send(door, door.http.get(PROOF_AT), "view", PROOF_AT, **WORDS)
    assert (looked.status_code, looked.content) == (200, raw)
    wrong = {"picture": ("IMG.jpg", b"MZ", "image/jpeg")}
    form = {**kept(door.http.get(CASE_AT)), "kind": "photograph", "label": "返利表", **WORDS}
    refused = door.http.post(f"{CASE_AT}/evidence", data=form, files=wrong, headers=OURS)
    assert refused.status_code == 422
    assert 'value="返利表"' in refused.text
    foreign = door.http.post(f"{CASE_AT}/evidence", data={**form, "csrf": "x"}, files=files, headers=OURS)
    assert foreign.status_code == 403


def kept(page: Any) -> dict[str, str]:
    """What the upload's form would send if nobody touched it."""
    begin = page.text.index(f'action="{CASE_AT}/evidence"')
    end = page.text.index("</form>", begin)
    cut = page.text[begin:end].replace(' enctype="multipart/form-data"', "", 1)
    shown: Any = type("Page", (), {"text": f"<form {cut}</form>"})
    return {name: value for name, value in form_on(shown, f"{CASE_AT}/evidence").items() if name in ("csrf", "key")}


@pytest.mark.criterion("9.3")
def test_what_may_be_done_next_depends_on_whose_hands_it_is_in(door: Door) -> None:
    assert deeds_on(door.http.get(PROOF_AT), PROOF_AT) == {"view", "copy", "check", "offer", "seal", "destroy"}
    door.bus.says("offer_evidence", PROOF)
    offered = send(door, door.http.get(PROOF_AT), "offer", PROOF_AT, receiver="police/criminal", **WORDS)
    assert offered.status_code == 303, offered.text
    assert asked(door, "offer_evidence")[0].request.receiver == "police/criminal"

    away = replace(PROOF, state=EvidenceState.OFFERED, offered_to="market/desk")
    door.bus.says("get_evidence", away)
    assert deeds_on(door.http.get(PROOF_AT), PROOF_AT) == {"view", "copy", "check", "take_back"}
    door.bus.says("get_evidence", replace(away, holder="market/desk", offered_to=CASE.owner))
    assert {"receive", "decline"} <= deeds_on(door.http.get(PROOF_AT), PROOF_AT)
    door.bus.says("get_evidence", replace(PROOF, state=EvidenceState.DESTROYED))
    assert deeds_on(door.http.get(PROOF_AT), PROOF_AT) == set()


@pytest.mark.criterion("9.2")
def test_tasks_are_given_and_completed_on_the_case_s_page(door: Door) -> None:
    page = door.http.get(CASE_AT)
    assert "核对转账流水" in page.text
    assert {"add_task", "complete_task", "drop_task", "bundle"} <= deeds_on(page, CASE_AT)
    door.bus.says("complete_task", replace(TASK, state=TaskState.DONE))
    done = send(door, page, "complete_task", CASE_AT, task_id=TASK.task_id, text_result="已核对")
    assert done.status_code == 303, done.text
    assert asked(door, "complete_task")[0].request.task_id == TASK.task_id


@pytest.mark.criterion("9.5")
def test_the_timeline_has_a_page_with_a_picture_of_time(door: Door) -> None:
    lines = (
        TimelineLine(at=NOON, source="case", what="opened", about=f"case/{CASE.case_id}", by=CASE.owner),
        TimelineLine(at=NOON, source="evidence", what="collect", about=f"evidence/{PROOF_ID}"),
        TimelineLine(at=NOON, source="tip", what="something.newer", about="tip/tip_1"),
    )
    told = CaseTimeline(case_id=CASE.case_id, number=CASE.number, owner=CASE.owner, lines=lines)
    door.bus.says("get_timeline", told)

    page = door.http.get(f"{CASE_AT}/timeline")
    assert page.status_code == 200, page.text
    assert "立案" in page.text
    assert f'href="{PROOF_AT}"' in page.text
    assert "<svg" in page.text
    assert door.http.get(f"{CASE_AT}/timeline?lang=en").status_code == 200

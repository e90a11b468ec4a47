"""Corrections and conflicts of visits at the door and on the desk that keeps the register."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.people import second_factor
from lianxi.contracts.conflicts import (
    AskAboutVisit,
    ConflictKind,
    ConflictPage,
    ConflictState,
    ConflictView,
    DecideConflict,
    EditState,
    EditTaken,
    EditVisit,
    Fields,
    Verdict,
    VisitSide,
)
from lianxi.contracts.inspections import EntryBasis, Finding, VisitOutcome, VisitView
from lianxi.contracts.photographs import PhotographPage, PhotographView
from tests.support.desk_door import OURS, SEATS, SECRETS, open_desk, sign_in
from tests.support.gateway_fakes import NOON, Door

VISIT = {
    "visit_id": "visit_00000001",
    "rental_code": "R-1",
    "assistant": "account_assistant",
    "outcome": "refused",
    "entry_basis": "not_entered",
    "findings": [],
    "visited_at": "2026-03-02T03:00:00Z",
    "note": "门口有<牌>",
}
SIDE = VisitSide(
    rental_code="R-1",
    assistant="account_assistant",
    outcome=VisitOutcome.NOBODY_IN,
    entry_basis=EntryBasis.NOT_ENTERED,
    findings=(Finding.GATHERING,),
    visited_at=NOON,
    note="门口有<牌>",
)
CONFLICT = ConflictView(
    conflict_id="conflict-visit_00000001-aa",
    version=1,
    kind=ConflictKind.OTHER_CONTENT,
    state=ConflictState.OPEN,
    visit_id="visit_00000001",
    village="village/banyan",
    contested=("outcome",),
    mine=replace(SIDE, outcome=VisitOutcome.REFUSED),
    changes=None,
    theirs=SIDE,
    problem=None,
    raised_by="account_assistant",
    raised_at=NOON,
    verdict=None,
    reason="",
    other=None,
    decided_by=None,
    decided_at=None,
)
PHOTOGRAPH = PhotographView(
    photo_id="photo_00000001",
    visit_id="visit_00000001",
    village="village/banyan",
    taken_at=NOON,
    received_at=NOON,
    place="22.4681,113.2858",
    media_type="image/jpeg",
    size=9,
    sent_sha256="ab" * 32,
    kept_sha256="cd" * 32,
    is_waiting=False,
    came_early=True,
    needs_attention="photograph.other_content",
)
AT = f"/desk/conflicts/{CONFLICT.conflict_id}"


@pytest.fixture
def keeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    """A gateway on whose desk of the register somebody sits."""
    monkeypatch.setitem(SEATS, "keeper", ("tenancy", ["desk"], ["tenancy/desk"]))
    monkeypatch.setitem(SECRETS, "keeper", second_factor.new_secret())
    with open_desk(tmp_path) as door:
        door.bus.says("list_conflicts", ConflictPage(items=(CONFLICT,)))
        door.bus.says("get_conflict", CONFLICT)
        door.bus.says("list_stray_photographs", PhotographPage(items=(PHOTOGRAPH,)))
        sign_in(door, "keeper")
        yield door


def asked(door: Door, method: str) -> Any:
    return next(each.request for each in reversed(door.bus.asked) if each.method == method)


@pytest.mark.criterion("6.4")
def test_a_correction_says_what_its_maker_had_seen(door: Door) -> None:
    taken = EditTaken(
        edit_id="edit_0001",
        visit_id="visit_00000001",
        state=EditState.APPLIED,
        revision=3,
        is_merged=True,
        was_early=False,
        conflict_id=None,
    )
    contested = replace(taken, state=EditState.CONTESTED, revision=None, conflict_id="conflict-edit_0001")
    body = {"base": 2, "after": ["edit_0000"], "made_at": "2026-03-02T03:00:00Z", "changes": {"outcome": "done"}}
    place = "/v1/visits/visit_00000001/edits/edit_0001"
    for told, status in ((taken, 200), (contested, 202), (replace(taken, state=EditState.WAITING), 202)):
        door.bus.says("edit_visit", told)
        assert door.http.put(place, json=body, headers=door.headers("assistant")).status_code == status

    said = asked(door, "edit_visit")
    assert isinstance(said, EditVisit)
    assert (said.base, said.after, said.changes) == (2, ("edit_0000",), Fields(outcome=VisitOutcome.DONE))


@pytest.mark.criterion("6.2")
def test_the_other_content_of_a_known_visit_goes_to_the_desk_too(door: Door) -> None:
    headers = door.headers("assistant")
    assert door.http.post("/v1/visits", json=VISIT, headers=headers).status_code == 201
    answer = door.http.post("/v1/visits", json={**VISIT, "outcome": "vacant"}, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (409, "visit.other_content")
    kept = [command for _, _, command, _ in door.bus.handed_in]
    assert [getattr(each, "outcome", None) for each in kept] == ["refused", "vacant"]


@pytest.mark.criterion("6.3")
def test_asking_for_help_opens_a_task_and_never_with_an_identity_number(door: Door) -> None:
    door.bus.says("ask_about_visit", CONFLICT)
    place = "/v1/visits/visit_00000001/help"
    body = {"visit": VISIT, "problem": "visit.other_content"}
    answer = door.http.put(place, json=body, headers=door.headers("assistant"))
    assert answer.status_code == 200, answer.text
    assert isinstance(asked(door, "ask_about_visit"), AskAboutVisit)

    wrong = {**body, "visit": {**VISIT, "note": "11010519491231002X"}}
    refused = door.http.put(place, json=wrong, headers=door.headers("assistant"))
    assert (refused.status_code, refused.json()["code"]) == (422, "visit.identity_number")


@pytest.mark.criterion("6.4")
def test_an_assistant_does_not_decide(door: Door) -> None:
    place = f"/v1/visit-conflicts/{CONFLICT.conflict_id}/decision"
    answer = door.http.post(place, json={"verdict": "mine"}, headers=door.headers("assistant", key="k"))
    assert (answer.status_code, answer.json()["code"]) == (403, "right.missing")


@pytest.mark.criterion("6.4")
def test_the_desk_finds_it_in_its_inbox_sees_both_sides_and_decides(keeper: Door) -> None:
    inbox = keeper.http.get("/desk").text
    assert f'href="{AT}"' in inbox
    page = keeper.http.get(AT)
    assert page.status_code == 200, page.text
    for each in ("手机上的", "系统里的", "拒绝入户", "无人在家", "门口有&lt;牌&gt;"):
        assert each in page.text
    keeper.bus.says("decide_conflict", replace(CONFLICT, state=ConflictState.DECIDED, verdict=Verdict.OTHER))

    form = dict(re.findall(r'name="(csrf|key|version|page)" value="([^"]*)"', page.text))
    form = {**form, "version": form["version"].replace("&#34;", '"').replace("&quot;", '"')}
    sent = {**form, "reason": "两人都在场", "outcome": "done", "entry_basis": "", "note": ""}
    answer = keeper.http.post(f"{AT}/other", data=sent, headers=OURS, follow_redirects=False)

    assert (answer.status_code, answer.headers["Location"]) == (303, f"{AT}?done=other")
    said = asked(keeper, "decide_conflict")
    assert isinstance(said, DecideConflict)
    assert (said.verdict, said.reason, said.other) == (Verdict.OTHER, "两人都在场", Fields(outcome=VisitOutcome.DONE))


@pytest.mark.criterion("6.6")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_visit_is_shown_with_its_photographs_named_for_who_cannot_see_them(keeper: Door, language: str) -> None:
    keeper.bus.says(
        "get_visit",
        VisitView(
            visit_id="visit_00000001",
            rental_code="R-1",
            village="village/banyan",
            assistant="account_assistant",
            outcome=VisitOutcome.DONE,
            entry_basis=EntryBasis.CONSENT,
            findings=(Finding.NOTHING_UNUSUAL,),
            visited_at=NOON,
            received_at=NOON,
            counts=True,
            needs_attention=None,
            next_visit_due_on=None,
        ),
    )
    keeper.bus.says("list_photographs", PhotographPage(items=(PHOTOGRAPH,)))
    keeper.http.cookies.set("lang", language)

    page = keeper.http.get("/desk/visits/visit_00000001")

    assert page.status_code == 200, page.text
    assert re.search(r'<img src="/v1/visits/visit_00000001/photographs/photo_00000001" alt="[^"]{10,}"', page.text)
    assert "22.4681,113.2858" in page.text
    assert ("比巡查先到" if language == "zh" else "came before its visit") in page.text


@pytest.mark.criterion("6.5")
def test_photographs_without_a_visit_wait_in_the_inbox_until_somebody_has_looked(keeper: Door) -> None:
    assert 'href="/desk/photographs"' in keeper.http.get("/desk").text
    page = keeper.http.get("/desk/photographs")
    assert page.status_code == 200, page.text
    assert re.search(r'<img src="/v1/visits/visit_00000001/photographs/photo_00000001" alt="[^"]{10,}"', page.text)
    keeper.bus.says("settle_photograph", replace(PHOTOGRAPH, needs_attention=None))
    form = dict(re.findall(r'name="(csrf|key|page)" value="([^"]*)"', page.text))

    answer = keeper.http.post(
        "/desk/photographs/photo_00000001/settle",
        data=form,
        headers=OURS,
        follow_redirects=False,
    )

    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk/photographs")
    assert asked(keeper, "settle_photograph").photo_id == "photo_00000001"

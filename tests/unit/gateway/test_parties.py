from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lianxi.contracts import codec
from lianxi.contracts.envelope import Caller
from lianxi.contracts.operations import ReadList
from lianxi.contracts.parties import (
    Certainty,
    CorrectParty,
    GetParty,
    Hidden,
    ListParties,
    NamedPerson,
    PartyRole,
    PartyStanding,
    PartyView,
    PersonOpened,
    PersonTold,
    SealedParties,
    SealedParty,
    StatementView,
)
from lianxi.contracts.sealing import PERSON, PERSON_TOLD, Opener, Sealer
from lianxi.kernel.errors import NotFound, RuleBroken
from tests.support.gateway_fakes import AGENCY_OF_ROLE, NOON, Door

CASE = "case_00000000000000000000000001"
ID = "party_00000000000000000000000001"
NAME, PHONE, ID_NUMBER = "王小明", "13800138000", "11010519491231002X"
TOLD: dict[str, Any] = {
    "role": "organiser",
    "name": NAME,
    "phone": PHONE,
    "id_number": ID_NUMBER,
    "statement": "带头讲课",
    "certainty": "observed",
    "source": "现场检查笔录",
    "basis": "《禁止传销条例》第十四条",
}
WHY = {"reason": "是房东", "source": "租赁合同", "basis": "个人信息保护法第四十六条"}
VIEW = PartyView(
    party_id=ID,
    version=3,
    case_id=CASE,
    number="DYAJ-2026-1234-567890",
    owner=f"{AGENCY_OF_ROLE}/desk",
    receivers=(),
    role=PartyRole.ORGANISER,
    standing=PartyStanding.SUSPECTED,
    standing_zh="涉嫌组织者",
    standing_en="suspected organiser",
    is_possible_victim=False,
    is_minor=False,
    basis=TOLD["basis"],
    named_at=NOON,
    decision_reference=None,
    erased_at=None,
    person=NamedPerson(
        label_zh="有关人员567890(涉嫌组织者)",
        label_en="person of interest 567890 (suspected organiser)",
        standing_zh="涉嫌组织者",
        standing_en="suspected organiser",
    ),
    statements=(),
)
OPENED = PersonOpened(
    name=NAME,
    phone=PHONE,
    id_last4="002X",
    statements=(
        StatementView(text="带头讲课", certainty=Certainty.OBSERVED, source="笔录", basis=TOLD["basis"], made_at=NOON),
    ),
)


def sealed(request: GetParty | ListParties, view: PartyView = VIEW) -> SealedParty:
    return SealedParty(party=view, person=Sealer(request.answer_key).seal(codec.as_plain(OPENED), PERSON))


@pytest.fixture
def desk(door: Door) -> Door:
    def page(request: ListParties, _caller: Caller) -> SealedParties:
        return SealedParties(items=(sealed(request),))

    def one(request: GetParty, _caller: Caller) -> SealedParty:
        return sealed(request)

    door.bus.answers |= {"get_party": one, "list_parties": page}
    for method in ("name_party", "confirm_party", "clear_party", "correct_party"):
        door.bus.says(method, VIEW)
    return door


def test_a_person_is_named_once_and_their_name_crosses_the_broker_sealed(desk: Door, tmp_path: Path) -> None:
    path, headers = f"/v1/cases/{CASE}/parties", desk.headers("case_officer", key="k-1")
    made = [desk.http.post(path, json=TOLD, headers=headers) for _ in range(2)]
    asked = [each.request for each in desk.bus.asked if each.method == "name_party"]
    on_the_bus = json.dumps(codec.as_plain(asked[0]), ensure_ascii=False)
    private = (Path(desk.settings.gateway_seal_public_key_file).parent / "cases-seal-private").read_text()

    assert [each.status_code for each in made] == [201, 201], made[0].text
    assert made[0].headers["Location"] == f"/v1/parties/{ID}"
    assert len(asked) == 1
    for secret in (NAME, PHONE, ID_NUMBER, "讲课", "笔录"):
        assert secret not in on_the_bus
        assert secret not in repr(desk.ledger.remembered)
    told = codec.as_contract(PersonTold, Opener(private).open(asked[0].told, PERSON_TOLD))
    assert (told.name, told.phone, told.id_number, told.source) == (NAME, PHONE, ID_NUMBER, "现场检查笔录")


def test_the_same_key_for_another_name_is_refused(desk: Door) -> None:
    path, headers = f"/v1/cases/{CASE}/parties", desk.headers("case_officer", key="k-1")
    first = desk.http.post(path, json=TOLD, headers=headers)
    other = desk.http.post(path, json={**TOLD, "name": "李四"}, headers=headers)

    assert (first.status_code, other.status_code) == (201, 409)
    assert other.json()["code"] == "idempotency.key_reused"


@pytest.mark.criterion("8.5")
@pytest.mark.parametrize("role", ["case_officer", "case_lead"])
def test_case_officers_read_names_beside_how_they_stand(desk: Door, role: str) -> None:
    one = desk.http.get(f"/v1/parties/{ID}", headers=desk.headers(role))
    page = desk.http.get(f"/v1/cases/{CASE}/parties", headers=desk.headers(role))

    assert (one.status_code, one.headers["ETag"], one.headers["Cache-Control"]) == (200, '"3"', "no-store")
    for told in (one.json(), page.json()["items"][0]):
        assert told["person"]["name"] == NAME
        assert told["person"]["standing_zh"] == told["standing_zh"] == "涉嫌组织者"
        assert told["statements"][0]["text"] == "带头讲课"


@pytest.mark.criterion("8.5")
def test_a_desk_reads_the_first_letter_and_the_last_digits_beside_how_they_stand(desk: Door) -> None:
    told = desk.http.get(f"/v1/parties/{ID}", headers=desk.headers("desk")).json()

    assert told["person"] == {
        **codec.as_plain(VIEW.person),
        "name": "王＊",
        "phone": "＊＊＊＊8000",
        "id_last4": None,
    }
    assert told["standing_zh"] == "涉嫌组织者"
    assert "statements" not in told


@pytest.mark.criterion("8.5")
@pytest.mark.parametrize("role", ["office", "leader", "assessor", "finance", "external", "custodian", "operator"])
def test_nobody_else_reads_persons_at_all(desk: Door, role: str) -> None:
    answer = desk.http.get(f"/v1/parties/{ID}", headers=desk.headers(role))

    assert (answer.status_code, answer.json()["code"]) == (403, "right.missing")
    assert NAME not in answer.text


def test_another_agencys_officer_is_shown_nothing_even_if_a_desk_answered(desk: Door) -> None:
    desk.bus.answers["get_party"] = lambda request, _caller: sealed(request, replace(VIEW, owner="education/desk"))
    told = desk.http.get(f"/v1/parties/{ID}", headers=desk.headers("case_officer")).json()

    assert not {"person", "statements", "standing", "role"} & set(told)


@pytest.mark.criterion("8.5")
def test_only_who_decides_may_ask_for_who_is_cleared(desk: Door) -> None:
    paths = (f"/v1/parties/{ID}?including=cleared", f"/v1/cases/{CASE}/parties?including=cleared")
    turned = [desk.http.get(path, headers=desk.headers(role)) for path in paths for role in ("case_officer", "desk")]
    asked_before = len(desk.bus.asked)
    let_in = [desk.http.get(path, headers=desk.headers("case_lead")) for path in paths]

    assert {(each.status_code, each.json()["code"]) for each in turned} == {(403, "right.missing")}
    assert asked_before == 0
    assert [each.status_code for each in let_in] == [200, 200]
    assert [each.request.including for each in desk.bus.asked] == [Hidden.CLEARED] * 2


@pytest.mark.criterion("8.5")
def test_a_minor_is_unmasked_by_the_lead_and_the_reason_crosses_the_broker_sealed(desk: Door) -> None:
    desk.bus.says("unmask_party", VIEW)
    path, body = f"/v1/parties/{ID}/unmask", {"reason": f"联系{NAME}的监护人"}
    turned = [desk.http.post(path, json=body, headers=desk.headers(role, key="k")) for role in ("case_officer", "desk")]
    done = desk.http.post(path, json=body, headers=desk.headers("case_lead", key="k-1"))
    asked = [each.request for each in desk.bus.asked if each.method == "unmask_party"]

    assert [each.status_code for each in turned] == [403, 403]
    assert (done.status_code, done.json()["person"]["name"]) == (200, None)
    assert NAME not in repr(asked)
    assert len(asked) == 1


def test_who_has_read_a_person_is_told_to_the_desk_that_owns_the_case(desk: Door) -> None:
    desk.bus.says("list_reads", ReadList(items=(), total=0))
    desk.bus.answers["get_party"] = lambda request, _caller: sealed(request)
    owner = desk.http.get(f"/v1/audit/reads?item=party/{ID}", headers=desk.headers("case_lead"))
    desk.bus.answers["get_party"] = lambda request, _caller: sealed(request, replace(VIEW, owner="education/desk"))
    other = desk.http.get(f"/v1/audit/reads?item=party/{ID}", headers=desk.headers("case_lead"))

    assert (owner.status_code, other.status_code) == (200, 403)


def test_a_correction_of_who_is_cleared_is_the_leads(desk: Door) -> None:
    path = f"/v1/parties/{ID}/correct?including=cleared"
    body = {**WHY, "name": "王晓明"}
    turned = desk.http.post(path, json=body, headers=desk.headers("case_officer", key="k-1"))
    done = desk.http.post(path, json=body, headers=desk.headers("case_lead", key="k-2"))
    asked = [each.request for each in desk.bus.asked if isinstance(each.request, CorrectParty)]

    assert (turned.status_code, done.status_code) == (403, 200)
    assert [each.including for each in asked] == [Hidden.CLEARED]


@pytest.mark.parametrize(
    ("step", "body", "role"),
    [
        ("confirm", {"decision_reference": "市监罚〔2026〕12号"}, "case_lead"),
        ("clear", WHY, "case_lead"),
        ("correct", {**WHY, "role": "victim"}, "case_officer"),
    ],
)
def test_steps_are_taken_on_a_version(desk: Door, step: str, body: dict[str, Any], role: str) -> None:
    headers = {**desk.headers(role, key=f"k-{step}"), "If-Match": '"3"'}
    twice = [desk.http.post(f"/v1/parties/{ID}/{step}", json=body, headers=headers) for _ in range(2)]

    assert [each.status_code for each in twice] == [200, 200], twice[0].text
    assert [each.request.expected_version for each in desk.bus.asked] == [3]


@pytest.mark.parametrize("step", ["confirm", "clear"])
def test_deciding_on_a_person_is_not_the_officers(desk: Door, step: str) -> None:
    headers = desk.headers("case_officer", key="k")
    answer = desk.http.post(f"/v1/parties/{ID}/{step}", json=WHY, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (403, "right.missing")


@pytest.mark.criterion("8.5")
def test_who_is_cleared_and_who_never_was_are_answered_alike(desk: Door) -> None:
    desk.bus.says("get_party", NotFound("party.not_found"))
    answers = [desk.http.get(f"/v1/parties/{ID[:-1]}{last}", headers=desk.headers("case_officer")) for last in (1, 2)]

    assert [each.status_code for each in answers] == [404, 404]
    assert "cleared" not in answers[0].text
    assert "排除" not in answers[0].text


@pytest.mark.parametrize(
    ("field", "value"),
    [("basis", ""), ("source", None), ("id_number", "123"), ("phone", "call me"), ("name", ""), ("is_guilty", True)],
)
def test_what_is_missing_or_unknown_is_refused_at_the_door(desk: Door, field: str, value: Any) -> None:
    answer = desk.http.post(
        f"/v1/cases/{CASE}/parties", json={**TOLD, field: value}, headers=desk.headers("case_officer", key="k")
    )

    assert (answer.status_code, desk.bus.asked) == (422, [])
    assert ID_NUMBER not in answer.text


def test_a_refusal_does_not_say_the_number_again(desk: Door) -> None:
    desk.bus.says("name_party", RuleBroken("party.id_number_in_text", clause="PIPL art. 28"))
    body = {**TOLD, "statement": f"身份证{ID_NUMBER}"}
    answer = desk.http.post(f"/v1/cases/{CASE}/parties", json=body, headers=desk.headers("case_officer", key="k"))

    assert (answer.status_code, answer.json()["code"]) == (422, "party.id_number_in_text")
    assert ID_NUMBER not in answer.text

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianxi.contracts import codec
from lianxi.contracts.cases import REASONS, CaseClosed, CaseOutcome, CaseState, CloseCase
from lianxi.contracts.envelope import Cause
from lianxi.contracts.masking import masked_name, masked_number, masked_person
from lianxi.contracts.parties import (
    Certainty,
    ConfirmParty,
    GetParty,
    Hidden,
    ListParties,
    NamedPerson,
    PartyCleared,
    PartyCorrected,
    PartyNamed,
    PartyRole,
    PartyStanding,
    PartyUnmasked,
)
from lianxi.contracts.sealing import Opener
from lianxi.kernel.errors import Conflict, InvariantBroken, NotFound, Refused, RuleBroken
from lianxi.store.mapping import as_fields, as_state
from services.cases.domain.parties import Party, check_id_number, check_texts, labelled, standing_of
from tests.unit.cases.desk import (
    BASIS,
    FIRST_KEY,
    MARKET,
    NAME,
    NOW,
    POLICE_CALLER,
    SECOND_KEY,
    CasesInMemory,
    caller,
)

PHONE = "13800138000"
ID_NUMBER = "11010519491231002X"
NEVER_SAID = "传销人员"
ROLES, STANDINGS = list(PartyRole), list(PartyStanding)


def close(town: CasesInMemory, case_id: str, outcome: CaseOutcome = CaseOutcome.NOT_ESTABLISHED) -> None:
    town.desk.close_case(
        CloseCase(case_id=case_id, outcome=outcome, reason=REASONS[outcome][0], grounds="facts and articles"), MARKET
    )
    event = next(each for each in town.announced() if isinstance(each, CaseClosed) and each.case_id == case_id)
    town.persons.settle_parties(event, Cause(actor="desk:cases", correlation_id="x", event_id=f"closed:{case_id}"))


# --- the word that everybody named carries


@pytest.mark.criterion("8.5")
@given(
    role=st.sampled_from(ROLES), standing=st.sampled_from(STANDINGS), digits=st.from_regex(r"[0-9]{6}", fullmatch=True)
)
def test_no_label_is_made_without_how_somebody_stands(role: PartyRole, standing: PartyStanding, digits: str) -> None:
    zh, en = standing_of(role, standing)
    party = dataclasses.replace(A_PARTY, role=role, standing=standing, number=f"DYAJ-2026-1234-{digits}")
    person = labelled(party)

    assert (person.standing_zh, person.standing_en) == (zh, en)
    assert zh in person.label_zh
    assert en in person.label_en
    assert digits in person.label_zh
    assert NEVER_SAID not in person.label_zh
    if standing is PartyStanding.SUSPECTED:
        assert en.startswith("suspected ")
        assert zh.startswith(("涉嫌", "疑似"))
        assert person.label_zh.startswith("有关人员")
        assert person.label_en.startswith("person of interest")
    if standing is PartyStanding.CLEARED:
        assert (zh, en) == ("已排除", "cleared"), "what somebody was suspected of is no longer said"


A_PARTY = Party(
    id="party_1",
    case_id="case_1",
    number="DYAJ-2026-1234-000001",
    owner="market/desk",
    owner_agency="market",
    role=PartyRole.ORGANISER,
    is_possible_victim=False,
    is_minor=False,
    basis=BASIS,
    sealed=None,
    named_at=NOW,
)


@pytest.mark.criterion("8.5")
@given(
    label=st.text(min_size=1),
    standing=st.text(),
)
def test_a_person_cannot_be_shown_at_all_without_how_they_stand(label: str, standing: str) -> None:
    if standing.strip() and standing in label:
        NamedPerson(label_zh=label, label_en=label, standing_zh=standing, standing_en=standing, name=NAME)
        return
    with pytest.raises(InvariantBroken, match=r"party\.no_standing"):
        NamedPerson(label_zh=label, label_en=label, standing_zh=standing, standing_en=standing, name=NAME)


@pytest.mark.criterion("8.5")
@pytest.mark.parametrize("role", ROLES)
def test_whoever_is_named_is_suspected_in_every_answer_and_event(town: CasesInMemory, role: PartyRole) -> None:
    case = town.open()
    made = town.name(case.case_id, role)
    zh, en = standing_of(role, PartyStanding.SUSPECTED)

    for view in (made, town.party(made.party_id), *town.parties_of(case.case_id)):
        assert view.standing is PartyStanding.SUSPECTED
        assert (view.standing_zh, view.standing_en) == (zh, en)
        assert (view.person.standing_zh, view.person.standing_en) == (zh, en)
    event = next(each for each in town.announced() if isinstance(each, PartyNamed))
    assert (event.standing, event.standing_zh, event.standing_en) == (PartyStanding.SUSPECTED, zh, en)


@pytest.mark.criterion("8.5")
@pytest.mark.parametrize("role", ROLES)
def test_who_took_part_is_a_possible_victim_from_the_start(town: CasesInMemory, role: PartyRole) -> None:
    view = town.name(town.open().case_id, role)

    assert view.is_possible_victim == (role in (PartyRole.PARTICIPANT, PartyRole.VICTIM))


# --- what is taken down, and how it lies


def test_a_person_is_read_with_source_certainty_and_basis(town: CasesInMemory) -> None:
    made = town.name(town.open().case_id, phone=PHONE, id_number=ID_NUMBER)
    view = town.party(made.party_id)

    assert (view.person.name, view.person.phone, view.person.id_last4) == (NAME, PHONE, "002X")
    assert [(each.text, each.certainty, each.source, each.basis) for each in view.statements] == [
        ("带头讲课", Certainty.OBSERVED, "现场检查笔录", BASIS)
    ]


def test_answers_to_writes_and_what_is_kept_and_told_hold_no_name_and_no_number(town: CasesInMemory) -> None:
    case = town.open()
    made = town.name(case.case_id, phone=PHONE, id_number=ID_NUMBER)
    changed = [
        town.correct_party(made.party_id, name="王晓明", phone="13900139000"),
        town.confirm_party(made.party_id),
        town.clear_party(made.party_id, statement="他只是房东王晓明"),
    ]
    kept = repr([as_fields(each) for each in town.parties.all()])
    told = repr(town.announced())
    answers = json.dumps([codec.as_plain(each) for each in (made, *changed)], ensure_ascii=False)

    for said in (kept, told, answers):
        for secret in (NAME, "王晓明", "王", PHONE, "13900139000", ID_NUMBER, ID_NUMBER[-4:], "讲课", "笔录"):
            assert secret not in said, secret


def test_what_crosses_the_broker_holds_no_name(town: CasesInMemory) -> None:
    case = town.open()
    made = town.name(case.case_id, phone=PHONE)
    key = Opener.for_one_answer().public_key
    answers = (
        town.persons.get_party(GetParty(party_id=made.party_id, answer_key=key), MARKET),
        town.persons.list_parties(ListParties(case_id=case.case_id, answer_key=key), MARKET),
    )

    for answer in answers:
        text = json.dumps(codec.as_plain(answer), ensure_ascii=False)
        assert NAME not in text
        assert PHONE not in text


def test_a_state_that_lay_in_the_database_is_read_back(town: CasesInMemory) -> None:
    town.name(town.open().case_id, phone=PHONE)
    party = town.parties.all()[0]

    assert as_state(Party, as_fields(party)) == party


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"source": "  "}, "party.source_missing"),
        ({"basis": "  "}, "party.basis_missing"),
        ({"name": "  "}, "party.name_missing"),
        ({"name": None}, "party.name_missing"),
        ({"id_number": "110105194912310021"}, "party.id_number_wrong"),
        ({"id_number": "1101051949123100２X"[:18].replace("２", "a")}, "party.id_number_wrong"),
        ({"statement": f"身份证{ID_NUMBER}"}, "party.id_number_in_text"),
        ({"statement": "证号 110105 19491231 002 x 的人"}, "party.id_number_in_text"),
        ({"source": "１１０１０５１９４９１２３１００２Ｘ"}, "party.id_number_in_text"),
        ({"name": ID_NUMBER}, "party.id_number_in_text"),
        ({"phone": ID_NUMBER}, "party.id_number_in_text"),
        ({"basis": f"{BASIS}{ID_NUMBER}"}, "party.id_number_in_text"),
    ],
)
def test_nobody_is_named_without_source_and_basis_or_with_a_whole_identity_number(
    town: CasesInMemory, told: dict[str, str], code: str
) -> None:
    case = town.open()

    with pytest.raises(RuleBroken) as refused:
        town.name(case.case_id, **told)  # type: ignore[arg-type]

    assert refused.value.code == code
    assert ID_NUMBER not in str(refused.value)
    assert town.parties.all() == []


@given(st.text(alphabet="0123456789Xx -一", max_size=40))
def test_shorter_and_longer_numbers_are_no_identity_numbers(text: str) -> None:
    digits = "".join(letter for letter in text if letter.isdigit() or letter in "Xx")
    if len(digits) < 18:
        check_texts((text,))


def test_an_identity_number_proves_itself() -> None:
    assert check_id_number("11010519491231002x") == ID_NUMBER


def test_one_identity_number_is_one_person_of_a_case_and_joins_no_two_cases(town: CasesInMemory) -> None:
    first, second = town.open(), town.open()
    town.name(first.case_id, id_number=ID_NUMBER)
    with pytest.raises(Conflict, match=r"party\.already_named"):
        town.name(first.case_id, name="另一个名字", id_number=ID_NUMBER)
    town.name(second.case_id, id_number=ID_NUMBER)

    marks = [each.id_mark for each in town.parties.all()]
    assert None not in marks
    assert len(set(marks)) == 2


def test_the_same_command_names_one_person_once(town: CasesInMemory) -> None:
    case = town.open()
    twice = [town.name(case.case_id, id_number=ID_NUMBER, by=caller("market", "key-1")) for _ in range(2)]

    assert twice[0] == twice[1]
    assert len(town.parties.all()) == 1
    assert len([each for each in town.announced() if isinstance(each, PartyNamed)]) == 1


def test_nobody_is_named_in_another_agencys_case_or_a_closed_one(town: CasesInMemory) -> None:
    case = town.open()
    with pytest.raises(NotFound, match=r"case\.not_found"):
        town.name(case.case_id, by=POLICE_CALLER)
    close(town, case.case_id)
    with pytest.raises(Conflict, match=r"case\.already_closed"):
        town.name(case.case_id)


@pytest.mark.criterion("8.5")
def test_a_minor_is_masked_even_for_the_desk_that_owns_the_case(town: CasesInMemory) -> None:
    made = town.name(town.open().case_id, PartyRole.VICTIM, is_minor=True, phone=PHONE, id_number=ID_NUMBER)
    person = town.party(made.party_id).person

    assert (person.name, person.phone, person.id_last4) == ("王＊", "＊＊＊＊8000", None)


@pytest.mark.criterion("8.5")
def test_a_minor_is_unmasked_for_a_reason_by_whoever_gave_it_and_for_a_quarter_of_an_hour(town: CasesInMemory) -> None:
    made = town.name(town.open().case_id, PartyRole.VICTIM, is_minor=True, phone=PHONE)
    colleague = dataclasses.replace(MARKET, actor="client:other")
    for reason, code in (("  ", "unmasking.reason_missing"), (ID_NUMBER, "party.id_number_in_text")):
        with pytest.raises(RuleBroken) as refused:
            town.unmask_party(made.party_id, reason)
        assert refused.value.code == code
    answer = town.unmask_party(made.party_id)

    assert answer.person.name is None
    assert town.party(made.party_id).person.name == NAME
    assert town.party(made.party_id, by=colleague).person.name == "王＊"
    event = next(each for each in town.announced() if isinstance(each, PartyUnmasked))
    assert (event.ends_at, event.standing_zh) == (NOW + timedelta(minutes=15), "疑似受害人")
    assert "监护人" not in repr(town.announced()) + repr([as_fields(each) for each in town.parties.all()])
    town.wait(timedelta(minutes=15))
    assert town.party(made.party_id).person.name == "王＊"


def test_nobody_is_unmasked_who_is_not_masked_or_not_there(town: CasesInMemory) -> None:
    case = town.open()
    grown, minor = town.name(case.case_id), town.name(case.case_id, is_minor=True)
    with pytest.raises(RuleBroken, match=r"party\.not_masked"):
        town.unmask_party(grown.party_id)
    with pytest.raises(NotFound, match=r"party\.not_found"):
        town.unmask_party(minor.party_id, by=POLICE_CALLER)
    close(town, case.case_id)
    with pytest.raises(Conflict, match=r"party\.erased"):
        town.unmask_party(minor.party_id)


def test_masks_keep_the_first_letter_and_the_last_digits_and_how_somebody_stands() -> None:
    shown = codec.as_plain(dataclasses.replace(labelled(A_PARTY), name=NAME, phone=PHONE, id_last4="002X"))
    masked = masked_person(shown)

    assert (masked["name"], masked["phone"], masked["id_last4"]) == ("王＊", "＊＊＊＊8000", None)
    assert {name: masked[name] for name in masked if "standing" in name or "label" in name} == {
        name: shown[name] for name in shown if "standing" in name or "label" in name
    }
    assert masked_name("欧阳小明") == "欧＊"
    assert masked_number("12345") == "＊＊＊＊"


# --- decided, cleared, corrected


@pytest.mark.criterion("8.5")
def test_only_a_decision_confirms(town: CasesInMemory) -> None:
    made = town.name(town.open().case_id)
    with pytest.raises(RuleBroken, match=r"party\.decision_missing"):
        town.confirm_party(made.party_id, "  ")
    confirmed = town.confirm_party(made.party_id)

    assert (confirmed.standing, confirmed.decision_reference) == (PartyStanding.CONFIRMED, "市监罚〔2026〕12号")
    assert "涉嫌" not in confirmed.person.label_zh
    with pytest.raises(Conflict, match=r"party\.not_suspected"):
        town.confirm_party(made.party_id)


@pytest.mark.criterion("8.5")
@pytest.mark.parametrize("is_confirmed", [False, True])
def test_who_is_cleared_is_nowhere_to_be_found(town: CasesInMemory, is_confirmed: bool) -> None:
    case = town.open()
    kept, made = town.name(case.case_id), town.name(case.case_id, id_number=ID_NUMBER, name="李四")
    if is_confirmed:
        town.confirm_party(made.party_id)
    before = (town.cases.get(case.case_id).version, len(town.parties_of(case.case_id)))
    town.clear_party(made.party_id, statement="是房东,不知情")

    assert [each.party_id for each in town.parties_of(case.case_id)] == [kept.party_id]
    assert before == (town.cases.get(case.case_id).version, 2), "the case itself does not tell that it changed"
    looks: list[Callable[[], object]] = [
        lambda: town.party(made.party_id),
        lambda: town.correct_party(made.party_id, name="李五"),
        lambda: town.confirm_party(made.party_id),
    ]
    for look in looks:
        with pytest.raises(NotFound) as refused:
            look()
        assert (refused.value.code, refused.value.facts) == ("party.not_found", {})
    # Whoever gives the number again is not told that it is known.
    assert town.name(case.case_id, name="李四", id_number=ID_NUMBER).standing is PartyStanding.SUSPECTED


@pytest.mark.criterion("8.5")
def test_the_lead_still_finds_who_is_cleared_and_nothing_undoes_it(town: CasesInMemory) -> None:
    case = town.open()
    made = town.name(case.case_id, name="李四")
    town.clear_party(made.party_id, statement="是房东,不知情")
    listed = town.parties_of(case.case_id, including=Hidden.CLEARED)
    view = town.party(made.party_id, including=Hidden.CLEARED)

    assert [each.party_id for each in listed] == [made.party_id]
    assert (view.standing, view.standing_zh, view.person.name) == (PartyStanding.CLEARED, "已排除", "李四")
    assert view.statements[-1].text == "是房东,不知情"
    with pytest.raises(Conflict, match=r"party\.already_cleared"):
        town.clear_party(made.party_id)
    corrected = town.correct_party(made.party_id, name="李肆", including=Hidden.CLEARED)
    assert corrected.standing is PartyStanding.CLEARED
    assert town.parties_of(case.case_id) == ()


def test_numbers_of_persons_do_not_tell_how_many_there_are(town: CasesInMemory) -> None:
    case = town.open()
    numbers = [int(town.name(case.case_id).number.rpartition("-")[2]) for _ in range(8)]

    assert numbers != sorted(numbers) or numbers[-1] - numbers[0] > 8


def test_a_correction_keeps_nothing_of_what_was_wrong(town: CasesInMemory) -> None:
    case = town.open()
    made = town.name(case.case_id, name="王晓名", phone=PHONE, id_number=ID_NUMBER)
    town.correct_party(made.party_id, name="王晓明", role=PartyRole.PARTICIPANT, statement="笔误", source="本人申请")
    view = town.party(made.party_id)

    assert (view.person.name, view.person.phone, view.person.id_last4) == ("王晓明", PHONE, "002X")
    assert (view.role, view.is_possible_victim, view.standing_zh) == (PartyRole.PARTICIPANT, True, "涉嫌参与")
    assert [each.text for each in view.statements] == ["带头讲课", "笔误"]
    assert "王晓名" not in repr(view)
    with pytest.raises(RuleBroken, match=r"party\.nothing_corrected"):
        town.correct_party(made.party_id)


@pytest.mark.criterion("8.5")
def test_a_correction_never_makes_a_decided_role_out_of_another(town: CasesInMemory) -> None:
    made = town.name(town.open().case_id, PartyRole.PARTICIPANT)
    town.confirm_party(made.party_id)
    with pytest.raises(Conflict, match=r"party\.role_decided"):
        town.correct_party(made.party_id, role=PartyRole.ORGANISER)

    assert town.correct_party(made.party_id, role=PartyRole.PARTICIPANT).role is PartyRole.PARTICIPANT


def test_a_decision_on_a_version_that_is_gone_is_refused(town: CasesInMemory) -> None:
    made = town.name(town.open().case_id)
    town.correct_party(made.party_id, name="王晓明")
    stale = ConfirmParty(party_id=made.party_id, decision_reference="罚1号", expected_version=made.version)

    with pytest.raises(Conflict, match=r"party\.changed"):
        town.persons.confirm_party(stale, MARKET)


# --- who may know


def test_another_agency_finds_nobody(town: CasesInMemory) -> None:
    case = town.open()
    made = town.name(case.case_id)
    tries: tuple[Callable[[], object], ...] = (
        lambda: town.party(made.party_id, by=POLICE_CALLER),
        lambda: town.parties_of(case.case_id, by=POLICE_CALLER),
        lambda: town.confirm_party(made.party_id, by=POLICE_CALLER),
        lambda: town.clear_party(made.party_id, by=POLICE_CALLER),
        lambda: town.correct_party(made.party_id, name="x", by=POLICE_CALLER),
        lambda: town.party("party_unknown", by=POLICE_CALLER),
    )
    codes = []
    for each in tries:
        with pytest.raises(NotFound) as refused:
            each()
        codes.append(refused.value.code)
    assert set(codes) == {"party.not_found", "case.not_found"}


def test_the_police_read_the_persons_of_a_case_once_it_was_sent_to_them_and_decide_on_none(
    town: CasesInMemory,
) -> None:
    case = town.open(suspected_crime=True)
    made = town.name(case.case_id)
    referral = town.draft(case.case_id)
    with pytest.raises(NotFound):
        town.party(made.party_id, by=POLICE_CALLER)
    town.decide(referral.referral_id)
    town.send(referral.referral_id)

    assert town.party(made.party_id, by=POLICE_CALLER).person.name == NAME
    assert len(town.parties_of(case.case_id, by=POLICE_CALLER)) == 1
    with pytest.raises(NotFound):
        town.clear_party(made.party_id, by=POLICE_CALLER)
    town.clear_party(made.party_id)
    with pytest.raises(NotFound):
        town.party(made.party_id, by=POLICE_CALLER, including=Hidden.CLEARED)
    assert town.parties_of(case.case_id, by=POLICE_CALLER, including=Hidden.CLEARED) == ()


@pytest.mark.criterion("8.5")
def test_clearing_and_correcting_name_whoever_was_sent_the_case(town: CasesInMemory) -> None:
    case = town.open(suspected_crime=True)
    made = town.name(case.case_id)
    quiet = town.correct_party(made.party_id, name="王晓明")
    referral = town.draft(case.case_id)
    town.decide(referral.referral_id)
    town.send(referral.referral_id)
    town.accept(referral.referral_id, is_competent=False)
    town.forward(referral.referral_id)
    town.correct_party(made.party_id, role=PartyRole.VICTIM)
    town.clear_party(made.party_id)

    corrected = [each for each in town.announced() if isinstance(each, PartyCorrected)]
    cleared = [each for each in town.announced() if isinstance(each, PartyCleared)]
    assert quiet.receivers == ()
    assert [each.receivers for each in corrected] == [(), ("police/economic", "city/police")]
    assert [each.receivers for each in cleared] == [("police/economic", "city/police")]
    assert corrected[1].standing_zh == "疑似受害人"
    assert (cleared[0].standing_zh, cleared[0].number) == ("已排除", made.number)


# --- the end of the case, and of keys


@pytest.mark.criterion("8.5")
@pytest.mark.parametrize("outcome", [each for each in CaseOutcome if each is not CaseOutcome.TRANSFERRED_TO_POLICE])
def test_who_is_still_suspected_when_a_case_closes_is_erased_but_for_a_number(
    town: CasesInMemory, outcome: CaseOutcome
) -> None:
    case = town.open()
    kept, gone = town.name(case.case_id, name="李四"), town.name(case.case_id, phone=PHONE, id_number=ID_NUMBER)
    elsewhere = town.name(town.open().case_id)
    town.confirm_party(kept.party_id)
    close(town, case.case_id, outcome)
    erased = town.party(gone.party_id)
    party = town.parties.get(gone.party_id).state

    assert (party.sealed, party.id_mark, party.erased_at) == (None, None, NOW)
    assert (erased.person.name, erased.person.phone, erased.person.id_last4, erased.statements) == (None,) * 3 + ((),)
    assert erased.person.label_zh == f"有关人员{gone.number[-6:]}(涉嫌组织者)"
    assert town.party(kept.party_id).person.name == "李四"
    assert town.party(elsewhere.party_id).person.name == NAME
    with pytest.raises(Conflict, match=r"party\.erased"):
        town.confirm_party(gone.party_id)
    with pytest.raises(Conflict, match=r"party\.erased"):
        town.correct_party(gone.party_id, name="王晓明")


def test_who_was_erased_can_still_be_cleared(town: CasesInMemory) -> None:
    case = town.open()
    made = town.name(case.case_id)
    close(town, case.case_id)

    assert town.clear_party(made.party_id).standing is PartyStanding.CLEARED


def test_somebody_named_while_the_case_closes_is_erased_too(
    town: CasesInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = town.open()
    add = town.parties.add

    def closing(*given: object) -> bool:
        close(town, case.case_id)
        return add(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(town.parties, "add", closing)
    with pytest.raises(Refused, match=r"case\.already_closed"):
        town.name(case.case_id)

    assert [each.sealed for each in town.parties.all()] == [None]
    assert town.cases.get(case.case_id).state.state is CaseState.CLOSED


def test_persons_are_brought_under_a_new_key_and_the_old_one_may_then_go(town: CasesInMemory) -> None:
    case = town.open()
    made = town.name(case.case_id)
    body = town.parties.all()[0].sealed
    town.party_desk(f"{SECOND_KEY}\n{FIRST_KEY}").rewrap()
    after = town.parties.all()[0].sealed
    assert body is not None
    assert after is not None
    assert (after.key_id, after.body) == ("second", body.body)
    town.persons = town.party_desk(SECOND_KEY)

    assert town.party(made.party_id).person.name == NAME

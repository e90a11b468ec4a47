"""Evidence: hashed at intake, in one pair of hands at a time, handed over and destroyed by two, looked at weekly."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lianxi.contracts import codec
from lianxi.contracts.cases import CaseState
from lianxi.contracts.envelope import Caller
from lianxi.contracts.evidence import (
    AskDestruction,
    CheckEvidence,
    CollectEvidence,
    CustodyAct,
    DecideDestruction,
    DeclineEvidence,
    EvidenceAltered,
    EvidenceKind,
    EvidenceRecovered,
    EvidenceState,
    EvidenceView,
    GetEvidence,
    ListEvidence,
    Looking,
    OfferEvidence,
    OpenEvidence,
    ReceiveEvidence,
    ReturnEvidence,
    SealEvidence,
    TakeEvidenceBack,
)
from lianxi.contracts.sealing import EVIDENCE, Opener, Sealer
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, RuleBroken
from lianxi.policy.retention import Hold
from lianxi.runtime import locked_files
from lianxi.store.mapping import as_fields
from services.cases.domain.evidence import NIGHTS
from tests.unit.cases.desk import MARKET, NOW, POLICE, POLICE_CALLER, CasesInMemory, caller

FILE = "聊天记录:三级返利表".encode()
LABEL, WHY, WHERE = "返利表照片", "现场检查所得", "市场监管所"
WORDS: Any = {"why": WHY, "where": WHERE}
LEAD = replace(MARKET, actor="market:lead")


def collect(town: CasesInMemory, case_id: str, content: bytes = FILE, *, by: Caller = MARKET, **told: Any) -> str:
    locked = locked_files.lock(content)
    kept = f"{locked.name}.{'0' * 16}"
    town.files.kept[kept] = locked.body
    plain = {"key": locked.key, "sha256": hashlib.sha256(content).hexdigest(), "label": LABEL, **WORDS, **told}
    asked = CollectEvidence(
        case_id=case_id,
        kind=EvidenceKind.PHOTOGRAPH,
        file=kept,
        media_type="image/jpeg",
        size=len(content),
        sealed=Sealer(town.opener.public_key).seal(plain, EVIDENCE),
    )
    return town.exhibits.collect_evidence(asked, by).evidence_id


def shown(town: CasesInMemory, evidence_id: str, by: Caller = MARKET) -> EvidenceView:
    return town.exhibits.get_evidence(GetEvidence(evidence_id=evidence_id), by)


def acts(town: CasesInMemory, evidence_id: str) -> list[str]:
    return [each.act.value for each in shown(town, evidence_id).custody]


def opened(town: CasesInMemory, evidence_id: str, looking: Looking = Looking.VIEW, by: Caller = MARKET) -> bytes:
    mine = Opener.for_one_answer()
    asked = OpenEvidence(evidence_id=evidence_id, looking=looking, answer_key=mine.public_key, **WORDS)
    found = town.exhibits.open_evidence(asked, by)
    told = mine.open(found.sealed, EVIDENCE)
    content = locked_files.unlock(town.files.kept[found.file], told["key"])
    assert content is not None
    assert hashlib.sha256(content).hexdigest() == told["sha256"]
    return content


def refer(town: CasesInMemory, case_id: str) -> None:
    """Send the case's papers to the police, who may read it from then on."""
    referral = town.draft(case_id)
    town.decide(referral.referral_id)
    town.send(referral.referral_id)


def flip(town: CasesInMemory, evidence_id: str) -> Callable[[], None]:
    file = town.evidence.get(evidence_id).state.file
    before = town.files.kept[file]
    town.files.kept[file] = before[:20] + bytes([before[20] ^ 1]) + before[21:]

    def restore() -> None:
        town.files.kept[file] = before

    return restore


@pytest.mark.criterion("9.3")
def test_a_file_is_known_by_what_it_holds_and_its_words_lie_under_a_seal(town: CasesInMemory) -> None:
    case = town.open()
    evidence_id = collect(town, case.case_id)

    found = shown(town, evidence_id)
    assert (found.sha256, found.size, found.label) == (hashlib.sha256(FILE).hexdigest(), len(FILE), LABEL)
    assert (found.holder, found.state) == ("market/desk", EvidenceState.HELD)
    first = found.custody[0]
    assert (first.act, first.by, first.desk, first.at, first.why, first.where) == (
        CustodyAct.COLLECT,
        MARKET.actor,
        "market/desk",
        NOW,
        WHY,
        WHERE,
    )
    kept = town.evidence.get(evidence_id).state
    assert hashlib.sha256(town.files.kept[kept.file]).hexdigest() == kept.file.partition(".")[0]
    assert LABEL not in repr(as_fields(kept))


def test_the_same_command_twice_is_one_piece_of_evidence(town: CasesInMemory) -> None:
    case = town.open()
    once = caller("market", "command-1")

    assert collect(town, case.case_id, by=once) == collect(town, case.case_id, by=once)
    assert len(town.exhibits.list_evidence(ListEvidence(case_id=case.case_id), MARKET).items) == 1


@pytest.mark.criterion("9.3")
def test_every_look_and_every_copy_stands_in_the_custody(town: CasesInMemory) -> None:
    evidence_id = collect(town, town.open().case_id)

    assert opened(town, evidence_id) == opened(town, evidence_id, Looking.COPY, LEAD) == FILE
    town.exhibits.seal_evidence(SealEvidence(evidence_id=evidence_id, seal_number="封-0042", **WORDS), MARKET)

    custody = shown(town, evidence_id).custody
    assert [(each.act.value, each.by) for each in custody[1:]] == [
        ("view", MARKET.actor),
        ("copy", LEAD.actor),
        ("seal", MARKET.actor),
    ]
    assert all((each.why and each.where and each.desk == "market/desk") for each in custody)
    assert "封-0042" in custody[-1].why


@pytest.mark.criterion("9.3")
def test_evidence_changes_hands_only_when_both_sides_say_so(town: CasesInMemory) -> None:
    case = town.open()
    evidence_id = collect(town, case.case_id)
    offer = OfferEvidence(evidence_id=evidence_id, receiver=POLICE, **WORDS)
    with pytest.raises(RuleBroken, match="receiver_may_not_read"):
        town.exhibits.offer_evidence(offer, MARKET)
    refer(town, case.case_id)

    offered = town.exhibits.offer_evidence(offer, MARKET)
    assert (offered.state, offered.holder, offered.offered_to) == (EvidenceState.OFFERED, "market/desk", POLICE)
    for wrong in (MARKET, LEAD):
        with pytest.raises(Forbidden, match="not_your_hands"):
            town.exhibits.receive_evidence(ReceiveEvidence(evidence_id=evidence_id, **WORDS), wrong)
    with pytest.raises(Conflict, match="being_handed_over"):
        town.exhibits.offer_evidence(offer, MARKET)
    received = town.exhibits.receive_evidence(ReceiveEvidence(evidence_id=evidence_id, **WORDS), POLICE_CALLER)

    assert (received.state, received.holder, received.offered_to) == (EvidenceState.HELD, POLICE, None)
    with pytest.raises(Forbidden, match="not_your_hands"):
        town.exhibits.offer_evidence(replace(offer, receiver="police/petitions"), MARKET)
    town.exhibits.return_evidence(ReturnEvidence(evidence_id=evidence_id, **WORDS), POLICE_CALLER)
    assert shown(town, evidence_id).holder == POLICE
    back = town.exhibits.receive_evidence(ReceiveEvidence(evidence_id=evidence_id, **WORDS), MARKET)
    assert back.holder == "market/desk"
    assert acts(town, evidence_id) == ["collect", "hand_over", "receive", "return", "receive"]


@pytest.mark.criterion("9.3")
def test_one_person_never_stands_for_both_sides(town: CasesInMemory) -> None:
    case = town.open()
    evidence_id = collect(town, case.case_id)
    refer(town, case.case_id)
    town.exhibits.offer_evidence(OfferEvidence(evidence_id=evidence_id, receiver=POLICE, **WORDS), MARKET)
    town.exhibits.receive_evidence(ReceiveEvidence(evidence_id=evidence_id, **WORDS), POLICE_CALLER)

    within = OfferEvidence(evidence_id=evidence_id, receiver="police/criminal", **WORDS)
    town.exhibits.offer_evidence(within, POLICE_CALLER)
    with pytest.raises(Forbidden, match="other_person_needed"):
        town.exhibits.receive_evidence(ReceiveEvidence(evidence_id=evidence_id, **WORDS), POLICE_CALLER)


@pytest.mark.criterion("9.3")
def test_what_is_declined_or_taken_back_stays_where_it_was(town: CasesInMemory) -> None:
    case = town.open()
    evidence_id = collect(town, case.case_id)
    refer(town, case.case_id)
    offer = OfferEvidence(evidence_id=evidence_id, receiver=POLICE, **WORDS)

    town.exhibits.offer_evidence(offer, MARKET)
    town.exhibits.decline_evidence(DeclineEvidence(evidence_id=evidence_id, **WORDS), POLICE_CALLER)
    town.exhibits.offer_evidence(offer, MARKET)
    after = town.exhibits.take_evidence_back(TakeEvidenceBack(evidence_id=evidence_id, **WORDS), MARKET)

    assert (after.holder, after.state) == ("market/desk", EvidenceState.HELD)
    assert acts(town, evidence_id)[1:] == ["hand_over", "decline", "hand_over", "take_back"]


@pytest.mark.criterion("9.3")
def test_destroying_needs_a_decision_and_another_person_and_leaves_custody_and_digest(town: CasesInMemory) -> None:
    evidence_id = collect(town, town.open().case_id)
    decide = DecideDestruction(evidence_id=evidence_id, approve=True, **WORDS)
    with pytest.raises(Conflict, match="destruction_not_asked"):
        town.exhibits.decide_destruction(decide, LEAD)

    town.exhibits.ask_destruction(
        AskDestruction(evidence_id=evidence_id, decision_reference="市监处〔2026〕3号", **WORDS), MARKET
    )
    with pytest.raises(Forbidden, match="other_person_needed"):
        town.exhibits.decide_destruction(decide, MARKET)
    assert len(town.files.kept) == 1
    gone = town.exhibits.decide_destruction(decide, LEAD)

    assert (gone.state, gone.sha256) == (EvidenceState.DESTROYED, hashlib.sha256(FILE).hexdigest())
    assert gone.destruction is not None
    assert (gone.destruction.asked_by, gone.destruction.decided_by) == (MARKET.actor, LEAD.actor)
    assert acts(town, evidence_id) == ["collect", "ask_destruction", "destroy"]
    assert town.files.kept == {}
    assert (town.evidence.get(evidence_id).state.sealed, town.evidence.get(evidence_id).state.file) == ("", "")
    with pytest.raises(Conflict, match="destroyed"):
        opened(town, evidence_id)


def test_a_refused_destruction_leaves_everything(town: CasesInMemory) -> None:
    evidence_id = collect(town, town.open().case_id)
    town.exhibits.ask_destruction(AskDestruction(evidence_id=evidence_id, decision_reference="3号", **WORDS), MARKET)
    town.exhibits.decide_destruction(DecideDestruction(evidence_id=evidence_id, approve=False, **WORDS), LEAD)

    assert opened(town, evidence_id) == FILE


def test_what_is_on_legal_hold_is_not_destroyed(town: CasesInMemory) -> None:
    case = town.open()
    evidence_id = collect(town, case.case_id)
    ask = AskDestruction(evidence_id=evidence_id, decision_reference="3号", **WORDS)
    town.exhibits.ask_destruction(ask, MARKET)
    hold = Hold(reason="复议", by="office", at=NOW)
    town.cases.change(
        case.case_id, lambda each: (replace(each, keeping=replace(each.keeping, hold=hold)), ()), LEAD.cause()
    )

    with pytest.raises(Conflict, match="on_hold"):
        town.exhibits.decide_destruction(DecideDestruction(evidence_id=evidence_id, approve=True, **WORDS), LEAD)
    assert opened(town, evidence_id) == FILE


def test_a_file_whose_deleting_was_cut_off_is_deleted_by_the_next_sweep(
    town: CasesInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    evidence_id = collect(town, town.open().case_id)
    town.exhibits.ask_destruction(AskDestruction(evidence_id=evidence_id, decision_reference="3号", **WORDS), MARKET)
    with monkeypatch.context() as cut:
        cut.setattr(town.files, "forget", lambda _kept: (_ for _ in ()).throw(OSError("cut off")))
        with pytest.raises(OSError, match="cut off"):
            town.exhibits.decide_destruction(DecideDestruction(evidence_id=evidence_id, approve=True, **WORDS), LEAD)
    assert len(town.files.kept) == 1

    town.exhibits.check_nightly()
    assert town.files.kept == {}


@pytest.mark.criterion("9.3")
def test_only_whoever_may_read_the_case_learns_that_there_is_evidence(town: CasesInMemory) -> None:
    case = town.open()
    evidence_id = collect(town, case.case_id)

    for stranger in (POLICE_CALLER, caller("office"), caller("tenancy")):
        with pytest.raises(NotFound, match=r"evidence\.not_found"):
            shown(town, evidence_id, stranger)
        with pytest.raises(NotFound, match=r"evidence\.not_found"):
            opened(town, evidence_id, by=stranger)
        with pytest.raises(NotFound, match=r"case\.not_found"):
            town.exhibits.list_evidence(ListEvidence(case_id=case.case_id), stranger)
    refer(town, case.case_id)
    assert opened(town, evidence_id, by=POLICE_CALLER) == FILE


@pytest.mark.criterion("9.3")
def test_every_file_is_hashed_within_seven_nights_and_no_night_takes_them_all(town: CasesInMemory) -> None:
    case = town.open()
    ids = [collect(town, case.case_id, str(number).encode()) for number in range(140)]
    nights = Counter[int]()
    for night in range(1, 2 * NIGHTS + 1):
        town.clock.instant = NOW + timedelta(days=night)
        before = {each.id: each.checked_at for each in town.evidence.all()}
        town.exhibits.check_nightly()
        nights[night] = sum(1 for each in town.evidence.all() if each.checked_at != before[each.id])

    assert sum(nights[night] for night in range(1, NIGHTS + 1)) == len(ids)
    assert sum(nights[night] for night in range(NIGHTS + 1, 2 * NIGHTS + 1)) == len(ids)
    assert min(nights.values()) >= 0.05 * len(ids)


@pytest.mark.criterion("9.3")
def test_one_flipped_byte_is_found_announced_once_and_shown(town: CasesInMemory) -> None:
    case = town.open()
    first, second = collect(town, case.case_id), collect(town, case.case_id, b"other")
    restore = flip(town, first)
    town.wait(timedelta(days=NIGHTS + 1))
    town.exhibits.check_nightly()
    town.wait(timedelta(days=NIGHTS + 1))
    town.exhibits.check_nightly()

    told = [each for each in town.announced() if isinstance(each, EvidenceAltered)]
    assert [(each.evidence_id, each.owner, each.is_missing) for each in told] == [(first, "market/desk", False)]
    items = town.exhibits.list_evidence(ListEvidence(case_id=case.case_id), MARKET).items
    assert {each.evidence_id: each.altered_at is not None for each in items} == {first: True, second: False}
    assert acts(town, first)[-1] == "find_altered"

    restore()
    healed = town.exhibits.check_evidence(CheckEvidence(evidence_id=first), MARKET)
    assert healed.altered_at is None
    assert [type(each) for each in town.announced()][-1] is EvidenceRecovered


@pytest.mark.criterion("9.3")
def test_a_file_that_is_gone_is_found_as_well(town: CasesInMemory) -> None:
    evidence_id = collect(town, town.open().case_id)
    town.files.kept.clear()

    assert town.exhibits.check_evidence(CheckEvidence(evidence_id=evidence_id), MARKET).altered_at is not None
    assert [each.is_missing for each in town.announced() if isinstance(each, EvidenceAltered)] == [True]


@pytest.mark.criterion("9.3")
def test_no_event_of_evidence_says_what_it_shows_why_or_where(town: CasesInMemory) -> None:
    case = town.open()
    evidence_id = collect(town, case.case_id)
    opened(town, evidence_id)
    refer(town, case.case_id)
    town.exhibits.offer_evidence(OfferEvidence(evidence_id=evidence_id, receiver=POLICE, **WORDS), MARKET)

    told = repr([codec.as_plain(each) for each in town.announced()])
    assert all(each not in told for each in (LABEL, WHY, WHERE))


def test_an_identity_number_is_not_written_down_with_evidence(town: CasesInMemory) -> None:
    with pytest.raises(RuleBroken, match="id_number_in_text"):
        collect(town, town.open().case_id, label="110101199003078515 的手机")


def test_nothing_is_collected_in_a_closed_case(town: CasesInMemory) -> None:
    case = town.open()
    town.cases.change(case.case_id, lambda each: (replace(each, state=CaseState.CLOSED), ()), LEAD.cause())
    with pytest.raises(Conflict, match="already_closed"):
        collect(town, case.case_id)


def test_a_case_that_was_kept_long_enough_takes_its_evidence_along(town: CasesInMemory) -> None:
    case = town.open()
    evidence_id = collect(town, case.case_id)
    opened(town, evidence_id)

    town.exhibits.forget(town.cases.get(case.case_id).state)
    town.exhibits.forget(town.cases.get(case.case_id).state)

    left = town.evidence.get(evidence_id).state
    assert (left.state, left.sealed, town.files.kept) == (EvidenceState.DESTROYED, "", {})
    assert [each.act.value for each in left.custody] == ["collect", "view", "destroy"]
    assert WHY not in repr(left)
    assert left.sha256 == hashlib.sha256(FILE).hexdigest()

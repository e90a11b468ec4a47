from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.vault_bodies import opened
from lianxi.contracts.codec import as_plain
from lianxi.contracts.envelope import Caller
from lianxi.contracts.sealing import Opener
from lianxi.contracts.tips import FindTipByReceipt
from lianxi.contracts.vault import (
    AskOpening,
    DecideOpening,
    GetOpening,
    IdentityOpened,
    OpeningAttempted,
    OpeningKind,
    OpeningState,
    VaultKeys,
    WithdrawOpening,
)
from lianxi.kernel.errors import Broken, Conflict, Forbidden, InvariantBroken, LianxiError, NotFound, RuleBroken
from lianxi.store.envelope import KeyRing, Locked
from lianxi.store.fakes import MemoryAggregates
from services.tips.domain.opening import Opening
from services.tips.handlers.vault import VaultHandlers
from services.tips.store import OPENING_ANNOUNCER
from services.tips.views.vault import VaultViews
from tests.unit.tips.desk import TIP_ID, TipDesk, everything_said, keys, sealed_contact, submission

PHONE = "13812345678"
MOTIVE = "嫌疑人扬言报复,需通知举报人避险"


@dataclass
class Kept:
    desk: TipDesk
    hidden: set[str] = field(default_factory=set)

    def has(self, tip_id: str) -> bool:
        return tip_id in self.desk.vault.kept

    def read(self, tip_id: str) -> str | None:
        return self.desk.vault.kept.get(tip_id)

    def rewrap(self, at_most: int) -> int:
        return 0

    def keys(self) -> VaultKeys:
        return VaultKeys(items=())


class Office:
    def __init__(self) -> None:
        self.desk = TipDesk()
        self.desk.submit(submission(contact=sealed_contact(PHONE), is_anonymous=False))
        self.openings: MemoryAggregates[Opening] = MemoryAggregates(OPENING_ANNOUNCER, self.desk.clock)
        self.views = VaultViews(self.desk.clock)
        self.handlers = VaultHandlers(self.desk.tips, self.openings, Kept(self.desk), keys()[1], self.desk.clock)

    def ask(self) -> str:
        request = AskOpening(tip_id=TIP_ID, kind=OpeningKind.SAFETY, motive=MOTIVE)
        return self.handlers.ask_opening(request, LEAD).state.id

    def decide(self, request_id: str, caller: Caller, *, approve: bool = True, ground: str | None = None) -> Opening:
        request = DecideOpening(
            tip_id=TIP_ID, request_id=request_id, approve=approve, reason="情况紧急,准予", withheld_ground=ground
        )
        return self.handlers.decide_opening(request, caller).state

    def read(self, request_id: str, caller: Caller | None = None) -> Any:
        mine = Opener.for_one_answer()
        asked = GetOpening(tip_id=TIP_ID, request_id=request_id, answer_key=mine.public_key)
        sealed = self.views.show_sealed(*self.handlers.get_opening(asked, caller or LEAD))
        assert PHONE not in str(as_plain(sealed))
        return opened(sealed, mine)

    def told(self, kind: str) -> int:
        return sum(each.type == kind for each in self.openings.announced)

    def status(self) -> Any:
        found = self.desk.handlers.find_tip_by_receipt(FindTipByReceipt(receipt_verifier="verifier-1"))
        return self.desk.views.show_status(found)


LEAD = Caller(actor="lead-7", agency="police", rows=("own",))
CUSTODIAN = Caller(actor="custodian-1", agency="governance", rows=("all",))


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.mark.criterion("8.4")
def test_two_persons_of_two_agencies_open_an_identity_and_the_informant_reads_of_it(office: Office) -> None:
    request_id = office.ask()
    assert office.decide(request_id, CUSTODIAN).state is OpeningState.APPROVED
    shown = office.read(request_id)

    assert shown.identity.phone == PHONE
    told = office.status().openings
    assert [(each.kind, each.opened_at) for each in told] == [(OpeningKind.SAFETY, office.desk.clock.now())]
    assert MOTIVE not in str(as_plain(office.status()))
    assert office.told(IdentityOpened.KEY) == 1


@pytest.mark.criterion("8.4")
@pytest.mark.parametrize(
    ("caller", "code"),
    [
        (replace(LEAD, rows=("all",)), "opening.same_person"),
        (Caller(actor="custodian-2", agency="police", rows=("all",)), "opening.same_agency"),
        (Caller(actor="somebody", agency="market", rows=("own",)), "opening.not_found"),
    ],
)
def test_whoever_asked_their_agency_and_strangers_cannot_say_yes(office: Office, caller: Caller, code: str) -> None:
    request_id = office.ask()
    with pytest.raises((Forbidden, NotFound)) as refusal:
        office.decide(request_id, caller)
    assert refusal.value.code == code
    assert office.openings.get(request_id).state.state is OpeningState.ASKED


@pytest.mark.criterion("8.4")
def test_without_the_second_key_it_fails_and_the_office_is_told_each_time(office: Office) -> None:
    request_id = office.ask()
    for number in (1, 2):
        with pytest.raises(RuleBroken, match="second_key_missing"):
            office.read(request_id)
        assert office.told(OpeningAttempted.KEY) == number
    office.decide(request_id, CUSTODIAN, approve=False)
    with pytest.raises(RuleBroken, match="second_key_missing"):
        office.read(request_id)
    assert office.status().openings == ()
    assert office.told(IdentityOpened.KEY) == 0


@pytest.mark.criterion("8.4")
def test_an_opening_ends_after_a_day_before_and_after_the_yes(office: Office) -> None:
    first, second = office.ask(), office.ask()
    office.decide(first, CUSTODIAN)
    office.desk.clock.advance(timedelta(hours=24) - timedelta(seconds=1))
    assert office.read(first).identity.phone == PHONE
    office.desk.clock.advance(timedelta(seconds=1))
    with pytest.raises(RuleBroken, match="second_key_missing"):
        office.read(first)
    with pytest.raises(Conflict, match="settled"):
        office.decide(second, CUSTODIAN)
    assert office.views.show(office.openings.get(second)).state is OpeningState.EXPIRED


def test_what_is_taken_back_opens_nothing(office: Office) -> None:
    request_id = office.ask()
    office.decide(request_id, CUSTODIAN)
    office.handlers.withdraw_opening(WithdrawOpening(tip_id=TIP_ID, request_id=request_id), LEAD)
    with pytest.raises(RuleBroken, match="second_key_missing"):
        office.read(request_id)


@pytest.mark.criterion("8.4")
def test_only_whoever_asked_reads_it_and_nothing_that_leaves_holds_it_otherwise(office: Office) -> None:
    request_id = office.ask()
    office.decide(request_id, CUSTODIAN)
    assert office.read(request_id, CUSTODIAN).identity is None
    with pytest.raises(NotFound):
        office.read(request_id, Caller(actor="lead-8", agency="police", rows=("own",)))
    office.read(request_id)
    tip = office.desk.views.show(office.desk.tips.get(TIP_ID))
    said = everything_said([*office.openings.announced, *office.desk.tips.announced], tip, office.status())
    assert PHONE not in said
    assert MOTIVE not in said


def test_an_informant_is_not_told_where_a_recorded_law_forbids_it(office: Office) -> None:
    request_id = office.ask()
    office.decide(request_id, CUSTODIAN, ground="刑事诉讼法第152条")
    office.read(request_id)
    assert office.status().openings == ()
    assert office.openings.get(request_id).state.withheld_ground is not None


def test_a_tip_without_a_contact_has_nothing_to_open() -> None:
    office = Office()
    office.desk.vault.kept.clear()
    with pytest.raises(RuleBroken, match="nothing_kept"):
        office.ask()


# --- the lock itself


def ring(*ids: str) -> KeyRing:
    return KeyRing("\n".join(f"{key_id} {KEYS[key_id]}" for key_id in ids))


KEYS = {name: secrets.token_hex(32) for name in ("old", "new")}


def test_a_record_is_turned_to_the_new_key_without_being_opened_and_the_old_key_may_go() -> None:
    before = ring("old").lock("tip-1", PHONE.encode())
    after = ring("new", "old").rewrap("tip-1", before)
    assert (after.key_id, after.body) == ("new", before.body)
    assert ring("new").unlock("tip-1", after) == PHONE.encode()
    with pytest.raises(Broken, match="key_missing"):
        ring("new").unlock("tip-1", before)


@pytest.mark.parametrize("change", ["record", "key_id", "body", "wrapped_key"])
def test_what_is_moved_or_altered_does_not_open(change: str) -> None:
    locked = ring("new", "old").lock("tip-1", PHONE.encode())
    altered = {
        "record": locked,
        "key_id": Locked("old", locked.wrapped_key, locked.body),
        "body": Locked(locked.key_id, locked.wrapped_key, locked.body[:-1] + bytes([locked.body[-1] ^ 1])),
        "wrapped_key": Locked(locked.key_id, b"short", locked.body),
    }[change]
    with pytest.raises(InvariantBroken):
        ring("new", "old").unlock("tip-2" if change == "record" else "tip-1", altered)


@pytest.mark.parametrize("text", ["", "a", "a 00", f"a {'0' * 64}\na {'1' * 64}", f"a {'x' * 64}", "a b c"])
def test_a_file_that_holds_no_keys_is_refused(text: str) -> None:
    with pytest.raises(LianxiError):
        KeyRing(text)

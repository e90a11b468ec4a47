"""A matter that is no crime goes from the police to an agency: signed for, refused with reasons, arbitrated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lianxi.cli.main import app
from lianxi.contracts.cases import Paper, PaperStatus
from lianxi.contracts.codec import open_event
from lianxi.contracts.envelope import Caller, Event
from lianxi.contracts.receipts import public_key_of, receipt_bytes
from lianxi.contracts.transfers import (
    AcceptTransfer,
    ArbitrateTransfer,
    GetTransfer,
    RefuseTransfer,
    ResendTransfer,
    SendTransfer,
    TransferAccepted,
    TransferArbitrated,
    TransferDisputed,
    TransferGround,
    TransferRefusal,
    TransferRefused,
    TransferSent,
    TransferState,
    TransferView,
)
from lianxi.kernel.clock import FixedClock
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, RuleBroken
from lianxi.policy.load import read_policy
from lianxi.store.fakes import MemoryAggregates
from services.cases.domain.transfers import Transfer
from services.cases.handlers.transfers import TransferDesk
from services.cases.store import TRANSFERS, ReceiptBook
from services.notifications.policy import addressees
from services.reporting.domain.facts import BOUNCES, FIGURES
from tests.unit.cases.desk import NOW, POLICY_FILES, SHA256, MemoryCollection, caller, shipped_rules

KEY = "7" * 64
STATION, MARKET, TENANCY = "police/station", "market/desk", "tenancy/desk"
POLICE, MARKETS, TENANCIES = caller("police"), caller("market"), caller("tenancy")
OFFICE = Caller(actor="account_office", agency="office", correlation_id="c", rows=("all",))
PAPERS = (Paper(name="investigation_report", status=PaperStatus.ATTACHED, sha256=SHA256),)


class Matters:
    def __init__(self) -> None:
        clock = FixedClock(NOW)
        self.transfers: MemoryAggregates[Transfer] = MemoryAggregates(TRANSFERS, clock)
        book = ReceiptBook(lambda: rows)
        rows = MemoryCollection("referral_id")
        self.desk = TransferDesk(self.transfers, book, shipped_rules(), clock, KEY)
        self.sent = 0

    def send(
        self, receiver: str = MARKET, by: Caller = POLICE, sender: str = STATION, basis: str = "x"
    ) -> TransferView:
        self.sent += 1
        asked = SendTransfer(
            sender=sender,
            receiver=receiver,
            ground=TransferGround.NO_CRIME,
            basis=basis,
            reference=f"GA-{self.sent}",
            papers=PAPERS,
        )
        return self.desk.send_transfer(asked, by)

    def accept(self, item: str, desk: str = MARKET, by: Caller = MARKETS) -> TransferView:
        return self.desk.accept_transfer(AcceptTransfer(transfer_id=item, desk=desk, officer="market:officer-1"), by)

    def refuse(self, item: str, by: Caller = MARKETS, text: str = "no goods were sold") -> TransferView:
        asked = RefuseTransfer(transfer_id=item, reason=TransferRefusal.NOT_COMPETENT, text=text)
        return self.desk.refuse_transfer(asked, by)

    def resend(self, item: str, receiver: str = TENANCY, by: Caller = POLICE) -> TransferView:
        return self.desk.resend_transfer(ResendTransfer(transfer_id=item, receiver=receiver, basis="rooms let"), by)

    def arbitrate(self, item: str, receiver: str = MARKET, by: Caller = OFFICE) -> TransferView:
        asked = ArbitrateTransfer(transfer_id=item, receiver=receiver, grounds="L38.1 names the market agency")
        return self.desk.arbitrate_transfer(asked, by)

    def disputed(self) -> str:
        item = self.send().transfer_id
        self.refuse(item)
        self.resend(item)
        self.refuse(item, TENANCIES, "nobody lives there")
        return item

    def announced(self) -> list[Event]:
        return [open_event(each) for each in self.transfers.announced]


@pytest.fixture
def matters() -> Matters:
    return Matters()


@pytest.mark.criterion("1.7")
def test_the_police_hand_over_what_is_no_crime_under_the_same_signed_receipt(matters: Matters, tmp_path: Path) -> None:
    numbers, taken = [], matters.send()
    for receiver, by in ((MARKET, MARKETS), (TENANCY, TENANCIES), (MARKET, MARKETS), (MARKET, MARKETS)):
        item = matters.send(receiver).transfer_id
        taken = matters.accept(item, receiver, by)
        assert (taken.state, taken.receiver) == (TransferState.ACCEPTED, receiver)
        assert taken.receipt is not None
        numbers.append(taken.receipt["number"])

    assert numbers == ["market/2026/000001", "tenancy/2026/000001", "market/2026/000002", "market/2026/000003"]
    file, keys = tmp_path / "receipt.json", tmp_path / "keys.txt"
    file.write_bytes(receipt_bytes(taken.receipt or {}))
    keys.write_text(public_key_of(KEY), "ascii")
    assert verify(file, keys) == (0, "valid")
    assert json.loads(file.read_bytes())["case_number"] == "GA-5"
    file.write_bytes(file.read_bytes().replace(b"GA-5", b"GA-6"))
    assert verify(file, keys) == (1, "altered")
    assert [each.number for each in matters.announced() if isinstance(each, TransferAccepted)] == numbers


def verify(file: Path, keys: Path) -> tuple[int, str]:
    result = CliRunner(env={"LANG": "C.UTF-8"}).invoke(app, ["receipt", "verify", str(file), "--key", str(keys)])
    return result.exit_code, result.stdout.strip()


@pytest.mark.criterion("1.7")
def test_only_the_police_hand_over_so_and_never_to_themselves(matters: Matters) -> None:
    with pytest.raises(RuleBroken, match=r"transfer\.sender_not_police"):
        matters.send(TENANCY, MARKETS, MARKET)
    with pytest.raises(RuleBroken, match=r"transfer\.receiver_is_police"):
        matters.send("police/economic")
    with pytest.raises(Forbidden, match=r"transfer\.not_your_part"):
        matters.send(by=MARKETS)
    with pytest.raises(RuleBroken, match=r"transfer\.identity_number"):
        matters.send(basis="11010519491231002X")


@pytest.mark.criterion("1.5")
def test_a_refusal_needs_a_text_and_its_sender_sees_which_unit_refused(matters: Matters) -> None:
    item = matters.send().transfer_id
    with pytest.raises(RuleBroken, match=r"transfer\.text_missing"):
        matters.refuse(item, text="  ")
    matters.refuse(item)

    seen = matters.desk.get_transfer(GetTransfer(transfer_id=item), POLICE)
    (refusal,) = seen.refusals
    assert seen.state is TransferState.REFUSED
    assert (refusal.by, refusal.reason, refusal.text) == (MARKET, TransferRefusal.NOT_COMPETENT, "no goods were sold")
    with pytest.raises(NotFound):
        matters.desk.get_transfer(GetTransfer(transfer_id=item), TENANCIES)
    with pytest.raises(Conflict, match=r"transfer\.wrong_state"):
        matters.accept(item)


@pytest.mark.criterion("1.5")
def test_the_second_refusal_lays_both_reasons_before_the_office_whose_word_binds(matters: Matters) -> None:
    item = matters.disputed()

    seen = matters.desk.get_transfer(GetTransfer(transfer_id=item), OFFICE)
    assert seen.state is TransferState.ARBITRATING
    assert [(each.by, each.text) for each in seen.refusals] == [
        (MARKET, "no goods were sold"),
        (TENANCY, "nobody lives there"),
    ]
    disputed = next(each for each in matters.announced() if isinstance(each, TransferDisputed))
    policy = read_policy(POLICY_FILES)
    assert [(each.desk, each.acknowledge) for each in addressees(policy, disputed)] == [("office/desk", True)]
    for each in (POLICE, TENANCIES):
        with pytest.raises(Forbidden, match=r"transfer\.not_your_part"):
            matters.arbitrate(item, by=each)

    decided = matters.arbitrate(item).arbitration
    assert decided is not None
    assert (decided.receiver, decided.by, decided.at) == (MARKET, OFFICE.actor, NOW)
    with pytest.raises(Conflict, match=r"transfer\.arbitrated"):
        matters.refuse(item)
    assert matters.accept(item).state is TransferState.ACCEPTED
    told = [each for each in matters.announced() if isinstance(each, TransferArbitrated | TransferSent)]
    assert [type(each) for each in told[-2:]] == [TransferArbitrated, TransferSent]
    assert isinstance(told[-1], TransferSent)
    assert told[-1].is_binding


@pytest.mark.criterion("1.5")
def test_refusals_count_for_the_unit_that_refused(matters: Matters) -> None:
    matters.disputed()

    refused = [each for each in matters.announced() if isinstance(each, TransferRefused)]
    assert [(each.receiver, each.round) for each in refused] == [(MARKET, 1), (TENANCY, 2)]
    assert [(each.event, each.role) for each in FIGURES if each.name == "transfers_refused"] == [
        (TransferRefused, "receiver")
    ]
    assert set(BOUNCES) == {"tips_returned", "transfers_refused"}
    assert all("no goods" not in json.dumps(each.data, default=str) for each in matters.transfers.announced)

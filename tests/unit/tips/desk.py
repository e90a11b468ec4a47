"""A tips desk in memory, with the shipped policy, a clock that stands still, and a key of its own."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from lianxi.contracts.codec import as_plain, open_event
from lianxi.contracts.envelope import Caller, Cause, Envelope, Event, Heard, Lane
from lianxi.contracts.notifications import NoticeDelivered
from lianxi.contracts.sealing import CONTACT, Opener, Sealer
from lianxi.contracts.tips import (
    AcceptTip,
    Channel,
    CloseTip,
    SubmitTip,
    TipDispatched,
    TipKind,
    TipState,
    VerificationOutcome,
    VerifyTip,
)
from lianxi.greenroom.entries import Accepted
from lianxi.kernel.clock import FixedClock
from lianxi.policy.book import PolicyBook
from lianxi.policy.load import read_policy
from lianxi.policy.policy import Policy
from lianxi.store.fakes import MemoryAggregates
from services.tips.domain import reopening
from services.tips.domain.returning import KnownReceipt, known_receipt
from services.tips.domain.tip import NO_RECEIPT, Tip
from services.tips.handlers import TipHandlers
from services.tips.store import ANNOUNCER
from services.tips.views import TipViews

POLICY_FILES = Path(__file__).resolve().parents[3] / "deploy" / "policy"
NOW = datetime(2026, 11, 23, 8, 41, 17, tzinfo=UTC)
TIP_ID = "tip_0123456789ABCDEFGHJKMNPQRS"


@cache
def shipped_policy() -> Policy:
    return read_policy(POLICY_FILES)


@cache
def keys() -> tuple[Sealer, Opener]:
    private = X25519PrivateKey.generate()
    return Sealer(private.public_key().public_bytes_raw().hex()), Opener(private.private_bytes_raw().hex())


@dataclass
class MemoryVault:
    kept: dict[str, str] = field(default_factory=dict)

    def keep(self, contacts: Mapping[str, str], kept_at: datetime) -> None:
        assert kept_at.tzinfo is not None
        self.kept = {**contacts, **self.kept}

    def erase(self, tip_id: str) -> None:
        self.kept.pop(tip_id, None)


@dataclass(frozen=True)
class MemoryWatch:
    tips: MemoryAggregates[Tip]

    def due(self, now: datetime, at_most: int) -> list[tuple[str, Lane]]:
        waiting = [tip for tip in self.tips.all() if tip.next_rung_at is not None and tip.next_rung_at <= now]
        waiting.sort(key=lambda tip: (tip.lane != "rescue", tip.next_rung_at))
        return [(tip.id, tip.lane) for tip in waiting[:at_most]]


@dataclass(frozen=True)
class MemoryRunning:
    tips: MemoryAggregates[Tip]

    def count(self, policy_version: int, states: Sequence[TipState]) -> dict[TipState, int]:
        under = [tip.state for tip in self.tips.all() if tip.policy_version == policy_version]
        return {state: under.count(state) for state in states}

    def first(self, policy_version: int, states: Sequence[TipState], at_most: int) -> list[str]:
        under = [tip.id for tip in self.tips.all() if tip.policy_version == policy_version and tip.state in states]
        return under[:at_most]


@dataclass(frozen=True)
class MemoryReceipts:
    tips: MemoryAggregates[Tip]

    def find(self, receipt_verifier: str) -> KnownReceipt | None:
        if receipt_verifier.startswith(NO_RECEIPT):
            return None
        return next((known_receipt(tip) for tip in self.tips.all() if tip.receipt == receipt_verifier), None)


def caller(agency: str, command_id: str | None = None) -> Caller:
    return Caller(actor=f"{agency}-clerk", agency=agency, correlation_id="c1", command_id=command_id)


@cache
def sealed(text: str, place: str | None = None) -> str:
    return keys()[0].seal({"text": text, "place": place})


def submission(**changed: Any) -> SubmitTip:
    text, place = changed.pop("text", "三楼每天晚上有人讲课"), changed.pop("place", None)
    fields: dict[str, Any] = {
        "tip_id": TIP_ID,
        "number": "DY-2026-7K3M-9QXD",
        "kind": TipKind.TIP,
        "channel": Channel.WEB,
        "category": "rental_gathering",
        "lane": "normal",
        "village": "village/lotus-bay",
        "rental_code": "R-0001",
        "is_anonymous": True,
        "content": sealed(text, place),
        "contact": None,
        "receipt_verifier": "verifier-1",
        "submitted_by": "public",
        "received_at": NOW,
    }
    return SubmitTip(**{**fields, **changed})


class TipDesk:
    def __init__(self, policies: PolicyBook | None = None) -> None:
        self.clock = FixedClock(NOW)
        self.tips: MemoryAggregates[Tip] = MemoryAggregates(ANNOUNCER, self.clock, announced_at=Tip.shown)
        self.vault = MemoryVault()
        self.views = TipViews(
            self.tips, self.clock, reopen_until=lambda tip: reopening.last_day(tip, self.handlers.policies.current)
        )
        self._numbers = itertools.count(1)
        self.handlers = TipHandlers(
            tips=self.tips,
            receipts=MemoryReceipts(self.tips),
            informants=self.vault,
            watch=MemoryWatch(self.tips),
            running=MemoryRunning(self.tips),
            opener=keys()[1],
            policies=policies or PolicyBook(shipped_policy()),
            clock=self.clock,
            entropy=lambda bits: next(self._numbers) % 2**bits,
        )

    def submit(self, *commands: SubmitTip) -> Tip:
        arrivals = [
            Accepted(each, Cause(actor=each.submitted_by, correlation_id="c1", command_id=f"k-{each.tip_id}"))
            for each in commands
        ]
        self.handlers.submit_tips(arrivals)
        return self.tip(commands[0].tip_id)

    def close(self, tip: Tip, outcome: VerificationOutcome) -> Tip:
        """Take a tip on, verify it and close it, as its lead."""
        by = caller(tip.lead.partition("/")[0])
        owner = tip.lead if outcome is VerificationOutcome.SUBSTANTIATED else None
        self.handlers.accept_tip(AcceptTip(tip_id=tip.id, officer="officer-1"), by)
        self.handlers.verify_tip(VerifyTip(tip_id=tip.id, outcome=outcome, next_owner=owner), by)
        return self.handlers.close_tip(CloseTip(tip_id=tip.id, outcome="谢谢,已核实"), by).state

    def tip(self, tip_id: str = TIP_ID) -> Tip:
        return self.tips.get(tip_id).state

    def pass_time(self, minutes: int = 7) -> None:
        self.clock.advance(timedelta(minutes=minutes))

    def deliver(self, tip: Tip, number: int = 1, **changed: Any) -> None:
        """Tell the desk that the notice of a dispatch lies in its lead's tray."""
        event_id = changed.pop("event_id", f"notice-{tip.id}-{number}")
        given = tip.dispatches[number - 1]
        fields: dict[str, Any] = {
            "notice_id": "notice_1",
            "desk": given.lead,
            "role": "lead",
            "event_type": TipDispatched.KEY,
            "about": f"tip/{tip.id}",
            "reference": given.dispatch_id,
            "delivered_at": self.clock.now(),
            "acknowledge_by": None,
        }
        # A notice goes out on the lane of the letter that it is for.
        self.handlers.start_clocks([Heard(NoticeDelivered(**{**fields, **changed}), heard(event_id, tip.lane))])

    def announced(self, kind: type[Event]) -> list[Any]:
        return [open_event(each) for each in self.tips.announced if each.type == kind.KEY]

    def lanes(self) -> set[Lane]:
        return {each.lane for each in self.tips.announced}


def heard(event_id: str, lane: Lane = "normal") -> Cause:
    return Cause(actor="system", correlation_id="c1", causation_id=event_id, event_id=event_id, lane=lane)


def everything_said(envelopes: list[Envelope], *views: Any) -> str:
    """Write out all that has left the desk, as it leaves."""
    return repr([*envelopes, *(as_plain(each) for each in views)])


def sealed_contact(contact: str) -> str:
    return keys()[0].seal({"phone": contact}, CONTACT)

"""What the tips desk does for an informant, whom it knows only by the verifier of a receipt code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any, Protocol

from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.sealing import Opener
from lianxi.contracts.tips import ChangeReceipt, FindTipByReceipt, PostInformantMessage, ReopenTip
from lianxi.kernel.clock import Clock, local_date
from lianxi.kernel.errors import ContractBroken, NotFound
from lianxi.policy.book import PolicyBook
from lianxi.store.unit import Aggregates, Stored
from services.tips import policy as rules
from services.tips.domain import clocks, reopening, returning, working
from services.tips.domain.returning import KnownReceipt
from services.tips.domain.tip import Tip


class Receipts(Protocol):
    """The way to a tip for whoever holds its receipt code."""

    def find(self, receipt_verifier: str) -> KnownReceipt | None:
        """Look up what the verifier of a receipt code opens; `None` when it opens nothing."""
        ...


@dataclass(frozen=True)
class InformantSide:
    """The use cases of the informant's side. Unknown, expired and deleted codes take one and the same way."""

    tips: Aggregates[Tip]
    receipts: Receipts
    opener: Opener
    policies: PolicyBook
    clock: Clock

    def find_tip_by_receipt(self, request: FindTipByReceipt) -> Stored[Tip]:
        """Find a tip for whoever holds its receipt code.

        Raises:
            NotFound: receipt.unknown.
            Conflict: receipt.must_change.
        """
        known = self._known(request.receipt_verifier)
        returning.check_own(known)
        found = self.tips.get(known.tip_id)
        if found.state.unread_since is None:
            return found
        # Neither an event nor a command, and by nobody: what is kept is that no reply waits any more.
        cause = Cause(actor="informant", correlation_id=known.tip_id, lane=found.state.lane)
        return self.tips.change(known.tip_id, working.replies_read, cause)

    def post_informant_message(self, request: PostInformantMessage, caller: Caller) -> Stored[Tip]:
        """Write to the desk from the informant's side.

        Emits: TipMessagePosted.
        Raises:
            NotFound: receipt.unknown.
            Conflict: receipt.must_change.
        """
        tip = self.find_tip_by_receipt(FindTipByReceipt(receipt_verifier=request.receipt_verifier)).state
        redacted = rules.redact(text_in(self.opener.open(request.content)))
        return self.tips.change(
            tip.id,
            lambda found: working.write_to_desk(
                found, request.content, redacted, self.clock.now(), request.attachments
            ),
            replace(caller.cause(), lane=tip.lane),
        )

    def reopen_tip(self, request: ReopenTip, caller: Caller) -> Stored[Tip]:
        """Take a closed tip up again, for a reason that its informant gives.

        Emits: TipReopened, TipMessagePosted, TipDispatched.
        Raises:
            NotFound: receipt.unknown.
            Conflict: receipt.must_change, tip.not_closed, reopening.once_only.
            RuleBroken: reopening.with_its_case, reopening.substantiated, reopening.too_late, reopening.unexplained.
        """
        tip = self.find_tip_by_receipt(FindTipByReceipt(receipt_verifier=request.receipt_verifier)).state
        redacted, now = rules.redact(text_in(self.opener.open(request.content))), self.clock.now()
        decide = partial(
            reopening.reopen, sealed=request.content, redacted=redacted, policy=self.policies.current, now=now
        )
        return self.tips.change(
            tip.id,
            lambda found: clocks.on_time(found, self.policies.version(found.policy_version), now, decide),
            replace(caller.cause(), lane=tip.lane),
        )

    def reopen_until(self, tip: Tip) -> date | None:
        """Say until which day a tip may be reopened; `None` when it may not."""
        return reopening.last_day(tip, self.policies.current)

    def change_receipt(self, request: ChangeReceipt, caller: Caller) -> Stored[Tip]:
        """Have another code open a tip; whoever repeats the change, not having heard of its end, is answered again.

        Raises:
            NotFound: receipt.unknown.
        """
        known = self.receipts.find(request.new_verifier) or self._known(request.receipt_verifier)
        decide = partial(returning.change_receipt, old=request.receipt_verifier, new=request.new_verifier)
        lane = self.tips.get(known.tip_id).state.lane
        return self.tips.change(known.tip_id, decide, replace(caller.cause(), lane=lane))

    def _known(self, receipt_verifier: str) -> KnownReceipt:
        found = self.receipts.find(receipt_verifier)
        if found is None or self._is_over(found):
            raise NotFound("receipt.unknown")
        return found

    def _is_over(self, known: KnownReceipt) -> bool:
        ends_on = rules.receipt_ends_on(self.policies.current, known.verification, known.case_id, known.closed_at)
        return ends_on is not None and local_date(self.clock.now()) > ends_on


def text_in(content: Mapping[str, Any]) -> str:
    """Take the text out of what was under the seal.

    Raises:
        ContractBroken: tip.content_unreadable.
    """
    text = content.get("text")
    if not isinstance(text, str) or not text:
        raise ContractBroken("tip.content_unreadable")
    return text

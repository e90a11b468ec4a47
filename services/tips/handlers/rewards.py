"""What the tips desk does about rewards: it takes a claim by receipt code, and keeps the payee where identities lie.

Whoever proposes and approves never learns who is paid; whoever pays never learns for which tip.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from lianxi.contracts.codec import as_contract, as_plain
from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.rewards import (
    ClaimReward,
    DecideReward,
    GetPayee,
    GetPaymentOrder,
    OpenedOrder,
    Payee,
    PayReward,
    ProposeReward,
    StopReward,
)
from lianxi.contracts.sealing import PAYEE, PAYEE_ANSWER, PAYMENT_ORDER, Opener, Sealer
from lianxi.contracts.tips import FindTipByReceipt
from lianxi.contracts.vault import OpeningKind
from lianxi.kernel.clock import Clock, level_to_hour, local_date
from lianxi.kernel.errors import Conflict, Forbidden, RuleBroken
from lianxi.kernel.ids import derived_id, number_from, random_id
from lianxi.policy.appraisal import RewardScheme
from lianxi.policy.book import PolicyBook
from lianxi.store.unit import Aggregates, Stored
from services.tips.domain import reward_tables as tables
from services.tips.domain import rewarding as rules
from services.tips.domain.rewarding import Proposal, Reward, RewardDecision
from services.tips.domain.tip import Decision, Opened, Tip

SERIES = "R"


class Payees(Protocol):
    """Where who is to be paid lies, locked: the vault."""

    def keep(self, contacts: Mapping[str, str], kept_at: datetime) -> None:
        """Keep sealed payees under ids of their own."""
        ...

    def read(self, tip_id: str) -> str | None:
        """Unlock one, still sealed as it came; `None` when there is nothing."""
        ...

    def erase(self, tip_id: str) -> None:
        """Delete one for good."""
        ...


class Reporters(Protocol):
    """Who knows which tips were merged into one group."""

    def has_earlier(self, tip: Tip) -> bool:
        """Say whether another tip of the same group came before this one (`rewarding.precedes`)."""
        ...


@dataclass(frozen=True)
class RewardHandlers:
    """The use cases. `find_tip` looks a tip up for whoever holds its receipt code; `entropy` gives random bits."""

    tips: Aggregates[Tip]
    rewards: Aggregates[Reward]
    find_tip: Callable[[FindTipByReceipt], Stored[Tip]]
    payees: Payees
    reporters: Reporters
    opener: Opener
    policies: PolicyBook
    clock: Clock
    entropy: Callable[[int], int]

    # --- the informant's side ----------------------------------------------------------------------------------------

    def claim_reward(self, request: ClaimReward, caller: Caller) -> Stored[Tip]:
        """Claim a reward for the tip that a receipt code opens, or say anew whom to pay until an order has left.

        Emits: RewardClaimed.
        Raises:
            NotFound: receipt.unknown.
            Conflict: receipt.must_change, reward.tip_open, reward.claimed.
            RuleBroken: reward.no_table, reward.not_substantiated, reward.excluded, reward.name_needed.
            ContractBroken: seal.unreadable, contract.unreadable.
        """
        stored = self.find_tip(FindTipByReceipt(receipt_verifier=request.receipt_verifier))
        reward_id, payee_id = rules.reward_id_of(stored.state), self._payee_id(stored.state, caller)
        known = self.rewards.find(reward_id)
        if known is None:
            self._claim(stored.state, request, payee_id, caller)
        elif known.state.payee_id != payee_id:
            self._correct(known.state, stored.state, request, payee_id, caller)
        return stored

    def _correct(self, reward: Reward, tip: Tip, request: ClaimReward, payee_id: str, caller: Caller) -> None:
        scheme = self._scheme(reward)
        rules.correct_payee(reward, payee_id)
        rules.check_claimable(tip, scheme, request.declared)
        rules.check_name(scheme, self._payee(request.payee).name)
        self.payees.keep({payee_id: request.payee}, level_to_hour(self.clock.now()))
        # A claim that is heard again after it was corrected changes nothing: its command is known.
        decide = partial(rules.correct_payee, payee_id=payee_id)
        kept = self.rewards.change(reward.id, decide, caller.cause()).state.payee_id
        self.payees.erase(payee_id if kept != payee_id else reward.payee_id)

    def _claim(self, tip: Tip, request: ClaimReward, payee_id: str, caller: Caller) -> None:
        now = self.clock.now()
        scheme = tables.table(self.policies.current, local_date(now))
        rules.check_claimable(tip, scheme, request.declared)
        rules.check_name(scheme, self._payee(request.payee).name)
        # Sealed words that no claim names are the lesser harm than a claim that names nobody.
        self.payees.keep({payee_id: request.payee}, level_to_hour(now))
        ends_at = rules.claim_ends_at(self.policies.current, tip)
        is_late = ends_at is not None and now >= ends_at
        version = self.policies.current.version
        reward, events = rules.claim(rules.reward_id_of(tip), tip, scheme, version, payee_id, is_late, now)
        if not self.rewards.add(reward, events, caller.cause()):
            raise Conflict("reward.claimed")

    def _payee_id(self, tip: Tip, caller: Caller) -> str:
        """Name the place in the vault: the same command a second time lands on the same."""
        known = caller.command_id
        return random_id("payee") if known is None else derived_id("payee", tip.id, known)

    # --- those who decide --------------------------------------------------------------------------------------------

    def propose_reward(self, request: ProposeReward, caller: Caller) -> Stored[Reward]:
        """Propose an amount within the table's limits.

        Emits: RewardProposed.
        """
        now = self.clock.now()
        proposal = Proposal(
            band=request.band,
            persons_found=request.persons_found,
            fine_yuan=request.fine_yuan,
            amount_yuan=request.amount_yuan,
            budget_line=request.budget_line,
            grounds=request.grounds,
            by=caller.actor,
            agency=caller.agency,
            at=now,
        )
        reward = self._visible(request.reward_id, caller).state
        decide = partial(
            rules.propose,
            scheme=self._scheme(reward),
            number=self._number(now),
            proposal=proposal,
            has_earlier_reporter=self._has_earlier(reward),
        )
        return self._change(request.reward_id, decide, caller.cause(), request.expected_version)

    def decide_reward(self, request: DecideReward, caller: Caller) -> Stored[Reward]:
        """Say yes or no.

        Emits: RewardDecided.
        """
        reward = self._visible(request.reward_id, caller).state
        now = self.clock.now()
        decide = partial(rules.refuse, ground=request.ground, reason=request.reason, caller=caller, now=now)
        if request.approve:
            decide = partial(
                rules.approve,
                scheme=self._scheme(reward),
                reason=request.reason,
                has_earlier_reporter=self._has_earlier(reward),
                caller=caller,
                now=now,
            )
        return self._change(request.reward_id, decide, caller.cause(), request.expected_version)

    # --- those who pay -----------------------------------------------------------------------------------------------

    def stop_reward(self, request: StopReward, caller: Caller) -> Stored[Reward]:
        """Stop an approved payment.

        Emits: RewardDecided.
        """
        self._visible(request.reward_id, caller)
        decide = partial(rules.stop, ground=request.ground, caller=caller, now=self.clock.now())
        return self._change(request.reward_id, decide, caller.cause(), request.expected_version)

    def get_payee(self, request: GetPayee, caller: Caller) -> tuple[Reward, str]:
        """Unlock who is to be paid, sealed to the question's key; that it is read is kept and told before.

        Emits: IdentityOpened.
        Raises:
            NotFound: reward.not_found.
            Conflict: reward.not_approved.
            Forbidden: reward.same_person, reward.payee_gone.
            ContractBroken: seal.key_unusable.
        """
        to_asker = Sealer(request.answer_key)
        decide = partial(rules.read_payee, caller=caller, now=self.clock.now())
        reward, payee = self._unlocked(request.reward_id, decide, caller)
        return reward, to_asker.seal(as_plain(payee), PAYEE_ANSWER)

    def get_payment_order(self, request: GetPaymentOrder, caller: Caller) -> tuple[Reward, str]:
        """Seal an order to the payer's key.

        Emits: IdentityOpened.
        Raises:
            NotFound: reward.not_found.
            Conflict: reward.not_approved.
            RuleBroken: reward.no_payer_key.
            Forbidden: reward.payee_gone.
        """
        key = self.policies.current.rewards.chosen.payer_key
        if not key:
            raise RuleBroken("reward.no_payer_key", clause=tables.REWARD_CLAUSE)
        decide = partial(rules.order, caller=caller, now=self.clock.now())
        reward, payee = self._unlocked(request.reward_id, decide, caller)
        number, amount = rules.decision_of(reward)
        said = OpenedOrder(number=number, amount_yuan=amount, payee=payee)
        return reward, Sealer(key).seal(as_plain(said), PAYMENT_ORDER)

    def pay_reward(self, request: PayReward, caller: Caller) -> Stored[Reward]:
        """Note that a reward has been paid.

        Emits: RewardPaid.
        """
        self._visible(request.reward_id, caller)
        decide = partial(rules.pay, reference=request.payment_reference, caller=caller, now=self.clock.now())
        return self._change(request.reward_id, decide, caller.cause(), request.expected_version)

    def _unlocked(
        self, reward_id: str, decide: Callable[[Reward], RewardDecision], caller: Caller
    ) -> tuple[Reward, Payee]:
        reward = self._visible(reward_id, caller).state
        decide(reward)
        cause = replace(caller.cause(), command_id=None)
        # As in the vault: an informant who was told of an opening that then failed is the lesser harm.
        self.tips.change(reward.tip_id, partial(_told, reward_id=reward.id, now=self.clock.now()), cause)
        read = self._change(reward_id, decide, cause, None).state
        sealed = self.payees.read(read.payee_id)
        if sealed is None:
            raise Forbidden("reward.payee_gone")
        return read, self._payee(sealed)

    # --- what they share ---------------------------------------------------------------------------------------------

    def _payee(self, sealed: str) -> Payee:
        said: Any = self.opener.open(sealed, PAYEE)
        return as_contract(Payee, said)

    def _scheme(self, reward: Reward) -> RewardScheme:
        return tables.named(self.policies.version(reward.policy_version), reward.scheme)

    def _has_earlier(self, reward: Reward) -> bool:
        return self.reporters.has_earlier(self.tips.get(reward.tip_id).state)

    def _number(self, at: datetime) -> str:
        series = f"{self.policies.current.programme.number_prefix}{SERIES}"
        return number_from(series, local_date(at).year, self.entropy(35))

    def _visible(self, reward_id: str, caller: Caller) -> Stored[Reward]:
        found = self.rewards.get(reward_id)
        rules.check_visible(found.state, caller)
        return found

    def _change(
        self, reward_id: str, decide: Callable[[Reward], RewardDecision], cause: Cause, version: int | None
    ) -> Stored[Reward]:
        return self.rewards.change(reward_id, decide, cause, expected_version=version)


def _told(tip: Tip, reward_id: str, now: datetime) -> Decision:
    if any(each.opening_id == reward_id for each in tip.openings):
        return tip, ()
    told = Opened(opening_id=reward_id, kind=OpeningKind.REWARD, opened_at=now, is_withheld=False)
    return replace(tip, openings=(*tip.openings, told)), ()

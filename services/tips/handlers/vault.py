"""Opening what is kept of an informant: asked by one person, allowed by another, read for a day, told to the informant.

Whoever is about to read is written down, on the tip and on the request, before anything is unlocked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Protocol

from lianxi.contracts.codec import as_plain
from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.sealing import CONTACT, IDENTITY, Opener, Sealer
from lianxi.contracts.vault import (
    AskOpening,
    CountVaultKeys,
    DecideOpening,
    GetOpening,
    Identity,
    OpeningState,
    VaultKeys,
    WithdrawOpening,
)
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import Forbidden, RuleBroken
from lianxi.kernel.ids import derived_id, random_id
from lianxi.runtime import metrics
from lianxi.store.unit import Addition, Aggregates, Stored
from services.tips.domain import opening as rules
from services.tips.domain.opening import Opening, OpeningDecision
from services.tips.domain.tip import Decision, Opened, Tip, check_readable

REWRAPPED_A_SWEEP = 200


class Vault(Protocol):
    """Where what identifies informants is kept, locked."""

    def has(self, tip_id: str) -> bool:
        """Say whether anything is kept of a tip's informant."""
        ...

    def read(self, tip_id: str) -> str | None:
        """Unlock what is kept, still sealed as it came; `None` when there is nothing."""
        ...

    def rewrap(self, at_most: int) -> int:
        """Lock some records under the key in use; how many wait still."""
        ...

    def keys(self) -> VaultKeys:
        """Count the records under each key."""
        ...


@dataclass(frozen=True)
class VaultHandlers:
    """The use cases of the vault."""

    tips: Aggregates[Tip]
    openings: Aggregates[Opening]
    vault: Vault
    opener: Opener
    clock: Clock

    def ask_opening(self, request: AskOpening, caller: Caller) -> Stored[Opening]:
        """Ask to open what is kept of a tip's informant.

        Emits: OpeningAsked.
        Raises:
            NotFound: tip.not_found.
            RuleBroken: opening.nothing_kept.
        """
        # The row names whose requests somebody reads; the tip is known to them as to everybody of their agency.
        check_readable(self.tips.get(request.tip_id).state, replace(caller, rows=()))
        if not self.vault.has(request.tip_id):
            raise RuleBroken("opening.nothing_kept")
        # The same command a second time lands on the same request.
        known = caller.command_id
        opening_id = random_id("opening") if known is None else derived_id("opening", request.tip_id, known)
        opening, events = rules.ask(opening_id, request.tip_id, request.kind, request.motive, caller, self.clock.now())
        self.openings.add_many([Addition(opening, events, caller.cause())])
        return self.openings.get(opening_id)

    def decide_opening(self, request: DecideOpening, caller: Caller) -> Stored[Opening]:
        """Say yes or no to a request.

        Emits: OpeningDecided.
        """
        decide = partial(
            rules.decide,
            approve=request.approve,
            reason=request.reason,
            withheld_ground=request.withheld_ground,
            caller=caller,
            now=self.clock.now(),
        )
        return self._change(request.tip_id, request.request_id, decide, caller)

    def withdraw_opening(self, request: WithdrawOpening, caller: Caller) -> Stored[Opening]:
        """Take a request back."""
        decide = partial(rules.withdraw, caller=caller, now=self.clock.now())
        return self._change(request.tip_id, request.request_id, decide, caller)

    def get_opening(self, request: GetOpening, caller: Caller) -> tuple[Stored[Opening], str | None]:
        """Show a request, and to whoever asked the identity, sealed to the question's key, if the second key is there.

        Emits: IdentityOpened, OpeningAttempted.
        Raises:
            NotFound: opening.not_found.
            RuleBroken: opening.second_key_missing.
            Forbidden: opening.nothing_kept_any_more.
            ContractBroken: seal.key_unusable.
        """
        to_asker = Sealer(request.answer_key)
        found = self.openings.get(request.request_id)
        rules.check_visible(found.state, request.tip_id, caller)
        if caller.actor != found.state.asked_by:
            return found, None
        stored, identity = self._read(found.state, replace(caller.cause(), command_id=None))
        return stored, to_asker.seal(as_plain(identity), IDENTITY)

    def _read(self, opening: Opening, cause: Cause) -> tuple[Stored[Opening], Identity]:
        now = self.clock.now()
        if opening.state_at(now) is not OpeningState.APPROVED:
            metrics.vault_attempts_total.inc()
            self.openings.change(opening.id, partial(rules.attempt, now=now), cause)
            raise RuleBroken(
                "opening.second_key_missing", clause=rules.SECRECY_CLAUSE, state=opening.state_at(now).value
            )
        # A tip that was told of an opening which then failed is the lesser harm than the other way round.
        self.tips.change(opening.tip_id, partial(_told, opening=opening, now=now), cause)
        stored = self.openings.change(opening.id, partial(rules.read, now=now), cause)
        sealed = self.vault.read(opening.tip_id)
        if sealed is None:
            raise Forbidden("opening.nothing_kept_any_more")
        return stored, _identity(self.opener.open(sealed, CONTACT))

    def rewrap(self) -> None:
        """Bring records that lie under an older key under the one in use, some at a time."""
        metrics.vault_rewrap_pending.set(self.vault.rewrap(REWRAPPED_A_SWEEP))

    def count_keys(self, _request: CountVaultKeys) -> VaultKeys:
        """Count the records under each key."""
        return self.vault.keys()

    def _change(
        self, tip_id: str, opening_id: str, decide: Callable[[Opening], OpeningDecision], caller: Caller
    ) -> Stored[Opening]:
        rules.check_visible(self.openings.get(opening_id).state, tip_id, caller)
        return self.openings.change(opening_id, decide, caller.cause())


def _told(tip: Tip, opening: Opening, now: datetime) -> Decision:
    if any(each.opening_id == opening.id for each in tip.openings):
        return tip, ()
    told = Opened(opening_id=opening.id, kind=opening.kind, opened_at=now, is_withheld=bool(opening.withheld_ground))
    return replace(tip, openings=(*tip.openings, told)), ()


def _identity(contact: Mapping[str, str]) -> Identity:
    return Identity(name=contact.get("name"), phone=contact.get("phone"), other=contact.get("other"))

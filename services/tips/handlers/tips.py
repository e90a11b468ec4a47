"""What the tips desk does when it is told or asked something."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from lianxi.contracts.cases import CaseClosed, CaseOpened
from lianxi.contracts.clocks import AskClockChange, DecideClockChange
from lianxi.contracts.envelope import Caller, Cause, Event, Heard, Lane
from lianxi.contracts.inspections import SuspicionRaised
from lianxi.contracts.notifications import NoticeDelivered
from lianxi.contracts.operations import MigrateItems, MigrationResult, StateCount
from lianxi.contracts.tips import (
    AcceptTip,
    Channel,
    CloseTip,
    DispatchTip,
    PostMessage,
    ReturnTip,
    SubmitTip,
    TellInformant,
    TipDispatched,
    TipKind,
    TipState,
    VerifyTip,
)
from lianxi.kernel.clock import level_to_hour, local_date
from lianxi.kernel.errors import Broken, ContractBroken, NotFound, PolicyBroken, Refused, RuleBroken
from lianxi.kernel.ids import derived_id, number_from
from lianxi.policy.policy import Policy
from lianxi.policy.retention import NOT_COUNTED
from lianxi.runtime import metrics
from lianxi.store.unit import Addition, Change, Stored
from services.tips import policy as rules
from services.tips.domain import attachments, clock_changes, clocks, dispatching, migrating, working
from services.tips.domain.tip import Author, Decision, Tip, has_held, no_receipt
from services.tips.handlers.informants import InformantSide, text_in

LEAD = "lead"
RUNGS_A_SWEEP = 500


class Informants(Protocol):
    """Where what identifies informants is put away, unopened."""

    def keep(self, contacts: Mapping[str, str], kept_at: datetime) -> None:
        """Keep the sealed contacts of some tips, by the tips' ids."""
        ...


class Watch(Protocol):
    """Who knows which clocks have come to a rung."""

    def due(self, now: datetime, at_most: int) -> Sequence[tuple[str, Lane]]:
        """Name the tips with a clock that has come to a rung, with their lanes: rescues first."""
        ...


class Running(Protocol):
    """Who knows which tips still run under which version of the policy."""

    def count(self, policy_version: int, states: Sequence[TipState]) -> Mapping[TipState, int]:
        """Count them by where they stand."""
        ...

    def first(self, policy_version: int, states: Sequence[TipState], at_most: int) -> Sequence[str]:
        """Name some of them."""
        ...


class Arrival(Protocol):
    """A command of the intake lane with what caused it."""

    @property
    def command(self) -> Any:
        """The command."""
        ...

    @property
    def cause(self) -> Cause:
        """What caused it."""
        ...


@dataclass(frozen=True)
class TipHandlers(InformantSide):
    """The use cases. `entropy` gives that many random bits; rungs that are due are told of before any decision."""

    informants: Informants
    watch: Watch
    running: Running
    entropy: Callable[[int], int]

    @property
    def policy(self) -> Policy:
        """The version in force: by it tips come in, and desks are known."""
        return self.policies.current

    def _policy_of(self, tip: Tip) -> Policy:
        """The version that a tip came in under, or was moved to: by it its clocks run."""
        return self.policies.version(tip.policy_version)

    # --- intake ------------------------------------------------------------------------------------------------------

    def submit_tips(self, arrivals: Sequence[Arrival]) -> None:
        """Take tips in, and give each to its desk in the same write.

        Emits: TipReceived, TipDispatched, RescueRaised.
        Raises:
            ContractBroken: seal.unreadable, tip.content_unreadable, tip.receipt_taken; none of the batch is lost by it.
        """
        additions = [self._taken_in(each.command, each.cause) for each in arrivals]
        contacts = {each.command.tip_id: each.command.contact for each in arrivals if each.command.contact is not None}
        self.informants.keep(contacts, level_to_hour(self.clock.now()))
        self._add(additions)

    def take_suspicion(self, event: SuspicionRaised, cause: Cause) -> None:
        """Make a tip of what a patrol saw, once.

        Emits: TipReceived, TipDispatched, RescueRaised.
        """
        tip_id = derived_id("tip", "take_suspicion", event.visit_id, cause.event_id)
        to = rules.destination(
            self.policy,
            rules.suspicion_category(event.findings),
            TipKind.TIP,
            "normal",
            self.policy.suspicion.copies,
        )
        tip = self._tip(
            to,
            id=tip_id,
            number=self._number(event.raised_at),
            kind=TipKind.TIP,
            channel=Channel.PATROL,
            source=Channel.PATROL.value,
            village=event.village,
            rental_code=event.rental_code,
            is_anonymous=False,
            sealed_content=None,
            redacted_text=rules.suspicion_text(event.findings),
            redacted_place=None,
            receipt=no_receipt(tip_id),
            submitted_by="inspections",
            received_at=event.raised_at,
            visit_id=event.visit_id,
        )
        self._add([self._addition(tip, to, cause, rules.PATROL_CLAUSE)])

    def _taken_in(self, command: SubmitTip, cause: Cause) -> Addition[Tip]:
        content = self.opener.open(command.content)
        place = content.get("place")
        to = rules.destination(self.policy, command.category, command.kind, command.lane)
        tip = self._tip(
            to,
            id=command.tip_id,
            number=command.number,
            kind=command.kind,
            channel=command.channel,
            source=command.source or command.channel.value,
            reference=_reference_in(content),
            village=command.village,
            rental_code=command.rental_code,
            is_anonymous=command.is_anonymous,
            sealed_content=command.content,
            redacted_text=rules.redact(text_in(content)),
            redacted_place=rules.redact(place) if isinstance(place, str) and place else None,
            receipt=command.receipt_verifier or no_receipt(command.tip_id),
            is_receipt_temporary=command.is_receipt_temporary,
            submitted_by=command.submitted_by,
            filed_by=command.filed_by,
            received_at=command.received_at,
            identity=NOT_COUNTED if command.contact is not None else None,
            public_on=rules.public_from(self.policy, command, to.category),
        )
        author = Author.INFORMANT if tip.submitter is None else Author.DESK
        tip = attachments.attached(tip, command.attachments, author, command.received_at)
        return self._addition(tip, to, cause, rules.RECEIVED_CLAUSE)

    def _tip(self, to: rules.Destination, *, is_anonymous: bool, received_at: datetime, **fields: Any) -> Tip:
        return Tip(
            category=to.category,
            lane=to.lane,
            state=TipState.DISPATCHED,
            is_anonymous=is_anonymous,
            received_at=received_at,
            tie_break=self.entropy(62),
            listed_at=level_to_hour(received_at) if is_anonymous else received_at,
            policy_version=self.policy.version,
            **fields,
        )

    def _addition(self, tip: Tip, to: rules.Destination, cause: Cause, clause: str) -> Addition[Tip]:
        tip, events = dispatching.receive(tip, to, self.clock.now(), clause, self.policy)
        return Addition(clocks.watched(tip, self.policy), events, replace(cause, lane=tip.lane))

    def _add(self, additions: Sequence[Addition[Tip]]) -> None:
        for addition, is_new in zip(additions, self.tips.add_many(additions), strict=True):
            tip = addition.state
            if is_new:
                metrics.tips_received_total.labels(tip.channel.value, tip.category).inc()
            elif self.tips.find(tip.id) is None:
                # Refused by the other unique index: better parked for a person than lost.
                raise ContractBroken("tip.receipt_taken", tip_id=tip.id)

    def _number(self, at: datetime) -> str:
        return number_from(self.policy.programme.number_prefix, local_date(at).year, self.entropy(35))

    # --- what others announce ----------------------------------------------------------------------------------------

    def start_clocks(self, heard: Sequence[Heard]) -> None:
        """Start the clock of each dispatch whose notice lies in its lead's tray; other notices are no concern here.

        Emits: TipClockStarted.
        """
        led = [each for each in heard if each.event.event_type == TipDispatched.KEY and each.event.role == LEAD]
        self.tips.change_many([self._clock_start(each.event, each.cause) for each in led])

    def _clock_start(self, event: NoticeDelivered, cause: Cause) -> Change[Tip]:
        decide = partial(
            self._by_its_policy, clocks.start_clock, dispatch_id=event.reference, delivered_at=event.delivered_at
        )
        return Change(event.about.rpartition("/")[2], self._on_time(decide), cause)

    def follow_case(self, event: Event, cause: Cause) -> None:
        """Note the opening of a tip's case, and close the tip with it, in whichever order they are heard.

        Emits: TipClosed.
        """
        if not isinstance(event, CaseOpened | CaseClosed) or event.tip_id is None:
            return
        tip = self.tips.get(event.tip_id).state
        decide = self._on_time(lambda found: _followed(found, event))
        self.tips.change(tip.id, decide, replace(cause, lane=tip.lane))

    # --- time --------------------------------------------------------------------------------------------------------

    def climb_ladders(self) -> None:
        """Fire the rungs that clocks have reached, each once, whatever number of sweepers there is.

        Emits: TipRungReached.
        Raises:
            Refused, Broken: the first of what kept single tips back; the others have been dealt with.
        """
        kept_back: list[Refused | Broken] = []
        for tip_id, lane in self.watch.due(self.clock.now(), RUNGS_A_SWEEP):
            decide = self._on_time(lambda tip: (tip, ()))
            # Neither an event nor a command: a sweeper that comes second finds nothing to fire and writes nothing.
            cause = Cause(actor="desk:tips", correlation_id=tip_id, lane=lane)
            try:
                self.tips.change(tip_id, decide, cause)
            except (Refused, Broken) as error:
                kept_back.append(error)
        if kept_back:
            raise kept_back[0]

    def ask_clock_change(self, request: AskClockChange, caller: Caller) -> Stored[Tip]:
        """Ask to pause, resume or extend a clock."""
        details = {"clock": request.clock, "change": request.change, "reason": request.reason}
        ask = partial(self._by_its_policy, clock_changes.ask)
        return self._decide(request.item_id, caller, ask, details, request.expected_version)

    def decide_clock_change(self, request: DecideClockChange, caller: Caller) -> Stored[Tip]:
        """Say yes or no to a change of a clock.

        Emits: TipClockPaused, TipClockResumed, TipClockExtended.
        """
        details = {"change_id": request.change_id, "approve": request.approve}
        decide = partial(self._by_its_policy, clock_changes.decide)
        return self._decide(request.item_id, caller, decide, details, request.expected_version)

    def _on_time(self, decide: Callable[[Tip], Decision]) -> Callable[[Tip], Decision]:
        """Let a decision come after the rungs that are due."""
        return partial(self._by_its_policy, clocks.on_time, now=self.clock.now(), decide=decide)

    def _by_its_policy(self, decide: Callable[..., Decision], tip: Tip, /, **details: Any) -> Decision:
        return decide(tip, policy=self._policy_of(tip), **details)

    # --- versions of the policy --------------------------------------------------------------------------------------

    def migrate_items(self, request: MigrateItems, caller: Caller) -> MigrationResult:
        """Move running tips from one version of the policy to another, or in a dry run count them; each tip only once.

        Raises:
            Forbidden: policy.office_only.
            RuleBroken: policy.same_version.
            NotFound: policy.version_unknown.
        """
        migrating.check_may_migrate(caller)
        if request.from_version == request.to_version:
            raise RuleBroken("policy.same_version", version=request.to_version)
        new = self._readable(request.to_version)
        if new is None:
            raise NotFound("policy.version_unknown", version=request.to_version)
        found = self.running.count(request.from_version, migrating.RUNNING)
        moved = 0 if request.dry_run else self._move(request, new, caller)
        return MigrationResult(
            from_version=request.from_version,
            to_version=request.to_version,
            dry_run=request.dry_run,
            found=tuple(StateCount(state=state, items=items) for state, items in found.items()),
            moved=moved,
            left=sum(found.values()) - moved,
        )

    def _move(self, request: MigrateItems, new: Policy, caller: Caller) -> int:
        """Move some tips, each in one change; a tip itself says whether it was moved, so none is moved twice."""
        decide = partial(
            migrating.migrate,
            from_version=request.from_version,
            old=self._readable(request.from_version),
            new=new,
            by=caller.actor,
            now=self.clock.now(),
        )
        chosen = self.running.first(request.from_version, migrating.RUNNING, request.at_most)
        moved = 0
        for tip_id in chosen:
            lane = self.tips.get(tip_id).state.lane
            after = self.tips.change(tip_id, decide, replace(caller.cause(), command_id=None, lane=lane))
            moved += after.state.policy_version == new.version
        return moved

    def _readable(self, version: int) -> Policy | None:
        """Find a version; one that cannot be used any more must not keep tips from being moved away from it."""
        try:
            return self.policies.version(version)
        except PolicyBroken:
            return None

    # --- decisions of desks ------------------------------------------------------------------------------------------

    def dispatch_tip(self, request: DispatchTip, caller: Caller) -> Stored[Tip]:
        """Give a tip to another lead desk.

        Emits: TipDispatched.
        """
        self._check_desks(request.lead, *request.copies)
        details = {"lead": request.lead, "copies": request.copies, "reason": request.reason}
        return self._decide(request.tip_id, caller, dispatching.redispatch, details, request.expected_version)

    def accept_tip(self, request: AcceptTip, caller: Caller) -> Stored[Tip]:
        """Take a tip on.

        Emits: TipAccepted.
        """
        details = {"officer": request.officer}
        return self._decide(request.tip_id, caller, working.accept, details, request.expected_version)

    def return_tip(self, request: ReturnTip, caller: Caller) -> Stored[Tip]:
        """Give a tip back.

        Emits: TipReturned, TipDispatched.
        """
        self._check_desks(request.suggested_desk)
        details = {
            "reason": request.reason,
            "suggested_desk": request.suggested_desk,
            "explanation": rules.redact(request.explanation),
        }
        return self._decide(request.tip_id, caller, dispatching.give_back, details, request.expected_version)

    def verify_tip(self, request: VerifyTip, caller: Caller) -> Stored[Tip]:
        """Record what verifying found.

        Emits: TipVerified, TipClockStarted, FeedbackGiven.
        """
        self._check_desks(request.next_owner)
        details = {"outcome": request.outcome, "next_owner": request.next_owner}
        verify = partial(self._by_its_policy, working.verify)
        return self._decide(request.tip_id, caller, verify, details, request.expected_version)

    def tell_informant(self, request: TellInformant, caller: Caller) -> Stored[Tip]:
        """Note that an informant was told."""
        return self._decide(request.tip_id, caller, working.tell, {"way": request.way}, request.expected_version)

    def close_tip(self, request: CloseTip, caller: Caller) -> Stored[Tip]:
        """Close a tip.

        Emits: TipClosed.
        """
        details = {"outcome": request.outcome}
        return self._decide(request.tip_id, caller, working.close, details, request.expected_version)

    def post_message(self, request: PostMessage, caller: Caller) -> Stored[Tip]:
        """Write to an informant.

        Emits: TipMessagePosted.
        """
        details = {"text": text_in(self.opener.open(request.content))}
        return self._decide(request.tip_id, caller, working.write_to_informant, details, None)

    def _check_desks(self, *desks: str | None) -> None:
        for desk in desks:
            if desk is not None:
                self.policy.desk(desk)

    def _decide(
        self,
        tip_id: str,
        caller: Caller,
        decide: Callable[..., Decision],
        details: Mapping[str, Any],
        expected_version: int | None,
    ) -> Stored[Tip]:
        """Decide on a tip. A command that is repeated is answered, even to a desk that gave the tip away by it."""
        before = self.tips.get(tip_id).state
        if not has_held(before, caller):
            raise NotFound("tip.not_found")
        bound = self._on_time(partial(decide, **details, caller=caller, now=self.clock.now()))
        cause = replace(caller.cause(), lane=before.lane)
        return self.tips.change(tip_id, bound, cause, expected_version=expected_version)


def _followed(tip: Tip, event: CaseOpened | CaseClosed) -> Decision:
    if isinstance(event, CaseOpened):
        return working.link_case(tip, event.case_id, event.owner, event.opened_at)
    return working.end_with_case(tip, event.case_id, event.owner, event.outcome.value, event.closed_at)


def _reference_in(content: Mapping[str, Any]) -> str | None:
    """Take another system's number out of what was under the seal."""
    reference = content.get("reference")
    return reference if isinstance(reference, str) and reference else None

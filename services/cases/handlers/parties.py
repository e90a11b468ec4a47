"""What is done with the persons of a case by its owner; whoever was sent its papers reads them and is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from lianxi.contracts import codec
from lianxi.contracts.cases import CaseClosed, CaseState
from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.parties import (
    Certainty,
    ClearParty,
    ConfirmParty,
    CorrectParty,
    GetParty,
    Hidden,
    ListParties,
    NameParty,
    PartyView,
    PersonTold,
    SealedParties,
    SealedParty,
    UnmaskParty,
)
from lianxi.contracts.sealing import PERSON, PERSON_TOLD, Opener, Sealer
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import Conflict, NotFound, RuleBroken
from lianxi.store.unit import Aggregates, Stored
from services.cases.domain import parties as rules
from services.cases.domain.cases import Case, check_open
from services.cases.domain.parties import Decision, Party, Person, Safe
from services.cases.domain.referrals import CriminalReferral
from services.cases.handlers.cases import new_id, own_case, sent_to

NUMBER_BITS = 40
NUMBERS = 1_000_000


class PartyIndex(Protocol):
    """How persons of one case are found; nothing finds them across cases."""

    def page(
        self, case_id: str, *, is_hidden_too: bool, cursor: str | None, limit: int
    ) -> tuple[Sequence[Stored[Party]], str | None]:
        """Read a page of them, newest first."""
        ...

    def bearing(self, case_id: str, marks: Sequence[str]) -> str | None:
        """Name the one who bears one of some marks, among those who are not cleared."""
        ...

    def suspected(self, case_id: str) -> Sequence[str]:
        """Name some of those of whom nothing is decided and who are not erased; none when none is left."""
        ...

    def kept(self, case_id: str) -> Sequence[str]:
        """Name some of those who are not erased, whatever was decided; none when none is left."""
        ...

    def under_other_keys(self, key_id: str) -> Sequence[str]:
        """Name some who lie under another key than the one in use."""
        ...


@dataclass(frozen=True)
class PartyDesk:
    """The use cases of persons of a case."""

    parties: Aggregates[Party]
    index: PartyIndex
    safe: Safe
    cases: Aggregates[Case]
    referrals: Aggregates[CriminalReferral]
    opener: Opener
    clock: Clock
    entropy: Callable[[int], int]

    def name_party(self, request: NameParty, caller: Caller) -> PartyView:
        """Name a person in a case of the caller's agency, as suspected.

        Emits: PartyNamed.
        Raises:
            NotFound: case.not_found.
            Conflict: case.already_closed, party.already_named.
            RuleBroken: party.source_missing, party.basis_missing, party.id_number_in_text, party.id_number_wrong,
                party.name_missing.
        """
        case = own_case(self.cases, request.case_id, caller).state
        check_open(case)
        party = self._made(request, case, caller)
        self.parties.add(party, rules.named(party)[1], caller.cause())
        # A case that was closed meanwhile has erased its persons already, and not this one.
        if self.cases.get(case.id).state.state is not CaseState.OPEN:
            self._erase(party.id, replace(caller.cause(), command_id=None))
            raise Conflict("case.already_closed")
        return self._shown(self.parties.get(party.id))

    def list_parties(self, request: ListParties, caller: Caller) -> SealedParties:
        """Show a page of the persons of one case to its owner and to whoever was sent it.

        Raises:
            NotFound: case.not_found.
        """
        case = self.cases.get(request.case_id).state
        receivers = self._receivers(case)
        if not _may_read(case.owner, receivers, caller):
            raise NotFound("case.not_found")
        is_owner = caller.holds(case.owner)
        found, following = self.index.page(
            case.id,
            is_hidden_too=request.including is Hidden.CLEARED and is_owner,
            cursor=request.cursor,
            limit=request.limit,
        )
        to_asker = Sealer(request.answer_key)
        items = tuple(self._sealed(each, receivers, to_asker, caller) for each in found)
        return SealedParties(items=items, next_cursor=following)

    def get_party(self, request: GetParty, caller: Caller) -> SealedParty:
        """Show a person of a case.

        Raises:
            NotFound: party.not_found, also for another's case and for who is cleared.
        """
        found = self.parties.get(request.party_id)
        receivers = self._receivers_of(found.state)
        is_owner = caller.holds(found.state.owner)
        is_hidden_too = request.including is Hidden.CLEARED and is_owner
        if not _may_read(found.state.owner, receivers, caller) or not (found.state.is_listed or is_hidden_too):
            raise NotFound("party.not_found")
        return self._sealed(found, receivers, Sealer(request.answer_key), caller)

    def confirm_party(self, request: ConfirmParty, caller: Caller) -> PartyView:
        """Record the decision that confirms what somebody was suspected of.

        Raises:
            NotFound: party.not_found.
            Conflict: party.not_suspected, party.erased.
            RuleBroken: party.decision_missing, party.id_number_in_text.
        """
        self._own(request.party_id, caller)
        return self._changed(
            request.party_id,
            partial(rules.confirm, decision_reference=request.decision_reference),
            caller,
            request.expected_version,
        )

    def clear_party(self, request: ClearParty, caller: Caller) -> PartyView:
        """Clear somebody, and tell whoever holds papers of the case.

        Emits: PartyCleared.
        Raises:
            NotFound: party.not_found.
            Conflict: party.already_cleared.
            RuleBroken: party.source_missing, party.basis_missing, party.id_number_in_text.
        """
        before = self._own(request.party_id, caller, including=Hidden.CLEARED)
        told = self._told(request.told)
        statement = rules.stated(told, Certainty.VERIFIED_FACT, request.basis, self.clock.now())
        receivers = self._receivers_of(before)

        def decide(party: Party) -> Decision:
            person = rules.with_statement(self._person(party), statement)
            return rules.clear(party, self.safe.lock(party.id, person), receivers)

        return self._changed(request.party_id, decide, caller, request.expected_version)

    def correct_party(self, request: CorrectParty, caller: Caller) -> PartyView:
        """Put right what is wrong about somebody, and tell whoever holds papers of the case.

        Emits: PartyCorrected.
        Raises:
            NotFound: party.not_found, also for who is cleared, unless those are asked for.
            RuleBroken: party.nothing_corrected, party.source_missing, party.basis_missing, party.id_number_in_text,
                party.id_number_wrong.
            Conflict: party.erased, party.already_named, party.role_decided.
        """
        before = self._own(request.party_id, caller, including=request.including)
        told = self._told(request.told)
        rules.check_correction(request, told)
        statement = rules.stated(told, Certainty.VERIFIED_FACT, request.basis, self.clock.now())
        mark = self._mark(before.case_id, before.id, told.id_number)
        receivers = self._receivers_of(before)

        def decide(party: Party) -> Decision:
            person = rules.with_told(self._person(party), told, statement)
            return rules.correct(party, request, self.safe.lock(party.id, person), mark or party.id_mark, receivers)

        return self._changed(request.party_id, decide, caller, request.expected_version)

    def unmask_party(self, request: UnmaskParty, caller: Caller) -> PartyView:
        """Let whoever asks read a minor's name and number for a quarter of an hour.

        Emits: PartyUnmasked.
        Raises:
            NotFound: party.not_found, also for who is cleared.
            RuleBroken: party.not_masked, unmasking.reason_missing, party.id_number_in_text.
            Conflict: party.erased.
        """
        before = self._own(request.party_id, caller)
        reason = self._told(request.told).statement.strip()
        if before.erased_at is not None:
            raise Conflict("party.erased")
        if not before.is_minor:
            raise RuleBroken("party.not_masked")
        if not reason:
            raise RuleBroken("unmasking.reason_missing", clause="pipl-51")
        rules.check_texts((reason,))

        def decide(party: Party) -> Decision:
            person = self._person(party)
            sealed = self.safe.lock(party.id, replace(person, unmasked_for=(*person.unmasked_for, reason)))
            return rules.unmask(party, sealed, caller.actor, self.clock.now())

        return self._changed(request.party_id, decide, caller, None)

    def settle_parties(self, event: CaseClosed, cause: Cause) -> None:
        """Erase who was suspected in a case that has been closed, each in one write with its line of the audit."""
        case = self.cases.find(event.case_id)
        if case is not None and case.state.state is CaseState.OPEN:
            return  # it was taken up again before this was heard
        while found := self.index.suspected(event.case_id):
            for party_id in found:
                self._erase(party_id, cause)

    def forget(self, case: Case) -> None:
        """Erase everybody who is left in a case that has been kept long enough, before the case itself is stripped."""
        cause = Cause(actor="desk:cases", correlation_id=case.id)
        while found := self.index.kept(case.id):
            for party_id in found:
                self.parties.change(party_id, partial(rules.forget, now=self.clock.now()), cause, noted="purged")

    def rewrap(self) -> None:
        """Bring persons that lie under an older key under the one in use, some at a time and each in one write."""
        cause = Cause(actor="desk:cases", correlation_id="rewrap")
        for party_id in self.index.under_other_keys(self.safe.current):
            self.parties.change(party_id, self._rewrapped, cause)

    def _rewrapped(self, party: Party) -> Decision:
        if party.sealed is None or party.sealed.key_id == self.safe.current:
            return party, ()
        return replace(party, sealed=self.safe.rewrap(party.id, party.sealed)), ()

    def _made(self, request: NameParty, case: Case, caller: Caller) -> Party:
        now = self.clock.now()
        told = self._told(request.told)
        statement = rules.stated(told, request.certainty, request.basis, now)
        person = rules.person_of(told, statement)
        party_id = new_id("party", caller, now)
        return Party(
            id=party_id,
            case_id=case.id,
            number=f"{case.number}-{self.entropy(NUMBER_BITS) % NUMBERS:06d}",
            owner=case.owner,
            owner_agency=case.owner_agency,
            role=request.role,
            is_possible_victim=request.is_possible_victim or request.role in rules.ALWAYS_POSSIBLE_VICTIMS,
            is_minor=request.is_minor,
            basis=statement.basis,
            sealed=self.safe.lock(party_id, person),
            id_mark=self._mark(case.id, party_id, told.id_number),
            named_at=now,
        )

    def _told(self, sealed: str) -> PersonTold:
        return codec.as_contract(PersonTold, self.opener.open(sealed, PERSON_TOLD))

    def _mark(self, case_id: str, party_id: str, id_number: str | None) -> str | None:
        """Work out the mark of an identity number, which one person of a case bears at most."""
        if id_number is None:
            return None
        marks = self.safe.marks(case_id, rules.check_id_number(id_number))
        if self.index.bearing(case_id, marks) not in (None, party_id):
            raise Conflict("party.already_named")
        return marks[0]

    def _erase(self, party_id: str, cause: Cause) -> None:
        now = self.clock.now()
        self.parties.change(party_id, partial(rules.erase, now=now), cause)

    def _own(self, party_id: str, caller: Caller, *, including: Hidden | None = None) -> Party:
        """Find a person of the caller's own case; who is cleared is not there unless those are asked for."""
        found = self.parties.get(party_id).state
        if not (caller.holds(found.owner) and (found.is_listed or including is Hidden.CLEARED)):
            raise NotFound("party.not_found")
        return found

    def _changed(
        self, party_id: str, decide: Callable[[Party], Decision], caller: Caller, expected_version: int | None
    ) -> PartyView:
        return self._shown(self.parties.change(party_id, decide, caller.cause(), expected_version=expected_version))

    def _shown(self, stored: Stored[Party]) -> PartyView:
        return rules.as_view(stored.state, stored.version, self._receivers_of(stored.state))

    def _sealed(
        self, stored: Stored[Party], receivers: tuple[str, ...], to_asker: Sealer, caller: Caller
    ) -> SealedParty:
        """Show a person to whoever asked: who they are is sealed to the question's key, so that no queue holds it."""
        is_masked = rules.is_masked_for(stored.state, caller.actor, self.clock.now())
        opened = rules.opened(stored.state, self._person(stored.state), is_masked=is_masked)
        view = rules.as_view(stored.state, stored.version, receivers)
        return SealedParty(party=view, person=to_asker.seal(codec.as_plain(opened), PERSON))

    def _person(self, party: Party) -> Person:
        return Person() if party.sealed is None else self.safe.unlock(party.id, party.sealed)

    def _receivers_of(self, party: Party) -> tuple[str, ...]:
        return self._receivers(self.cases.get(party.case_id).state)

    def _receivers(self, case: Case) -> tuple[str, ...]:
        return sent_to(case, self.referrals)


def _may_read(owner: str, receivers: Sequence[str], caller: Caller) -> bool:
    return any(caller.holds(desk) for desk in (owner, *receivers))

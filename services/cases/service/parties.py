"""The doors of persons of cases. Nothing is decided here."""

from __future__ import annotations

from lianxi.contracts.cases import CaseClosed
from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.parties import (
    ClearParty,
    ConfirmParty,
    CorrectParty,
    GetParty,
    ListParties,
    NameParty,
    PartyView,
    SealedParties,
    SealedParty,
    UnmaskParty,
)
from lianxi.greenroom.entries import Desk, answers, consumes, every, shows
from services.cases.handlers.parties import PartyDesk


class PartyDoors(Desk):
    """What is asked about the persons of a case. No question leads from a person to a case."""

    persons: PartyDesk

    @answers
    def name_party(self, request: NameParty, caller: Caller) -> PartyView:
        """Name a person in a case."""
        return self.persons.name_party(request, caller)

    @shows("case")
    def list_parties(self, request: ListParties, caller: Caller) -> SealedParties:
        """Show a page of the persons of one case."""
        return self.persons.list_parties(request, caller)

    @shows("party")
    def get_party(self, request: GetParty, caller: Caller) -> SealedParty:
        """Show a person of a case."""
        return self.persons.get_party(request, caller)

    @answers
    def confirm_party(self, request: ConfirmParty, caller: Caller) -> PartyView:
        """Record the decision that confirms what somebody was suspected of."""
        return self.persons.confirm_party(request, caller)

    @answers
    def clear_party(self, request: ClearParty, caller: Caller) -> PartyView:
        """Clear somebody."""
        return self.persons.clear_party(request, caller)

    @answers
    def correct_party(self, request: CorrectParty, caller: Caller) -> PartyView:
        """Put right what is wrong about somebody."""
        return self.persons.correct_party(request, caller)

    @answers
    def unmask_party(self, request: UnmaskParty, caller: Caller) -> PartyView:
        """Let whoever asks read a minor's name for a while."""
        return self.persons.unmask_party(request, caller)

    @consumes("settle_parties", CaseClosed)
    def settle_parties(self, event: CaseClosed, cause: Cause) -> None:
        """Erase who was suspected in a case that has been closed."""
        self.persons.settle_parties(event, cause)

    @every(30)
    def rewrap_parties(self) -> None:
        """Bring persons under the key in use."""
        self.persons.rewrap()

"""What is done with requests for assistance, by the desk that asks and the desk that is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from lianxi.contracts.cases import (
    AcceptAssistance,
    AnswerAssistance,
    AssistanceView,
    GetAssistance,
    RefuseAssistance,
    RequestAssistance,
)
from lianxi.contracts.envelope import Caller, Event
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import Forbidden, NotFound, RuleBroken
from lianxi.store.unit import Aggregates, Stored
from services.cases.domain import assistance as rules_of
from services.cases.domain.assistance import Assistance
from services.cases.domain.cases import Case
from services.cases.handlers.cases import new_id, own_case
from services.cases.policy import CasesPolicy


@dataclass(frozen=True)
class AssistanceDesk:
    """Requests between agencies; whatever becomes of one, the case stays where it is."""

    assistance: Aggregates[Assistance]
    cases: Aggregates[Case]
    policy: CasesPolicy
    clock: Clock

    def request_assistance(self, request: RequestAssistance, caller: Caller) -> AssistanceView:
        """Ask another agency's desk for one thing.

        Emits: AssistanceRequested.
        Raises:
            NotFound: case.not_found, for everybody but the case's owner.
            RuleBroken: desk.unknown.
        """
        case = own_case(self.cases, request.case_id, caller).state
        if request.receiver not in self.policy.desks:
            raise RuleBroken("desk.unknown", desk=request.receiver)
        now = self.clock.now()
        asked, events = rules_of.request(new_id("assistance", caller, now), case, request, now, self.policy.rules)
        self.assistance.add(asked, events, caller.cause())
        return _view(self.assistance.get(asked.id))

    def get_assistance(self, request: GetAssistance, caller: Caller) -> AssistanceView:
        """Show a request to its two sides.

        Raises:
            NotFound: assistance.not_found.
        """
        return _view(self._seen(request.assistance_id, caller))

    def accept_assistance(self, request: AcceptAssistance, caller: Caller) -> AssistanceView:
        """Take a request on.

        Emits: AssistanceAccepted.
        """
        now = self.clock.now()
        return self._by_receiver(
            request, caller, lambda found: rules_of.accept(found, now, self.policy.rules_of(found))
        )

    def refuse_assistance(self, request: RefuseAssistance, caller: Caller) -> AssistanceView:
        """Say why one cannot help.

        Emits: AssistanceRefused.
        """
        now = self.clock.now()
        return self._by_receiver(
            request, caller, lambda found: rules_of.refuse(found, request, now, self.policy.rules_of(found))
        )

    def answer_assistance(self, request: AnswerAssistance, caller: Caller) -> AssistanceView:
        """Say that the answer was given.

        Emits: AssistanceAnswered.
        """
        now = self.clock.now()
        return self._by_receiver(
            request, caller, lambda found: rules_of.answer(found, request, now, self.policy.rules_of(found))
        )

    def _seen(self, assistance_id: str, caller: Caller) -> Stored[Assistance]:
        found = self.assistance.get(assistance_id)
        if not (caller.sees_all or rules_of.is_seen_by(found.state, caller.agency)):
            raise NotFound("assistance.not_found")
        return found

    def _by_receiver(self, request: _Step, caller: Caller, decide: _Decide) -> AssistanceView:
        if not caller.holds(self._seen(request.assistance_id, caller).state.receiver):
            raise Forbidden("assistance.not_your_part")
        return _view(
            self.assistance.change(
                request.assistance_id, decide, caller.cause(), expected_version=request.expected_version
            )
        )


_Decide = Callable[[Assistance], tuple[Assistance, Sequence[Event]]]


class _Step(Protocol):
    """What every command to a request says."""

    @property
    def assistance_id(self) -> str: ...

    @property
    def expected_version(self) -> int | None: ...


def _view(stored: Stored[Assistance]) -> AssistanceView:
    return rules_of.as_view(stored.state, stored.version)

"""What the reporting desk does about reports upward: writes them, hears that couriers have them, notes proof, signs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.outside import DeliverySent
from lianxi.contracts.receipts import UPWARD_KIND, sign
from lianxi.contracts.upward_reports import (
    GetUpwardReport,
    RecordReceipt,
    RecordSending,
    SignUpwardProof,
    UpwardProof,
    UpwardReportView,
    WriteUpwardReport,
)
from lianxi.kernel.clock import Clock, local_date
from lianxi.kernel.errors import Forbidden
from lianxi.kernel.ids import derived_id, number_from, sortable_id
from lianxi.store.unit import Aggregates, Stored
from services.reporting.domain import upward_reports as domain
from services.reporting.domain.upward_reports import UpwardReport
from services.reporting.policy import Demands
from services.reporting.policy.upward import City

ENTROPY_BITS = 64


@dataclass(frozen=True)
class UpwardDesk:
    """The use cases of reports upward, with what they need."""

    reports: Aggregates[UpwardReport]
    city: City
    demands: Demands
    clock: Clock
    entropy: Callable[[int], int]
    signing_key: str

    def write_upward_report(self, request: WriteUpwardReport, caller: Caller) -> UpwardReportView:
        """Write a report.

        Emits: reporting.upward_report.written.v1.
        Raises:
            Refused: desk.unknown.
            Forbidden: upward_report.not_yours.
            RuleBroken: as the rule says.
        """
        owner = self.demands.desk_for(request.desk or caller.agency)
        if not caller.holds(owner):
            raise Forbidden("upward_report.not_yours")
        now = self.clock.now()
        command = caller.command_id
        report_id = sortable_id(domain.NOUN, now) if command is None else derived_id(domain.NOUN, caller.actor, command)
        number = number_from(self.city.number_series, local_date(now).year, self.entropy(ENTROPY_BITS))
        report, said = domain.written(report_id, number, request, owner, self.city, caller.actor, now)
        self.reports.add(report, said, caller.cause())
        return self._view(self.reports.get(report_id))

    def get_upward_report(self, request: GetUpwardReport, caller: Caller) -> UpwardReportView:
        """Show one report.

        Raises:
            NotFound: upward_report.not_found, also for another unit's.
        """
        return self._view(self._seen(request.report_id, caller))

    def note_told(self, event: DeliverySent, cause: Cause) -> None:
        """Note that a courier has taken a message about a report; other messages are nothing to this desk."""
        noun, _, report_id = event.about.partition("/")
        if noun == domain.NOUN:
            self.reports.change(report_id, lambda found: domain.told(found, event), cause)

    def record_sending(self, request: RecordSending, caller: Caller) -> UpwardReportView:
        """Note that an addressee was sent it.

        Emits: reporting.upward_report.sent.v1.
        """
        return self._change(request, caller, lambda found, now: domain.sent(found, request, caller.actor, now))

    def record_receipt(self, request: RecordReceipt, caller: Caller) -> UpwardReportView:
        """Note that an addressee confirmed it.

        Emits: reporting.upward_report.received.v1.
        """
        return self._change(request, caller, lambda found, now: domain.received(found, request, caller.actor, now))

    def sign_upward_proof(self, request: SignUpwardProof, caller: Caller) -> UpwardProof:
        """Sign who was sent what, how and when.

        Raises:
            NotFound: upward_report.not_found, upward_report.not_sent.
        """
        report = self._seen(request.report_id, caller).state
        plain = {"kind": UPWARD_KIND, **domain.as_statement(report, self.clock.now())}
        return UpwardProof(report_id=report.id, owner=report.owner, statement=sign(plain, self.signing_key))

    def _seen(self, report_id: str, caller: Caller) -> Stored[UpwardReport]:
        found = self.reports.get(report_id)
        domain.shown_to(found.state, caller)
        return found

    def _change(
        self,
        request: RecordSending | RecordReceipt,
        caller: Caller,
        decide: Callable[[UpwardReport, datetime], domain.Decision],
    ) -> UpwardReportView:
        now = self.clock.now()
        if not caller.holds(self._seen(request.report_id, caller).state.owner):
            raise Forbidden("upward_report.not_yours")
        return self._view(
            self.reports.change(
                request.report_id,
                lambda found: decide(found, now),
                caller.cause(),
                expected_version=request.expected_version,
            )
        )

    def _view(self, stored: Stored[UpwardReport]) -> UpwardReportView:
        return domain.as_view(stored.state, stored.version, self.city)

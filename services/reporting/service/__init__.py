"""The reporting desk: its doors, and how it is put together. Nothing is decided here."""

from __future__ import annotations

import secrets

from lianxi.greenroom.entries import Desk
from lianxi.runtime.premises import Premises
from lianxi.runtime.settings import read_key
from services.reporting.handlers.assessment import AssessmentDesk
from services.reporting.handlers.bulletins import BulletinDesk
from services.reporting.handlers.counting import Counting
from services.reporting.handlers.major_events import MajorEventDesk
from services.reporting.handlers.meetings import MeetingDesk
from services.reporting.handlers.migrating import MigrationDesk
from services.reporting.handlers.orders import OrderDesk
from services.reporting.handlers.publicity import PublicityDesk
from services.reporting.handlers.retention import RetentionDesk
from services.reporting.handlers.stage_reports import ReportingDesk
from services.reporting.handlers.tools import ToolDesk
from services.reporting.handlers.upward_reports import UpwardDesk
from services.reporting.policy import Demands, read_demands, read_plan
from services.reporting.policy.assessment import read_assessment
from services.reporting.policy.conference import read_conference
from services.reporting.policy.publicity import read_duties
from services.reporting.policy.upward import read_city
from services.reporting.service.assessment import AssessmentDoors
from services.reporting.service.bulletins import BulletinDoors
from services.reporting.service.figures import FigureDoors
from services.reporting.service.major_events import MajorEventDoors
from services.reporting.service.meetings import MeetingDoors
from services.reporting.service.publicity import PublicityDoors
from services.reporting.service.reports import ReportDoors
from services.reporting.service.retention import RetentionDoors
from services.reporting.service.upward_reports import UpwardReportDoors
from services.reporting.settings import ReportingSettings
from services.reporting.store import (
    CellStore,
    FactStore,
    found_facts,
    governance_tools,
    major_events,
    meeting_decisions,
    meetings,
    proposed_deductions,
    publicity,
    publicity_gaps,
    retention_runs,
    running,
    stage_reports,
    supervision_orders,
    upward_reports,
    written_bulletins,
)
from services.reporting.views.assessment import AssessmentRecords, AssessmentViews
from services.reporting.views.bulletins import BulletinViews, FiledReportRows
from services.reporting.views.cells import CellViews, FactRows
from services.reporting.views.clauses import ClauseViews, FactViews, StageReportShelf
from services.reporting.views.demands import OrderViews, ToolViews
from services.reporting.views.figures import PublicFigureViews
from services.reporting.views.major_events import MajorEventViews
from services.reporting.views.meetings import MeetingViews
from services.reporting.views.publicity import PublicityViews
from services.reporting.views.readiness import ReadinessViews
from services.reporting.views.retention import RunViews
from services.reporting.views.upward_reports import UpwardReportViews

SETTINGS = ReportingSettings


class Reporting(
    ReportDoors,
    RetentionDoors,
    MajorEventDoors,
    UpwardReportDoors,
    FigureDoors,
    AssessmentDoors,
    BulletinDoors,
    MeetingDoors,
    PublicityDoors,
):
    """通报考核: facts, sentences, stage reports, orders, tools, the appraisal, meetings, publicity, runs that purge."""

    name = "reporting"


def upward_parts(premises: Premises[ReportingSettings], demands: Demands) -> tuple[UpwardDesk, UpwardReportViews]:
    """Put together what deals with reports upward, and what shows them."""
    clock, city, key = premises.clock, read_city(premises.policy), premises.settings.reporting_signing_key_file
    desk = UpwardDesk(upward_reports(clock), city, demands, clock, secrets.randbits, read_key(key))
    return desk, UpwardReportViews(city, clock)


def open_desk(premises: Premises[ReportingSettings]) -> type[Desk]:
    """Put the desk together."""
    cells, written = CellStore(), FactRows()
    clock, plan, demands = premises.clock, read_plan(premises.policy), read_demands(premises.policies)
    past, seen, runs, events = FactViews(clock, plan), OrderViews(clock), RunViews(clock), MajorEventViews(clock)
    signing_key = read_key(premises.settings.reporting_signing_key_file)
    counted = CellViews(cells, written, clock)
    kept, issued = stage_reports(clock), supervision_orders(clock)
    reports = ReportingDesk(
        stage_reports=kept,
        shelf=StageReportShelf(),
        facts=FactStore(clock, cells),
        past=counted,
        plan=plan,
        demands=demands,
        clock=clock,
    )
    rules = read_assessment(premises.policies)
    records, sentences, stated = AssessmentRecords(rules), ClauseViews(plan, past, clock), ToolViews(clock)
    appraisal = AssessmentDesk(proposed_deductions(clock), found_facts(clock), records, rules, clock)

    activities, duties = PublicityViews(clock), read_duties(premises.policy, demands.first_desks)
    registered = PublicityDesk(publicity(clock), publicity_gaps(clock), activities, duties, clock)
    agenda, seats = MeetingViews(plan, registered.late, clock), read_conference(premises.policy, demands)

    class OpenedReporting(Reporting):
        """The desk with its handlers and views."""

        handlers = reports
        counting = Counting(cells, written, clock)
        facts = past
        orders = OrderDesk(issued, seen, reports.late_on, demands, clock, secrets.randbits)
        tools = ToolDesk(governance_tools(clock), demands, clock)
        migrations = MigrationDesk(issued, kept, *running(), demands, clock)
        views = sentences
        order_views = seen
        tool_views = stated
        bulletins = BulletinDesk(written_bulletins(clock), FiledReportRows(), counted, clock)
        bulletin_views = BulletinViews(clock)
        assessment = appraisal
        assessment_views = AssessmentViews(
            records, appraisal, reports, sentences, seen, stated, counted, plan, rules, clock
        )
        readiness = ReadinessViews(premises.policy, plan, past, records, clock)
        retention = RetentionDesk(retention_runs(clock), runs, premises.policies, clock, signing_key)
        run_views = runs
        majors = MajorEventDesk(major_events(clock), events, demands, clock)
        major_views = events
        upward, upward_views = upward_parts(premises, demands)
        conferences = MeetingDesk(meetings(clock), meeting_decisions(clock), agenda, seats, clock)
        meeting_views = agenda
        register = registered
        publicity_views = activities
        public_figures = PublicFigureViews(counted, plan, clock)

    return OpenedReporting

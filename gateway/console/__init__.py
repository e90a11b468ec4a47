"""What people see: pages over the same functions that the interface calls, so that there is one right and one audit."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI

from gateway.console import (
    assessment_pages,
    bulletin_pages,
    campaign_pages,
    case_pages,
    conflict_pages,
    decision_pages,
    desk_session,
    developer_pages,
    evidence_pages,
    files,
    handover_pages,
    import_pages,
    inbox_pages,
    joining_pages,
    joint_pages,
    mailbox_pages,
    meeting_pages,
    number_pages,
    office_orders,
    office_pages,
    office_plan,
    office_policy,
    office_returns,
    ops_pages,
    order_pages,
    paper,
    patrol_pages,
    patrol_phone,
    payment_pages,
    people_pages,
    picture_pages,
    public_pages,
    publicity_pages,
    return_pages,
    reward_pages,
    search_pages,
    tip_pages,
    tool_pages,
    transfer_pages,
    upward_pages,
    vault_pages,
    warning_pages,
)
from gateway.console.office_known import LastKnown
from gateway.routes import hang

DESK: Final = (
    desk_session,
    joining_pages,
    inbox_pages,
    tip_pages,
    handover_pages,
    transfer_pages,
    case_pages,
    evidence_pages,
    order_pages,
    conflict_pages,
    import_pages,
    return_pages,
    meeting_pages,
    joint_pages,
    upward_pages,
    decision_pages,
    publicity_pages,
    campaign_pages,
    assessment_pages,
    tool_pages,
    bulletin_pages,
    payment_pages,
    search_pages,
    vault_pages,
    warning_pages,
    people_pages,
)
"""The pages of desks, those before a session first."""


def add_pages(app: FastAPI) -> None:
    """Hang the pages into the app, and have refusals to people told on one."""
    hang(app, files.router)
    hang(app, public_pages.router)
    hang(app, number_pages.router)
    hang(app, picture_pages.router)
    hang(app, reward_pages.router)
    hang(app, desk_session.door)
    hang(app, import_pages.uploads)
    hang(app, joining_pages.door)
    # Before the deeds of cases, one of which would be called `evidence`.
    hang(app, evidence_pages.uploads)
    for area in DESK:
        hang(app, area.router)
    hang(app, patrol_phone.router)
    hang(app, patrol_pages.router)
    hang(app, office_pages.router)
    hang(app, office_returns.router)
    hang(app, office_orders.router)
    hang(app, office_plan.router)
    hang(app, office_policy.router)
    hang(app, developer_pages.router)
    hang(app, mailbox_pages.router)
    app.state.last_known = LastKnown()
    hang(app, ops_pages.router)
    app.state.problem_page = paper.problem_page

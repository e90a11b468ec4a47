"""The paths of the gateway, by area. A route reads a body, asks a desk or hands a command in, and writes the answer."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, FastAPI

from gateway.routes import (
    alarms,
    assessment,
    assistance,
    attachments,
    audit,
    bulletins,
    campaigns,
    casefile,
    cases,
    clients,
    conflicts,
    coverage,
    evidence,
    feedback,
    figures,
    health,
    imports,
    joint_operations,
    links,
    major_events,
    meetings,
    notices,
    oauth,
    open311,
    ops,
    outside,
    parties,
    people,
    photographs,
    plan,
    policy_versions,
    public,
    publicity,
    readiness,
    referrals,
    rentals,
    reports,
    retention,
    rewards,
    rights,
    saved_searches,
    schemas,
    search,
    session,
    supervision,
    tasks,
    tips,
    transfers,
    unmasking,
    upward_reports,
    vault,
    visits,
    warnings,
    webhooks,
    where,
)


def hang(app: FastAPI, router: APIRouter) -> None:
    """Hang a router's paths into the app as they are: including them works each out anew, at the first request."""
    app.router.routes.extend(router.routes)


DESKS: Final = (
    attachments,
    tips,
    alarms,
    feedback,
    links,
    search,
    saved_searches,
    vault,
    unmasking,
    rewards,
    rentals,
    coverage,
    imports,
    visits,
    photographs,
    conflicts,
    cases,
    parties,
    evidence,
    tasks,
    casefile,
    referrals,
    transfers,
    joint_operations,
    assistance,
    reports,
    supervision,
    assessment,
    readiness,
    bulletins,
    policy_versions,
    plan,
    rights,
    notices,
    session,
    people,
    retention,
    outside,
    webhooks,
    warnings,
    campaigns,
    clients,
    major_events,
    upward_reports,
    meetings,
    publicity,
    figures,
    where,
)
"""Whose paths stand for the work of desks and for whoever keeps the town."""


def add_routes(app: FastAPI) -> None:
    """Hang every path into the app."""
    # Before the paths of single tips, one of which would be called `attachments`.
    hang(app, attachments.uploads)
    hang(app, photographs.uploads)
    hang(app, evidence.uploads)
    hang(app, imports.uploads)
    for area in (public, open311, *DESKS, audit, ops, oauth, schemas, health):
        hang(app, area.router)

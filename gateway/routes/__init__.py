"""The paths of the gateway, by area. A route reads a body, asks a desk or hands a command in, and writes the answer."""

from __future__ import annotations

from fastapi import FastAPI

from gateway.routes import (
    assistance,
    cases,
    health,
    notices,
    oauth,
    ops,
    public,
    referrals,
    rentals,
    reports,
    tips,
    visits,
)


def add_routes(app: FastAPI) -> None:
    """Hang every path into the app."""
    for area in (public, tips, rentals, visits, cases, referrals, assistance, reports, notices, ops, oauth, health):
        app.include_router(area.router)

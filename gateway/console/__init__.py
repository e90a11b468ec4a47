"""What people see: pages over the same functions that the interface calls, so that there is one right and one audit."""

from __future__ import annotations

from fastapi import FastAPI

from gateway.console import (
    desk_pages,
    desk_session,
    files,
    paper,
    patrol_pages,
    picture_pages,
    public_pages,
    reward_pages,
)


def add_pages(app: FastAPI) -> None:
    """Hang the pages into the app, and have refusals to people told on one."""
    app.include_router(files.router)
    app.include_router(public_pages.router)
    app.include_router(picture_pages.router)
    app.include_router(reward_pages.router)
    # Before the paths of single things of a desk.
    app.include_router(desk_session.door)
    app.include_router(desk_session.router)
    app.include_router(desk_pages.router)
    app.include_router(patrol_pages.router)
    app.state.problem_page = paper.problem_page

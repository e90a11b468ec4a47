"""What waits for an official, gathered from every desk at once and laid by its clock.

Each source asks the interface's own route and tells its answer as rows. A source whose desk does not answer takes
nothing from the others: it is named instead. Whose row it is follows from whose step is next: mine, when I have the
right to it and hold its desk; our unit's, when it is a desk of my agency; others', when we wait for them.
"""

from __future__ import annotations

import json
from asyncio import gather
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from fastapi import Request, Response

from gateway.console.conflict_pages import CONFLICT, KEEPER, title_of
from gateway.console.desk_view import Telling, instant
from gateway.console.handover_pages import KINDS, REFERRAL, Assistance
from gateway.console.order_pages import ORDER
from gateway.console.return_pages import RETURN, end_of
from gateway.console.staff import admitted, here_of, reading_for
from gateway.console.things import Move, Thing, moves_in, page_about, telling_for
from gateway.console.tip_pages import TIP
from gateway.console.transfer_pages import TRANSFER, waiting_row
from gateway.console.tray import Found, Row, Tray, Whose
from gateway.console.vault_pages import OPENING
from gateway.exchange import house_of
from gateway.routes import (
    assistance,
    cases,
    conflicts,
    notices,
    photographs,
    referrals,
    reports,
    supervision,
    tips,
    transfers,
    vault,
)
from lianxi.contracts.cases import CaseState
from lianxi.contracts.envelope import Caller
from lianxi.contracts.reporting import StageReportState
from lianxi.contracts.tips import TipState
from lianxi.contracts.vault import OpeningState
from lianxi.kernel.errors import Unavailable
from lianxi.policy.policy import Policy

AT_ONCE: Final = 200
MOST_PAGES: Final = 3
NOTICES: Final = 50
OPEN: Final = (TipState.DISPATCHED, TipState.ACCEPTED, TipState.VERIFIED)


class Gathering:
    """Asks every desk for one official."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._telling: Telling = telling_for(request)
        self._policy: Policy = house_of(request).policy
        self._here = here_of(request).principal()

    async def tray(self, state: str) -> Tray:
        """Gather what waits; with a state that tips alone have, only those tips."""
        sources = self._sources() if state == "open" else {"tips": self._tips((TipState(state),))}
        names = list(sources)
        answers = await gather(*sources.values(), return_exceptions=True)
        rows: list[Row] = []
        away, cut = [], []
        for name, each in zip(names, answers, strict=True):
            if isinstance(each, Unavailable):
                away.append(name)
            elif isinstance(each, BaseException):
                raise each
            else:
                rows += each.rows
                cut += [name] if each.is_cut else []
        return Tray(tuple(sorted(rows, key=lambda row: row.place)), tuple(away), tuple(cut))

    def _sources(self) -> dict[str, Awaitable[Found]]:
        return {
            "notices": self._notices(),
            "tips": self._tips(OPEN),
            "referrals": self._handovers(referrals.list_referrals, "criminal_referral", REFERRAL),
            "assistance": self._handovers(assistance.list_assistance, "assistance", Assistance.deeds),
            "transfers": self._transfers(),
            "cases": self._cases(),
            "orders": self._orders(),
            "returns": self._returns(),
            "vault": self._openings(),
            "conflicts": self._conflicts(),
        }

    # --- the sources

    async def _tips(self, states: Iterable[TipState]) -> Found:
        found: list[Row] = []
        is_cut = False
        for state in states:
            told, is_more = await self._all(tips.list_tips, state=state)
            is_cut = is_cut or is_more
            found += [await self._tip(each) for each in told]
        return Found(tuple(found), is_cut)

    async def _tip(self, plain: Mapping[str, Any]) -> Row:
        told = self._telling.row(plain)
        waits = Row(
            kind="tip",
            path=f"{TIP.root}{plain['tip_id']}",
            title=told["category"],
            number=told["number"],
            state=self._telling.said(f"state.{plain['state']}") if plain.get("state") else "",
            desk=told["lead_code"],
            due_at=told["due_at"],
            left=told["left"],
            came_at=told["received_at"],
            is_urgent=told["is_rescue"],
        )
        return await self._owned(waits, TIP, [each for each in TIP.moves(self._policy, plain) if each.is_main][:1])

    async def _handovers(
        self, route: Callable[..., Awaitable[Response]], process: str, deeds: Mapping[str, Any]
    ) -> Found:
        told, is_cut = await self._all(route)
        found = []
        for each in told:
            noun = "referral" if "referral_id" in each else "assistance"
            sender = each.get("sender") or each.get("asker") or ""
            holders = {"sender": sender, "head": sender, "receiver": each["receiver"]}
            moves = [move for move in moves_in(self._policy, process, each.get("state"), holders) if move.deed in deeds]
            if not moves:
                continue
            due_at = _earliest(each)
            row = Row(
                kind=noun,
                path=f"/desk/handovers/{each[f'{noun}_id']}",
                title=self._telling.name_of_process(process),
                number=each.get("case_number") or "",
                state=self._telling.state(process, each.get("state")),
                desk=moves[0].desks[0],
                due_at=due_at,
                left=self._telling.left(due_at),
            )
            found.append(await self._owned(row, KINDS[noun], moves))
        return Found(tuple(found), is_cut)

    async def _transfers(self) -> Found:
        told, is_cut = await self._all(transfers.list_transfers)
        rows = [(each, moves) for each in told if (moves := TRANSFER.moves(self._policy, each))]
        found = [await self._owned(waiting_row(self._telling, *each), TRANSFER, each[1]) for each in rows]
        return Found(tuple(found), is_cut)

    async def _cases(self) -> Found:
        told, is_cut = await self._all(cases.list_cases)
        found = []
        for each in told:
            if each.get("state") != CaseState.OPEN:
                continue
            due_at = instant(each.get("decision_due_at"))
            row = self._telling.case_row(each)
            plain = Row(
                kind="case",
                path=f"/desk/cases/{each['case_id']}",
                title=row["kind"],
                number=each["number"],
                state=row["state"],
                desk=each["owner"],
                due_at=due_at,
                left=self._telling.left(due_at),
            )
            found.append(self._placed(plain, await admitted(self._request, cases.close_case), (each["owner"],)))
        return Found(tuple(found), is_cut)

    async def _orders(self) -> Found:
        told, is_cut = await self._all(supervision.list_orders, only_open=True)
        found = []
        for each in told:
            moves = list(ORDER.moves(self._policy, each))
            due_at = instant(each.get("due_at"))
            row = Row(
                kind="order",
                path=f"{ORDER.root}{each['order_id']}",
                title=each.get("question") or "",
                number=each["number"],
                state=self._telling.said(f"order_is.{each['state']}") if each.get("state") else "",
                desk=moves[0].desks[0] if moves else each["target"],
                due_at=due_at,
                left=self._telling.left(due_at),
            )
            found.append(await self._owned(row, ORDER, moves))
        return Found(tuple(found), is_cut)

    async def _returns(self) -> Found:
        if await admitted(self._request, reports.list_stage_reports) is None:
            return Found()
        reading = await reading_for(self._request, reports.list_stage_reports)
        told = json.loads(bytes((await reports.list_stage_reports(None, reading)).body))["items"]
        found = []
        for each in told:
            if each.get("state") not in (StageReportState.DUE, StageReportState.MISSED):
                continue
            due_at = end_of(each["due_on"])
            row = Row(
                kind="return",
                path=f"{RETURN.root}{each['report_id']}",
                title=self._telling.said("stage.title"),
                state=self._telling.state("stage_report", each["state"]),
                desk=each["agency"],
                due_at=due_at,
                left=self._telling.left(due_at),
            )
            found.append(await self._owned(row, RETURN, list(RETURN.moves(self._policy, each))))
        return Found(tuple(found))

    async def _openings(self) -> Found:
        may = await admitted(self._request, vault.decide_opening)
        if may is None:
            return Found()
        told, is_cut = await self._all(vault.list_openings)
        found = []
        for each in told:
            if each["state"] != OpeningState.ASKED or each["asked_agency"] == self._here.agency:
                continue
            due_at = instant(each["expires_at"])
            row = Row(
                kind="vault",
                path=f"{OPENING.root}{OPENING.id_of(each)}",
                title=self._telling.said("opening_is.asked"),
                desk=self._here.agency,
                due_at=due_at,
                left=self._telling.left(due_at),
                came_at=instant(each["asked_at"]),
                deeds=("deed.opening.approve",),
            )
            found.append(self._placed(row, may, (self._here.agency,)))
        return Found(tuple(found), is_cut)

    async def _conflicts(self) -> Found:
        """What has to be decided about visits waits on the desk that keeps the register."""
        if self._here.agency != KEEPER.partition("/")[0]:
            return Found()
        if await admitted(self._request, conflicts.decide_conflict) is None:
            return Found()
        told, is_cut = await self._all(conflicts.list_conflicts)
        found = []
        for each in told:
            row = Row(
                kind="conflict",
                path=f"{CONFLICT.root}{each['conflict_id']}",
                title=title_of(self._telling, each),
                desk=KEEPER,
                came_at=instant(each["raised_at"]),
            )
            found.append(await self._owned(row, CONFLICT, CONFLICT.moves(self._policy, each)))
        return Found((*found, *await self._strays()), is_cut)

    async def _strays(self) -> list[Row]:
        """One row for all photographs that somebody has to look at."""
        told, is_cut = await self._all(photographs.list_stray_photographs)
        if not told:
            return []
        row = Row(
            kind="conflict",
            path="/desk/photographs",
            title=self._telling.said("strays.title"),
            number=f"{len(told)}{'+' if is_cut else ''}",
            desk=KEEPER,
            deeds=("strays.look",),
        )
        return [self._placed(row, await admitted(self._request, photographs.settle_photograph), (KEEPER,))]

    async def _notices(self) -> Found:
        caller = await admitted(self._request, notices.list_notices)
        if caller is None:
            return Found()
        reading = await reading_for(self._request, notices.list_notices)
        answer = await notices.list_notices(only_open=True, cursor=None, limit=NOTICES, reading=reading)
        told = json.loads(bytes(answer.body))
        may = await admitted(self._request, notices.acknowledge_notice)
        rows = []
        for each in told["items"]:
            row = self._telling.notice(each)
            plain = Row(
                kind="notice",
                path=page_about(each.get("about")),
                title=row["text"],
                desk=each["desk"],
                due_at=row["by"],
                left=row["left"],
                came_at=row["delivered_at"],
                notice=row,
                deeds=("inbox.acknowledge",),
            )
            rows.append(self._placed(plain, may, (each["desk"],)))
        return Found(tuple(rows), told.get("next_cursor") is not None)

    # --- what they share

    async def _all(self, route: Callable[..., Awaitable[Response]], **asked: Any) -> tuple[list[dict[str, Any]], bool]:
        if await admitted(self._request, route) is None:
            return [], False
        found: list[dict[str, Any]] = []
        cursor = None
        for _ in range(MOST_PAGES):
            reading = await reading_for(self._request, route)
            told = json.loads(bytes((await route(**asked, cursor=cursor, limit=AT_ONCE, reading=reading)).body))
            found += told["items"]
            cursor = told.get("next_cursor")
            if cursor is None:
                break
        return found, cursor is not None

    async def _owned(self, row: Row, thing: Thing, moves: Sequence[Move]) -> Row:
        """Say whose a row is: mine if I may do one of its next steps, else whosever desk has the first."""
        for each in moves:
            caller = await admitted(self._request, thing.deeds[each.deed].route)
            mine = self._placed(row, caller, each.desks)
            if mine.whose == "mine":
                return replace(mine, deeds=(f"deed.{thing.noun}.{each.deed}",))
        deeds = tuple(f"deed.{thing.noun}.{each.deed}" for each in moves[:1])
        return replace(self._placed(row, None, moves[0].desks if moves else (row.desk,)), deeds=deeds)

    def _placed(self, row: Row, caller: Caller | None, desks: Sequence[str]) -> Row:
        agency = self._here.agency
        whose: Whose = "others"
        if any(each.partition("/")[0] == agency for each in desks):
            whose = "mine" if caller is not None and any(_holds(caller, each) for each in desks) else "unit"
        return replace(row, whose=whose, desk_name=self._telling.name(row.desk))


def _holds(caller: Caller, desk: str) -> bool:
    """Say whether a desk's work is somebody's own: of their desks, or of their agency where they have none."""
    is_bound = bool(caller.desks) and "/" in desk
    return desk in caller.desks if is_bound else caller.agency == desk.partition("/")[0]


def _earliest(plain: Mapping[str, Any]) -> datetime | None:
    running = [each["due_at"] for each in plain.get("clocks") or () if not each.get("met_at")]
    return instant(min(running, default=None) or plain.get("due_at"))

"""An official leaves a post: everything held goes to a successor in one action, with one receipt for both.

Clause: pipl-51 (criterion 23). The account is emptied first, so that nothing new comes to it while the items move; each
step can be done again, and an action that was cut off goes on under the same key where it stopped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from gateway.people import duties
from gateway.people.accounts import Account, HandOver, People
from lianxi.contracts import codec
from lianxi.contracts.envelope import Caller
from lianxi.contracts.handover import CountHeld, HandItemsOver, HeldCount, HeldItems, ListHeld
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import Conflict, NotFound
from lianxi.kernel.ids import derived_id

DESKS: Final = ("tips", "inspections", "cases")
"""The services whose items are held by officials."""
SIGNING_DESK: Final = "notifications"
"""The service whose items wait at a seat for whoever sits there."""
TRIES: Final = 5
Ask = Callable[[str, str, Any, Caller, type[Any]], Awaitable[Any]]


@dataclass(frozen=True)
class HandingOver:
    """Hands over, and knows what is held."""

    people: People
    ask: Ask
    clock: Clock

    async def held_by(self, account: Account, caller: Caller) -> list[dict[str, str]]:
        """List every open item of an official, and what waits for a signature at the official's desks."""
        asked = ListHeld(officer=account.account_id, desks=account.desks)
        return [
            {"service": service, "kind": each.kind, "item_id": each.item_id}
            for service in (*DESKS, SIGNING_DESK)
            for each in (await self.ask(service, "list_held", asked, caller, HeldItems)).items
        ]

    async def hand_over(
        self, leaver_id: str, successor_id: str, reason: str, caller: Caller, *, departs: bool
    ) -> HandOver:
        """Give everything that one official holds to another.

        Raises:
            NotFound: account.not_found.
            Forbidden: account.own.
            RuleBroken: hand_over.same_person, hand_over.other_agency.
            Conflict: account.departed, account.changed.
        """
        hand_over_id = derived_id("handover", caller.actor, caller.command_id)
        begun = await self.people.hand_over(hand_over_id)
        if begun is None:
            begun = await self._begin(hand_over_id, leaver_id, successor_id, reason, caller, departs=departs)
        if begun.finished_at is not None:
            return begun
        moved = await self._move(begun, caller)
        finished = _finished(begun, moved, self.clock.now())
        await self.people.keep_hand_over(finished)
        return finished

    async def count_left_behind(self, caller: Caller) -> int:
        """Count what accounts hold whose owners have left: nothing, or something has gone wrong."""
        departed = [each for each in await self.people.accounts_of(None) if each.departed_at is not None]
        if not departed:
            return 0
        asked = CountHeld(officers=tuple(each.account_id for each in departed))
        answers: list[HeldCount] = [
            await self.ask(service, "count_held", asked, caller, HeldCount) for service in DESKS
        ]
        return sum(each.items for each in answers) + sum(
            len((*each.roles, *each.desks, *each.areas, *each.keeps)) for each in departed
        )

    async def _begin(
        self, hand_over_id: str, leaver_id: str, successor_id: str, reason: str, caller: Caller, *, departs: bool
    ) -> HandOver:
        leaver = duties.check_visible(await self.people.account(leaver_id), caller)
        successor = duties.check_visible(await self.people.account(successor_id), caller)
        duties.check_changeable(leaver, caller)
        duties.check_hand_over(leaver, successor)
        begun = HandOver(
            hand_over_id=hand_over_id,
            agency=leaver.agency,
            leaver=leaver_id,
            successor=successor_id,
            begun_at=self.clock.now(),
            receipt={
                "kind": "hand_over",
                "hand_over_id": hand_over_id,
                "agency": leaver.agency,
                "leaver": leaver_id,
                "leaver_name": leaver.shown_name,
                "successor": successor_id,
                "successor_name": successor.shown_name,
                "asked_by": caller.actor,
                "reason": reason,
                "departs": departs,
                "begun_at": self.clock.now().isoformat(),
                "roles": list(leaver.roles),
                "desks": list(leaver.desks),
                "areas": list(leaver.areas),
                "keys": list(leaver.keeps),
                "items": await self.held_by(leaver, caller),
            },
        )
        # Before anything moves: what was cut off is found again, and goes on.
        await self.people.keep_hand_over(begun)
        return begun

    async def _move(self, begun: HandOver, caller: Caller) -> list[dict[str, str]]:
        told = begun.receipt
        await self._change(begun.successor, lambda account: duties.followed(account, _as_it_was(account, told)))
        now = self.clock.now()
        await self._change(
            begun.leaver,
            lambda account: account if _is_bare(account) else duties.left(account, now, departs=told["departs"]),
            ends_sessions=True,
        )
        asked = HandItemsOver(hand_over_id=begun.hand_over_id, leaver=begun.leaver, successor=begun.successor)
        return [
            {"service": service, "kind": each.kind, "item_id": each.item_id}
            for service in DESKS
            for each in (await self.ask(service, "hand_items_over", asked, caller, HeldItems)).items
        ]

    async def _change(
        self, account_id: str, decide: Callable[[Account], Account], *, ends_sessions: bool = False
    ) -> None:
        for _ in range(TRIES):
            account = await self.people.account(account_id)
            if account is None:
                raise NotFound("account.not_found")
            if await self.people.change(account, decide(account), ends_sessions=ends_sessions):
                return
        raise Conflict("account.changed")


def digest_of(receipt: Any) -> str:
    """Work out what the audit keeps of a receipt: the SHA-256 of its canonical bytes."""
    return hashlib.sha256(codec.to_bytes(receipt)).hexdigest()


def _as_it_was(account: Account, told: Any) -> Account:
    roles, desks, areas, keeps = (tuple(told[name]) for name in ("roles", "desks", "areas", "keys"))
    return replace(account, roles=roles, desks=desks, areas=areas, keeps=keeps)


def _is_bare(account: Account) -> bool:
    return not (account.roles or account.desks or account.areas or account.keeps)


def _finished(begun: HandOver, moved: list[dict[str, str]], now: datetime) -> HandOver:
    listed = begun.receipt["items"]
    items = [*listed, *(each for each in moved if each not in listed)]
    return replace(begun, finished_at=now, receipt={**begun.receipt, "items": items, "finished_at": now.isoformat()})

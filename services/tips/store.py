"""Tips and informants in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from lianxi.contracts.envelope import Lane
from lianxi.contracts.tips import TipState
from lianxi.kernel.clock import Clock
from lianxi.store.connect import insert_new, reaching_the_store
from lianxi.store.mapping import as_state
from lianxi.store.outbox import Announcer
from lianxi.store.pages import FLOOR
from lianxi.store.unit import AggregateStore, Stored
from services.tips.documents import InformantDocument, TipDocument
from services.tips.domain.tip import Tip

ANNOUNCER = Announcer(service="tips", noun="tip")


def open_tips(clock: Clock) -> AggregateStore[Tip]:
    """Open the tips. What they announce tells the hour only, when they are anonymous."""
    return AggregateStore(TipDocument, Tip, ANNOUNCER, clock, announced_at=Tip.shown)


class ReceiptIndex:
    """The way to a tip for whoever holds its receipt code."""

    def find(self, receipt_verifier: str) -> Stored[Tip] | None:
        """Find a tip by one look into one index, the same for a code that exists and one that does not."""
        with reaching_the_store():
            found = TipDocument._get_collection().find_one({"receipt": receipt_verifier})
        return None if found is None else Stored(found["_version"], as_state(Tip, {**found, "id": found["_id"]}))


class RungWatch:
    """The tips with a clock that has come to a rung nobody has fired yet."""

    def due(self, now: datetime, at_most: int) -> Sequence[tuple[str, Lane]]:
        """Name them with their lanes: rescues first, then whoever has waited longest."""
        reached = {"next_rung_at": {"$gt": FLOOR, "$lte": now}}
        urgent, others = ({**reached, "lane": "rescue"}, {**reached, "lane": {"$ne": "rescue"}})
        with reaching_the_store():
            collection = TipDocument._get_collection()
            rows = [
                row
                for match in (urgent, others)
                for row in collection.find(match, {"lane": 1}).sort("next_rung_at", 1).limit(at_most)
            ]
        return [(row["_id"], row["lane"]) for row in rows[:at_most]]


class RunningTips:
    """The tips that still run, by the version of the policy that they run under."""

    def count(self, policy_version: int, states: Sequence[TipState]) -> Mapping[TipState, int]:
        """Count them by where they stand."""
        collection = TipDocument._get_collection()
        with reaching_the_store():
            return {state: collection.count_documents(_under(policy_version, state)) for state in states}

    def first(self, policy_version: int, states: Sequence[TipState], at_most: int) -> Sequence[str]:
        """Name some of them; those that were moved are no longer among them."""
        collection = TipDocument._get_collection()
        found: list[str] = []
        for state in states:
            if len(found) < at_most:
                with reaching_the_store():
                    rows = collection.find(_under(policy_version, state), {"_id": 1}).limit(at_most - len(found))
                    found += [row["_id"] for row in rows]
        return found


def _under(policy_version: int, state: TipState) -> dict[str, Any]:
    return {"policy_version": policy_version, "state": state.value}


class InformantVault:
    """What identifies informants, sealed. It can only be put in here; nothing in this release takes it out."""

    def keep(self, contacts: Mapping[str, str], kept_at: datetime) -> None:
        """Keep the sealed contacts of some tips, by the tips' ids; what is kept already stays."""
        rows = [{"_id": tip_id, "sealed_contact": sealed, "kept_at": kept_at} for tip_id, sealed in contacts.items()]
        insert_new(InformantDocument._get_collection(), rows)

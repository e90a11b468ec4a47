"""Tips and informants in the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from pymongo import ReplaceOne

from lianxi.contracts.envelope import Lane
from lianxi.contracts.tips import TipState, VerificationOutcome
from lianxi.contracts.vault import VaultKey, VaultKeys
from lianxi.kernel.clock import Clock
from lianxi.store.connect import insert_new, reaching_the_store
from lianxi.store.envelope import KeyRing, Locked
from lianxi.store.handover import HeldBy, Holding
from lianxi.store.mapping import as_state
from lianxi.store.outbox import Announcer
from lianxi.store.pages import FLOOR
from lianxi.store.retention import KeptShelf, PartWatch, PurgePart
from lianxi.store.unit import AggregateStore
from services.tips.documents import (
    BondDocument,
    InformantDocument,
    OpeningDocument,
    RewardDocument,
    SavedSearchDocument,
    SightingDocument,
    TipDocument,
    TipsPurgeDocument,
    TraceDocument,
    TraceLogDocument,
    UnmaskingDocument,
    WeeklyReportDocument,
)
from services.tips.domain.bonds import Bond
from services.tips.domain.opening import Opening
from services.tips.domain.returning import KnownReceipt, closed_at
from services.tips.domain.rewarding import Reward
from services.tips.domain.saved_searches import SavedSearch, Sighting
from services.tips.domain.saved_searches import handed_over as search_handed_over
from services.tips.domain.tip import NO_RECEIPT, OFFICE, Line, Tip
from services.tips.domain.traces import Trace
from services.tips.domain.unmasking import Unmasking, WeeklyReport
from services.tips.domain.working import handed_over

ANNOUNCER = Announcer(service="tips", noun="tip")
OPENING_ANNOUNCER = Announcer(service="tips", noun="opening")
UNMASKING_ANNOUNCER = Announcer(service="tips", noun="unmasking")
PURGE_ANNOUNCER = Announcer(service="tips", noun="purge")
REPORT_ANNOUNCER = Announcer(service="tips", noun="unmaskings")
REWARD_ANNOUNCER = Announcer(service="tips", noun="reward")
BOND_ANNOUNCER = Announcer(service="tips", noun="bond")
SAVED_SEARCH_ANNOUNCER = Announcer(service="tips", noun="saved_search")
SIGHTING_ANNOUNCER = Announcer(service="tips", noun="sighting")


def open_tips(clock: Clock) -> AggregateStore[Tip]:
    """Open the tips. What they announce tells the hour only, when they are anonymous."""
    return AggregateStore(TipDocument, Tip, ANNOUNCER, clock, announced_at=Tip.shown)


def held(tips: AggregateStore[Tip]) -> tuple[Holding[Tip]]:
    """Open what officers hold: the tips that they took on and that are not closed."""
    unclosed = {"state": {"$in": [state.value for state in TipState if state is not TipState.CLOSED]}}
    return (Holding("tip", tips, HeldBy(TipDocument, "officer", unclosed), handed_over),)


def open_openings(clock: Clock) -> AggregateStore[Opening]:
    """Open the requests to open the vault."""
    return AggregateStore(OpeningDocument, Opening, OPENING_ANNOUNCER, clock)


def open_rewards(clock: Clock) -> AggregateStore[Reward]:
    """Open the rewards. What a claim announces tells the hour only."""
    return AggregateStore(RewardDocument, Reward, REWARD_ANNOUNCER, clock, announced_at=Reward.shown)


def open_unmaskings(clock: Clock) -> AggregateStore[Unmasking]:
    """Open the grants to read informants' own words."""
    return AggregateStore(UnmaskingDocument, Unmasking, UNMASKING_ANNOUNCER, clock)


def open_weekly_reports(clock: Clock) -> AggregateStore[WeeklyReport]:
    """Open the record of the weeks that the office was told of."""
    return AggregateStore(WeeklyReportDocument, WeeklyReport, REPORT_ANNOUNCER, clock)


def open_purges(clock: Clock) -> tuple[AggregateStore[PurgePart], PartWatch]:
    """Open this desk's parts in the runs that purge, and the search for those that it is not done with."""
    return AggregateStore(TipsPurgeDocument, PurgePart, PURGE_ANNOUNCER, clock), PartWatch(TipsPurgeDocument)


def kept_words() -> KeptShelf:
    """Open the search for tips whose words are kept long enough."""
    return KeptShelf(TipDocument)


def kept_identities() -> KeptShelf:
    """Open the search for tips whose informants' identities are kept long enough."""
    return KeptShelf(TipDocument, "identity")


def kept_payees() -> KeptShelf:
    """Open the search for rewards whose payees are kept long enough."""
    return KeptShelf(RewardDocument)


class UnmaskingIndex:
    """Looks up among the grants, by ranges of indexes."""

    def running(self, tip_id: str, asked_by: str, now: datetime) -> str | None:
        """Name one that holds for a tip and whoever asks; `None` when there is none."""
        match = {"tip_id": tip_id, "asked_by": asked_by, "ends_at": {"$gt": now}}
        with reaching_the_store():
            found = UnmaskingDocument._get_collection().find_one(match, {"_id": 1})
        return None if found is None else str(found["_id"])

    def agencies_between(self, since: datetime, until: datetime) -> Sequence[str]:
        """Name the agency of each that was granted in a time."""
        match = {"asked_at": {"$gte": since, "$lt": until}}
        with reaching_the_store():
            return [row["agency"] for row in UnmaskingDocument._get_collection().find(match, {"agency": 1})]


def open_bonds(clock: Clock) -> AggregateStore[Bond]:
    """Open the bonds between tips."""
    return AggregateStore(BondDocument, Bond, BOND_ANNOUNCER, clock)


def open_saved_searches(clock: Clock) -> AggregateStore[SavedSearch]:
    """Open the searches that are kept."""
    return AggregateStore(SavedSearchDocument, SavedSearch, SAVED_SEARCH_ANNOUNCER, clock)


def held_searches(searches: AggregateStore[SavedSearch]) -> Holding[SavedSearch]:
    """Open the searches that an official keeps, for whoever follows."""
    return Holding(
        "saved_search", searches, HeldBy(SavedSearchDocument, "owner", {"is_open": True}), search_handed_over
    )


def open_sightings(clock: Clock) -> AggregateStore[Sighting]:
    """Open what watched searches have told. What follows from an anonymous tip tells the hour only."""
    return AggregateStore(
        SightingDocument, Sighting, SIGHTING_ANNOUNCER, clock, announced_at=lambda sighting, _: sighting.matched_at
    )


class SavedSearchIndex:
    """Looks up among the searches that are kept, by ranges of indexes."""

    def kept_by(self, owner: str) -> int:
        """Count those that somebody keeps."""
        with reaching_the_store():
            collection = SavedSearchDocument._get_collection()
            return int(collection.count_documents({"owner": owner, "is_open": True}))

    def watched(self, agencies: Iterable[str]) -> Sequence[SavedSearch]:
        """Read those that desks of some agencies watch."""
        match = {"is_watched": True, "agency": {"$in": sorted(agencies)}}
        with reaching_the_store():
            rows = list(SavedSearchDocument._get_collection().find(match))
        return [as_state(SavedSearch, {**row, "id": row["_id"]}) for row in rows]


class ReceiptIndex:
    """The way to a tip for whoever holds its receipt code."""

    def find(self, receipt_verifier: str) -> KnownReceipt | None:
        """Look a code up by one look into one index, for little more than whether there is one.

        So it takes as long for a code that opened a large tip once as for one that never opened any.
        """
        if receipt_verifier.startswith(NO_RECEIPT):
            return None
        wanted = dict.fromkeys(("verification", "case_id", "timeline", "is_receipt_temporary"), 1)
        with reaching_the_store():
            found = TipDocument._get_collection().find_one({"receipt": receipt_verifier}, wanted)
        if found is None:
            return None
        outcome = found["verification"]
        return KnownReceipt(
            tip_id=found["_id"],
            verification=None if outcome is None else VerificationOutcome(outcome),
            case_id=found["case_id"],
            closed_at=closed_at(
                tuple(Line(at=each["at"], what=each["what"], by=each["by"]) for each in found["timeline"])
            ),
            is_temporary=found["is_receipt_temporary"],
        )


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
    # The office stands among the readers of every tip, so that this is a range of an index.
    return {"agencies": OFFICE, "state": state.value, "policy_version": policy_version}


class InformantVault:
    """What identifies informants: sealed as it came to the desk's key, and locked again under the vault's own."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def keep(self, contacts: Mapping[str, str], kept_at: datetime) -> None:
        """Keep the sealed contacts of some tips, by the tips' ids; what is kept already stays."""
        rows = [
            {"_id": tip_id, **_locked(self._keys.lock(tip_id, sealed.encode())), "kept_at": kept_at}
            for tip_id, sealed in contacts.items()
        ]
        insert_new(InformantDocument._get_collection(), rows)

    def has(self, tip_id: str) -> bool:
        """Say whether anything is kept of a tip's informant."""
        with reaching_the_store():
            return InformantDocument._get_collection().find_one({"_id": tip_id}, {"_id": 1}) is not None

    def read(self, tip_id: str) -> str | None:
        """Unlock what is kept, still sealed as it came; `None` when there is nothing."""
        with reaching_the_store():
            row = InformantDocument._get_collection().find_one({"_id": tip_id})
        return None if row is None else self._keys.unlock(tip_id, _as_locked(row)).decode()

    def erase(self, tip_id: str) -> None:
        """Delete what is kept for good; a second time changes nothing."""
        with reaching_the_store():
            InformantDocument._get_collection().delete_one({"_id": tip_id})

    def rewrap(self, at_most: int) -> int:
        """Lock some records under the key in use, each in one write of its own; how many wait still.

        Killed between two, it goes on with the next; two sweepers at once meet on a record and one of them changes it.
        """
        collection = InformantDocument._get_collection()
        others = [key_id for key_id in self._keys.ids if key_id != self._keys.current]
        behind = {"key_id": {"$in": others}}
        with reaching_the_store():
            for row in collection.find(behind, {"body": 0}).limit(at_most) if others else ():
                fresh = self._keys.rewrap(row["_id"], _as_locked({**row, "body": b""}))
                collection.update_one(
                    {"_id": row["_id"], "key_id": row["key_id"], "wrapped_key": row["wrapped_key"]},
                    {"$set": {"key_id": fresh.key_id, "wrapped_key": fresh.wrapped_key}},
                )
            return int(collection.count_documents({"key_id": {"$ne": self._keys.current}}))

    def keys(self) -> VaultKeys:
        """Count the records under each key that is here, and under any that is not."""
        collection = InformantDocument._get_collection()
        with reaching_the_store():
            ids = dict.fromkeys((*self._keys.ids, *sorted(collection.distinct("key_id"))))
            counts = {key_id: int(collection.count_documents({"key_id": key_id})) for key_id in ids}
        return VaultKeys(
            items=tuple(
                VaultKey(
                    key_id=key_id,
                    records=count,
                    is_current=key_id == self._keys.current,
                    is_held=key_id in self._keys.ids,
                )
                for key_id, count in counts.items()
            )
        )


class BondIndex:
    """The bonds of tips, by the tips."""

    def of(self, tip_ids: Iterable[str]) -> Sequence[Bond]:
        """Read the bonds of some tips."""
        with reaching_the_store():
            rows = list(BondDocument._get_collection().find({"tip_ids": {"$in": list(tip_ids)}}))
        return [as_state(Bond, {**row, "id": row["_id"]}) for row in rows]


class TraceStore:
    """The traces of tips, each written in place of the one before, and then numbered in the log."""

    def __init__(self) -> None:
        self._last = 0

    def keep(self, traces: Sequence[Trace], made_by: str) -> None:
        """Write some traces; whoever is killed in between writes them again, which is harmless."""
        if not traces:
            return
        rows = [{"_id": each.tip_id, **_as_row(each, made_by)} for each in traces]
        collection = TraceDocument._get_collection()
        # Nearly all are new, and an insert costs a fifth of an update.
        if older := [ReplaceOne({"_id": rows[place]["_id"]}, rows[place]) for place in insert_new(collection, rows)]:
            with reaching_the_store():
                collection.bulk_write(older, ordered=False)
        self._log([each.tip_id for each in traces])

    def forget(self, tip_ids: Sequence[str]) -> None:
        """Delete the traces of some tips, and have every process forget them."""
        with reaching_the_store():
            TraceDocument._get_collection().delete_many({"_id": {"$in": list(tip_ids)}})
        self._log(tip_ids)

    def untraced(self, made_by: str, at_most: int) -> Sequence[str]:
        """Name some tips that have no trace, or one that other rules made, or another key."""
        with reaching_the_store():
            traced = {row["_id"] for row in TraceDocument._get_collection().find({"made_by": made_by}, {"_id": 1})}
            missing = (row["_id"] for row in TipDocument._get_collection().find({}, {"_id": 1}))
            return list(islice((tip_id for tip_id in missing if tip_id not in traced), at_most))

    def _log(self, tip_ids: Sequence[str]) -> None:
        collection = TraceLogDocument._get_collection()
        with reaching_the_store():
            later = collection.find({"_id": {"$gt": self._last}}, {"_id": 1})
            self._last = max((row["_id"] for row in later), default=self._last)
        while insert_new(collection, [{"_id": self._last + 1, "tips": list(tip_ids)}]):
            self._last += 1
        self._last += 1


def _as_row(trace: Trace, made_by: str) -> dict[str, Any]:
    return {
        "made_by": made_by,
        "words": trace.words,
        "marks": list(trace.marks),
        "endings": list(trace.endings),
        "village": trace.village,
        "rental_code": trace.rental_code,
        "category": trace.category,
        "listed_at": trace.listed_at,
        "agencies": list(trace.agencies),
        "names": list(trace.names),
    }


def _locked(locked: Locked) -> dict[str, Any]:
    return {"key_id": locked.key_id, "wrapped_key": locked.wrapped_key, "body": locked.body}


def _as_locked(row: Mapping[str, Any]) -> Locked:
    return Locked(row["key_id"], bytes(row["wrapped_key"]), bytes(row["body"]))

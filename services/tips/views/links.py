"""What the tips desk answers about tips that are alike, and about bonds between tips."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lianxi.contracts.envelope import Caller
from lianxi.contracts.links import (
    BondKind,
    BondList,
    BondView,
    FindSimilar,
    LikenessReason,
    ListBonds,
    MergedTip,
    SimilarTip,
    SimilarTips,
    TieView,
)
from lianxi.contracts.tips import TipState
from lianxi.policy import wordings
from lianxi.policy.book import PolicyBook
from lianxi.store.connect import reaching_the_store
from lianxi.store.mapping import as_state
from lianxi.store.unit import Aggregates, Stored
from services.tips.documents import BondDocument, TipDocument
from services.tips.domain.bonds import MERGED_AT_MOST, Bond, Tie
from services.tips.domain.likeness import Likeness, alike
from services.tips.domain.tip import OFFICE, Tip, check_readable
from services.tips.domain.traces import Trace
from services.tips.views.finding import Finder

_SHOWN = (
    *("number", "category", "lane", "state", "dispatches", "listed_at", "received_at", "tie_break"),
    *("redacted_text", "redacted_place", "village", "next_owner"),
)


def tips_collection() -> Any:
    """Hand out the collection that says which tips somebody may know of."""
    return TipDocument._get_collection()


def bonds_collection() -> Any:
    """Hand out the collection of bonds."""
    return BondDocument._get_collection()


@dataclass(frozen=True)
class VisibleTips:
    """The tips that somebody may know of, asked of the tips themselves and of nothing that was heard of them."""

    collection: Callable[[], Any] = tips_collection

    def rows(self, tip_ids: Iterable[str], caller: Caller) -> dict[str, Mapping[str, Any]]:
        """Read those of some tips that a caller may know of."""
        match = {"_id": {"$in": list(tip_ids)}, "agencies": OFFICE if caller.sees_all else caller.agency}
        if caller.sees_own_only:
            match["filed_by"] = caller.actor
        with reaching_the_store():
            return {row["_id"]: row for row in self.collection().find(match, dict.fromkeys(_SHOWN, 1))}


@dataclass(frozen=True)
class LinkViews:
    """The read-only answers. What a caller may not know of is left out before anything is ranked or counted."""

    tips: Aggregates[Tip]
    finder: Finder
    visible: VisibleTips
    policies: PolicyBook
    bonds: Callable[[], Any] = bonds_collection

    def find_similar(self, request: FindSimilar, caller: Caller) -> SimilarTips:
        """Find tips that may be about the same as one.

        Raises:
            NotFound: tip.not_found.
            Unavailable: search.filling.
        """
        tip = self.tips.get(request.tip_id).state
        check_readable(tip, caller)
        table = self.finder.ready()
        rows: dict[str, Mapping[str, Any]] = {}

        def only(tip_ids: Sequence[str]) -> Iterable[str]:
            rows.update(self.visible.rows(tip_ids, caller))
            return rows

        weights = {rule.code: rule.weight for rule in self.policies.current.entities}
        trace = table.find(tip.id) or _untraced(tip)
        found = alike(table, weights, trace, at_most=request.limit, only=only)
        return SimilarTips(items=tuple(_similar(rows[each.tip_id], each) for each in found))

    def list_bonds(self, request: ListBonds, caller: Caller) -> BondList:
        """List what a tip is bound to.

        Raises:
            NotFound: tip.not_found.
        """
        check_readable(self.tips.get(request.tip_id).state, caller)
        bonds, _ = self._between([request.tip_id], {}, caller)
        return BondList(
            tip_id=request.tip_id,
            bonds=tuple(self.show(each) for each in bonds),
            merged=self._merged(request.tip_id, caller),
        )

    def show(self, stored: Stored[Bond]) -> BondView:
        """Show a bond."""
        bond = stored.state
        return BondView(
            bond_id=bond.id,
            version=stored.version,
            tip_ids=bond.tip_ids,
            kind=bond.kind,
            ties=tuple(_tie(each) for each in bond.ties),
        )

    def _merged(self, tip_id: str, caller: Caller) -> tuple[MergedTip, ...]:
        """Follow merges from tip to tip, through none that the caller may not know of."""
        rows = self.visible.rows([tip_id], caller)
        waiting = list(rows)
        while waiting and len(rows) <= MERGED_AT_MOST:
            bonds, found = self._between(waiting, rows, caller)
            merged = {end for each in bonds if each.state.kind is BondKind.MERGE for end in each.state.tip_ids}
            waiting = [each for each in found if each in merged]
            rows |= {each: found[each] for each in waiting}
        ordered = sorted(rows.values(), key=lambda row: (row["received_at"], row["tie_break"], row["_id"]))
        return tuple(_placed(row, place) for place, row in enumerate(ordered, 1)) if len(ordered) > 1 else ()

    def _between(
        self, tip_ids: Sequence[str], known: Mapping[str, Any], caller: Caller
    ) -> tuple[list[Stored[Bond]], dict[str, Mapping[str, Any]]]:
        """Read the bonds of some tips whose other ends the caller may know of, and these ends where they are new."""
        with reaching_the_store():
            found = list(self.bonds().find({"tip_ids": {"$in": list(tip_ids)}}))
        ends = {end for row in found for end in row["tip_ids"]} - known.keys()
        rows = self.visible.rows(ends, caller)
        seen = rows.keys() | known.keys()
        bonds = [
            Stored(row["_version"], as_state(Bond, {**row, "id": row["_id"]}))
            for row in found
            if seen.issuperset(row["tip_ids"])
        ]
        return sorted(bonds, key=lambda each: each.state.ties[-1].made_at, reverse=True), rows


def _untraced(tip: Tip) -> Trace:
    """Make do with the redacted words of a tip that came in a moment ago."""
    words = wordings.told("\n".join(each for each in (tip.redacted_place, tip.redacted_text) if each))
    return Trace(
        tip_id=tip.id,
        words=words,
        village=tip.village,
        rental_code=tip.rental_code,
        category=tip.category,
        listed_at=tip.listed_at,
    )


def _similar(row: Mapping[str, Any], likeness: Likeness) -> SimilarTip:
    return SimilarTip(
        tip_id=row["_id"],
        number=row["number"],
        category=row["category"],
        lane=row["lane"],
        state=TipState(row["state"]),
        lead=row["dispatches"][-1]["lead"],
        received_at=row["listed_at"],
        per_cent=likeness.per_cent,
        reasons=tuple(LikenessReason(code=each.code, per_cent=each.per_cent) for each in likeness.reasons),
    )


def _placed(row: Mapping[str, Any], place: int) -> MergedTip:
    return MergedTip(
        tip_id=row["_id"],
        number=row["number"],
        place=place,
        state=TipState(row["state"]),
        lead=row["dispatches"][-1]["lead"],
        received_at=row["listed_at"],
    )


def _tie(tie: Tie) -> TieView:
    return TieView(
        kind=tie.kind,
        made_by=tie.made_by,
        made_at=tie.made_at,
        reason=tie.reason,
        undone_by=tie.undone_by,
        undone_at=tie.undone_at,
        undone_reason=tie.undone_reason,
    )

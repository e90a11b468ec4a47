"""The part of the tips desk that finds and binds tips, in memory, over a desk's tips."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lianxi.contracts.envelope import Caller, Event, Heard
from lianxi.contracts.links import BondKind, BondList, BondView, FindSimilar, ListBonds, MakeBond, SimilarTips, UndoBond
from lianxi.contracts.tips import TipDispatched, TipReceived, TipVerified
from lianxi.policy.book import PolicyBook
from lianxi.store.fakes import MemoryAggregates
from lianxi.store.mapping import as_fields
from services.tips.domain.bonds import Bond
from services.tips.domain.tip import Tip
from services.tips.domain.traces import Trace
from services.tips.handlers.bonds import BondHandlers
from services.tips.handlers.traces import TraceHandlers
from services.tips.store import BOND_ANNOUNCER, _as_row
from services.tips.views.finding import Finder
from services.tips.views.links import LinkViews, VisibleTips
from tests.unit.tips.desk import TipDesk, heard, keys, shipped_policy

KEY = b"a key of no town"


@dataclass(frozen=True)
class Rows:
    """As much of a collection as the views ask."""

    read: Callable[[], Iterable[Mapping[str, Any]]]

    def find(self, match: Mapping[str, Any], _fields: Any = None, **_options: Any) -> Iterator[dict[str, Any]]:
        return (dict(row) for row in self.read() if all(_meets(row[name], wanted) for name, wanted in match.items()))


def _meets(value: Any, wanted: Any) -> bool:
    values = value if isinstance(value, list | tuple) else (value,)
    if isinstance(wanted, dict):
        if "$in" in wanted:
            return any(each in wanted["$in"] for each in values)
        return bool(value > wanted["$gt"] and ("$lte" not in wanted or value <= wanted["$lte"]))
    return wanted in values


@dataclass
class MemoryTraces:
    tips: MemoryAggregates[Tip]
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    log: list[dict[str, Any]] = field(default_factory=list)

    def keep(self, traces: Sequence[Trace], made_by: str) -> None:
        self.rows |= {each.tip_id: {"_id": each.tip_id, **_as_row(each, made_by)} for each in traces}
        self._write([each.tip_id for each in traces])

    def forget(self, tip_ids: Sequence[str]) -> None:
        for tip_id in tip_ids:
            self.rows.pop(tip_id, None)
        self._write(tip_ids)

    def untraced(self, made_by: str, at_most: int) -> list[str]:
        traced = {row["_id"] for row in self.rows.values() if row["made_by"] == made_by}
        return [each.id for each in self.tips.all() if each.id not in traced][:at_most]

    def _write(self, tip_ids: Sequence[str]) -> None:
        if tip_ids:
            self.log.append({"_id": len(self.log) + 1, "tips": list(tip_ids)})


def row_of(stored_version: int, state: Any) -> dict[str, Any]:
    fields = as_fields(state)
    return {"_id": fields.pop("id"), "_version": stored_version, **fields}


class Linking:
    def __init__(self, desk: TipDesk, policies: PolicyBook | None = None) -> None:
        self.desk = desk
        self.traces = MemoryTraces(desk.tips)
        self.bonds: MemoryAggregates[Bond] = MemoryAggregates(BOND_ANNOUNCER, desk.clock)
        book = policies or PolicyBook(shipped_policy())
        self.tracing = TraceHandlers(tips=desk.tips, traces=self.traces, opener=keys()[1], policies=book, key=KEY)
        self.binding = BondHandlers(tips=desk.tips, bonds=self.bonds, clock=desk.clock)
        self.finder = Finder(lambda: Rows(self.traces.rows.values), lambda: Rows(lambda: self.traces.log))
        self.visible = VisibleTips(lambda: Rows(lambda: _rows(desk.tips)))
        self.views = LinkViews(desk.tips, self.finder, self.visible, book, lambda: Rows(lambda: _rows(self.bonds)))
        self._told = 0

    def hear(self) -> None:
        """Tell the tracing of what the tips announced since the last time, and fill the tables."""
        kinds = (TipReceived, TipDispatched, TipVerified)
        events: list[Event] = [each for kind in kinds for each in self.desk.announced(kind)]
        self.tracing.keep_traces([Heard(each, heard(f"event-{place}")) for place, each in enumerate(events)])
        self.finder.keep_up()

    def of(self, tip_ids: Iterable[str]) -> list[Bond]:
        return [each for each in self.bonds.all() if set(each.tip_ids) & set(tip_ids)]

    def similar(self, tip: Tip, caller: Caller, limit: int = 10) -> SimilarTips:
        return self.views.find_similar(FindSimilar(tip_id=tip.id, limit=limit), caller)

    def bind(
        self, one: Tip, other: Tip, caller: Caller, kind: BondKind = BondKind.MERGE, officer: str | None = "officer-7"
    ) -> BondView:
        asked = MakeBond(tip_id=one.id, other_tip_id=other.id, kind=kind, reason="同一处", officer=officer)
        return self.views.show(self.binding.make_bond(asked, caller))

    def undo(self, tip: Tip, bond_id: str, caller: Caller, officer: str | None = "officer-7") -> BondView:
        asked = UndoBond(tip_id=tip.id, bond_id=bond_id, reason="不是一回事", officer=officer)
        return self.views.show(self.binding.undo_bond(asked, caller))

    def listed(self, tip: Tip, caller: Caller) -> BondList:
        return self.views.list_bonds(ListBonds(tip_id=tip.id), caller)


def _rows(aggregates: MemoryAggregates[Any]) -> list[dict[str, Any]]:
    return [row_of(aggregates.get(each.id).version, each) for each in aggregates.all()]

"""The way of a thing, read off the answer that its desk gives: nothing is kept for it, so nothing can differ from it.

It is read off the answer as it leaves, after the table of rights has cut it: what a reader may not see of a thing is
not on its way either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from lianxi.contracts.rights import BLURRED
from lianxi.contracts.whereabouts import Step, Whereabouts

Plain = Mapping[str, Any]
OVER: Final = frozenset(
    {"closed", "not_transferred", "handed_over", "forwarded", "supervised", "taken_back", "refused", "answered"}
)
SIGNED: Final = frozenset({"accepted"})
"""How a matter that the police hand over ends; refused, it goes on."""
OFFICE_DESK: Final = "office/desk"
WITH_SENDER: Final = frozenset(
    {"awaiting_decision", "not_transferred", "approved", "supplementing", "filed", "declined", "upheld", "taken_back"}
)


def whereabouts_of(kind: str, item_id: str, plain: Plain, beside: Iterable[tuple[str, Plain]] = ()) -> Whereabouts:
    """Lay out a thing's way; `beside` are things that were sent out from it, whose ways belong to its own."""
    steps = list(_STEPS[kind](plain))
    for other, each in beside:
        steps += _STEPS[other](each)
    told = tuple(
        sorted((each for each in steps if _is_known(each.at)), key=lambda each: datetime.fromisoformat(each.at))
    )
    holder = _known(_HOLDER[kind](plain))
    state = _known(plain.get("state"))
    return Whereabouts(
        item_id=item_id,
        kind=kind,
        state=state,
        holder=holder,
        since=_since(told, holder),
        is_ended=state in (SIGNED if kind == "transfer" else OVER) or bool(_known(plain.get("acknowledged_at"))),
        steps=told,
    )


def _since(steps: Sequence[Step], holder: str | None) -> str | None:
    """Say since when the holder has it: since the first of the latest steps that name nobody else."""
    found = None
    for each in reversed(steps):
        if each.holder is not None and each.holder != holder:
            break
        found = each.at if each.holder is not None else found
    return found


def _tip(plain: Plain) -> Iterator[Step]:
    rounds = plain.get("dispatches") or ()
    for each in rounds:
        yield Step(
            at=each["dispatched_at"],
            what="tip.dispatched",
            by=None,
            holder=each["lead"],
            reference=each["reason"],
            receipt=each.get("delivered_at"),
        )
    for each in plain.get("timeline") or ():
        if each["what"] != "tip.dispatched":
            owner = plain.get("next_owner") if each["what"] == "case.opened" else None
            yield _line(each, owner)


def _line(each: Plain, holder: str | None) -> Step:
    return Step(at=each["at"], what=each["what"], by=each["by"], holder=holder, reference=each.get("reference"))


def _case(plain: Plain) -> Iterator[Step]:
    owner = plain.get("owner")
    yield Step(at=plain.get("opened_at", ""), what="case.opened", by=owner, holder=owner, reference=plain.get("tip_id"))
    for each in plain.get("measures") or ():
        yield Step(at=each["taken_at"], what=f"measure.{each['measure']}", by=owner)
    if plain.get("closed_at"):
        yield Step(at=plain["closed_at"], what="case.closed", by=owner, reference=plain.get("outcome"))


def _referral(plain: Plain) -> Iterator[Step]:
    """Each limit says who had the move from when to when; statements and the receipt say what else was done."""
    for each in plain.get("clocks") or ():
        yield Step(at=each["started_at"], what="clock.started", holder=each["owner"], reference=each["clock"])
        if each.get("met_at"):
            yield Step(at=each["met_at"], what="clock.met", by=each["owner"], reference=each["clock"])
    for each in plain.get("statements") or ():
        yield Step(at=each["at"], what=f"referral.{each['step']}", by=each["by"])
    receipt = plain.get("receipt")
    if isinstance(receipt, Mapping):
        by = receipt.get("receiver")
        at, number = receipt.get("received_at", ""), receipt.get("number")
        yield Step(at=at, what="referral.accepted", by=by, holder=by, receipt=number)


def _assistance(plain: Plain) -> Iterator[Step]:
    asker, receiver = plain.get("asker"), plain.get("receiver")
    yield Step(at=plain.get("asked_at", ""), what="assistance.asked", by=asker, holder=receiver)
    if plain.get("settled_at"):
        what = f"assistance.{plain.get('state')}"
        yield Step(at=plain["settled_at"], what=what, by=receiver, holder=asker, reference=plain.get("reference"))


def _transfer(plain: Plain) -> Iterator[Step]:
    sender = plain.get("sender")
    refusals, decided = plain.get("refusals") or (), plain.get("arbitration")
    first = refusals[0]["by"] if refusals else plain.get("receiver")
    yield Step(at=plain.get("sent_at", ""), what="transfer.sent", by=sender, holder=first)
    for place, each in enumerate(refusals):
        after = sender if place == 0 else OFFICE_DESK
        yield Step(at=each["at"], what="transfer.refused", by=each["by"], holder=after, reference=each["reason"])
    if decided:
        yield Step(at=decided["at"], what="transfer.arbitrated", by=OFFICE_DESK, holder=decided["receiver"])
    receipt = plain.get("receipt")
    if isinstance(receipt, Mapping):
        by = receipt.get("receiver")
        at, number = receipt.get("received_at", ""), receipt.get("number")
        yield Step(at=at, what="transfer.accepted", by=by, holder=by, receipt=number)


def _transfer_holder(plain: Plain) -> Any:
    held = {"refused": plain.get("sender"), "arbitrating": OFFICE_DESK}
    return held.get(str(plain.get("state")), plain.get("receiver"))


def _notice(plain: Plain) -> Iterator[Step]:
    desk = plain.get("desk")
    yield Step(at=plain.get("delivered_at", ""), what="notice.delivered", holder=desk, reference=plain.get("about"))
    if plain.get("seen_at"):
        yield Step(at=plain["seen_at"], what="notice.seen", by=desk)
    if plain.get("acknowledged_at"):
        by = plain.get("acknowledged_by")
        yield Step(at=plain["acknowledged_at"], what="notice.acknowledged", by=by, receipt=plain["acknowledged_at"])


def _tip_holder(plain: Plain) -> Any:
    return plain.get("next_owner") if plain.get("case_id") else plain.get("lead")


def _referral_holder(plain: Plain) -> Any:
    """Whoever has the move: whose limit runs, and without one the side that its state leaves it with."""
    running = [each["owner"] for each in plain.get("clocks") or () if not each.get("met_at")]
    if running:
        return running[-1]
    if plain.get("forwarded_to"):
        return plain["forwarded_to"]
    return plain.get("sender") if plain.get("state") in WITH_SENDER else plain.get("receiver")


def _known(value: Any) -> str | None:
    return value if isinstance(value, str) and value != BLURRED else None


def _is_known(at: Any) -> bool:
    return bool(_known(at))


_STEPS: Final[Mapping[str, Callable[[Plain], Iterator[Step]]]] = {
    "tip": _tip,
    "case": _case,
    "referral": _referral,
    "assistance": _assistance,
    "transfer": _transfer,
    "notice": _notice,
}
_HOLDER: Final[Mapping[str, Callable[[Plain], Any]]] = {
    "tip": _tip_holder,
    "case": lambda plain: plain.get("owner"),
    "referral": _referral_holder,
    "assistance": lambda plain: plain.get("asker") if plain.get("settled_at") else plain.get("receiver"),
    "transfer": _transfer_holder,
    "notice": lambda plain: plain.get("desk"),
}
KINDS: Final = frozenset(_STEPS)

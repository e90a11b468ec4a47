"""What happened in a case, folded from what its desk keeps: the case, its tasks, evidence, referrals and requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lianxi.contracts.tasks import TaskState
from lianxi.contracts.timelines import CaseTimeline, Source, TimelineLine
from services.cases.domain.assistance import Assistance
from services.cases.domain.cases import Case
from services.cases.domain.evidence import Evidence
from services.cases.domain.limits import Limit
from services.cases.domain.referrals import CriminalReferral


def timeline(
    case: Case, evidence: Sequence[Evidence], referrals: Sequence[CriminalReferral], requests: Sequence[Assistance]
) -> CaseTimeline:
    """Put everything that happened into one order; what happened at one instant keeps the order of its source.

    Clause: L31.1 (criterion 9.5).
    """
    lines = [
        *_of_case(case),
        *_of_tasks(case),
        *(line for each in evidence for line in _of_evidence(each)),
        *(line for each in referrals for line in _of_referral(each)),
        *(line for each in requests for line in _of_assistance(each)),
    ]
    return CaseTimeline(
        case_id=case.id,
        number=case.number,
        owner=case.owner,
        lines=tuple(sorted(lines, key=lambda each: each.at)),
        tip_id=case.tip_id,
        rental_code=case.rental_code,
    )


def _of_case(case: Case) -> Iterator[TimelineLine]:
    about = f"case/{case.id}"
    yield TimelineLine(at=case.opened_at, source="case", what="opened", about=about, by=case.owner)
    for measure in case.measures:
        by = measure.approved_by or None
        yield TimelineLine(at=measure.taken_at, source="case", what=measure.measure.value, about=about, by=by)
    for each in case.reopenings:
        if each.closed_at is not None:
            yield TimelineLine(at=each.closed_at, source="case", what="closed", about=about, by=case.owner)
        yield TimelineLine(at=each.at, source="case", what="reopened", about=about, by=each.by or None)
    for export in case.exports:
        yield TimelineLine(at=export.at, source="case", what="exported", about=about, by=export.by or None)
    if case.closed_at is not None:
        yield TimelineLine(at=case.closed_at, source="case", what="closed", about=about, by=case.owner)


def _of_tasks(case: Case) -> Iterator[TimelineLine]:
    for task in case.tasks:
        about = f"task/{task.id}"
        yield TimelineLine(
            at=task.added_at, source="task", what="added", about=about, by=task.added_by or None, to=task.owner
        )
        if task.overdue_at is not None:
            yield TimelineLine(at=task.overdue_at, source="task", what="overdue", about=about, by=task.owner)
        if task.settled_at is not None and task.state is not TaskState.OPEN:
            by = task.settled_by or None
            yield TimelineLine(at=task.settled_at, source="task", what=task.state.value, about=about, by=by)


def _of_evidence(evidence: Evidence) -> Iterator[TimelineLine]:
    for each in evidence.custody:
        yield TimelineLine(
            at=each.at,
            source="evidence",
            what=each.act.value,
            about=f"evidence/{evidence.id}",
            by=each.by or None,
            to=each.to,
        )


def _of_referral(referral: CriminalReferral) -> Iterator[TimelineLine]:
    about = f"referral/{referral.id}"
    yield TimelineLine(
        at=referral.drafted_at,
        source="referral",
        what="drafted",
        about=about,
        by=referral.sender,
        to=referral.receiver,
    )
    yield from _of_limits("referral", about, referral.clocks)
    for each in referral.statements:
        yield TimelineLine(at=each.at, source="referral", what=each.step.value, about=about, by=each.by)


def _of_assistance(asked: Assistance) -> Iterator[TimelineLine]:
    about = f"assistance/{asked.id}"
    yield TimelineLine(
        at=asked.asked_at, source="assistance", what="requested", about=about, by=asked.asker, to=asked.receiver
    )
    if asked.accepted_at is not None:
        yield TimelineLine(at=asked.accepted_at, source="assistance", what="accepted", about=about, by=asked.receiver)
    yield from _of_limits("assistance", about, (asked.limit,))


def _of_limits(source: Source, about: str, limits: Iterable[Limit]) -> Iterator[TimelineLine]:
    """A limit that is met is the step that met it; one that was passed says so, whatever was done later."""
    for each in limits:
        for what, at in (("met", each.met_at), ("breached", each.breached_at)):
            if at is not None:
                yield TimelineLine(at=at, source=source, what=f"{what}.{each.clock}", about=about, by=each.owner)

"""A report upward: written, announced to its addressees, sent by an official way with proof, confirmed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from lianxi.contracts.envelope import Caller, Event
from lianxi.contracts.outside import DeliverySent
from lianxi.contracts.upward_reports import (
    AddresseeView,
    ReceivedView,
    RecordReceipt,
    RecordSending,
    SendingWay,
    SentView,
    ToldView,
    UpwardKind,
    UpwardReportReceived,
    UpwardReportSent,
    UpwardReportView,
    UpwardReportWritten,
    UpwardState,
    WriteUpwardReport,
    content_digest,
)
from lianxi.kernel.errors import Conflict, NotFound, RuleBroken
from lianxi.kernel.identity_numbers import holds_identity_number
from services.reporting.domain.orders import REFERENCE
from services.reporting.policy.upward import City

CLAUSE = "L37.1"
NOUN = "upward_report"
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A message that a courier has taken.

    Clause: L37.1.
    """

    channel: str
    delivery_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """How it was sent, and the digest of what confirms it.

    Clause: L37.1.
    """

    way: SendingWay
    reference: str
    proof_sha256: str
    at: datetime
    minutes: int
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What the addressee said.

    Clause: L37.1.
    """

    reference: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """One addressee and its copy.

    Clause: L37.1.
    """

    code: str
    told: tuple[Told, ...] = ()
    sent: Sent | None = None
    received: Received | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpwardReport:
    """One report upward.

    Clause: L37.1, L88.2, L90.1.
    """

    id: str
    number: str
    owner: str
    agency: str
    kind: UpwardKind
    about: str | None
    happened_at: datetime
    title: str
    text: str
    papers: tuple[str, ...]
    content_sha256: str
    written_at: datetime
    written_by: str
    addressees: tuple[Addressee, ...]
    state: UpwardState = UpwardState.WRITTEN


Decision = tuple[UpwardReport, tuple[Event, ...]]


def written(
    report_id: str, number: str, asked: WriteUpwardReport, owner: str, city: City, by: str, now: datetime
) -> Decision:
    """Write a report to whom the policy says for its kind.

    Clause: L37.1, L88.2, L90.1 (criterion 11.3).
    Raises:
        RuleBroken: upward_report.happened_later, upward_report.text_missing, upward_report.identity_number,
            upward_report.about_unreadable, upward_report.nobody_addressed.
    """
    if asked.happened_at > now:
        raise RuleBroken("upward_report.happened_later", clause=CLAUSE)
    if asked.about is not None and not REFERENCE.fullmatch(asked.about):
        raise RuleBroken("upward_report.about_unreadable", clause=CLAUSE)
    _check_texts(asked.title, asked.text)
    codes = city.addressees_of(asked.kind)
    if not codes:
        raise RuleBroken("upward_report.nobody_addressed", clause=CLAUSE)
    title, text = asked.title.strip(), asked.text.strip()
    report = UpwardReport(
        id=report_id,
        number=number,
        owner=owner,
        agency=owner.partition("/")[0],
        kind=asked.kind,
        about=asked.about,
        happened_at=asked.happened_at,
        title=title,
        text=text,
        papers=asked.papers,
        content_sha256=content_digest(number, asked.kind, asked.happened_at, title, text, asked.papers),
        written_at=now,
        written_by=by,
        addressees=tuple(Addressee(code=code) for code in codes),
    )
    return report, (UpwardReportWritten(**_facts(report, now), number=number, addressees=codes),)


def told(report: UpwardReport, event: DeliverySent) -> Decision:
    """Note that a courier has taken the message to an addressee, each once.

    Clause: L37.1 (criterion 11.3).
    """
    said = Told(channel=event.channel, delivery_id=event.delivery_id, at=event.sent_at)

    def note(found: Addressee) -> Addressee:
        known = {each.delivery_id for each in found.told}
        return found if said.delivery_id in known else replace(found, told=(*found.told, said))

    if event.called not in {each.code for each in report.addressees}:
        return report, ()
    return _with(report, event.called, note), ()


def sent(report: UpwardReport, asked: RecordSending, by: str, now: datetime) -> Decision:
    """Note that an addressee was sent it; once noted it stays as it was said.

    Clause: L37.1 (criterion 11.3).
    Raises:
        NotFound: upward_report.addressee_not_found.
        Conflict: upward_report.already_sent.
        RuleBroken: upward_report.sent_out_of_time, upward_report.text_missing, upward_report.identity_number.
    """
    if _addressee(report, asked.addressee).sent is not None:
        raise Conflict("upward_report.already_sent", addressee=asked.addressee)
    _check_texts(asked.reference)
    at = asked.sent_at or now
    if not report.happened_at <= at <= now:
        raise RuleBroken("upward_report.sent_out_of_time", clause=CLAUSE)
    minutes = (at - report.happened_at) // MINUTE
    copy = Sent(
        way=asked.way,
        reference=asked.reference.strip(),
        proof_sha256=asked.proof_sha256,
        at=at,
        minutes=minutes,
        by=by,
    )
    after = _with(report, asked.addressee, lambda found: replace(found, sent=copy))
    is_last = all(each.sent is not None for each in after.addressees)
    after = replace(after, state=UpwardState.SENT) if is_last else after
    event = UpwardReportSent(
        **_facts(after, now), addressee=asked.addressee, way=asked.way, minutes=minutes, is_last=is_last
    )
    return after, (event,)


def received(report: UpwardReport, asked: RecordReceipt, by: str, now: datetime) -> Decision:
    """Note that an addressee confirmed it.

    Clause: L37.1 (criterion 11.3).
    Raises:
        NotFound: upward_report.addressee_not_found.
        Conflict: upward_report.not_sent, upward_report.already_received.
        RuleBroken: upward_report.text_missing, upward_report.identity_number.
    """
    found = _addressee(report, asked.addressee)
    if found.sent is None:
        raise Conflict("upward_report.not_sent", addressee=asked.addressee)
    if found.received is not None:
        raise Conflict("upward_report.already_received", addressee=asked.addressee)
    _check_texts(asked.reference)
    said = Received(reference=asked.reference.strip(), at=now, by=by)
    after = _with(report, asked.addressee, lambda each: replace(each, received=said))
    if all(each.received is not None for each in after.addressees):
        after = replace(after, state=UpwardState.RECEIVED)
    return after, (UpwardReportReceived(**_facts(after, now), addressee=asked.addressee),)


def shown_to(report: UpwardReport, caller: Caller) -> UpwardReport:
    """Show a report to the desk that wrote it, and to whoever sees all.

    Clause: none.
    Raises:
        NotFound: upward_report.not_found.
    """
    if not (caller.sees_all or caller.holds(report.owner)):
        raise NotFound("upward_report.not_found")
    return report


def as_view(report: UpwardReport, version: int, city: City) -> UpwardReportView:
    """Write a report as its desk and the office read it.

    Clause: none.
    """
    return UpwardReportView(
        report_id=report.id,
        version=version,
        number=report.number,
        owner=report.owner,
        kind=report.kind,
        about=report.about,
        state=report.state,
        happened_at=report.happened_at,
        written_at=report.written_at,
        title=report.title,
        text=report.text,
        papers=report.papers,
        content_sha256=report.content_sha256,
        addressees=tuple(_addressee_view(each, city) for each in report.addressees),
    )


def as_statement(report: UpwardReport, now: datetime) -> dict[str, Any]:
    """Say what its proof of sending says: the digest of the text and, for each addressee, how and when; no text.

    Clause: L37.1 (criterion 11.3).
    Raises:
        NotFound: upward_report.not_sent.
    """
    if all(each.sent is None for each in report.addressees):
        raise NotFound("upward_report.not_sent")
    return {
        "number": report.number,
        "report_id": report.id,
        "sender": report.owner,
        "content_sha256": report.content_sha256,
        "happened_at": report.happened_at.isoformat(),
        "written_at": report.written_at.isoformat(),
        "addressees": [_stated(each) for each in report.addressees],
        "signed_at": now.isoformat(),
    }


def _stated(found: Addressee) -> dict[str, Any]:
    announced = [
        {"channel": each.channel, "delivery_id": each.delivery_id, "at": each.at.isoformat()} for each in found.told
    ]
    stated: dict[str, Any] = {"addressee": found.code, "told": announced}
    if found.sent is not None:
        stated["sent"] = {
            "way": found.sent.way.value,
            "reference": found.sent.reference,
            "proof_sha256": found.sent.proof_sha256,
            "at": found.sent.at.isoformat(),
        }
    if found.received is not None:
        stated["received"] = {"reference": found.received.reference, "at": found.received.at.isoformat()}
    return stated


def _addressee_view(found: Addressee, city: City) -> AddresseeView:
    copy, said = found.sent, found.received
    party, name_zh, name_en = city.named(found.code)
    return AddresseeView(
        addressee=found.code,
        party=party,
        name_zh=name_zh,
        name_en=name_en,
        told=tuple(ToldView(**asdict(each)) for each in found.told),
        sent=None
        if copy is None
        else SentView(
            way=copy.way,
            reference=copy.reference,
            proof_sha256=copy.proof_sha256,
            at=copy.at,
            minutes=copy.minutes,
        ),
        received=None if said is None else ReceivedView(reference=said.reference, at=said.at),
    )


def _addressee(report: UpwardReport, code: str) -> Addressee:
    found = next((each for each in report.addressees if each.code == code), None)
    if found is None:
        raise NotFound("upward_report.addressee_not_found", addressee=code)
    return found


def _with(report: UpwardReport, code: str, change: Callable[[Addressee], Addressee]) -> UpwardReport:
    return replace(report, addressees=tuple(change(each) if each.code == code else each for each in report.addressees))


def _check_texts(*texts: str) -> None:
    for text in texts:
        if not text.strip():
            raise RuleBroken("upward_report.text_missing", clause=CLAUSE)
        if holds_identity_number(text):
            raise RuleBroken("upward_report.identity_number", clause=CLAUSE)


def _facts(report: UpwardReport, now: datetime) -> dict[str, Any]:
    return {"report_id": report.id, "category": report.kind, "owner": report.owner, "at": now}

"""Every exchange, queue, binding, user and permission of the town: built here and nowhere else.

``python -m lianxi.bus.topology`` prints what `deploy/rabbitmq/definitions.json` holds; a test keeps code, file and
broker equal. Arguments hold on RabbitMQ 3.10 to 4.x. Changing those of an existing queue is refused by the broker
(406): give it a new name.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from kombu import Connection

from lianxi.contracts import (
    assessment,
    campaigns,
    cases,
    evidence,
    feedback,
    imports,
    inspections,
    joint_operations,
    major_events,
    meetings,
    notifications,
    outside,
    parties,
    publicity,
    reporting,
    retention,
    rewards,
    saved_searches,
    tasks,
    tips,
    transfers,
    unmasking,
    upward_reports,
    vault,
    webhooks,
)
from lianxi.contracts.envelope import LANES, Command, Event, Lane
from lianxi.contracts.registry import EVENTS, SERVICES
from lianxi.runtime.settings import RETRY_LADDER_MS

VHOST = "lianxi"
EVENTS_EXCHANGE = "lx.events"
UNROUTED = "lx.unrouted"
INTAKE_EXCHANGE = "lx.intake"
REQUEUE_EXCHANGE = "lx.requeue"
DEAD_EXCHANGE = "lx.dlx"
RECEIPTS_EXCHANGE = "lx.receipts"
WAKE_EXCHANGE = "lx.wake"
RPC_EXCHANGE = "nameko-rpc"
REPLY_PREFIX = "rpc.reply-"
GATEWAY = "gateway"

SUBSCRIPTIONS: Mapping[str, Mapping[str, tuple[type[Event], ...]]] = {
    "tips": {
        "start_clock": (notifications.NoticeDelivered,),
        "take_suspicion": (inspections.SuspicionRaised,),
        "follow_case": (cases.CaseOpened, cases.CaseClosed),
        "keep_trace": (tips.TipDispatched, tips.TipVerified),
        "take_part_in_purge": (retention.RetentionRunStarted,),
    },
    "inspections": {
        "bring_visit_forward": (tips.TipReceived,),
        "take_part_in_purge": (retention.RetentionRunStarted,),
    },
    "cases": {
        "allow_reading": (tips.TipVerified,),
        "settle_parties": (cases.CaseClosed,),
        "take_part_in_purge": (retention.RetentionRunStarted,),
    },
    "reporting": {
        "keep_fact": tuple(EVENTS.values()),
        "open_major_event": (tips.RescueRaised,),
        "note_told": (outside.DeliverySent,),
        "hear_of_purge": (retention.TipsPurged, retention.InspectionsPurged, retention.CasesPurged),
    },
    "notifications": {
        "give_notice": (
            tips.TipDispatched,
            tips.TipReturned,
            tips.TipVerified,
            tips.TipRungReached,
            tips.TipClockPaused,
            tips.TipClockResumed,
            tips.TipClockExtended,
            vault.OpeningAsked,
            vault.OpeningAttempted,
            unmasking.UnmaskingsReported,
            saved_searches.SearchMatched,
            feedback.FeedbackGiven,
            rewards.RewardClaimed,
            rewards.RewardProposed,
            rewards.RewardDecided,
            rewards.RewardPaid,
            inspections.VisitAdvanced,
            cases.CaseOpened,
            cases.CaseClosed,
            cases.CaseReopened,
            cases.ReferralSent,
            cases.ReferralAccepted,
            cases.SupplementRequested,
            cases.ReferralDecided,
            cases.ReferralForwarded,
            cases.ReconsiderationRequested,
            cases.ReconsiderationDecided,
            cases.CaseRungReached,
            cases.AssistanceRequested,
            cases.AssistanceAccepted,
            cases.AssistanceRefused,
            cases.AssistanceAnswered,
            transfers.TransferSent,
            transfers.TransferAccepted,
            transfers.TransferRefused,
            transfers.TransferDisputed,
            joint_operations.JointOperationPlanned,
            joint_operations.JointOperationRevised,
            joint_operations.ForcePromised,
            joint_operations.JointOperationActivated,
            joint_operations.JointOperationStoodDown,
            joint_operations.JointOperationCancelled,
            parties.PartyCleared,
            parties.PartyCorrected,
            parties.PartyUnmasked,
            evidence.EvidenceOffered,
            evidence.EvidenceReceived,
            evidence.EvidenceDeclined,
            evidence.DestructionAsked,
            evidence.EvidenceDestroyed,
            evidence.EvidenceAltered,
            tasks.TaskAdded,
            tasks.TaskOverdue,
            reporting.ReturnDue,
            reporting.ReturnMissed,
            reporting.ReportingRungReached,
            reporting.OrderIssued,
            reporting.OrderAnswered,
            reporting.OrderAccepted,
            reporting.OrderRejected,
            reporting.ToolProposed,
            reporting.ToolDecided,
            assessment.DeductionProposed,
            assessment.DeductionDecided,
            assessment.DeductionWithdrawn,
            major_events.MajorEventKnown,
            major_events.MajorEventReported,
            major_events.MajorEventSupplemented,
            major_events.MajorEventUnreported,
            upward_reports.UpwardReportSent,
            meetings.MeetingCalled,
            meetings.MeetingCancelled,
            meetings.MeetingClosed,
            meetings.DecisionTaken,
            meetings.DecisionDone,
            meetings.DecisionReopened,
            publicity.PublicityMissed,
            webhooks.WebhookFailing,
            campaigns.CampaignHanded,
            campaigns.CampaignProven,
            campaigns.CampaignSentBack,
            campaigns.CampaignWithdrawn,
            campaigns.NotificationsRungReached,
        ),
        "tell_hooks": webhooks.OFFERED,
        "raise_alarm": (tips.RescueRaised,),
        "tell_outside": (
            tips.RescueRaised,
            tips.TipRungReached,
            upward_reports.UpwardReportWritten,
            campaigns.NotificationsRungReached,
        ),
        "note_acknowledged": (notifications.NoticeAcknowledged, tips.TipAccepted),
        "know_case": (cases.CaseClosed,),
    },
}
"""Who hears what: service → handler → events. A test compares it with `services/<service>/service.py`."""

LANED = {
    ("notifications", "give_notice"),
    ("notifications", "tell_outside"),
    ("notifications", "note_acknowledged"),
}
"""Handlers with a queue for each lane, so that a backlog of the bulk cannot delay a rescue."""

INTAKE: Mapping[str, Mapping[Lane, tuple[type[Command], ...]]] = {
    "tips": dict.fromkeys(LANES, (tips.SubmitTip,)),
    # Registers that are taken over wait on a lane of their own, so that no visit ever waits behind ten thousand lines.
    "inspections": {"normal": (inspections.RecordVisit,), "bulk": (imports.ImportRows, imports.UndoImportPart)},
}
"""Who takes in what, on which lanes."""


def handler_queues(service: str, handler: str) -> tuple[str, ...]:
    """Name the queues of a handler."""
    name = f"lx.{service}.{handler}"
    return tuple(f"{name}.{lane}" for lane in LANES) if (service, handler) in LANED else (name,)


def intake_queue(service: str, lane: Lane) -> str:
    """Name the queue of an intake lane."""
    return f"lx.{service}.intake.{lane}"


def intake_queues(service: str, commands: tuple[type[Command], ...]) -> tuple[str, ...]:
    """Name the queues that bring some commands, and only them."""
    return tuple(intake_queue(service, lane) for lane, brought in INTAKE[service].items() if brought == commands)


def parked_queue(service: str) -> str:
    """Name the queue where a service's letters stop."""
    return f"lx.{service}.parked"


def receipts_queue(service: str) -> str:
    """Name the queue on which a sender learns what became of its letters."""
    return f"lx.{service}.receipts"


def rpc_queue(service: str) -> str:
    """Name the queue of a desk's questions: nameko's own name."""
    return f"rpc-{service}"


def retry_exchange(milliseconds: int) -> str:
    """Name a step of the retry ladder; its exchange and its queue have one name."""
    return f"lx.retry.{milliseconds}"


def routing_key(event_type: str, lane: Lane) -> str:
    """Say under which key an event is published: its type, and its lane behind it when that is not the normal one."""
    return event_type if lane == "normal" else f"{event_type}.{lane}"


@cache
def queues_hearing(event_type: str, lane: Lane) -> tuple[str, ...]:
    """List the queues that an event of a lane goes to: its row in the delivery ledger names them."""
    return tuple(
        f"lx.{service}.{handler}.{lane}" if (service, handler) in LANED else f"lx.{service}.{handler}"
        for service, handlers in SUBSCRIPTIONS.items()
        for handler, events in handlers.items()
        if any(event_type == event.KEY for event in events)
    )


def _quorum(**more: Any) -> dict[str, Any]:
    return {"x-queue-type": "quorum", **more}


def _handler_arguments(service: str) -> dict[str, Any]:
    return _quorum(
        **{
            "x-delivery-limit": 20,
            "x-dead-letter-exchange": DEAD_EXCHANGE,
            "x-dead-letter-routing-key": service,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        }
    )


def _retry_arguments(milliseconds: int) -> dict[str, Any]:
    return _quorum(
        **{
            "x-message-ttl": milliseconds,
            "x-dead-letter-exchange": REQUEUE_EXCHANGE,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        }
    )


def _exchange(name: str, kind: str, **arguments: Any) -> dict[str, Any]:
    return {
        "name": name, "vhost": VHOST, "type": kind, "durable": True,
        "auto_delete": False, "internal": False, "arguments": arguments,
    }  # fmt: skip


def _queue(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "vhost": VHOST, "durable": True, "auto_delete": False, "arguments": dict(arguments)}


def _binding(exchange: str, queue: str, key: str) -> dict[str, Any]:
    return {
        "source": exchange, "vhost": VHOST, "destination": queue,
        "destination_type": "queue", "routing_key": key, "arguments": {},
    }  # fmt: skip


def exchanges(ladder: Sequence[int] = RETRY_LADDER_MS) -> list[dict[str, Any]]:
    """List every exchange."""
    return [
        _exchange(EVENTS_EXCHANGE, "topic", **{"alternate-exchange": UNROUTED}),
        _exchange(UNROUTED, "fanout"),
        _exchange(INTAKE_EXCHANGE, "direct"),
        _exchange(REQUEUE_EXCHANGE, "direct"),
        _exchange(DEAD_EXCHANGE, "direct"),
        _exchange(RECEIPTS_EXCHANGE, "direct"),
        _exchange(WAKE_EXCHANGE, "fanout"),
        _exchange(RPC_EXCHANGE, "topic"),
        *(_exchange(retry_exchange(each), "fanout") for each in ladder),
    ]


def _work_queues(service: str) -> list[str]:
    handlers = [queue for handler in SUBSCRIPTIONS[service] for queue in handler_queues(service, handler)]
    intake = [intake_queue(service, lane) for lane in INTAKE.get(service, {})]
    return handlers + intake


def queues(ladder: Sequence[int] = RETRY_LADDER_MS) -> list[dict[str, Any]]:
    """List every queue."""
    found = [_queue(UNROUTED, _quorum(**{"x-max-length": 100_000}))]
    found += [_queue(retry_exchange(each), _retry_arguments(each)) for each in ladder]
    for service in SERVICES:
        found += [_queue(name, _handler_arguments(service)) for name in _work_queues(service)]
        found.append(_queue(parked_queue(service), _quorum()))
        found.append(_queue(receipts_queue(service), _quorum()))
        # Questions die with their deadline, so their queue is a plain one, and bounded.
        found.append(_queue(rpc_queue(service), {"x-max-length": 10_000, "x-overflow": "reject-publish"}))
    return found


def _event_bindings(service: str) -> Iterable[dict[str, Any]]:
    for handler, events in SUBSCRIPTIONS[service].items():
        for event in events:
            if (service, handler) in LANED:
                for lane in LANES:
                    yield _binding(EVENTS_EXCHANGE, f"lx.{service}.{handler}.{lane}", routing_key(event.KEY, lane))
            else:
                for lane in LANES:
                    yield _binding(EVENTS_EXCHANGE, f"lx.{service}.{handler}", routing_key(event.KEY, lane))


def bindings(ladder: Sequence[int] = RETRY_LADDER_MS) -> list[dict[str, Any]]:
    """List every binding."""
    found = [_binding(UNROUTED, UNROUTED, "")]
    found += [_binding(retry_exchange(each), retry_exchange(each), "") for each in ladder]
    for service in SERVICES:
        found += _event_bindings(service)
        found += [_binding(REQUEUE_EXCHANGE, name, name) for name in _work_queues(service)]
        intake = [intake_queue(service, lane) for lane in INTAKE.get(service, {})]
        found += [_binding(INTAKE_EXCHANGE, queue, queue) for queue in intake]
        found.append(_binding(DEAD_EXCHANGE, parked_queue(service), service))
        found.append(_binding(RECEIPTS_EXCHANGE, receipts_queue(service), service))
        found.append(_binding(RPC_EXCHANGE, rpc_queue(service), f"{service}.*"))
    return found


def _either(*patterns: str) -> str:
    return "^(" + "|".join(patterns) + ")$"


def _permission(service: str, ladder: Sequence[int]) -> dict[str, Any]:
    own = rf"lx\.{service}\..*"
    writes = [EVENTS_EXCHANGE, REQUEUE_EXCHANGE, DEAD_EXCHANGE, RECEIPTS_EXCHANGE, WAKE_EXCHANGE, RPC_EXCHANGE]
    writes += [retry_exchange(each) for each in ladder]
    return {
        "user": service,
        "vhost": VHOST,
        # A service makes nothing but the short-lived queue on which its relay is woken.
        "configure": r"^lx\.wake-.*$",
        "write": _either(*(each.replace(".", r"\.") for each in writes), r"lx\.wake-.*"),
        "read": _either(own, rf"rpc-{service}", r"lx\.wake-.*", r"lx\.wake"),
    }


def permissions(ladder: Sequence[int] = RETRY_LADDER_MS) -> list[dict[str, Any]]:
    """List who may make, write and read what."""
    gateway = {
        "user": GATEWAY,
        "vhost": VHOST,
        "configure": r"^rpc\.reply-.*$",
        "write": _either(r"nameko-rpc", r"lx\.intake", r"rpc\.reply-.*"),
        "read": _either(r"rpc\.reply-.*", r"nameko-rpc", r"lx\.events"),
    }
    return [*(_permission(service, ladder) for service in SERVICES), gateway]


def topic_permissions() -> list[dict[str, Any]]:
    """List who may publish which keys: a service only its own events and answers, the gateway only questions."""
    found = []
    for service in SERVICES:
        found.append(_topic(service, EVENTS_EXCHANGE, write=rf"^{service}\..*$"))
        found.append(_topic(service, RPC_EXCHANGE, write=r"^rpc\.reply-.*$"))
    asks = "|".join(SERVICES)
    # Of what is announced it may hear that a tip's clock runs, by which it reckons how many are under way, and no more.
    found.append(_topic(GATEWAY, EVENTS_EXCHANGE, write="^$", read=r"^tips\.clock\.started\.v1\.#$"))
    found.append(_topic(GATEWAY, RPC_EXCHANGE, write=rf"^({asks})\.[a-z_]+$", read=r"^rpc\.reply-.*$"))
    return found


def _topic(user: str, exchange: str, *, write: str, read: str = "^$") -> dict[str, Any]:
    return {"user": user, "vhost": VHOST, "exchange": exchange, "write": write, "read": read}


def definitions(ladder: Sequence[int] = RETRY_LADDER_MS) -> dict[str, Any]:
    """Write the whole topology as RabbitMQ definitions, without any password."""
    return {
        "vhosts": [{"name": VHOST}],
        "users": [{"name": name, "tags": ""} for name in (*SERVICES, GATEWAY)],
        "permissions": permissions(ladder),
        "topic_permissions": topic_permissions(),
        "exchanges": exchanges(ladder),
        "queues": queues(ladder),
        "bindings": bindings(ladder),
    }


def with_passwords(plain: Mapping[str, Any], passwords: Mapping[str, str]) -> dict[str, Any]:
    """Add salted password hashes, for the broker to load at start; the committed file never holds any."""
    users = [
        {**user, "password_hash": _hash(passwords[user["name"]]), "hashing_algorithm": _HASHING}
        for user in plain["users"]
    ]
    return {**plain, "users": users}


_HASHING = "rabbit_password_hashing_sha256"


def _hash(password: str) -> str:
    salt = secrets.token_bytes(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def declare(url: str, ladder: Sequence[int] = RETRY_LADDER_MS) -> None:
    """Make the topology over AMQP, where definitions may not be loaded; users and permissions stay the owner's."""
    with Connection(url) as connection:
        channel = connection.default_channel
        for each in exchanges(ladder):
            channel.exchange_declare(
                each["name"], each["type"], durable=True, auto_delete=False, arguments=each["arguments"]
            )
        for each in queues(ladder):
            channel.queue_declare(each["name"], durable=True, auto_delete=False, arguments=each["arguments"])
        for each in bindings(ladder):
            channel.queue_bind(each["destination"], each["source"], each["routing_key"])


def main() -> None:
    """Print the definitions."""
    json.dump(definitions(), sys.stdout, indent=1, sort_keys=True)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()

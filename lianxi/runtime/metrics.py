"""Every metric, its name and its labels, declared once.

Labels come from closed sets; none ever holds an item or a person.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.parser import text_string_to_metric_families

Labels = frozenset[tuple[str, str]]

_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

build_info = Gauge("lianxi_build_info", "What runs", ["version", "programme", "process"])
policy_version = Gauge("lianxi_policy_version", "The version of the policy that a process works by", ["process"])

http_request_duration_seconds = Histogram(
    "lianxi_http_request_duration_seconds",
    "Requests at the gateway",
    ["route", "method", "status_class"],
    buckets=_QUICK,
)
receipt_tries_total = Counter(
    "lianxi_receipt_tries_total", "Tries of receipt codes that were no plain success", ["outcome"]
)
http_refusals_total = Counter("lianxi_http_refusals_total", "Requests refused at the door", ["reason"])
tips_received_total = Counter("lianxi_tips_received_total", "Tips taken in", ["channel", "category"])
vault_attempts_total = Counter("lianxi_vault_attempts_total", "Attempts to read an identity without the second key")
vault_rewrap_pending = Gauge("lianxi_vault_rewrap_pending", "Records of the vault that lie under an older key")
spool_entries = Gauge("lianxi_spool_entries", "Sealed public tips waiting in the gateway for the broker")
tips_under_way = Gauge("lianxi_tips_under_way", "Tips taken in whose clocks do not run yet")
tips_put_off_total = Counter("lianxi_tips_put_off_total", "Tips asked to come again because too many were under way")
attachments_waiting_bytes = Gauge("lianxi_attachments_waiting_bytes", "Pictures that no tip has named yet")

rpc_seconds = Histogram(
    "lianxi_rpc_seconds", "Questions answered by a desk", ["desk", "method", "outcome"], buckets=_QUICK
)
rpc_expired_total = Counter("lianxi_rpc_expired_total", "Questions dropped because their deadline had passed", ["desk"])

events_handled_total = Counter("lianxi_events_handled_total", "Letters handled", ["desk", "handler", "outcome"])
handler_seconds = Histogram("lianxi_handler_seconds", "Time to handle a letter", ["desk", "handler"], buckets=_QUICK)
event_age_seconds = Histogram(
    "lianxi_event_age_seconds",
    "From an event's time to its effect",
    ["desk", "handler"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
)
retries_total = Counter("lianxi_retries_total", "Letters put on the retry ladder", ["desk", "handler"])
consumer_connected = Gauge(
    "lianxi_consumer_connected", "1 while a handler's consumer is connected", ["desk", "handler"]
)
in_flight = Gauge("lianxi_in_flight", "Letters and questions being worked on", ["desk"])
sweeps_total = Counter("lianxi_sweeps_total", "Timed sweeps", ["desk", "sweep", "outcome"])

outbox_pending = Gauge("lianxi_outbox_pending", "Aggregates with events not yet sent", ["desk"])
outbox_oldest_seconds = Gauge("lianxi_outbox_oldest_seconds", "Age of the oldest event not yet sent", ["desk"])
events_published_total = Counter("lianxi_events_published_total", "Events confirmed by the broker", ["desk", "lane"])
relay_holds_lease = Gauge("lianxi_relay_holds_lease", "1 while this relay sends for the desk", ["desk"])
parked_messages = Gauge("lianxi_parked_messages", "Letters that stopped and wait for a person", ["desk"])
parked_total = Counter("lianxi_parked_total", "Letters parked", ["desk", "handler"])
broker_blocked = Gauge("lianxi_broker_blocked", "1 while the broker stops publishers", ["desk"])

audit_head_age_seconds = Gauge("lianxi_audit_head_age_seconds", "Age of the oldest signed head of the audit chains")
audit_waiting = Gauge("lianxi_audit_waiting", "Readings and refusals noted and not yet chained", ["desk"])

departed_holding = Gauge(
    "lianxi_departed_holding", "Open items, roles and machines that accounts hold whose owners have left"
)

visits_overdue = Gauge("lianxi_visits_overdue", "Dwellings past their day", ["grade"])
returns_missing = Gauge("lianxi_returns_missing", "Stage reports past their day", ["agency"])
clocks_breached = Gauge("lianxi_clocks_breached", "Statutory clocks passed unmet", ["clock"])
evidence = Gauge("lianxi_evidence", "Evidence that was found altered, or whose nightly look is late", ["state"])
evidence_checks_total = Counter("lianxi_evidence_checks_total", "Files of evidence that were hashed anew", ["outcome"])
notices_unacknowledged = Gauge("lianxi_notices_unacknowledged", "Notices past their acknowledgement", ["agency"])
emergency_unacknowledged = Gauge("lianxi_emergency_unacknowledged", "Rescue notices that no human has acknowledged")

outside_tries_total = Counter("lianxi_outside_tries_total", "Tries to tell the outside", ["channel", "outcome"])
outside_parked = Gauge("lianxi_outside_parked", "Messages to the outside that stopped and wait for a person")
webhook_tries_total = Counter("lianxi_webhook_tries_total", "Tries to tell agencies' hooks", ["outcome"])
webhooks_failing = Gauge("lianxi_webhooks_failing", "Agencies' hooks that do not take what they are sent")


def exposition(registry: CollectorRegistry = REGISTRY) -> bytes:
    """Write all metrics in Prometheus's text form."""
    return generate_latest(registry)


def read(text: str, names: Collection[str]) -> dict[str, dict[Labels, float]]:
    """Read some metrics off what another process has written, by name and labels; all others are passed over."""
    found: dict[str, dict[Labels, float]] = {}
    for family in text_string_to_metric_families("\n".join(_wanted(text.splitlines(), names)) + "\n"):
        for sample in family.samples:
            found.setdefault(sample.name, {})[frozenset(sample.labels.items())] = sample.value
    return found


def _wanted(lines: Iterable[str], names: Collection[str]) -> Iterator[str]:
    # The name ends where its labels or its value begin; comments would only tell the kind, which nobody asks.
    return (line for line in lines if line.partition("{")[0].partition(" ")[0] in names)

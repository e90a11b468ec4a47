"""Every event and every intake command, by key; two with one key are refused."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import TypeVar

from lianxi.contracts import (
    assessment,
    bulletins,
    campaigns,
    cases,
    conflicts,
    evidence,
    feedback,
    imports,
    inspections,
    joint_operations,
    links,
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
    timelines,
    tips,
    transfers,
    unmasking,
    upward_reports,
    vault,
    warnings,
    webhooks,
)
from lianxi.contracts.envelope import Command, Event
from lianxi.kernel.errors import ContractBroken

SERVICES = ("tips", "inspections", "cases", "reporting", "notifications")
_MODULES: Mapping[str, tuple[ModuleType, ...]] = {
    "tips": (tips, vault, rewards, unmasking, links, saved_searches, feedback, retention),
    "inspections": (inspections, conflicts, imports, retention),
    "cases": (cases, evidence, parties, tasks, timelines, transfers, joint_operations, retention),
    "reporting": (reporting, assessment, bulletins, retention, major_events, meetings, publicity, upward_reports),
    "notifications": (notifications, outside, webhooks, warnings, campaigns),
}


T = TypeVar("T")


def _keyed(root: type[T]) -> dict[str, type[T]]:
    found: dict[str, type[T]] = {}
    for service, module in ((service, module) for service, modules in _MODULES.items() for module in modules):
        for value in vars(module).values():
            if not (isinstance(value, type) and issubclass(value, root) and "KEY" in vars(value)):
                continue
            key: str = vars(value)["KEY"]
            if module is retention and not key.startswith(f"{service}."):
                continue  # each desk tells of it under its own name
            if key in found or not key.startswith(f"{service}."):
                raise ContractBroken("contract.key_taken", key=key)
            found[key] = value
    return found


EVENTS: Mapping[str, type[Event]] = _keyed(Event)
COMMANDS: Mapping[str, type[Command]] = _keyed(Command)

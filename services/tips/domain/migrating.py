"""Moving a tip that still runs from one version of the policy to another: said on its timeline, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from lianxi.contracts.envelope import Caller
from lianxi.contracts.tips import TipState
from lianxi.kernel.errors import Forbidden
from lianxi.policy.policy import Policy
from services.tips.domain.clocks import climb, watched
from services.tips.domain.tip import Decision, Line, Tip, told

MIGRATED = "policy.migrated"
RUNNING = tuple(state for state in TipState if state is not TipState.CLOSED)
"""Where tips stand that may still be moved; what is closed stays under the version that it ended by."""

SCOPE = "ops:write"


def check_may_migrate(caller: Caller) -> None:
    """Refuse whoever is neither the office nor an operator.

    Clause: none (criterion 7.3).
    Raises:
        Forbidden: policy.office_only.
    """
    if not (caller.is_office or SCOPE in caller.scopes):
        raise Forbidden("policy.office_only")


def migrate(tip: Tip, from_version: int, old: Policy | None, new: Policy, by: str, now: datetime) -> Decision:
    """Let a tip run under another version from now on; one that is closed or has been moved stays as it is.

    What the old version had due is told first, if that version can still be read. Clocks keep the ends that were told:
    only a pause or an extension moves an end. Ladders, reasons and limits that start later are the new version's; a
    rung of the new ladder whose moment has passed is told at the next sweep.

    Clause: L81.2 (criterion 7.3).
    """
    if tip.policy_version != from_version or tip.state not in RUNNING:
        return tip, ()
    tip, reached = (tip, ()) if old is None else climb(tip, old, now)
    line = Line(at=now, what=MIGRATED, by=by, reference=f"{from_version}→{new.version}")
    return watched(told(replace(tip, policy_version=new.version), line), new), reached

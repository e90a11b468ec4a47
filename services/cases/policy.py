"""The slice of policy that the cases desk reads: desks, how numbers begin, the law's limits, the ladders they climb."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Protocol

from lianxi.policy import clockwork
from lianxi.policy.book import PolicyBook
from lianxi.policy.clockwork import RunningClock
from lianxi.policy.policy import Policy
from lianxi.policy.supervision import Ladder, Rung

DECISION = "T-14"
SEIZURE = "T-19"
HEAD_DECIDES = "T-31"
TRANSFER = "T-32"
FORWARD = "T-33"
TELL_MISSING = "T-34"
SUPPLEMENT = "T-34s"
POLICE_DECIDE = "T-35"
ASK_AGAIN = "T-36"
DECIDE_AGAIN = "T-36d"
ASK_PROCURATORATE = "T-36p"
HAND_OVER = "T-37"
ASSIST = "T-42"

OFFICE = "office/desk"
POLICE_ORGAN = "police"


@dataclass(frozen=True)
class Rules:
    """How time limits run: by the row in force when an item came in, up the ladder that the policy gives them."""

    policy: Policy
    first_desks: Mapping[str, str] = field(default_factory=dict)

    @property
    def policy_version(self) -> int:
        """The version of the policy that they are of."""
        return self.policy.version

    def deadline(self, clock: str, start: datetime, came_in_on: date) -> datetime:
        """Say when a limit ends that starts at an instant.

        Clause: L32.1.
        """
        return self.policy.deadline(clock, start, came_in_on=came_in_on)

    def start(self, clock: str, owner: str, at: datetime, came_in_on: date) -> RunningClock:
        """Start a limit.

        Clause: L32.1.
        """
        return clockwork.start(self.policy, clock, owner, at, came_in_on)

    def ladder(self, running: RunningClock) -> Ladder:
        """Find the ladder that a limit climbs.

        Clause: L81.2.
        """
        return self.policy.ladder_for(running.clock, running.came_in_on)

    def receivers(self, rung: Rung, owner: str) -> tuple[str, ...]:
        """Name the desks that a rung tells, each once.

        A head has no desk of its own yet: its agency's first desk hears for it, and the office for the conference.

        Clause: L81.2.
        """
        desks = {
            "owner": owner,
            "head": self.first_desks.get(owner.partition("/")[0], owner),
            "office": OFFICE,
            "duty_leader": OFFICE,
            "chair": OFFICE,
        }
        return tuple(dict.fromkeys(desks.get(each, each) for each in rung.receivers))


class UnderPolicy(Protocol):
    """An item that runs under a version of the policy."""

    @property
    def policy_version(self) -> int:
        """The number of that version."""
        ...


@dataclass(frozen=True)
class CasesPolicy:
    """What the town's policy says to this desk. `police_organs` are those outside the town, by their codes.

    `rules` are those in force: by them items begin. Who exists is of today too, also for an item that began earlier.
    """

    desks: frozenset[str]
    police_organs: frozenset[str]
    villages: frozenset[str]
    number_series: str
    rules: Rules
    policies: PolicyBook

    def rules_of(self, item: UnderPolicy) -> Rules:
        """Find the rules that an item began under, or was moved to: by them its limits start and climb.

        Clause: L32.1, L81.2 (criterion 7.3).
        Raises:
            PolicyBroken: policy.version_missing, or what is wrong with that version's files.
        """
        return self.under(self.policies.version(item.policy_version))

    def under(self, policy: Policy) -> Rules:
        """Take the rules of another version, with the desks of today.

        Clause: L32.1, L81.2 (criterion 7.3).
        """
        return replace(self.rules, policy=policy)


def slice_of(policies: PolicyBook) -> CasesPolicy:
    """Cut this desk's slice out of the town's policy.

    Clause: L31.1, L32.1, L37.1.
    """
    policy = policies.current
    return CasesPolicy(
        desks=frozenset(policy.desks),
        police_organs=frozenset(code for code in policy.parties if code.partition("/")[2] == POLICE_ORGAN),
        villages=frozenset(policy.villages),
        # AJ is 案件: a case's number is never mistaken for a tip's.
        number_series=f"{policy.programme.number_prefix}AJ",
        rules=Rules(policy, {code: agency.desks[0].code for code, agency in policy.agencies.items() if agency.desks}),
        policies=policies,
    )

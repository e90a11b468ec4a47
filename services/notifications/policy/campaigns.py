"""What carriers owe by the town's policy: which message, for whom, in which periods; and the ladder of a time limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from lianxi.kernel.errors import NotFound
from lianxi.policy.periods import Period, periods_of
from lianxi.policy.policy import Policy
from lianxi.policy.supervision import Ladder, Rung
from services.notifications.policy import OFFICE, Rules, first_desk, is_carrier

CAMPAIGN_CLOCK = "campaign"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendDuty:
    """A message that carriers owe, each by itself; `unit` writes the text and answers for it.

    Clause: L65.1.
    """

    code: str
    clause: str
    unit: str
    owner: str
    carriers: tuple[str, ...]
    periods: tuple[Period, ...]

    def period(self, due_on: object) -> Period:
        """Find the period that ends on a day.

        Clause: L65.1.
        Raises:
            NotFound: campaign.period_not_found.
        """
        found = next((each for each in self.periods if each[1] == due_on), None)
        if found is None:
            raise NotFound("campaign.period_not_found", due_on=[each[1].isoformat() for each in self.periods])
        return found


def send_duties(policy: Policy) -> Mapping[str, SendDuty]:
    """Cut out of the policy what carriers owe: every activity of publicity whose parties are carriers.

    Clause: L63.1, L65.1.
    """
    return {
        row.code: SendDuty(
            code=row.code,
            clause=row.clause,
            unit=row.lead,
            owner=first_desk(policy, row.lead),
            carriers=row.parties,
            periods=tuple(periods_of(policy, row)),
        )
        for row in policy.publicity
        if row.parties and all(is_carrier(policy, code) for code in row.parties)
    }


class LadderRules(Rules, Protocol):
    """What ladders are asked of the town's policy."""

    def ladder_for(self, clock_id: str) -> Ladder:
        """Find the ladder that a time limit climbs."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The ladder of a limit, and who is told as its head.

    Clause: L81.2.
    """

    ladder: Ladder
    head: str

    def told(self, rung: Rung, owner: str) -> tuple[str, ...]:
        """Name the desks that a rung tells, each once; chair and duty leader are told at the office's desk.

        Clause: L81.2.
        """
        own = {"owner": owner, "head": self.head}
        office = f"{OFFICE}/desk"
        return tuple(dict.fromkeys(own.get(each, each if "/" in each else office) for each in rung.receivers))


def steps_of(policy: LadderRules, clock: str, head: str) -> Steps:
    """Find the ladder of a limit; what it says to the head of an agency is said at that agency's first desk.

    Clause: L81.2.
    """
    return Steps(ladder=policy.ladder_for(clock), head=head if "/" in head else first_desk(policy, head))

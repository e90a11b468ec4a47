"""The joint conference as the policy has it: its seats, the units they stand for, and who is told at which desk."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from lianxi.policy.policy import Policy
from services.reporting.policy import OFFICE_DESK, Demands

OFFICE = "office"
HELD_BESIDE = "office_director"
"""A post that is held beside another one: whoever holds it sits for the office."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A seat and a unit that it stands for; a leader's stands for none. One seat may stand for several (X-07).

    Clause: L10.1.
    """

    code: str
    unit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conference:
    """The slice of policy that meetings go by.

    Clause: L9.1.
    """

    seats: tuple[Seat, ...]
    members: tuple[str, ...]
    demands: Demands

    def seats_of(self, agencies: Collection[str], *, with_leaders: bool) -> tuple[Seat, ...]:
        """Name the seats of a meeting: those of the units that are invited, and in the conference the leaders'.

        Whoever is invited without a seat of the plan has one in its own name.

        Clause: L10.1, L22.1 (X-07: attendance is kept by unit, also where one person sits for two).
        """
        found = tuple(each for each in self.seats if (with_leaders if each.unit is None else each.unit in agencies))
        seated = {each.unit for each in found}
        return (*found, *(Seat(code=unit, unit=unit) for unit in agencies if unit not in seated))

    def invited(self, agencies: Collection[str]) -> tuple[str, ...]:
        """Name the units that come to a meeting of some: those, each once and in the plan's order, and the office.

        Clause: L78.3.
        Raises:
            NotFound: agency.not_found.
        """
        wanted = {OFFICE, *map(self.demands.unit_of, agencies)}
        return tuple(each for each in self.demands.first_desks if each in wanted)

    def desks_of(self, agencies: Collection[str]) -> tuple[str, ...]:
        """Name the desks at which units are told of a meeting.

        Clause: L78.2.
        """
        return tuple(dict.fromkeys(self.demands.first_desks.get(each, OFFICE_DESK) for each in agencies))


def read_conference(policy: Policy, demands: Demands) -> Conference:
    """Cut the joint conference out of the town's policy.

    Clause: L9.1, L10.1.
    """
    posts = [post for post in policy.posts if post.role != HELD_BESIDE]
    seats = tuple(
        Seat(code=post.code, unit=unit)
        for post in posts
        for unit in (post.agencies if post.role == "member" else (None,))
    )
    return Conference(seats=seats, members=policy.members, demands=demands)

"""What may stand in the bodies of joint operations."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.bodies import Body, Code, Instant, ItemId, RentalCode, text_of
from lianxi.contracts.joint_operations import ForceAsked, PlaceKind, Results, TargetPlace

Heads = Annotated[int, Field(ge=0, le=500)]
Count = Annotated[int, Field(ge=0, le=10_000)]
Reason = Annotated[str, text_of(500)]


class Place(Body):
    """Where it goes, and on which legal ground it may."""

    kind: PlaceKind
    village: Code
    address: Annotated[str, text_of(200)]
    legal_ground: Annotated[str, text_of(300)]
    rental_code: RentalCode | None = None


class Asked(Body):
    """How many heads a desk is asked for."""

    desk: Code
    heads: Annotated[int, Field(ge=1, le=500)]


class JointOperationPlan(Body):
    """A joint operation as it is planned. The title stands open once it has stood down: it names no place."""

    title: Annotated[str, text_of(120)]
    plan: Annotated[str, text_of(4000)]
    places: tuple[Place, ...] = Field(min_length=1, max_length=40)
    forces: tuple[Asked, ...] = Field(min_length=1, max_length=40)
    commander: Code = Field(description="The desk of the police that commands; it is among those asked for heads")
    starts_at: Instant
    ends_at: Instant

    def asked_places(self) -> tuple[TargetPlace, ...]:
        """Say where it goes."""
        return tuple(each.contract(TargetPlace) for each in self.places)

    def asked_forces(self) -> tuple[ForceAsked, ...]:
        """Say who is asked for how many."""
        return tuple(each.contract(ForceAsked) for each in self.forces)


class Promise(Body):
    """How many heads a desk will send; `0` is a refusal. Fewer than asked need a reason."""

    desk: Code
    heads: Heads
    reason: Annotated[str, text_of(500, 0)] = ""


class Command(Body):
    """Who commands, as an opaque code of the agency's own."""

    officer: Code


class Arrival(Body):
    """How many heads of a desk are there."""

    desk: Code
    heads: Heads


class Counted(Body):
    """What came of it, in numbers."""

    dens_closed: Count
    persons_rescued: Count
    persons_dispersed: Count
    persons_aided: Count = Field(description="Helped home or otherwise, of their own will")

    def results(self) -> Results:
        """Say what came of it."""
        return self.contract(Results)


class Correction(Body):
    """What came of it, said anew, and why."""

    results: Counted
    reason: Reason


class Cancelling(Body):
    """Why it is called off."""

    reason: Reason


class Following(Body):
    """A case of one's own agency that follows."""

    case_id: ItemId

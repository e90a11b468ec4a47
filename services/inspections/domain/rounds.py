"""A round in the order in which one walks it, with what is known of each dwelling."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from lianxi.contracts.rounds import Stop
from lianxi.kernel.clock import local_date
from services.inspections.domain.rentals import Rental, another_time, brought_forward_because, is_overdue
from services.inspections.domain.visits import Visit

_PARTS = re.compile(r"\d+|[零一二三四五六七八九十]+|[^\d零一二三四五六七八九十]+")
_DIGITS = {letter: value for value, letter in enumerate("零一二三四五六七八九")}
Step = tuple[int, int, str]


def walking_order(village: str, address: str) -> tuple[str, tuple[Step, ...]]:
    """Make the key by which addresses are walked: by village, road, building, floor and door, numbers as numbers.

    Clause: L45.1.
    """
    plain = unicodedata.normalize("NFKC", address)
    return village, tuple(_step(each) for each in _PARTS.findall(plain))


def _step(part: str) -> Step:
    number = int(part) if part.isdecimal() else _written_number(part)
    return (1, 0, part) if number is None else (0, number, "")


def _written_number(part: str) -> int | None:
    """Read a number below a hundred that is written in words; anything else that looks like one is a word."""
    tens, ten, ones = part.rpartition("十")
    if (tens and tens not in _DIGITS) or (ones and ones not in _DIGITS):
        return None
    return 10 * (_DIGITS[tens] if tens else int(bool(ten))) + (_DIGITS[ones] if ones else 0)


def as_stop(rental: Rental, last: Visit | None, today: date) -> Stop:
    """Show a dwelling as a stop of a round.

    Clause: L45.1.
    """
    return Stop(
        rental_code=rental.id,
        village=rental.village,
        address=rental.address,
        grade=rental.grade,
        due_on=rental.next_visit_due_on,
        is_overdue=is_overdue(rental, today),
        brought_forward=brought_forward_because(rental) is not None,
        last_visit_on=None if rental.last_visit_at is None else local_date(rental.last_visit_at),
        last_outcome=None if last is None else last.outcome,
        last_visited_at=None if last is None else last.visited_at,
        propose=another_time(rental.tries),
    )

"""To whom of the city a report upward goes: the receivers that `outside.toml` calls for its kind."""

from __future__ import annotations

from dataclasses import dataclass

from lianxi.contracts.upward_reports import UpwardKind, UpwardReportWritten
from lianxi.policy.outside import Outside
from lianxi.policy.policy import Policy


@dataclass(frozen=True)
class City:
    """The addressees of the city, as the town's policy names them."""

    outside: Outside
    number_series: str

    def addressees_of(self, kind: UpwardKind) -> tuple[str, ...]:
        """Name whom a report of a kind goes to.

        Clause: L37.1, L88.2, L90.1.
        """
        return tuple(each.code for each in self.outside.called(UpwardReportWritten.KEY, kind.value))

    def named(self, code: str) -> tuple[str, str, str]:
        """Say of which organ an addressee is, and its name in Chinese and English; one of the past by its code.

        Clause: none.
        """
        found = next((each for each in self.outside.receivers if each.code == code), None)
        if found is None:
            return "", code, code
        return next(iter(found.calls_for), ""), found.name_zh, found.name_en


def read_city(policy: Policy) -> City:
    """Cut what reports upward need out of the town's policy.

    Clause: L37.1, L90.1.
    """
    # SB is 上报: a report's number is never mistaken for a tip's or an order's.
    return City(policy.outside, f"{policy.programme.number_prefix}SB")

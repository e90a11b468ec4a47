"""What a table of rewards says: whom it leaves out, and between which amounts a person decides. No amount is made here.

The table is the town's choice (`rewards.toml`); nothing in this file belongs to one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lianxi.contracts.rewards import Declared
from lianxi.kernel.errors import RuleBroken
from lianxi.policy.appraisal import RewardBand, RewardScheme
from lianxi.policy.policy import Policy

REWARD_CLAUSE = "L68.1"
WHOLE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found, as far as a table asks for it."""

    persons: int | None = None
    fine_yuan: int | None = None


def table(policy: Policy, on: date) -> RewardScheme:
    """Find the table that the town uses on a day.

    Clause: L68.1 (criterion 20.1).
    Raises:
        RuleBroken: reward.no_table.
    """
    scheme = policy.rewards.current
    if scheme is None or not scheme.in_force(on):
        raise RuleBroken("reward.no_table", clause=REWARD_CLAUSE)
    return scheme


def named(policy: Policy, code: str) -> RewardScheme:
    """Find a table by its code, whatever the town uses now: a claim keeps the one that it was made under.

    Clause: L68.1 (criterion 20.1).
    Raises:
        RuleBroken: reward.no_table.
    """
    scheme = next((each for each in policy.rewards.schemes if each.code == code), None)
    if scheme is None:
        raise RuleBroken("reward.no_table", clause=REWARD_CLAUSE)
    return scheme


def exclusion(scheme: RewardScheme, declared: Declared, is_anonymous: bool) -> str | None:
    """Say by which of its rules a table leaves an informant out; `None` when by none.

    Whoever patrols the place earns nothing for it, whatever the table says of those with a duty (domain K-05).

    Clause: L68.1 (criterion 20.1).
    """
    rules = (
        ("anonymous", scheme.real_name_needed and is_anonymous),
        ("official", scheme.officials_excluded and declared.is_official),
        ("duty_bearer", scheme.duty_bearers_excluded and declared.has_duty_to_report),
        ("patrols_the_place", declared.patrols_the_place),
        ("relative_seeking_rescue", scheme.relatives_seeking_rescue_excluded and declared.seeks_rescue_of_relative),
    )
    return next((name for name, is_broken in rules if is_broken), None)


def limits(scheme: RewardScheme, band_code: str, found: Found) -> tuple[int, int]:
    """Say between which amounts a band lets a person decide.

    Clause: L68.1 (criterion 20.1).
    Units: whole yuan, both ends allowed; the end that a share of the fine sets is cut to whole yuan.
    Raises:
        RuleBroken: reward.band_unknown, reward.band_does_not_fit.
    """
    band = next((each for each in scheme.bands if each.code == band_code), None)
    if band is None:
        raise RuleBroken("reward.band_unknown", clause=scheme.clause, allowed=[each.code for each in scheme.bands])
    _check_persons(band, found.persons)
    highest = band.yuan_from if band.yuan_to is None else band.yuan_to
    if band.percent_of_fine is not None:
        # Without a fine there is nothing to take a share of, and the least amount is all there is.
        highest = min(highest, (found.fine_yuan or 0) * band.percent_of_fine // WHOLE)
    return band.yuan_from, min(scheme.cap_yuan, max(band.yuan_from, highest))


def check_amount(scheme: RewardScheme, band_code: str, found: Found, amount_yuan: int) -> None:
    """Refuse an amount that the table does not allow, and say what it allows.

    Clause: L68.1 (criterion 20.1).
    Raises:
        RuleBroken: reward.band_unknown, reward.band_does_not_fit, reward.outside_limits.
    """
    least, most = limits(scheme, band_code, found)
    if not least <= amount_yuan <= most:
        raise RuleBroken("reward.outside_limits", clause=scheme.clause, least_yuan=least, most_yuan=most)


def needs_finance(scheme: RewardScheme, amount_yuan: int) -> bool:
    """Say whether one of those who approve must be of the finance department.

    Clause: L68.1 (domain A-09).
    """
    return scheme.finance_from_yuan is not None and amount_yuan >= scheme.finance_from_yuan


def _check_persons(band: RewardBand, persons: int | None) -> None:
    if band.persons_from is None:
        return
    if persons is None or persons < band.persons_from or (band.persons_to is not None and persons > band.persons_to):
        raise RuleBroken(
            "reward.band_does_not_fit",
            clause=REWARD_CLAUSE,
            persons_from=band.persons_from,
            persons_to=band.persons_to,
        )

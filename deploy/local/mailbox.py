"""The outside of a town for trying out: no carrier, but a file of every message that would have gone out."""

from __future__ import annotations

from deploy.local.places import CHECKOUT, Places, write_private_json
from lianxi.policy.load import load_policy
from lianxi.policy.outside import Outside


def make_addresses(places: Places) -> None:
    """Let every receiver of the programme be reached in the mailbox; addresses that somebody entered stay.

    Raises:
        PolicyBroken: the programme's files are not sound.
    """
    if places.outside_addresses.exists():
        return
    outside = load_policy(CHECKOUT / "deploy" / "policy").outside
    write_private_json(places.outside_addresses, addresses(outside, str(places.outside_mailbox)))


def addresses(outside: Outside, mailbox: str) -> dict[str, dict[str, dict[str, str]]]:
    """Write an address book in which every channel is carried into one file."""
    return {
        "channels": {each.code: {"courier": "file", "path": mailbox} for each in outside.channels},
        "receivers": {
            each.code: {channel: f"{each.code}/{channel}" for channel in each.channels} for each in outside.receivers
        },
    }

"""A draft of policy files, tried on past items without being put in force."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from gateway.refusals import Unusable
from lianxi.kernel.errors import PolicyBroken
from lianxi.policy.forms import FORMS
from lianxi.policy.load import load_policy
from lianxi.policy.policy import Policy
from lianxi.policy.simulate import PastItem, Simulation, simulate

ENDING = ".toml"
LONGEST_DAYS = 1_000
LONGEST: Mapping[str, int] = {
    "min": LONGEST_DAYS * 24 * 60, "h": LONGEST_DAYS * 24, "cd": LONGEST_DAYS, "wd": LONGEST_DAYS,
}  # fmt: skip
"""How long a limit may be in a draft: what is longer is a slip of the pen, and would keep the door busy counting."""


def replayed(
    in_force: Policy, directory: Path, programme: str, draft: Mapping[str, str], items: Sequence[PastItem]
) -> Simulation:
    """Read the town's files with a draft's in their places, and replay past items against both.

    Raises:
        Unusable: policy.draft_unreadable, policy.draft_unsound, policy.draft_file_unknown.
    """
    allowed = sorted(f"{name}{ENDING}" for name in FORMS)
    if not set(draft) <= set(allowed):
        raise Unusable("policy.draft_file_unknown", allowed=allowed)
    with tempfile.TemporaryDirectory(prefix="lianxi-draft-") as folder:
        new = _read(Path(folder), directory, programme, draft)
    too_long = [rule.id for rule in new.clocks if rule.amount > LONGEST[rule.unit]]
    if too_long:
        raise Unusable("policy.draft_unsound", clocks=too_long)
    return simulate(in_force, new, items)


def _read(folder: Path, directory: Path, programme: str, draft: Mapping[str, str]) -> Policy:
    _lay_out(folder, directory, programme, draft)
    try:
        return load_policy(folder, programme)
    except PolicyBroken as wrong:
        code = "policy.draft_unsound" if wrong.code == "policy.unsound" else "policy.draft_unreadable"
        told = {name: str(value) for name, value in wrong.facts.items() if name != "found"}
        raise Unusable(code, headers=None, **told) from wrong
    except RecursionError as tower:
        raise Unusable("policy.draft_unreadable", why="nested too deeply") from tower


def _lay_out(folder: Path, directory: Path, programme: str, draft: Mapping[str, str]) -> None:
    home = folder / programme
    home.mkdir()
    (folder / "calendar").symlink_to((directory / "calendar").resolve())
    for path in sorted((directory / programme).glob(f"*{ENDING}")):
        (home / path.name).symlink_to(path.resolve())
    for name, text in draft.items():
        (home / name).unlink(missing_ok=True)
        (home / name).write_text(text, encoding="utf-8")

"""Takes up another version of the policy while the gateway runs: categories, villages, rules in words."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.concurrency import run_in_threadpool

from gateway.exchange import House
from gateway.keeping import Keeper
from lianxi.runtime import metrics
from lianxi.runtime.logs import get_log
from lianxi.runtime.versions import VersionWatch

log = get_log()
EVERY_SECONDS: Final = 0.5


class PolicyKeeper(Keeper):
    """Looks for another version in force; a request under way finishes with the one it began with or the next one.

    Desks look before they handle any letter, so what is filed under a version that the gateway has taken up is never
    routed by an older one.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._watch = VersionWatch(house.shelf)

    async def open(self) -> None:
        """Begin to look."""
        metrics.policy_version.labels("gateway").set(self._house.policy.version)
        await super().open()

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            if not self._watch.is_outdated(self._house.policy.version):
                continue
            policy = await run_in_threadpool(self._watch.newest)
            if policy is not None:
                self._house.policy = policy
                metrics.policy_version.labels("gateway").set(policy.version)
                log.info("policy_taken_up", version=policy.version)

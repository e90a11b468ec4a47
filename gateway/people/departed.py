"""Looks once a day whether an account whose owner has left holds anything: it must not (criterion 23)."""

from __future__ import annotations

import asyncio
from typing import Final

from gateway.keeping import Keeper
from gateway.people.handing_over import HandingOver
from lianxi.contracts.envelope import Caller
from lianxi.kernel.errors import Unavailable
from lianxi.runtime import metrics
from lianxi.runtime.logs import get_log

log = get_log()
SOON_SECONDS: Final = 60.0


class DepartedWatch(Keeper):
    """Counts and shows what was left behind; what could not be asked is asked again soon."""

    def __init__(self, handing_over: HandingOver, every_seconds: float) -> None:
        self._handing_over = handing_over
        self._every = every_seconds

    async def look(self) -> int:
        """Count now."""
        found = await self._handing_over.count_left_behind(Caller(actor="gateway", agency="office"))
        metrics.departed_holding.set(found)
        return found

    async def _keep(self) -> None:
        wait = min(SOON_SECONDS, self._every)
        while True:
            await asyncio.sleep(wait)
            try:
                found, wait = await self.look(), self._every
            except Unavailable as error:
                wait = min(SOON_SECONDS, self._every)
                log.info("departed_not_counted", reason=str(error))
            else:
                if found:
                    log.warning("departed_accounts_hold", items=found)

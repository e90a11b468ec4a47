"""Lets go of what is remembered of the public's clients, also while nobody asks anything.

Clause: none; criterion 2.3. Counts of wrong codes go when they are old, buckets with their key after twelve hours.
"""

from __future__ import annotations

import asyncio
from typing import Final

from gateway.exchange import House
from gateway.keeping import Keeper

EVERY_SECONDS: Final = 60.0


class Forgetting(Keeper):
    """Forgets once a minute."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def forget(self) -> None:
        """Forget once what is old."""
        self._house.tries.forget()
        if self._house.buckets.turn():
            await self._house.rates.forget()

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            await self.forget()

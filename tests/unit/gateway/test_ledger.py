from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.fakes import MemoryLedger
from gateway.ledger import Ledger
from lianxi.kernel.clock import FixedClock
from lianxi.kernel.errors import StoreDown
from tests.support.gateway_fakes import NOON
from tests.support.gateway_ledger_suite import POLICE, LedgerSuite


class TestMemoryLedger(LedgerSuite):
    def setup_method(self) -> None:
        self.clock = FixedClock(NOON)
        self.ledger = MemoryLedger(self.clock)

    def work(self, piece: Callable[[Ledger], Awaitable[Any]]) -> Any:
        async def whole() -> Any:
            await self.ledger.open()
            result = await piece(self.ledger)
            await self.ledger.close()
            return result

        return asyncio.run(whole())

    def rows(self) -> list[tuple[int, str]]:
        return [(row.status, row.route) for row in self.ledger.requests]

    def test_a_ledger_that_is_away_says_so(self) -> None:
        self.ledger.is_away = True
        with pytest.raises(StoreDown):
            asyncio.run(self.ledger.put_clients([POLICE]))

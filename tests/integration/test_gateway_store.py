"""The gateway's own database, held to the same suite as its twin in memory."""

from __future__ import annotations

import asyncio
import gc
import secrets
import warnings
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from pymongo import MongoClient

from gateway.ledger import Ledger
from gateway.mongo_ledger import MongoLedger
from gateway.settings import GatewaySettings
from lianxi.kernel.clock import FixedClock, SystemClock
from lianxi.kernel.errors import StoreDown
from tests.support.gateway_fakes import settings
from tests.support.gateway_ledger_suite import LedgerSuite
from tests.support.town import Database

pytestmark = pytest.mark.integration


class TestMongoLedger(LedgerSuite):
    @pytest.fixture(autouse=True)
    def _ledger(self, database: Database, tmp_path: Path) -> None:
        # What has expired is swept away by the database's own clock, so this one starts at the present.
        self.clock = FixedClock(SystemClock().now())
        plain = settings(tmp_path)
        self.settings: GatewaySettings = plain.model_copy(
            update={"mongo_url": SecretStr(database.url), "database_prefix": f"test_{secrets.token_hex(4)}"}
        )

    def work(self, piece: Callable[[Ledger], Awaitable[Any]]) -> Any:
        async def whole() -> Any:
            ledger = MongoLedger(self.settings, self.clock)
            await ledger.open()
            await ledger.open()
            try:
                return await piece(ledger)
            finally:
                await ledger.close()

        return asyncio.run(whole())

    def rows(self) -> list[tuple[int, str]]:
        with MongoClient[dict[str, Any]](self.settings.mongo_url.get_secret_value()) as client:
            found = client[self.settings.database("gateway")].requests.find()
            return [(row["status"], row["route"]) for row in found]


def test_a_database_that_is_away_is_said_to_be_away(tmp_path: Path) -> None:
    async def ask() -> None:
        ledger = MongoLedger(settings(tmp_path), FixedClock(SystemClock().now()))
        try:
            with pytest.raises(StoreDown):
                await ledger.clients()
        finally:
            await ledger.close()

    asyncio.run(ask())
    with warnings.catch_warnings():
        # The driver leaves a refused socket to be collected; that is its own, and not what is tested here.
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()

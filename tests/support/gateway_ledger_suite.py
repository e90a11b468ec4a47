"""What every ledger of the gateway does, in memory or in a database: one suite for both."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from gateway.ledger import Client, Ledger, Remembered, RequestRow
from lianxi.kernel.clock import FixedClock

POLICE = Client(client_id="police", secret_sha256="0" * 64, agency="police", scopes=("tips:read",))


class LedgerSuite:
    """Subclasses give `work`, which opens a ledger, runs a piece of work on it and closes it again."""

    clock: FixedClock

    def work(self, piece: Callable[[Ledger], Awaitable[Any]]) -> Any:
        raise AssertionError("a subclass says which ledger")

    def entry(self, key: str = "k", fingerprint: str = "f", hours: float = 24) -> Remembered:
        now = self.clock.now()
        return Remembered(key=key, fingerprint=fingerprint, opened_at=now, expires_at=now + timedelta(hours=hours))

    def test_clients_are_kept_corrected_and_stay_revoked(self) -> None:
        async def piece(ledger: Ledger) -> None:
            await ledger.put_clients([])
            await ledger.put_clients([POLICE, replace(POLICE, client_id="market", agency="market")])
            await ledger.put_clients([replace(POLICE, scopes=("tips:write",))])
            found = {each.client_id: each for each in await ledger.clients()}
            assert set(found) == {"police", "market"}
            assert found["police"] == replace(POLICE, scopes=("tips:write",))
            assert await ledger.revoke_client("police", self.clock.now())
            assert not await ledger.revoke_client("nobody", self.clock.now())
            await ledger.put_clients([POLICE])
            found = {each.client_id: each for each in await ledger.clients()}
            assert found["police"].revoked_at == self.clock.now()
            assert found["market"].revoked_at is None

        self.work(piece)

    def test_of_many_at_once_one_begins(self) -> None:
        async def piece(ledger: Ledger) -> None:
            before = self.clock.now() - timedelta(seconds=30)
            entries = [self.entry(fingerprint=str(number)) for number in range(10)]
            found = await asyncio.gather(*(ledger.begin(each, stale_before=before) for each in entries))
            assert found.count(None) == 1
            assert {each.fingerprint for each in found if each is not None} == {str(found.index(None))}

        self.work(piece)

    def test_an_answer_is_found_again_until_it_expires(self) -> None:
        async def piece(ledger: Ledger) -> None:
            before = self.clock.now() - timedelta(seconds=30)
            assert await ledger.begin(self.entry(), stale_before=before) is None
            await ledger.finish(self.entry(), 201, b"locked")
            found = await ledger.begin(self.entry(fingerprint="other"), stale_before=before)
            assert found is not None
            assert (found.fingerprint, found.status, found.answer) == ("f", 201, b"locked")
            await ledger.forget(self.entry())
            assert await ledger.begin(self.entry(), stale_before=before) is not None
            self.clock.advance(timedelta(hours=24))
            assert await ledger.begin(self.entry(fingerprint="new"), stale_before=before) is None
            again = await ledger.begin(self.entry(), stale_before=before)
            assert again is not None
            assert (again.fingerprint, again.status, again.answer) == ("new", None, None)

        self.work(piece)

    def test_what_did_not_happen_is_forgotten(self) -> None:
        async def piece(ledger: Ledger) -> None:
            before = self.clock.now() - timedelta(seconds=30)
            assert await ledger.begin(self.entry(), stale_before=before) is None
            await ledger.forget(self.entry())
            assert await ledger.begin(self.entry(fingerprint="other"), stale_before=before) is None

        self.work(piece)

    def test_what_was_left_open_is_taken_over_by_the_same_request_only_and_only_when_stale(self) -> None:
        async def piece(ledger: Ledger) -> None:
            start = self.clock.now()
            assert await ledger.begin(self.entry(), stale_before=start) is None
            assert await ledger.begin(self.entry(), stale_before=start) is not None
            self.clock.advance(timedelta(seconds=31))
            later = self.clock.now() - timedelta(seconds=30)
            assert await ledger.begin(self.entry(fingerprint="other"), stale_before=later) is not None
            found = await asyncio.gather(*(ledger.begin(self.entry(), stale_before=later) for _ in range(5)))
            assert found.count(None) == 1

        self.work(piece)

    def test_rows_of_the_request_audit_are_kept(self) -> None:
        async def piece(ledger: Ledger) -> None:
            row = RequestRow(
                actor="police",
                agency="police",
                method="GET",
                route="/v1/tips",
                status=200,
                code=None,
                correlation_id="c",
                at=self.clock.now(),
            )
            await ledger.add_requests([row, replace(row, status=404, code="tip.not_found")])

        self.work(piece)
        assert self.rows() == [(200, "/v1/tips"), (404, "/v1/tips")]

    def rows(self) -> list[tuple[int, str]]:
        raise AssertionError("a subclass says where its rows are")

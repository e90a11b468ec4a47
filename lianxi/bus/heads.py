"""Signed heads of the audit chains: made at least once a day, kept with every service and in a file.

A head says where a chain stood. Whoever cuts a chain off or writes it anew would have to alter it in every service's
database and in the file, which belongs on another machine's disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from pymongo.errors import PyMongoError

from lianxi.contracts import audit
from lianxi.kernel.clock import Clock, local_date
from lianxi.runtime import metrics
from lianxi.runtime.logs import get_log
from lianxi.store.chain import Chain

log = get_log()
AT_LEAST_EVERY = timedelta(hours=1)
LOOK_SECONDS = 1.0


class Heads:
    """Signs the heads of all chains.

    Args:
        chains: of all services and of the gateway.
        private_key: Ed25519, hexadecimal; without one nothing is signed.
        file: where heads are appended, one in a line.
        clock: the town's.
    """

    def __init__(self, chains: Sequence[Chain], private_key: str | None, file: Path | None, clock: Clock) -> None:
        self._chains = chains
        self._key = private_key
        self._file = file
        self._clock = clock
        self._signed: dict[str, tuple[int, datetime]] = {}
        self._since = clock.now()

    async def sign_due(self) -> None:
        """Sign what has grown since its last head, once an hour and at the first look of each day."""
        now = self._clock.now()
        for chain in self._chains:
            if self._key is None or not self._is_due(chain.service, now):
                continue
            head = await chain.sign(self._key)
            known = self._signed.get(chain.service, (0, now))[0]
            sequence = 0 if head is None else head["sequence"]
            if head is not None and sequence > known:
                for each in self._chains:
                    await each.keep_head(head)
                await asyncio.to_thread(self._append, head)
            self._signed[chain.service] = (sequence, now)
        oldest = min((at for _, at in self._signed.values()), default=self._since)
        metrics.audit_head_age_seconds.set((now - oldest).total_seconds())

    def _is_due(self, service: str, now: datetime) -> bool:
        sequence, at = self._signed.get(service, (0, now))
        return sequence == 0 or local_date(at) != local_date(now) or now - at >= AT_LEAST_EVERY

    def _append(self, head: dict[str, object]) -> None:
        if self._file is not None:
            with self._file.open("ab") as file:
                file.write(audit.line_of(head) + b"\n")


async def keep_books(gateway: Chain, heads: Heads) -> None:
    """Chain what the gateway has noted, and sign heads, until cancelled; what is away is waited for."""
    task = asyncio.current_task()
    while task is None or not task.cancelling():
        try:
            await gateway.drain_journal()
            await heads.sign_due()
        except PyMongoError as error:
            log.warning("store_away", desk="audit", reason=type(error).__name__)
        except OSError as error:
            log.warning("audit_head_not_written", reason=error.strerror)
        await asyncio.sleep(LOOK_SECONDS)

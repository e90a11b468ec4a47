"""What every ledger of the gateway does, in memory or in a database: one suite for both."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.ledger import Client, Ledger, Remembered, RequestRow
from gateway.people.accounts import Account, Acting, HandOver, Session
from lianxi.kernel.clock import FixedClock

NOON = datetime(2026, 3, 2, 4, 17, 9, tzinfo=UTC)
NEVER = datetime(2100, 1, 1, tzinfo=UTC)

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
            made = replace(
                POLICE, client_id="made", desks=("police/station",), label="l", made_by="a", expires_at=NEVER
            )
            await ledger.put_clients([made])
            assert made in await ledger.clients()
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
            assert [each.status for each in await ledger.requests_of(row.actor, row.at - timedelta(seconds=1), 1)]
            assert await ledger.requests_of("nobody", row.at - timedelta(seconds=1), 5) == []

        self.work(piece)
        assert self.rows() == [(200, "/v1/tips"), (404, "/v1/tips")]

    def rows(self) -> list[tuple[int, str]]:
        raise AssertionError("a subclass says where its rows are")

    # --- officials

    def test_an_account_is_added_once_and_found_by_name_id_and_invitation(self) -> None:
        async def piece(ledger: Ledger) -> Any:
            added = await ledger.people.add(OFFICIAL)
            again = await ledger.people.add(replace(OFFICIAL, account_id="account_2"))
            await ledger.people.put_missing([replace(OFFICIAL, account_id="account_3", shown_name="another")])
            return (
                added,
                again,
                await ledger.people.named("desk"),
                await ledger.people.account("account_1"),
                await ledger.people.invited("digest"),
                await ledger.people.account("account_3"),
            )

        assert self.work(piece) == (True, False, OFFICIAL, OFFICIAL, OFFICIAL, None)

    def test_an_account_is_changed_on_what_was_seen_and_may_lose_its_sessions(self) -> None:
        acting = Acting(
            acting_id="a", stands_in_for="account_9", begins_at=NOON, ends_at=NOON, reason="r", set_by="account_8"
        )
        after = replace(OFFICIAL, roles=("desk", "case_lead"), acting=(acting,), invitation=None)

        async def piece(ledger: Ledger) -> Any:
            await ledger.people.add(OFFICIAL)
            await ledger.people.open_session(SESSION)
            done = await ledger.people.change(OFFICIAL, after)
            kept = await ledger.people.session("token")
            stale = await ledger.people.change(OFFICIAL, replace(OFFICIAL, roles=()))
            now = await ledger.people.account("account_1")
            assert now is not None
            await ledger.people.change(now, replace(now, departed_at=NOON), ends_sessions=True)
            return done, kept, stale, now, await ledger.people.session("token"), await ledger.people.invited("digest")

        assert self.work(piece) == (True, SESSION, False, replace(after, revision=2), None, None)

    def test_a_step_and_a_recovery_code_are_used_up_once(self) -> None:
        async def piece(ledger: Ledger) -> Any:
            await ledger.people.add(OFFICIAL)
            steps = [await ledger.people.use_step("account_1", each) for each in (7, 7, 6, 8)]
            codes = [await ledger.people.use_recovery("account_1", each) for each in ("one", "one", "none", "two")]
            left = await ledger.people.account("account_1")
            return steps, codes, left and left.recovery

        assert self.work(piece) == ([True, False, False, True], [True, False, False, True], ())

    def test_a_session_is_touched_and_closed_and_accounts_are_listed_by_agency(self) -> None:
        other = replace(OFFICIAL, account_id="account_2", name="another", agency="market", invitation=None)

        async def piece(ledger: Ledger) -> Any:
            for each in (OFFICIAL, other):
                await ledger.people.add(each)
            await ledger.people.open_session(SESSION)
            await ledger.people.touch("token", NOON + timedelta(minutes=3))
            touched = await ledger.people.session("token")
            await ledger.people.close_session("token")
            closed = await ledger.people.session("token")
            police, everyone = await ledger.people.accounts_of("police"), await ledger.people.accounts_of(None)
            return touched and touched.seen_at, closed, police, {each.account_id for each in everyone}

        assert self.work(piece) == (NOON + timedelta(minutes=3), None, [OFFICIAL], {"account_1", "account_2"})

    def test_a_hand_over_is_kept_from_its_plan_to_its_receipt(self) -> None:
        begun = HandOver(
            hand_over_id="h", agency="police", leaver="a", successor="b", begun_at=NOON, receipt={"items": []}
        )
        done = replace(begun, finished_at=NOON, receipt={"items": [{"kind": "tip", "item_id": "t"}]})

        async def piece(ledger: Ledger) -> Any:
            found = [await ledger.people.hand_over("h")]
            for each in (begun, done):
                await ledger.people.keep_hand_over(each)
                found.append(await ledger.people.hand_over("h"))
            return found

        assert self.work(piece) == [None, begun, done]


OFFICIAL = Account(
    account_id="account_1",
    name="desk",
    shown_name="值班",
    agency="police",
    roles=("desk",),
    desks=("police/station",),
    keeps=("police",),
    password=b"locked",
    second_factor=b"locked too",
    recovery=("one", "two"),
    invitation="digest",
    invited_until=NOON,
)
SESSION = Session(digest="token", account_id="account_1", opened_at=NOON, seen_at=NOON, ends_at=NEVER)

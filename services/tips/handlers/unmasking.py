"""Letting somebody read an informant's own words for a while, and telling the office of it each week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.sealing import WORDS, Opener, Sealer
from lianxi.contracts.unmasking import GetWords, SealedWords, Unmask
from lianxi.kernel.clock import Clock, local_date, local_midnight
from lianxi.kernel.errors import RuleBroken
from lianxi.kernel.ids import derived_id, random_id
from lianxi.store.unit import Addition, Aggregates, Stored
from services.tips.domain import unmasking as rules
from services.tips.domain.tip import Author, Tip, check_readable
from services.tips.domain.unmasking import Unmasking, WeeklyReport

SWEEPER = "sweep:report_unmaskings"


class Unmaskings(Protocol):
    """What is looked up among unmaskings."""

    def running(self, tip_id: str, asked_by: str, now: datetime) -> str | None:
        """Name one that holds for a tip and whoever asks; `None` when there is none."""
        ...

    def agencies_between(self, since: datetime, until: datetime) -> Sequence[str]:
        """Name the agency of each that was granted in a time."""
        ...


@dataclass(frozen=True)
class UnmaskingHandlers:
    """The use cases of unmasking."""

    tips: Aggregates[Tip]
    unmaskings: Aggregates[Unmasking]
    reports: Aggregates[WeeklyReport]
    among: Unmaskings
    opener: Opener
    clock: Clock

    def unmask(self, request: Unmask, caller: Caller) -> Stored[Unmasking]:
        """Let whoever asks read the words of a tip for a quarter of an hour.

        Emits: TipUnmasked.
        Raises:
            NotFound: tip.not_found.
            RuleBroken: unmasking.reason_missing, unmasking.no_words.
        """
        tip = self.tips.get(request.tip_id).state
        check_readable(tip, caller)
        if tip.sealed_content is None:
            raise RuleBroken("unmasking.no_words")
        known = caller.command_id
        unmasking_id = random_id("unmasking") if known is None else derived_id("unmasking", tip.id, known)
        granted, events = rules.unmask(unmasking_id, tip.id, request.reason, caller, self.clock.now())
        self.unmaskings.add_many([Addition(granted, events, caller.cause())])
        return self.unmaskings.get(unmasking_id)

    def get_words(self, request: GetWords, caller: Caller) -> SealedWords:
        """Show the words to whoever has unmasked them, under the question's own seal; written down before it is shown.

        Raises:
            NotFound: tip.not_found.
            RuleBroken: unmasking.needed, unmasking.no_words.
            ContractBroken: seal.key_unusable.
        """
        to_asker = Sealer(request.answer_key)
        now = self.clock.now()
        tip = self.tips.get(request.tip_id).state
        check_readable(tip, caller)
        running = self.among.running(tip.id, caller.actor, now)
        if running is None:
            raise RuleBroken("unmasking.needed", clause=rules.REASON_CLAUSE)
        if tip.sealed_content is None:
            raise RuleBroken("unmasking.no_words")
        stored = self.unmaskings.change(running, partial(rules.read, now=now), caller.cause())
        content = self.opener.open(tip.sealed_content)
        letters = [each.sealed for each in tip.messages if each.author is Author.INFORMANT and each.sealed is not None]
        words = {
            "text": str(content.get("text", "")),
            "place": content.get("place"),
            "messages": [str(self.opener.open(each).get("text", "")) for each in letters],
        }
        return SealedWords(tip_id=tip.id, ends_at=stored.state.ends_at, sealed=to_asker.seal(words, WORDS))

    def report_week(self) -> None:
        """Tell the office of the last whole week's unmaskings, once however many sweep.

        Emits: UnmaskingsReported.
        """
        now = self.clock.now()
        monday = rules.week_before(local_date(now))
        report_id = f"unmaskings-{monday.isoformat()}"
        if self.reports.find(report_id) is not None:
            return
        since, until = local_midnight(monday), local_midnight(monday + rules.WEEK)
        told, events = rules.report(report_id, monday, self.among.agencies_between(since, until), now)
        self.reports.add(told, events, Cause(actor=SWEEPER, correlation_id=report_id))

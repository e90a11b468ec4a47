"""The tips desk: its doors, and how it is put together. Nothing is decided here."""

from __future__ import annotations

import secrets
from typing import Any

from lianxi.contracts.sealing import Opener
from lianxi.greenroom.entries import Desk
from lianxi.greenroom.handing_over import HandingOverDesk
from lianxi.greenroom.purging import PurgingDesk
from lianxi.kernel.clock import Clock
from lianxi.runtime.premises import Premises
from lianxi.runtime.sealed_files import SealedFiles
from lianxi.runtime.settings import read_key
from lianxi.store.envelope import KeyRing
from lianxi.store.handover import Holdings
from lianxi.store.unit import AggregateStore
from services.tips.domain.tip import Tip
from services.tips.domain.tracing import key_of_traces
from services.tips.handlers import TipHandlers
from services.tips.handlers.alarms import AlarmHandlers
from services.tips.handlers.attachments import AttachmentHandlers
from services.tips.handlers.bonds import BondHandlers
from services.tips.handlers.retention import tip_retention, with_payees
from services.tips.handlers.traces import TraceHandlers
from services.tips.handlers.unmasking import UnmaskingHandlers
from services.tips.handlers.vault import VaultHandlers
from services.tips.service.alarms import AlarmDoors
from services.tips.service.attachments import AttachmentDoors
from services.tips.service.figures import FigureDoors
from services.tips.service.links import LinkDoors
from services.tips.service.rewards import RewardDoors, open_rewarding
from services.tips.service.saved_searches import SavedSearchDoors, open_keeping
from services.tips.service.search import SearchDoors
from services.tips.service.tips import TipDoors
from services.tips.service.unmasking import UnmaskingDoors
from services.tips.service.vault import VaultDoors
from services.tips.settings import TipsSettings
from services.tips.store import (
    InformantVault,
    ReceiptIndex,
    RungWatch,
    RunningTips,
    TraceStore,
    UnmaskingIndex,
    held,
    kept_identities,
    kept_payees,
    kept_words,
    open_bonds,
    open_openings,
    open_purges,
    open_tips,
    open_unmaskings,
    open_weekly_reports,
)
from services.tips.views import TipViews
from services.tips.views.feedback import FeedbackViews
from services.tips.views.figure_table import FigureTable
from services.tips.views.figures import TipFigureViews
from services.tips.views.finding import Finder
from services.tips.views.links import LinkViews, VisibleTips
from services.tips.views.search import SearchViews
from services.tips.views.unmasking import UnmaskingViews
from services.tips.views.vault import VaultViews

SETTINGS = TipsSettings


class Tips(
    TipDoors,
    VaultDoors,
    AttachmentDoors,
    UnmaskingDoors,
    AlarmDoors,
    RewardDoors,
    LinkDoors,
    SearchDoors,
    SavedSearchDoors,
    FigureDoors,
    HandingOverDesk,
    PurgingDesk,
):
    """受理: takes in tips, gives each to the desk that must act, and answers the informant."""

    name = "tips"


def _finding(tracing: TraceHandlers, clock: Clock) -> dict[str, Any]:
    """Put together what finds tips, binds and counts them, and says what came of them."""
    finder, visible, counted = Finder(), VisibleTips(), FigureTable(clock)
    return {
        "tracing": tracing,
        "binding": BondHandlers(tips=tracing.tips, bonds=open_bonds(clock), clock=clock),
        "links": LinkViews(tracing.tips, finder, visible, tracing.policies),
        "finder": finder,
        "feedback": FeedbackViews(clock),
        "searches": SearchViews(finder, visible, tracing.key),
        "figures": TipFigureViews(clock, counted),
        "figure_table": counted,
    }


def _unmasking(tips: AggregateStore[Tip], opener: Opener, clock: Clock) -> dict[str, Any]:
    """Put together what lets an informant's own words be read."""
    words = UnmaskingHandlers(
        tips=tips,
        unmaskings=open_unmaskings(clock),
        reports=open_weekly_reports(clock),
        among=UnmaskingIndex(),
        opener=opener,
        clock=clock,
    )
    return {"unmasking": words, "unmaskings": UnmaskingViews(clock)}


def open_desk(premises: Premises[TipsSettings]) -> type[Desk]:
    """Put the desk together."""
    clock, settings = premises.clock, premises.settings
    tips = open_tips(clock)
    seal_key = read_key(settings.tips_seal_key_file)
    opener = Opener(seal_key)
    informants = InformantVault(KeyRing(read_key(settings.tips_vault_keys_file)))
    desk_handlers = TipHandlers(
        tips=tips,
        receipts=ReceiptIndex(),
        informants=informants,
        watch=RungWatch(),
        running=RunningTips(),
        opener=opener,
        policies=premises.policies,
        clock=clock,
        entropy=secrets.randbits,
    )
    vault = VaultHandlers(tips=tips, openings=open_openings(clock), vault=informants, opener=opener, clock=clock)
    pictures = AttachmentHandlers(tips=tips, opener=opener, files=SealedFiles(settings.tips_attachments_dir))
    rewarding, rewards = open_rewarding(premises, desk_handlers, informants)
    keeping_searches, saved_searches, searches_held = open_keeping(premises)
    key, policies = key_of_traces(seal_key), premises.policies
    tracing = TraceHandlers(tips, TraceStore(), opener, policies, key, keeping_searches.watch)
    rooms = {
        **_finding(tracing, clock),
        **_unmasking(tips, opener, clock),
        "handlers": desk_handlers,
        "views": TipViews(tips, clock, reward=rewards.notice, reopen_until=desk_handlers.reopen_until),
        "rewarding": rewarding,
        "rewards": rewards,
        "vault": vault,
        "openings": VaultViews(clock),
        "pictures": pictures,
        "keeping_searches": keeping_searches,
        "saved_searches": saved_searches,
        "holdings": Holdings((*held(tips), searches_held)),
        "retention": tip_retention(
            tips,
            kept_words(),
            kept_identities(),
            informants,
            tracing.forgetting(pictures.forget),
            *open_purges(clock),
            premises.policies,
            clock,
        ),
        "alarms": AlarmHandlers(tips, premises.policies, clock),
    }
    rooms["retention"] = with_payees(rooms["retention"], rewarding.rewards, kept_payees(), informants)
    return type("OpenTips", (Tips,), rooms)

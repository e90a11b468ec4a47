"""The tips desk: its doors, and how it is put together. Nothing is decided here."""

from __future__ import annotations

import secrets

from lianxi.contracts.sealing import Opener
from lianxi.greenroom.entries import Desk
from lianxi.greenroom.handing_over import HandingOverDesk
from lianxi.greenroom.purging import PurgingDesk
from lianxi.runtime.premises import Premises
from lianxi.runtime.sealed_files import SealedFiles
from lianxi.runtime.settings import read_key
from lianxi.store.envelope import KeyRing
from lianxi.store.handover import Holdings
from services.tips.handlers import TipHandlers
from services.tips.handlers.alarms import AlarmHandlers
from services.tips.handlers.attachments import AttachmentHandlers
from services.tips.handlers.retention import tip_retention
from services.tips.handlers.unmasking import UnmaskingHandlers
from services.tips.handlers.vault import VaultHandlers
from services.tips.service.alarms import AlarmDoors
from services.tips.service.attachments import AttachmentDoors
from services.tips.service.rewards import RewardDoors, open_rewarding
from services.tips.service.tips import TipDoors
from services.tips.service.unmasking import UnmaskingDoors
from services.tips.service.vault import VaultDoors
from services.tips.settings import TipsSettings
from services.tips.store import (
    InformantVault,
    ReceiptIndex,
    RungWatch,
    RunningTips,
    UnmaskingIndex,
    held,
    kept_identities,
    kept_words,
    open_openings,
    open_purges,
    open_tips,
    open_unmaskings,
    open_weekly_reports,
)
from services.tips.views import TipViews
from services.tips.views.unmasking import UnmaskingViews
from services.tips.views.vault import VaultViews

SETTINGS = TipsSettings


class Tips(
    TipDoors, VaultDoors, AttachmentDoors, UnmaskingDoors, AlarmDoors, RewardDoors, HandingOverDesk, PurgingDesk
):
    """受理: takes in tips, gives each to the desk that must act, and answers the informant."""

    name = "tips"


def open_desk(premises: Premises[TipsSettings]) -> type[Desk]:
    """Put the desk together."""
    clock, settings = premises.clock, premises.settings
    tips = open_tips(clock)
    opener = Opener(read_key(settings.tips_seal_key_file))
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
    rooms = {
        "handlers": desk_handlers,
        "views": TipViews(tips, clock, reward=rewards.notice),
        "rewarding": rewarding,
        "rewards": rewards,
        "vault": vault,
        "openings": VaultViews(clock),
        "pictures": pictures,
        "holdings": Holdings(held(tips)),
        "retention": tip_retention(
            tips,
            kept_words(),
            kept_identities(),
            informants,
            pictures.forget,
            *open_purges(clock),
            premises.policies,
            clock,
        ),
        "alarms": AlarmHandlers(tips, premises.policies, clock),
    }
    words = UnmaskingHandlers(
        tips=tips,
        unmaskings=open_unmaskings(clock),
        reports=open_weekly_reports(clock),
        among=UnmaskingIndex(),
        opener=opener,
        clock=clock,
    )
    rooms |= {"unmasking": words, "unmaskings": UnmaskingViews(clock)}
    return type("OpenTips", (Tips,), rooms)

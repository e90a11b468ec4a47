"""The tips desk: its doors, and how it is put together. Nothing is decided here."""

from __future__ import annotations

import secrets

from lianxi.contracts.sealing import Opener
from lianxi.greenroom.entries import Desk
from lianxi.runtime.premises import Premises
from lianxi.runtime.settings import read_key
from services.tips.handlers import TipHandlers
from services.tips.service.tips import TipDoors
from services.tips.settings import TipsSettings
from services.tips.store import InformantVault, ReceiptIndex, RungWatch, RunningTips, open_tips
from services.tips.views import TipViews

SETTINGS = TipsSettings


class Tips(TipDoors):
    """受理: takes in tips, gives each to the desk that must act, and answers the informant."""

    name = "tips"


def open_desk(premises: Premises[TipsSettings]) -> type[Desk]:
    """Put the desk together."""
    tips = open_tips(premises.clock)
    desk_handlers = TipHandlers(
        tips=tips,
        receipts=ReceiptIndex(),
        informants=InformantVault(),
        watch=RungWatch(),
        running=RunningTips(),
        opener=Opener(read_key(premises.settings.tips_seal_key_file)),
        policies=premises.policies,
        clock=premises.clock,
        entropy=secrets.randbits,
    )
    return type("OpenTips", (Tips,), {"handlers": desk_handlers, "views": TipViews(tips, premises.clock)})

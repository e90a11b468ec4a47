"""What the cases desk does when it is asked, told, or a limit passes."""

from services.cases.handlers.assistance import AssistanceDesk
from services.cases.handlers.cases import CaseDesk
from services.cases.handlers.clocks import ClockKeeper
from services.cases.handlers.migrating import MigrationDesk
from services.cases.handlers.parties import PartyDesk
from services.cases.handlers.referrals import ReferralDesk

__all__ = ["AssistanceDesk", "CaseDesk", "ClockKeeper", "MigrationDesk", "PartyDesk", "ReferralDesk"]

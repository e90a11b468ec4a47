"""What may stand in the body of a request about rewards, how a payee is sealed, and what an informant reads."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Final

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from gateway.bodies import Body, Code, PublicReward, Short
from gateway.wording import Language, words
from lianxi.contracts import codec
from lianxi.contracts.rewards import (
    MOST_YUAN,
    ClaimReward,
    Declared,
    Payee,
    PayeeView,
    RefusalGround,
    RewardNotice,
    SealedPayee,
)
from lianxi.contracts.sealing import PAYEE, PAYEE_ANSWER, Opener, Sealer

_LONG_NUMBER: Final = re.compile(r"\d(?:[\s\-‐-―_.·]{0,3}\d){11,}")


def _no_account(text: str) -> str:
    # Numbers of accounts and identity cards are kept nowhere here, sealed or not: the paying point has its own.
    if _LONG_NUMBER.search(unicodedata.normalize("NFKC", text)):
        raise PydanticCustomError("number_not_kept", "Numbers of accounts and identity cards are not kept here")
    return text


Unnumbered = Annotated[Short, AfterValidator(_no_account)]
Yuan = Annotated[int, Field(ge=1, le=MOST_YUAN)]


class RewardClaim(Body):
    """Whom to pay, and what the rules ask of whoever claims. Only the custodian and the payer will read the payee."""

    name: Unnumbered | None = Field(default=None, description="Needed where the town's table rewards named tips only")
    reference: Unnumbered = Field(
        description="The paying point's own reference, or how and where the money is to be collected; "
        "a number of twelve digits or more, such as a bank account's, is refused"
    )
    is_official: bool = Field(description="Whether the informant is an official")
    has_duty_to_report: bool = Field(description="Whether reporting such things is part of the informant's work")
    patrols_the_place: bool = Field(description="Whether the informant patrols that place")
    seeks_rescue_of_relative: bool = Field(description="Whether the tip was to rescue a relative")

    def claim(self, verifier: str, sealer: Sealer) -> ClaimReward:
        """Seal whom to pay, and make the claim."""
        payee = Payee(name=self.name, reference=self.reference)
        return ClaimReward(
            receipt_verifier=verifier,
            payee=sealer.seal(codec.as_plain(payee), PAYEE),
            declared=Declared(
                is_official=self.is_official,
                has_duty_to_report=self.has_duty_to_report,
                patrols_the_place=self.patrols_the_place,
                seeks_rescue_of_relative=self.seeks_rescue_of_relative,
            ),
        )


class RewardProposal(Body):
    """An amount that a person chooses within the limits of the town's table. Nothing is filled in by itself."""

    band: Code
    amount_yuan: Yuan
    budget_line: Code
    grounds: Annotated[Short, Field(min_length=4)]
    persons_found: Annotated[int, Field(ge=0, le=100_000)] | None = None
    fine_yuan: Annotated[int, Field(ge=0, le=100 * MOST_YUAN)] | None = None


class RewardDecision(Body):
    """One person's yes or no."""

    approve: bool
    reason: Annotated[Short, Field(min_length=4)]
    ground: RefusalGround | None = Field(
        default=None, description="With a no: what the informant reads; `not_first` reads as `outside_table`"
    )


class RewardStop(Body):
    """Why an approved payment is stopped; no words, because whoever stops it knows the payee."""

    ground: RefusalGround


class RewardPayment(Body):
    """Under which of its own numbers the paying point paid."""

    payment_reference: Annotated[Code, AfterValidator(_no_account)]


def public_reward(notice: RewardNotice | None, language: Language) -> PublicReward | None:
    """Say to an informant where a reward stands."""
    if notice is None:
        return None
    said = words().steps
    code = f"reward_{notice.state.value}" if notice.ground is None else f"reward_ground_{notice.ground.value}"
    return PublicReward(
        state=notice.state.value,
        text=said.get(code, said["other"]).told(language),
        number=notice.number,
        amount_yuan=notice.amount_yuan,
        ground=None if notice.ground is None else notice.ground.value,
        claim_by=notice.claim_by,
    )


def opened_payee(sealed: SealedPayee, mine: Opener) -> PayeeView:
    """Open what a desk sealed to this one question's key.

    Raises:
        ContractBroken: seal.unreadable.
    """
    payee = codec.as_contract(Payee, mine.open(sealed.payee, PAYEE_ANSWER))
    return PayeeView(reward_id=sealed.reward_id, number=sealed.number, amount_yuan=sealed.amount_yuan, payee=payee)

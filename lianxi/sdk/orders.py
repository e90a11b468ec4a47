"""How the paying point opens a payment order: with its own key, on its own machine, without a network."""

from __future__ import annotations

from lianxi.contracts import codec
from lianxi.contracts.rewards import OpenedOrder
from lianxi.contracts.sealing import PAYMENT_ORDER, Opener


def open_order(sealed: str, payer_key: str) -> OpenedOrder:
    """Open an order.

    Args:
        sealed: what `GET /v1/rewards/{reward_id}/order` answers as `sealed`.
        payer_key: the private key, 32 bytes as hexadecimal text, whose public half is `payer_key` in `rewards.toml`.

    Raises:
        ContractBroken: seal.unreadable when it was sealed to another key, or altered.
    """
    return codec.as_contract(OpenedOrder, Opener(payer_key).open(sealed, PAYMENT_ORDER))

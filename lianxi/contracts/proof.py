"""Proof of work, as hashcash knows it: what whoever tries receipt codes may be asked for, and how it is checked.

A proof is the text `<challenge>.<nonce>` whose SHA-256 begins with as many zero bits as were asked for. Finding one
takes about two to the power of that many tries; checking it takes one.
"""

from __future__ import annotations

import hashlib
from typing import Final

HEADER: Final = "Lianxi-Proof"
WAIT: Final = "wait"
"""What whoever cannot work sends instead of a proof: the try waits for its turn in the slow lane."""
NEEDED: Final = "receipt.proof_needed"
SEPARATOR: Final = "."
LONGEST: Final = 256


def zero_bits(text: str) -> int:
    """Count the zero bits that the SHA-256 of a text begins with.

    Units: bits, 0 to 256.
    """
    digest = hashlib.sha256(text.encode()).digest()
    return len(digest) * 8 - int.from_bytes(digest).bit_length()


def is_proof(proof: str, bits: int) -> bool:
    """Say whether a proof took the work that was asked for."""
    return len(proof) <= LONGEST and zero_bits(proof) >= bits

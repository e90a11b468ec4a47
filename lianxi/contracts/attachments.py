"""Pictures that come with a tip: how they are named on the bus, and how their keys come to whoever may see them.

A picture itself never crosses the bus. It lies encrypted in a folder, each under a key of its own, and that key crosses
only sealed: to the tips desk's key on the way in, and on the way out to a key that the gateway made for one question.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from annotated_types import Len

SealedKey = Annotated[str, Len(1, 2_000)]
"""Base64 of a picture's key and digest, encrypted to one public key for the purpose `lianxi.contracts.sealing.PICTURE`.

Shape: seals the JSON ``{"key": …, "sha256": …}``, 32 bytes as hexadecimal each.
"""

PublicKey = Annotated[str, Len(64, 64)]
"""An X25519 public key, hexadecimal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedPicture:
    """A picture that comes with a tip or a message: where it lies, and its key under the desk's seal."""

    file: Annotated[str, Len(1, 80)]
    media_type: str
    size: int
    sealed: SealedKey


@dataclass(frozen=True, slots=True, kw_only=True)
class GetAttachment:
    """Ask for the key of one picture of a tip, sealed to a key that was made for this question alone."""

    tip_id: str
    number: int
    answer_key: PublicKey


# --- answers


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentView:
    """A picture of a tip as its readers see it named; the name it once had was never taken in."""

    number: int
    author: str
    media_type: str
    size: int
    attached_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentKey:
    """Where a picture lies, and its key under the seal of whoever asked; `sealed` is cut from who may not see it."""

    tip_id: str
    tip_number: str
    number: int
    media_type: str
    file: str
    sealed: SealedKey
    village: str | None
    lead: str
    copies: tuple[str, ...]
    next_owner: str | None

"""The proof that a tip was filed, as the answers to filing show it."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field


class FilingStatement(BaseModel):
    """What is signed. Written as canonical JSON (RFC 8785) it is the file that `lianxi receipt verify` checks."""

    kind: str
    tip_number: str
    received_at: datetime = Field(description="Levelled to the hour")
    content_hash: str = Field(description="Commits to what was told; tells nothing of it without the opening")
    key_id: str
    algorithm: str
    signature: str


class FilingProof(BaseModel):
    """A signed statement that a tip was filed, and what is shown beside it only to prove what was told."""

    statement: FilingStatement
    opening: str = Field(description="With it and what was told the hash can be worked out again; shown here only")

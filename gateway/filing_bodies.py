"""The answers to filing a tip: receipt code, number, and the proof that it was filed."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from gateway.bodies import Accepted, Step


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


class AcceptedTip(Accepted):
    """A tip that was taken in, with the receipt code for its informant, if one is there to be given it."""

    receipt: str | None = Field(default=None, description="Sixteen digits, 4-4-4-4; shown here only, and kept nowhere")
    receipt_must_change: bool = Field(
        default=False, description="The informant changes it at `/v1/public/tips/code` before it shows anything"
    )
    proof: FilingProof | None = Field(
        default=None, description="For the informant too; a tip under another system's number has its proof there"
    )


class PublicReceipt(BaseModel):
    """What an informant gets: the only time that the code is shown."""

    receipt: str = Field(description="Sixteen digits, 4-4-4-4")
    tip_number: str
    received_at: datetime = Field(description="Levelled to the hour")
    next_steps: list[Step]
    proof: FilingProof


class ChangedReceipt(BaseModel):
    """The code that opens the tip from now on: the only time that it is shown."""

    receipt: str = Field(description="Sixteen digits, 4-4-4-4")
    tip_number: str
    received_at: datetime = Field(description="Levelled to the hour")

"""What may stand in the bodies of reports upward."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.bodies import Body, Code, Instant, ItemReference, Sha256, text_of
from lianxi.contracts.upward_reports import SendingWay, UpwardKind

Reference = Annotated[str, text_of(80)]


class UpwardReportBody(Body):
    """A report upward; to whom it goes is the policy's."""

    kind: UpwardKind
    title: Annotated[str, text_of(120)]
    text: Annotated[str, text_of(8000)] = Field(
        description="Times, numbers, measures; no names of informants or minors"
    )
    happened_at: Instant = Field(description="When what it tells of happened: from there its time is counted")
    about: ItemReference | None = Field(default=None, description="What it is about, as `joint_operation/…`")
    desk: Code | None = Field(default=None, description="The desk that reports; the agency's own unless said")
    papers: tuple[Sha256, ...] = Field(default=(), max_length=20, description="The SHA-256 of what goes with it")


class Sending(Body):
    """How an addressee was sent it, and the SHA-256 of what confirms it: a fax report, a registered post's slip."""

    addressee: Code
    way: SendingWay
    reference: Reference
    proof_sha256: Sha256
    sent_at: Instant | None = Field(default=None, description="Now, unless said")


class Confirmation(Body):
    """What an addressee said: its own reference."""

    addressee: Code
    reference: Reference

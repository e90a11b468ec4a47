"""What may stand in the body of a request about evidence: always why, and always where."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.attachment_bodies import Token
from gateway.bodies import Body, Code, text_of
from lianxi.contracts.evidence import EvidenceKind


class Handling(Body):
    """Why something is done with evidence, and where; both stay in its custody for good."""

    why: Annotated[str, text_of(300)]
    where: Annotated[str, text_of(120)]


class NewEvidence(Handling):
    """A file that was uploaded a moment ago, and what it is evidence as."""

    file: Annotated[Token, Field(description="What the upload of the file answered as `attachment`")]
    kind: EvidenceKind
    label: Annotated[str, Field(description="What it shows; kept under a seal"), text_of(200)]


class EvidenceSealing(Handling):
    """Under which number the thing or its carrier was sealed."""

    seal_number: Annotated[str, text_of(60)]


class EvidenceOffer(Handling):
    """To which desk evidence is offered."""

    receiver: Code


class DestructionAsking(Handling):
    """By which decision evidence is to be destroyed."""

    decision_reference: Annotated[str, text_of(60)]


class DestructionDeciding(Handling):
    """Whether another person approves."""

    approve: bool

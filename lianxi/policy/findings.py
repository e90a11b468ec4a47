"""What a careful reader has to say about a policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One remark. An error: no town can run on the policy. A warning: its office should decide something."""

    id: str
    severity: Literal["warning", "error"]
    message_en: str
    message_zh: str
    clause: str = ""

    def in_language(self, language: str) -> str:
        """Give the remark in Chinese for `zh`, in English for anything else.

        Clause: none.
        """
        return self.message_zh if language == "zh" else self.message_en


def error(finding_id: str, message_en: str, message_zh: str, clause: str = "") -> Finding:
    """Make a remark that stops a town from starting.

    Clause: none.
    """
    return Finding(id=finding_id, severity="error", message_en=message_en, message_zh=message_zh, clause=clause)


def warning(finding_id: str, message_en: str, message_zh: str, clause: str) -> Finding:
    """Make a remark for the office to decide on.

    Clause: none.
    """
    return Finding(id=finding_id, severity="warning", message_en=message_en, message_zh=message_zh, clause=clause)

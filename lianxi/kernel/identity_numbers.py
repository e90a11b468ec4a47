"""Finds identity numbers in free text, so that nothing holds one by accident."""

from __future__ import annotations

import re
import unicodedata

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_GAPS = re.compile(r"[\s\-‐-―.·_]+")
_CANDIDATE = re.compile(r"(?=(\d{17}[\dXx]))")


def holds_identity_number(text: str) -> bool:
    """Say whether a text holds a citizen's identity number: 18 characters with the right check character.

    Full-width digits and digits set apart by spaces or hyphens are read as well.

    Clause: none (criterion 5.7).
    """
    plain = _GAPS.sub("", unicodedata.normalize("NFKC", text))
    return any(is_identity_number(found) for found in _CANDIDATE.findall(plain))


def is_identity_number(text: str) -> bool:
    """Say whether 18 characters carry the check character of GB 11643.

    Clause: none.
    """
    total = sum(int(digit) * weight for digit, weight in zip(text[:17], _WEIGHTS, strict=True))
    return _CHECKS[total % 11] == text[17].upper()

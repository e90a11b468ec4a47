"""Files of evidence at the door: what they are is said by what they hold, and not one byte of them is changed.

Clause: none; criterion 9.3. Pictures of tips are drawn anew because nothing of the camera may come in; evidence is kept
as it came, because whatever was changed in it proves nothing. It is never shown in a page, only handed out to be saved.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Final

from gateway.refusals import Unusable, WrongType

_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_CONTROL: Final = frozenset(range(32)) - {9, 10, 13}


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not _CONTROL.intersection(raw)


def _riff(kind: bytes) -> Callable[[bytes], bool]:
    return lambda raw: raw[:4] == b"RIFF" and raw[8:12] == kind


def _office(folder: str) -> Callable[[bytes], bool]:
    def is_one(raw: bytes) -> bool:
        try:
            with zipfile.ZipFile(io.BytesIO(raw)) as opened:
                names = opened.namelist()
        except (zipfile.BadZipFile, ValueError, RuntimeError):
            return False
        # A document that runs programs is no evidence that anybody should have to open.
        is_safe = not any(each.lower().endswith("vbaproject.bin") for each in names)
        return is_safe and "[Content_Types].xml" in names and any(each.startswith(folder) for each in names)

    return is_one


KINDS: Final[Mapping[str, tuple[str, Callable[[bytes], bool]]]] = {
    "image/jpeg": ("jpg", lambda raw: raw[:3] == b"\xff\xd8\xff"),
    "image/png": ("png", lambda raw: raw[:8] == b"\x89PNG\r\n\x1a\n"),
    "image/webp": ("webp", _riff(b"WEBP")),
    "application/pdf": ("pdf", lambda raw: raw[:5] == b"%PDF-"),
    "audio/mpeg": ("mp3", lambda raw: raw[:3] == b"ID3" or (raw[:1] == b"\xff" and raw[1:2] >= b"\xe0")),
    "audio/wav": ("wav", _riff(b"WAVE")),
    "video/mp4": ("mp4", lambda raw: raw[4:8] == b"ftyp"),
    "text/plain": ("txt", _is_text),
    "text/csv": ("csv", _is_text),
    f"{_OFFICE}wordprocessingml.document": ("docx", _office("word/")),
    f"{_OFFICE}spreadsheetml.sheet": ("xlsx", _office("xl/")),
}
"""Media type → how a file of it is called, and how its content is known."""


def checked_type(raw: bytes, said: str) -> str:
    """Read of what type a file is by its sender's word, and see that its content is that.

    Raises:
        WrongType: evidence.type_not_taken.
        Unusable: evidence.empty, evidence.type_differs.
    """
    media_type = said.partition(";")[0].strip().lower()
    if media_type not in KINDS:
        raise WrongType("evidence.type_not_taken", taken=sorted(KINDS))
    if not raw:
        raise Unusable("evidence.empty")
    if not KINDS[media_type][1](raw):
        raise Unusable("evidence.type_differs", said=media_type)
    return media_type


def ending_of(media_type: str) -> str:
    """Say how a file of a type is called."""
    return KINDS[media_type][0]

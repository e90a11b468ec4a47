"""Forms that bring a file: read without laying any of it on a disk, and each field once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from gateway.refusals import BadRequest, WrongType

MULTIPART: Final = "multipart/form-data"
FILE: Final = "file"
LARGEST_FIELD: Final = 12 * 1024 * 1024


class InMemory(MultiPartParser):
    """Reads a form without laying any of it on a disk; its whole body is in memory already, and has an end."""

    spool_max_size = 2**31


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came, what its sender calls it, and of what type its sender says it is."""

    name: str
    raw: bytes
    media_type: str = ""


async def read_upload(
    request: Request, most_fields: int, *, file: str = FILE, largest_field: int = LARGEST_FIELD
) -> tuple[dict[str, str], Upload | None]:
    """Read a form that may bring one file, in a field of that name.

    Units: `largest_field` is bytes of text.
    Raises:
        WrongType: form.not_multipart.
        BadRequest: form.unreadable.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != MULTIPART:
        raise WrongType("form.not_multipart")
    try:
        parser = InMemory(
            request.headers, request.stream(), max_files=1, max_fields=most_fields, max_part_size=largest_field
        )
        form = await parser.parse()
    except (MultiPartException, ValueError, KeyError):
        raise BadRequest("form.unreadable") from None
    try:
        return await _parts(form, file)
    finally:
        await form.close()


async def _parts(form: FormData, file: str) -> tuple[dict[str, str], Upload | None]:
    told: dict[str, str] = {}
    upload: Upload | None = None
    for name, value in form.multi_items():
        if name in told or isinstance(value, UploadFile) != (name == file):
            raise BadRequest("form.unreadable")
        if isinstance(value, UploadFile):
            upload = Upload(value.filename or "", await value.read(), value.content_type or "")
        else:
            told[name] = value.replace("\r\n", "\n")
    return told, upload

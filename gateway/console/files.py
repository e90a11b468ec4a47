"""The pages' own files: read once, named by what is in them, so that a browser keeps each for good."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request, Response

from gateway import paths
from gateway.refusals import NoSuchThing

FOLDER: Final = Path(__file__).with_name("static")
HASH_LETTERS: Final = 16
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_FOR_GOOD: Final = "public, max-age=31536000, immutable"
router = APIRouter(tags=["pages"])


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file, plain and packed."""

    address: str
    media_type: str
    plain: bytes
    packed: bytes


@cache
def files() -> Mapping[str, StaticFile]:
    """Read every file that a page may name."""
    found = {}
    for path in sorted(each for each in FOLDER.rglob("*") if each.suffix in _TYPES):
        name, plain = path.relative_to(FOLDER).as_posix(), path.read_bytes()
        digest = hashlib.sha256(plain).hexdigest()[:HASH_LETTERS]
        address = f"{paths.STATIC}{digest}/{name}"
        found[name] = StaticFile(address, _TYPES[path.suffix], plain, gzip.compress(plain, 9, mtime=0))
    return found


def address_of(name: str) -> str:
    """Say where a page finds a file."""
    return files()[name].address


def takes_gzip(request: Request) -> bool:
    """Say whether whoever asks can unpack."""
    return "gzip" in request.headers.get("accept-encoding", "")


@router.get("/static/{digest}/{name:path}", include_in_schema=False)
async def get_file(digest: str, name: str, request: Request) -> Response:
    """Hand out a file by its name and content."""
    file = files().get(name)
    if file is None or file.address != f"{paths.STATIC}{digest}/{name}":
        raise NoSuchThing("path.not_found")
    headers = {"Cache-Control": _FOR_GOOD, "Vary": "Accept-Encoding"}
    if takes_gzip(request):
        return Response(file.packed, 200, {**headers, "Content-Encoding": "gzip"}, file.media_type)
    return Response(file.plain, 200, headers, file.media_type)

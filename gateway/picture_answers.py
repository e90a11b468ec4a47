"""How pictures and files go in and out over HTTP: what their routes say of themselves, and answers to be saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import Response

from gateway.body import PICTURE_TYPES
from lianxi.contracts.receipts import receipt_bytes

_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
PICTURE_BODY: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": dict.fromkeys(PICTURE_TYPES, _BINARY)},
}
PICTURE_ANSWER: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The picture", "content": dict.fromkeys(PICTURE_TYPES, _BINARY)}
}


def files_of(types: tuple[str, ...]) -> tuple[dict[str, Any], dict[int | str, dict[str, Any]]]:
    """Describe a body, and an answer, that is a file of one of some types."""
    content = dict.fromkeys(types, _BINARY)
    return {"requestBody": {"required": True, "content": content}}, {
        200: {"description": "The file", "content": content}
    }


_ENDINGS: Final = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


def picture_answer(content: bytes, media_type: str, name: str) -> Response:
    """Answer a picture as a file to be saved, which nothing keeps on the way."""
    return file_answer(content, media_type, f"{name}.{_ENDINGS[media_type]}")


def file_answer(content: bytes, media_type: str, name: str) -> Response:
    """Answer a file of somebody's to be saved, which no browser runs and nothing keeps on the way."""
    answer = saved_answer(content, media_type, name)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def saved_answer(content: bytes, media_type: str, name: str) -> Response:
    """Answer a file that we have written, to be saved; nothing keeps it on the way."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Response(content, 200, headers, media_type)


def signed_answer(statement: Mapping[str, Any], name: str) -> Response:
    """Answer a signed statement as the file that `lianxi receipt verify` checks, byte for byte."""
    return saved_answer(receipt_bytes(statement), "application/json", f"{name}.json")

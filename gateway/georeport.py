"""How GeoReport v2 says things: the same rows as JSON or as XML, and refusals in its own shape.

Every value is written as text by the writer of trees, which escapes it; letters that XML cannot hold are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final
from xml.etree import ElementTree

from pydantic import BaseModel, Field
from starlette.responses import Response

STATUS: Final[Mapping[int, int]] = {422: 400, 415: 400, 409: 400, 401: 403}
"""GeoReport knows few kinds of no."""
XML: Final = "text/xml"
JSON: Final = "application/json"
_ONE_OF: Final[Mapping[str, str]] = {
    "attributes": "attribute",
    "endpoints": "endpoint",
    "errors": "error",
    "formats": "format",
    "service_request_updates": "request_update",
    "service_requests": "request",
    "services": "service",
    "values": "value",
}
_NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Row = Mapping[str, Any]


class Written(StrEnum):
    """In which form an answer is wanted."""

    JSON = "json"
    XML = "xml"


class GeoReportError(BaseModel):
    """A refusal in GeoReport's shape."""

    code: int = Field(description="The HTTP status")
    description: str = Field(description="Our stable code, a colon, what happened and what to do")


def told(form: Written, root: str, rows: Row | Sequence[Row], status: int = 200) -> Response:
    """Write rows, or one row, under the name that XML gives to the whole."""
    headers = {"Cache-Control": "no-store"}
    if form is Written.JSON:
        plain = json.dumps(rows, ensure_ascii=False).encode("utf-8", "backslashreplace")
        return Response(plain, status, headers, JSON)
    body = ElementTree.tostring(_tree(root, rows), encoding="utf-8", xml_declaration=True)
    return Response(body, status, headers, f"{XML}; charset=utf-8")


def refusal(status: int, description: str, path: str) -> Response:
    """Write a refusal, in the form that the path asks for."""
    form = Written.JSON if path.endswith(".json") else Written.XML
    return told(form, "errors", [{"code": status, "description": description}], status)


def _tree(name: str, value: Any) -> ElementTree.Element:
    element = ElementTree.Element(name)
    if isinstance(value, Mapping):
        element.extend([_tree(key, each) for key, each in value.items()])
    elif isinstance(value, list | tuple):
        element.extend([_tree(_ONE_OF[name], each) for each in value])
    elif value is not None:
        plain = str(value).lower() if isinstance(value, bool) else str(value)
        element.text = _NO_XML.sub("", plain)
    return element

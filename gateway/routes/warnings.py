"""Public warnings: written on a decided case, published by another official, taken back in public."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Any
from xml.etree import ElementTree

from fastapi import APIRouter, Depends, Request, Response

from gateway.body import DoorRoute
from gateway.exchange import House, Reading, Writing, decides, reads, the_house, writes
from gateway.routes.parameters import Cursor, ItemPath, Limit
from gateway.warning_bodies import Approval, NewWarning, Withdrawal
from gateway.wording import words
from lianxi.contracts import codec
from lianxi.contracts.envelope import Caller
from lianxi.contracts.warnings import (
    DraftWarning,
    GetWarning,
    ListPublicWarnings,
    ListWarnings,
    PublicWarnings,
    PublicWarningView,
    PublishWarning,
    WarningPage,
    WarningState,
    WarningView,
    WithdrawWarning,
)

router = APIRouter(route_class=DoorRoute, tags=["notifications"])
SERVICE = "notifications"
PATH = "/v1/warnings"
ATOM = "http://www.w3.org/2005/Atom"
FRESH_SECONDS = 60
UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "As it was, by the `ETag` in `If-None-Match`"}}
InHouse = Annotated[House, Depends(the_house)]


@router.post(PATH, status_code=201, response_model=WarningView)
async def draft_warning(body: NewWarning, writing: Writing = writes("warning.create")) -> Response:
    """Write a warning on a case that ended with pyramid selling found; nobody outside sees it yet."""
    asked = body.contract(DraftWarning)
    return await writing.create(
        SERVICE, "draft_warning", asked, WarningView, at=lambda view: f"{PATH}/{view.warning_id}"
    )


@router.get(PATH, response_model=WarningPage)
async def list_warnings(
    state: WarningState | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    reading: Reading = reads("warning.read"),
) -> Response:
    """Read warnings, drafts among them, newest first."""
    asked = ListWarnings(state=state, cursor=cursor, limit=limit)
    return await reading.page(SERVICE, "list_warnings", asked, WarningPage)


@router.get(PATH + "/{warning_id}", response_model=WarningView)
async def get_warning(warning_id: ItemPath, reading: Reading = reads("warning.read")) -> Response:
    """Read one warning: its text, its case, who wrote and who published it, on whose approval."""
    return await reading.show(SERVICE, "get_warning", GetWarning(warning_id=warning_id), WarningView)


@router.post(PATH + "/{warning_id}/publish", response_model=WarningView)
async def publish_warning(
    warning_id: ItemPath, body: Approval, writing: Writing = decides("warning.decide")
) -> Response:
    """Publish it, as another official than its writer, on the recorded approval of a head at county level or above."""
    asked = body.contract(PublishWarning, warning_id=warning_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "publish_warning", asked, WarningView)


@router.post(PATH + "/{warning_id}/withdraw", response_model=WarningView)
async def withdraw_warning(
    warning_id: ItemPath, body: Withdrawal, writing: Writing = decides("warning.decide")
) -> Response:
    """Take it back. What was published is shown as withdrawn, with the reason, for ninety days."""
    asked = body.contract(WithdrawWarning, warning_id=warning_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "withdraw_warning", asked, WarningView)


# --- for everybody


@router.get("/v1/public/warnings", response_model=PublicWarnings, responses=UNCHANGED, tags=["public"])
async def read_public_warnings(request: Request, house: InHouse) -> Response:
    """Read what the town warns of at present, newest first, and what it took back lately. No account is needed."""
    return _fresh(request, codec.to_bytes(codec.as_plain(await public_warnings(request, house))), "application/json")


@router.get("/v1/public/warnings.atom", response_class=Response, responses=UNCHANGED, tags=["public"])
async def read_feed(request: Request, house: InHouse) -> Response:
    """Follow the warnings with any feed reader."""
    found = await public_warnings(request, house)
    return _fresh(request, _feed(found, request), "application/atom+xml")


async def public_warnings(request: Request, house: House) -> PublicWarnings:
    """Ask the desk what the public is warned of."""
    anybody = Caller(actor="public", agency="public", correlation_id=request.state.correlation_id)
    return await house.ask(SERVICE, "list_public_warnings", ListPublicWarnings(), anybody, PublicWarnings)


def _fresh(request: Request, body: bytes, media_type: str) -> Response:
    tag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": f"public, max-age={FRESH_SECONDS}"}
    if request.headers.get("If-None-Match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=media_type)


def _feed(found: PublicWarnings, request: Request) -> bytes:
    # In Chinese whoever asks, as the warnings are: so everybody may keep the same feed.
    said = words().steps
    here = str(request.url.replace(path="/warnings", query=""))
    changes = [each.withdrawn_at or each.published_at for each in found.items]
    feed = ElementTree.Element("feed", {"xmlns": ATOM, "xml:lang": "zh-CN"})
    _put(feed, "title", said["warnings_title"].told("zh"))
    _put(feed, "id", "urn:lianxi:warnings")
    _put(feed, "link", None, rel="self", href=str(request.url.replace(query="")))
    _put(feed, "link", None, rel="alternate", href=here)
    _put(feed, "updated", max(changes).isoformat() if changes else "2015-10-15T00:00:00+08:00")
    for each in found.items:
        _entry(feed, each, here, said["warnings_withdrawn"].told("zh"))
    written: bytes = ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True)
    return written


def _entry(feed: ElementTree.Element, each: PublicWarningView, here: str, withdrawn: str) -> None:
    entry = ElementTree.SubElement(feed, "entry")
    _put(entry, "title", each.title if each.withdrawn_at is None else f"{withdrawn}{each.title}")
    _put(entry, "id", f"urn:lianxi:{each.warning_id}")
    _put(entry, "link", None, rel="alternate", href=f"{here}#{each.warning_id}")
    _put(entry, "published", each.published_at.isoformat())
    _put(entry, "updated", (each.withdrawn_at or each.published_at).isoformat())
    _put(ElementTree.SubElement(entry, "author"), "name", feed.findtext("title") or "")
    _put(entry, "content", each.text or each.reason or "", type="text")


def _put(parent: ElementTree.Element, name: str, text: str | None, **attributes: Any) -> None:
    ElementTree.SubElement(parent, name, attributes).text = text

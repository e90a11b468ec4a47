"""Hooks: agencies' own systems are told what happens to their items, signed as Standard Webhooks are."""

from __future__ import annotations

from fastapi import APIRouter, Response

from gateway.body import DoorRoute
from gateway.exchange import Reading, Writing, decides, reads, writes
from gateway.keys import key_of
from gateway.routes.parameters import Cursor, ItemPath, Limit
from gateway.webhook_bodies import NewWebhook, ReplayFrom
from lianxi.contracts.webhooks import (
    DeleteWebhook,
    HookDeliveryPage,
    HookDeliveryState,
    HookDeliveryView,
    ListHookDeliveries,
    ListWebhooks,
    RegisterWebhook,
    Replayed,
    ReplayWebhook,
    RotateWebhook,
    SendTestEvent,
    WebhookList,
    WebhookView,
)

router = APIRouter(route_class=DoorRoute, tags=["notifications"])
SERVICE = "notifications"
PATH = "/v1/webhooks"


@router.get(PATH, response_model=WebhookList)
async def list_webhooks(reading: Reading = reads("webhook.read")) -> Response:
    """Read the agency's hooks, how many deliveries of each arrived, wait or stopped, and which do not answer."""
    return await reading.show(SERVICE, "list_webhooks", ListWebhooks(), WebhookList)


@router.post(PATH, status_code=201, response_model=WebhookView)
async def register_webhook(body: NewWebhook, writing: Writing = writes("webhook.create")) -> Response:
    """Register a hook. It hears what the key may read, and ends with the key. The secret is shown this one time."""
    key = key_of(writing.house, writing.caller, body.client_id)
    asked = RegisterWebhook(
        address=body.address,
        events=tuple(body.events),
        client_id=key.client_id,
        roles=key.roles,
        desks=key.desks,
        ends_at=key.expires_at,
    )
    at = f"{PATH}/{{}}/deliveries".format
    return await writing.create(
        SERVICE, "register_webhook", asked, WebhookView, at=lambda view: at(view.hook_id), said=body.model_dump()
    )


@router.post(PATH + "/{hook_id}/rotate", response_model=WebhookView)
async def rotate_webhook(hook_id: ItemPath, writing: Writing = decides("webhook.change")) -> Response:
    """Get a new secret, shown this one time. For a day what is sent carries a signature of the old one too."""
    asked = RotateWebhook(hook_id=hook_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "rotate_webhook", asked, WebhookView)


@router.delete(PATH + "/{hook_id}", response_model=WebhookView)
async def delete_webhook(hook_id: ItemPath, writing: Writing = decides("webhook.change")) -> Response:
    """End a hook. What still waits for it is not sent."""
    asked = DeleteWebhook(hook_id=hook_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "delete_webhook", asked, WebhookView)


@router.post(PATH + "/{hook_id}/test", response_model=HookDeliveryView)
async def send_test_event(hook_id: ItemPath, writing: Writing = writes("webhook.change")) -> Response:
    """Have a test event sent; what became of it stands in the deliveries."""
    return await writing.decide(SERVICE, "send_test_event", SendTestEvent(hook_id=hook_id), HookDeliveryView)


@router.post(PATH + "/{hook_id}/replay", response_model=Replayed)
async def replay_webhook(hook_id: ItemPath, body: ReplayFrom, writing: Writing = writes("webhook.change")) -> Response:
    """Have everything from an event on sent again: same ids, same order; the last thirty days, 200 at once."""
    asked = ReplayWebhook(hook_id=hook_id, from_event=body.from_event)
    return await writing.decide(SERVICE, "replay_webhook", asked, Replayed)


@router.get(PATH + "/{hook_id}/deliveries", response_model=HookDeliveryPage)
async def list_hook_deliveries(
    hook_id: ItemPath,
    state: HookDeliveryState | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    reading: Reading = reads("webhook.read"),
) -> Response:
    """Read what was sent to a hook, newest first: tries, the receiver's answer, when it is tried next."""
    asked = ListHookDeliveries(hook_id=hook_id, state=state, cursor=cursor, limit=limit)
    return await reading.page(SERVICE, "list_hook_deliveries", asked, HookDeliveryPage)

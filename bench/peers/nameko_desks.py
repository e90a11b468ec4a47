"""A and E: nameko in the style of its own examples. `python -m bench.peers.nameko_desks tips|notices|http`.

A service class each, mongoengine for the database, RPC into the tips service, `EventDispatcher` and `event_handler`
between the services; E's HTTP door is nameko's own `http` entrypoint, A's is FastAPI (`nameko_door`).
"""

from __future__ import annotations

import eventlet

eventlet.monkey_patch()

import json
import sys
import uuid
from typing import Any

from mongoengine import Document, FloatField, NotUniqueError, StringField, connect
from nameko.events import EventDispatcher, event_handler
from nameko.rpc import RpcProxy, rpc
from nameko.runners import ServiceRunner
from nameko.web.handlers import http
from pymongo import MongoClient
from pymongo.errors import BulkWriteError

from bench.peers import work

TIPS = f"{work.NAME}_tips"
NOTICES = f"{work.NAME}_notices"


class Tip(Document):
    """A tip."""

    meta = {"collection": "tips", "auto_create_index": False}
    tip_id = StringField(primary_key=True)
    category = StringField(required=True)
    village = StringField()
    place = StringField()
    text = StringField(required=True)
    channel = StringField()
    received_at = FloatField()


class Notification(Document):
    """A notification."""

    meta = {"collection": "notifications", "auto_create_index": False}
    tip_id = StringField(primary_key=True)
    category = StringField(required=True)
    text = StringField()
    recorded_at = FloatField()


def write_more(stage: str, tip_id: str) -> None:
    """Write whatever else is asked for."""
    for name, rows in work.more(stage, tip_id):
        try:
            database[name].insert_many(rows, ordered=False)
        except BulkWriteError:
            continue


def keep(document: Any) -> bool:
    """Write a document once."""
    try:
        document.save(force_insert=True)
    except NotUniqueError:
        return False
    return True


class TipsService:
    """Takes tips in."""

    name = TIPS
    dispatch = EventDispatcher()

    @rpc
    def create_tip(self, tip_id: str, tip: dict[str, Any]) -> dict[str, str]:
        """Keep a tip and announce it."""
        row = work.tip_row(tip_id, tip)
        if keep(Tip(**{name: row[name] for name in Tip._fields if name in row})):
            write_more("tips", tip_id)
        self.dispatch("tip_received", {"tip_id": tip_id, "category": tip["category"]})
        return {"tip_id": tip_id}


class NoticesService:
    """Records notifications."""

    name = NOTICES

    @event_handler(TIPS, "tip_received", reliable_delivery=True)
    def handle(self, event: dict[str, str]) -> None:
        """Record one."""
        row = work.notification_row(event["tip_id"], event["category"])
        row.pop("_id")
        if keep(Notification(**row)):
            write_more("notices", event["tip_id"])


class HttpService:
    """E's door."""

    name = f"{work.NAME}_http"
    tips = RpcProxy(TIPS)

    @http("POST", "/tips")
    def submit(self, request: Any) -> tuple[int, dict[str, str], str]:
        """Take a tip in."""
        tip_id = uuid.uuid4().hex
        write_more("door", tip_id)
        told = self.tips.create_tip(tip_id, json.loads(request.get_data(as_text=True)))
        return 202, {"Content-Type": "application/json"}, json.dumps(told)


SERVICES = {"tips": TipsService, "notices": NoticesService, "http": HttpService}

if __name__ == "__main__":
    connect(work.DATABASE, host=work.MONGO_URL, alias="default")
    database: Any = MongoClient(work.MONGO_URL)[work.DATABASE]
    runner = ServiceRunner(
        {
            "AMQP_URI": work.AMQP_URL,
            "WEB_SERVER_ADDRESS": f"127.0.0.1:{work.PORT}",
            "max_workers": 10,
            "serializer": "json",
        }
    )
    runner.add_service(SERVICES[sys.argv[1]])
    runner.start()
    runner.wait()

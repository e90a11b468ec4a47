"""F: Flask and Celery as their documentation shows them together.

The view keeps the tip and hands a task to the worker, which records the notification. gunicorn with two processes of
eight threads; a worker of two processes; tasks acknowledged after the work, published under the broker's confirm.
"""

from __future__ import annotations

import uuid
from typing import Any

from celery import Celery
from flask import Flask, request
from pymongo import MongoClient
from pymongo.errors import BulkWriteError, DuplicateKeyError

from bench.peers import work

app = Flask(__name__)
celery = Celery("bench", broker=work.AMQP_URL)
celery.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_default_queue=f"{work.NAME}.celery",
    broker_transport_options={"confirm_publish": True},
    worker_prefetch_multiplier=16,
    worker_hijack_root_logger=False,
)
opened: dict[str, Any] = {}


def store() -> Any:
    """Open the database once for each process, after it has forked."""
    if "database" not in opened:
        opened["database"] = MongoClient(work.MONGO_URL)[work.DATABASE]
    return opened["database"]


def keep(collection: str, row: dict[str, Any], stage: str) -> None:
    """Write a row once, and whatever else is asked for."""
    try:
        store()[collection].insert_one(row)
    except DuplicateKeyError:
        return
    for name, rows in work.more(stage, row["_id"]):
        try:
            store()[name].insert_many(rows, ordered=False)
        except BulkWriteError:
            continue


@app.post("/tips")
def submit() -> tuple[dict[str, str], int]:
    """Take a tip in."""
    tip: dict[str, Any] = request.get_json()
    tip_id = uuid.uuid4().hex
    for name, rows in work.more("door", tip_id):
        store()[name].insert_many(rows)
    keep("tips", work.tip_row(tip_id, tip), "tips")
    notify.delay(tip_id, tip["category"])
    return {"tip_id": tip_id}, 202


@celery.task(name="notify")  # type: ignore[untyped-decorator, unused-ignore]
def notify(tip_id: str, category: str) -> None:
    """Record a notification."""
    keep("notifications", work.notification_row(tip_id, category), "notices")

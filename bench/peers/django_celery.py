"""F2: Django with PostgreSQL and Celery, as their documentation shows them together.

The view keeps the tip in a transaction and hands a task over when it has committed; the worker records the
notification. gunicorn with two processes of eight threads, connections kept open, a worker of two processes, tasks
acknowledged after the work. `bench.peers.django_tables` makes its tables.
"""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

import django
from celery import Celery
from django.conf import settings

from bench.peers import work

if not settings.configured:
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": work.DATABASE,
                "USER": "bench",
                "HOST": "127.0.0.1",
                "PORT": str(work.POSTGRES_PORT),
                "CONN_MAX_AGE": None,
            }
        },
        MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
        ROOT_URLCONF=__name__,
        ALLOWED_HOSTS=["*"],
        USE_TZ=True,
        SECRET_KEY="of no town",  # noqa: S106 -- nothing is signed with it
    )
    django.setup()

from django.core.wsgi import get_wsgi_application
from django.db import connection, models, transaction
from django.http import HttpRequest, JsonResponse
from django.urls import path


class Tip(models.Model):
    """A tip."""

    id = models.CharField(primary_key=True, max_length=40)
    category = models.CharField(max_length=80)
    body = models.JSONField()
    received_at = models.FloatField()

    class Meta:
        """Its table."""

        app_label = "bench"


class Notification(models.Model):
    """A notification."""

    id = models.CharField(primary_key=True, max_length=40)
    category = models.CharField(max_length=80)
    text = models.TextField()
    recorded_at = models.FloatField()

    class Meta:
        """Its table."""

        app_label = "bench"


class More(models.Model):
    """Whatever else is asked for."""

    id = models.CharField(primary_key=True, max_length=80)
    kind = models.CharField(max_length=80)
    tip_id = models.CharField(max_length=40)
    body = models.TextField()

    class Meta:
        """Its table."""

        app_label = "bench"


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


def write_more(stage: str, tip_id: str) -> None:
    """Write whatever else is asked for."""
    for name, rows in work.more(stage, tip_id):
        wanted = [More(id=f"{name}/{row['_id']}", kind=name, tip_id=tip_id, body=row["body"]) for row in rows]
        More.objects.bulk_create(wanted, ignore_conflicts=True)


def submit(request: HttpRequest) -> JsonResponse:
    """Take a tip in."""
    tip: dict[str, Any] = json.loads(request.body)
    tip_id = uuid.uuid4().hex
    with transaction.atomic():
        write_more("door", tip_id)
        Tip.objects.create(id=tip_id, category=tip["category"], body=tip, received_at=time.time())
        write_more("tips", tip_id)
        transaction.on_commit(lambda: notify.delay(tip_id, tip["category"]))
    return JsonResponse({"tip_id": tip_id}, status=202)


@celery.task(name="notify")  # type: ignore[untyped-decorator, unused-ignore]
def notify(tip_id: str, category: str) -> None:
    """Record a notification."""
    row = work.notification_row(tip_id, category)
    with transaction.atomic():
        Notification.objects.get_or_create(
            id=tip_id, defaults={"category": category, "text": row["text"], "recorded_at": row["recorded_at"]}
        )
        write_more("notices", tip_id)


urlpatterns = [path("tips", submit)]
app = get_wsgi_application()


def make_tables() -> None:
    """Make the tables anew."""
    with connection.schema_editor() as editor:
        existing = connection.introspection.table_names()
        for model in (Tip, Notification, More):
            if model._meta.db_table in existing:
                editor.delete_model(model)
            editor.create_model(model)

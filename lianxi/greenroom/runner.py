"""Opens one desk: reads its environment, hangs its doors into nameko, and closes it without losing anything."""

from __future__ import annotations

import gc
import importlib
import json
import logging
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, get_type_hints

import eventlet
import eventlet.wsgi
from eventlet.semaphore import Semaphore
from nameko.containers import ServiceContainer
from nameko.extensions import register_entrypoint
from nameko.timer import Timer
from pymongo.database import Database
from pymongo.errors import PyMongoError

from lianxi import __version__
from lianxi.bus import topology
from lianxi.contracts.registry import SERVICES
from lianxi.greenroom.consumer import QueueDoor, protects
from lianxi.greenroom.entries import Accepts, Answers, Consumes, Desk, Every, entries_of
from lianxi.greenroom.operators import OPERATOR_QUESTIONS, Operators
from lianxi.greenroom.questions import Question, QuestionDoor, answer_question, kept
from lianxi.greenroom.waker import Waker
from lianxi.greenroom.work import Worker
from lianxi.kernel.errors import LianxiError, Unavailable
from lianxi.policy.book import PolicyBook
from lianxi.policy.policy import Policy
from lianxi.runtime import metrics
from lianxi.runtime.health import Health
from lianxi.runtime.logs import frames, get_log, set_up_logs
from lianxi.runtime.premises import Premises, furnish, shelf_of
from lianxi.runtime.settings import Settings, read_settings
from lianxi.runtime.versions import VersionWatch
from lianxi.store.bell import COMMITTED
from lianxi.store.connect import connect_documents
from lianxi.store.journal import Journal
from lianxi.store.parked import Ledger

log = get_log()
WORKERS = 64
HUB_SECONDS = 30.0
POLICY_SECONDS = 0.5


def main(arguments: Sequence[str]) -> None:
    """Open the desk named on the command line and serve until told to stop."""
    if len(arguments) != 1 or arguments[0] not in SERVICES:
        raise SystemExit(f"usage: python -m lianxi.greenroom {{{'|'.join(SERVICES)}}}")
    name = arguments[0]
    service = importlib.import_module(f"services.{name}.service")
    try:
        settings: Settings = read_settings(service.SETTINGS)
        premises = furnish(settings)
    except LianxiError as error:
        raise SystemExit(str(error)) from None
    set_up_logs(name, level=settings.log_level, log_format=settings.log_format)
    logging.getLogger("nameko").setLevel(logging.ERROR)
    sys.exit(Host(name, service, premises).serve())


class Host:
    """One desk in its process.

    Args:
        name: the desk's.
        service: its `service` module.
        premises: what it is opened with.
    """

    def __init__(self, name: str, service: Any, premises: Premises[Any]) -> None:
        self._name = name
        self._service = service
        self._premises = premises
        self._settings: Settings = premises.settings
        self._health = Health()
        self._doors: list[QueueDoor | QuestionDoor] = []
        self._container: ServiceContainer | None = None
        self._stopped = eventlet.event.Event()
        self._beat = time.monotonic()
        self._versions = VersionWatch(shelf_of(self._settings))
        self._changing = Semaphore(1)
        self._is_closing = False
        self._database: Database[dict[str, Any]] = connect_documents(self._settings, name)
        self._journal = Journal(self._database, premises.clock)

    def serve(self) -> int:
        """Serve until SIGTERM or SIGINT; the exit code is zero when everything in hand was settled."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: eventlet.spawn_n(self._stop))
        eventlet.spawn_n(self._keep_beating)
        self._health.alive_checks["hub"] = self._check_hub
        self._health.ready_checks = {"open": lambda: "opening" if self._container is None else None}
        address = (self._settings.metrics_host, self._settings.metrics_port)
        try:
            listener = eventlet.listen(address, reuse_port=False)
        except OSError as error:
            log.error("port_taken", host=address[0], port=address[1], reason=error.strerror)
            return 1
        eventlet.spawn_n(self._serve_health, listener)
        programme = self._settings.programme
        metrics.build_info.labels(__version__, programme, self._name).set(1)
        if not self._make_indexes():
            return 0
        waker = Waker(self._settings.amqp_url.get_secret_value(), self._name)
        COMMITTED.listen(waker.ring)
        eventlet.spawn_n(waker.run)
        self._open(self._service.open_desk(self._premises))
        # Policy and contracts stay for good: looking through them for garbage held every letter up.
        gc.collect()
        gc.freeze()
        log.info("desk_opened")
        eventlet.spawn_n(self._keep_to_the_policy)
        code: int = self._stopped.wait()
        log.info("desk_closed", exit_code=code)
        return code

    def _open(self, desk: type[Desk]) -> None:
        container = ServiceContainer(self._hang_doors(desk), {"max_workers": WORKERS})
        container.start()
        eventlet.spawn_n(self._watch, container)
        metrics.policy_version.labels(self._name).set(self._premises.policy.version)
        self._health.ready_checks = {"broker": self._check_broker, "store": self._check_store}
        self._container = container

    def _keep_to_the_policy(self) -> None:
        """Go over to another version of the policy as soon as one is put in force."""
        while not self._is_closing:
            eventlet.sleep(POLICY_SECONDS)
            if self._is_outdated() and (policy := self._versions.newest()) is not None:
                with self._changing:
                    self._go_over_to(policy)

    def _go_over_to(self, policy: Policy) -> None:
        """Finish what is in hand, furnish the desk anew and open it again; what was not begun waits at the broker."""
        if self._is_closing or self._container is None:
            return
        premises = replace(self._premises, policies=PolicyBook(policy, self._versions.read))
        try:
            desk = self._service.open_desk(premises)
        except Exception as error:
            self._versions.refuse(f"{type(error).__name__} {frames(error)}")
            return
        self._health.ready_checks = {"policy": lambda: f"going over to version {policy.version}"}
        try:
            with eventlet.Timeout(self._settings.shutdown_seconds):
                self._container.stop()
        except eventlet.Timeout:
            # What was in hand did not end: it comes again, to a process that starts with the new version.
            self._end(1)
            return
        self._doors.clear()
        self._premises = premises
        if not self._is_closing:
            self._open(desk)
            log.info("policy_taken_up", version=policy.version)

    def _is_outdated(self) -> bool:
        return self._versions.is_outdated(self._premises.policy.version)

    def _stop(self) -> None:
        self._is_closing = True
        self._health.ready_checks["stopping"] = lambda: "stopping"
        with eventlet.Timeout(self._settings.shutdown_seconds, False):
            with self._changing:
                if self._container is not None:
                    self._container.stop()
            self._end(0)
        # Not all in hand was settled in time: it comes again, and the exit code says so.
        self._end(1)

    def _watch(self, container: ServiceContainer) -> None:
        """End the process when nameko gives up the container, so that a supervisor starts it anew."""
        try:
            container.wait()
        except BaseException as error:
            log.error("desk_died", error=type(error).__name__, where=frames(error))
            self._end(1)

    def _end(self, code: int) -> None:
        if not self._stopped.ready():
            self._stopped.send(code)

    def _make_indexes(self) -> bool:
        """Make the desk's indexes as soon as the database is there; `False` when told to stop before."""
        documents = importlib.import_module(f"services.{self._name}.documents").DOCUMENTS
        while not self._stopped.ready():
            try:
                for document in documents:
                    document.ensure_indexes()
                return True
            except PyMongoError as error:
                log.warning("store_awaited", reason=type(error).__name__)
                eventlet.sleep(1)
        return False

    def _hang_doors(self, desk: type[Desk]) -> type[Desk]:
        """Make nameko's view of the desk: one entrypoint for each queue, timer, and for all questions together."""
        hung: dict[str, Any] = {}
        questions = self._operator_questions()
        for name, mark in entries_of(desk):
            method = getattr(desk, name)
            if isinstance(mark, Answers):
                call = method if mark.shows is None else kept(mark.method, mark.shows, method, self._journal)
                questions[mark.method] = (call, get_type_hints(method)["request"])
            elif isinstance(mark, Consumes):
                queues = topology.handler_queues(self._name, mark.handler)
                how = Worker.gathered if mark.in_batches else Worker.events
                hung[f"hears_{name}"] = self._queue_door(method, mark.handler, queues, how, mark.seconds)
            elif isinstance(mark, Accepts):
                queues = topology.intake_queues(self._name, mark.commands)
                hung[f"takes_{name}"] = self._queue_door(method, "intake", queues, Worker.commands)
            elif isinstance(mark, Every):
                hung[f"sweeps_{name}"] = self._timer_door(method, name, mark.seconds)
        hung["answers"] = self._question_door(questions)
        return type(desk.__name__, (desk,), {**hung, "name": self._name})

    def _operator_questions(self) -> dict[str, Question]:
        ledger = Ledger(self._name, self._database)
        url = self._settings.amqp_url.get_secret_value()
        operators = Operators(url, ledger, self._journal, self._premises.clock)

        def asked(method: str) -> Callable[[Any, Any, Any], Any]:
            return lambda _desk, request, caller: getattr(operators, method)(request, caller)

        return {method: (asked(method), contract) for method, contract in OPERATOR_QUESTIONS.items()}

    def _queue_door(
        self, method: Any, handler: str, queues: Sequence[str], how: Callable[..., Any], gathers_seconds: float = 0.0
    ) -> Any:
        clock = self._premises.clock

        def entry(desk: Any, arrivals: Any, is_stopping: Callable[[], bool]) -> Any:
            worker = Worker(self._name, handler, clock, is_stopping)
            return how(worker, lambda *told: method(desk, *told), arrivals)

        protected = protects(entry)
        for queue in queues:
            door = QueueDoor(
                self._settings.amqp_url.get_secret_value(),
                queue,
                self._settings.retry_ladder_ms,
                clock,
                self._name,
                handler,
                self._doors.append,
                self._is_outdated,
                gathers_seconds,
            )
            register_entrypoint(protected, door)
        return protected

    def _question_door(self, questions: Mapping[str, Question]) -> Any:
        def entry(desk: Any, method: str, body: bytes) -> dict[str, Any]:
            return answer_question(desk, questions, method, body)

        url = self._settings.amqp_url.get_secret_value()
        register_entrypoint(entry, QuestionDoor(url, self._name, self._premises.clock, self._doors.append))
        return entry

    def _timer_door(self, method: Any, name: str, seconds: float) -> Any:
        def entry(desk: Any) -> None:
            outcome = "done"
            try:
                method(desk)
            except Unavailable:
                outcome = "away"
            except Exception as error:
                outcome = "failed"
                log.error("sweep_failed", sweep=name, error=type(error).__name__, where=frames(error))
            metrics.sweeps_total.labels(self._name, name, outcome).inc()

        register_entrypoint(entry, Timer(interval=seconds, eager=True))
        return entry

    def _keep_beating(self) -> None:
        while True:
            self._beat = time.monotonic()
            eventlet.sleep(1)

    def _check_hub(self) -> str | None:
        return "the hub stands still" if time.monotonic() - self._beat > HUB_SECONDS else None

    def _check_broker(self) -> str | None:
        away = [door for door in self._doors if not door.is_connected]
        return f"{len(away)} of {len(self._doors)} consumers away" if away else None

    def _check_store(self) -> str | None:
        try:
            with eventlet.Timeout(2, False):
                self._database.command("ping")
                return None
        except PyMongoError:
            pass
        return "the database does not answer"

    def _serve_health(self, listener: Any) -> None:
        eventlet.wsgi.server(listener, self._answer_health, log_output=False, log=logging.getLogger("health"))

    def _answer_health(self, environ: Mapping[str, Any], start_response: Any) -> list[bytes]:
        path = environ["PATH_INFO"]
        if path == "/metrics":
            start_response("200 OK", [("Content-Type", metrics.CONTENT_TYPE)])
            return [metrics.exposition()]
        if path not in ("/healthz", "/readyz"):
            start_response("404 Not Found", [("Content-Type", "application/json")])
            return [b"{}"]
        failing = self._health.liveness() if path == "/healthz" else self._health.readiness()
        status = "503 Service Unavailable" if failing else "200 OK"
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps({"desk": self._name, "failing": failing}, ensure_ascii=False).encode()]

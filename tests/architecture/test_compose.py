"""The town in containers agrees with the code: commands, ports, names of the environment, secrets."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic_settings import BaseSettings

from deploy.docker.healthy import is_ready
from deploy.docker.prepare import password_names, prepare, read_environment
from deploy.local.places import CHECKOUT
from lianxi.bus import topology
from lianxi.bus.relay import RelaySettings
from lianxi.contracts.registry import SERVICES
from lianxi.runtime.settings import RETRY_LADDER_MS, TOWN_NAMES, read_settings

PROCESSES = (*SERVICES, "relay", "gateway")
COMMANDS = {
    **{name: ["python", "-m", "lianxi.greenroom", name] for name in SERVICES},
    "relay": ["python", "-m", "lianxi.bus.relay"],
    "gateway": ["python", "-m", "gateway"],
}
DOCKERFILE = (CHECKOUT / "deploy" / "docker" / "Dockerfile").read_text(encoding="utf-8")
EXAMPLE = CHECKOUT / "deploy" / "env" / "compose.env.example"
ASKED = re.compile(r"\$\{([A-Z_]+)(?::?([?-])[^}]*)?\}")


def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text(encoding="utf-8"))
    return read


def settings_of(process: str) -> type[BaseSettings]:
    if process == "relay":
        return RelaySettings
    place = (
        ("gateway.settings", "GatewaySettings") if process == "gateway" else (f"services.{process}.service", "SETTINGS")
    )
    found: type[BaseSettings] = getattr(importlib.import_module(place[0]), place[1])
    return found


def check_names(process: str, given: set[str]) -> None:
    fields = settings_of(process).model_fields
    known = {f"LIANXI_{name.upper()}" for name in fields} | TOWN_NAMES
    needed = {f"LIANXI_{name.upper()}" for name, field in fields.items() if field.is_required()}

    assert given <= known, f"unknown to {process}: {sorted(given - known)}"
    assert needed <= given, f"{process} needs {sorted(needed - given)}"


def targets() -> dict[str, list[str]]:
    found = {}
    for stage in re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[1:]:
        name = stage.splitlines()[0].rpartition(" AS ")[2]
        command = re.search(r"^CMD (\[.*\])$", stage, flags=re.MULTILINE)
        if command is not None:
            found[name] = yaml.safe_load(command[1])
    return found


def test_compose_is_valid() -> None:
    program = shutil.which("docker-compose")
    assert program, "docker-compose is missing: apt-get install docker-compose"
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    command = [program, "--env-file", str(EXAMPLE), "config", "-q"]

    run = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stderr


@pytest.fixture(scope="module")
def rendered() -> dict[str, Any]:
    program = shutil.which("docker-compose")
    assert program, "docker-compose is missing: apt-get install docker-compose"
    command = [program, "--env-file", str(EXAMPLE), "config"]
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    run = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=True)
    read: dict[str, Any] = yaml.safe_load(run.stdout)
    return read


def read_as(process: str, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in [each for each in os.environ if each.startswith("LIANXI_")]:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, str(value))
    return read_settings(settings_of(process))  # type: ignore[type-var]


@pytest.mark.parametrize("process", PROCESSES)
def test_a_container_s_environment_can_be_read(
    process: str, rendered: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = read_as(process, rendered["services"][process]["environment"], monkeypatch)

    assert settings.metrics_port == 9700
    assert settings.retry_ladder_ms == RETRY_LADDER_MS


@pytest.mark.parametrize("process", PROCESSES)
def test_an_example_can_be_read(process: str, monkeypatch: pytest.MonkeyPatch) -> None:
    example = read_environment(CHECKOUT / "deploy" / "env" / f"{process}.env.example")
    settings = read_as(process, example, monkeypatch)

    assert settings.programme == "dayong-2015"


def test_the_relay_speaks_as_every_service(rendered: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    relay = read_as("relay", rendered["services"]["relay"]["environment"], monkeypatch)

    assert all(relay.url_of(name).startswith(f"amqp://{name}:") for name in SERVICES)


def test_compose_starts_nothing_without_passwords() -> None:
    text = (CHECKOUT / "docker-compose.yml").read_text(encoding="utf-8")
    asked = dict(ASKED.findall(text))
    optional = {name for name, mode in asked.items() if mode == "-"}

    assert set(asked) - optional == {*password_names(), "LIANXI_SECRETS"}
    assert set(asked) == set(read_environment(EXAMPLE))
    assert not re.search(r"(?i)password: +[^$\s]", text)


def test_each_process_has_a_target_with_its_command() -> None:
    assert targets() == COMMANDS
    assert {name: row["build"]["target"] for name, row in compose()["services"].items() if "build" in row} == {
        name: name for name in PROCESSES
    }


@pytest.mark.parametrize("process", PROCESSES)
def test_the_command_of_a_target_is_a_module_that_can_be_run(process: str) -> None:
    module = COMMANDS[process][2]

    assert importlib.util.find_spec(f"{module}.__main__" if (CHECKOUT / module.replace(".", "/")).is_dir() else module)


@pytest.mark.parametrize("process", PROCESSES)
def test_containers_are_told_only_names_that_their_process_knows(process: str) -> None:
    check_names(process, set(compose()["services"][process]["environment"]))


@pytest.mark.parametrize("process", PROCESSES)
def test_examples_hold_only_names_that_their_process_knows(process: str) -> None:
    check_names(process, set(read_environment(CHECKOUT / "deploy" / "env" / f"{process}.env.example")))


def test_there_is_an_example_for_each_process_and_no_other() -> None:
    names = {path.name.removesuffix(".env.example") for path in (CHECKOUT / "deploy" / "env").iterdir()}

    assert names == {*PROCESSES, "compose"}


@pytest.mark.parametrize("process", [*SERVICES, "gateway"])
def test_each_process_has_its_own_user_at_broker_and_database(process: str) -> None:
    environment = compose()["services"][process]["environment"]

    assert environment["LIANXI_AMQP_URL"].startswith(f"amqp://{process}:")
    assert environment["LIANXI_AMQP_URL"].endswith(f":5672/{topology.VHOST}")
    assert environment["LIANXI_MONGO_URL"].startswith(f"mongodb://{process}:")


def test_only_the_gateway_can_be_reached_and_only_on_the_loopback() -> None:
    services = compose()["services"]
    published = {name: row["ports"] for name, row in services.items() if "ports" in row}

    assert set(published) == {"gateway"}
    assert all(port.startswith("127.0.0.1:") for port in published["gateway"])
    assert {name for name, row in services.items() if row["networks"] != ["inside"]} == {"gateway"}
    assert compose()["networks"]["inside"] == {"internal": True}


def test_every_container_is_read_only_and_is_given_time_to_finish() -> None:
    services = {name: row for name, row in compose()["services"].items() if name != "mongo-init"}

    assert all(row["read_only"] and row["init"] for row in compose()["services"].values())
    assert {row["stop_grace_period"] for row in services.values()} == {"45s"}
    assert all("healthcheck" in row for row in services.values())
    assert int(compose()["x-environment"]["LIANXI_SHUTDOWN_SECONDS"]) < 45


def test_programs_start_when_what_they_need_is_ready() -> None:
    for process in PROCESSES:
        waits = compose()["services"][process]["depends_on"]

        assert waits["rabbitmq"]["condition"] == "service_healthy"
        assert waits["mongo-init"]["condition"] == "service_completed_successfully"


def test_a_secret_is_given_only_to_whom_it_belongs() -> None:
    held = {name: set(row.get("secrets", ())) for name, row in compose()["services"].items() if row.get("secrets")}

    assert held == {
        "rabbitmq": {"broker_definitions"},
        "mongo": {"mongo_key"},
        "tips": {"tips_seal_key", "tips_vault_keys"},
        "inspections": {"inspections_seal_key"},
        "cases": {"cases_signing_key", "cases_seal_key", "cases_persons_keys"},
        "reporting": {"reporting_signing_key"},
        "notifications": {"outside_addresses", "notifications_hooks_key"},
        "relay": {"audit_signing_key"},
        "gateway": {
            *("tips_seal_public_key", "cases_seal_public_key", "gateway_receipt_key", "gateway_token_key"),
            *("inspections_seal_public_key", "gateway_signing_key", "gateway_clients", "gateway_people"),
        },
    }
    assert set().union(*held.values()) == set(compose()["secrets"])


def test_the_image_is_built_without_root_and_from_hashed_packages() -> None:
    assert "--require-hashes" in DOCKERFILE
    assert re.search(r"^USER 10001:10001$", DOCKERFILE, flags=re.MULTILINE)
    assert all(
        (CHECKOUT / source).exists() for source in re.findall(r"^COPY ([^-]\S+) ", DOCKERFILE, flags=re.MULTILINE)
    )


def test_preparing_makes_every_secret_once(tmp_path: Path) -> None:
    folder, environment = tmp_path / "secrets", tmp_path / ".env"
    prepare(folder, environment)
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in {".key", ".pub"}}
    passwords = read_environment(environment)
    prepare(folder, environment)

    files = {row["file"].rpartition("/")[2] for row in compose()["secrets"].values()}
    assert files <= {path.name for path in folder.iterdir()}
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.name in before} == before
    assert read_environment(environment) == passwords
    assert set(password_names()) <= set(passwords)
    assert folder.stat().st_mode & 0o077 == 0
    assert environment.stat().st_mode & 0o077 == 0


def test_a_container_whose_process_does_not_answer_is_not_healthy() -> None:
    assert is_ready("1") is False


IMPORTED = {
    **{name: f"lianxi.greenroom.runner, services.{name}.service" for name in SERVICES},
    "relay": "lianxi.bus.relay",
    "gateway": "gateway.app",
}


def copied_into(process: str) -> set[str]:
    """Follow a target's stages back and list what they copy from the checkout."""
    stages = {}
    for stage in re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[1:]:
        below, _, name = stage.splitlines()[0].partition(" AS ")
        stages[name] = (below, set(re.findall(r"^COPY ([^-]\S+) ", stage, flags=re.MULTILINE)))
    found = set()
    while process in stages:
        process, copied = stages[process]
        found |= copied
    return found


@pytest.mark.parametrize("process", PROCESSES)
def test_an_image_holds_all_that_its_process_imports(process: str, tmp_path: Path) -> None:
    for source in copied_into(process):
        target = tmp_path / source
        target.parent.mkdir(parents=True, exist_ok=True)
        if (CHECKOUT / source).is_dir():
            shutil.copytree(CHECKOUT / source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(CHECKOUT / source, target)
    command = [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, '.'); import {IMPORTED[process]}"]
    environment = {"PATH": os.environ["PATH"], "EVENTLET_NO_GREENDNS": "yes"}

    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stderr
    assert (tmp_path / "deploy" / "policy").is_dir()

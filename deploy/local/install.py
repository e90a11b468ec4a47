"""Finds RabbitMQ on this machine, or fetches Debian's: root installs it, anybody else unpacks it into the checkout."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.local import commands, ports
from deploy.local.places import CHECKOUT, plain_path
from deploy.local.progress import Progress
from deploy.local.trouble import TownError

PACKAGE: Final = "rabbitmq-server"
DEFAULT_AMQP_PORT: Final = 5672
DEFAULT_NAMES_PORT: Final = 4369
CACHE: Final = CHECKOUT / ".cache" / "broker"
LOCK_SECONDS: Final = 180
REMEDY: Final = (
    "Type `apt-get update && apt-get install --no-install-recommends rabbitmq-server` as root, "
    "or set LIANXI_AMQP_URL to a broker you have, or use `docker compose up`."
)
SYSTEM_SCRIPTS: Final = (
    "usr/lib/rabbitmq/bin/rabbitmq-server",
    "usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server",
    "opt/rabbitmq/sbin/rabbitmq-server",
)


@dataclass(frozen=True)
class BrokerProgram:
    """Where RabbitMQ's start script and Erlang's name server lie; `unpacked` is the root of an uninstalled copy."""

    server: Path
    epmd: Path
    unpacked: Path | None = None

    @property
    def version(self) -> str:
        """RabbitMQ's version as its folder tells it; empty when it does not."""
        found = re.search(r"rabbitmq_server-([0-9.]+)", str(self.server.resolve()))
        return found.group(1) if found else ""

    def environment(self) -> dict[str, str]:
        """What an unpacked copy needs to find its own programs and libraries."""
        if self.unpacked is None:
            return {}
        libraries = [folder for folder in (self.unpacked / "usr/lib").glob("*-linux-*") if folder.is_dir()]
        folders = [self.unpacked / "usr/lib/erlang/bin", self.unpacked / "usr/bin"]
        return {
            "PATH": os.pathsep.join([*map(str, folders), os.environ.get("PATH", os.defpath)]),
            "LD_LIBRARY_PATH": os.pathsep.join(map(str, [*libraries, self.unpacked / "usr/lib"])),
        }


def find() -> BrokerProgram | None:
    """RabbitMQ as installed on the machine, else the copy unpacked in this checkout, else None."""
    epmd = shutil.which("epmd") or shutil.which("epmd", path="/usr/lib/erlang/bin:/usr/local/lib/erlang/bin")
    for pattern in SYSTEM_SCRIPTS:
        for server in sorted(Path("/").glob(pattern), reverse=True):
            if epmd is not None:
                return BrokerProgram(server, Path(epmd))
    return find_unpacked(plain_path(CACHE) / "root")


def find_unpacked(root: Path) -> BrokerProgram | None:
    """RabbitMQ as unpacked below a folder; None when it is not complete."""
    for server in sorted(root.glob("usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server"), reverse=True):
        for epmd in sorted(root.glob("usr/lib/erlang/erts-*/bin/epmd"), reverse=True):
            return BrokerProgram(server, epmd, root)
    return None


def ensure(log: Path, progress: Progress, environment: dict[str, str]) -> BrokerProgram:
    """RabbitMQ, fetched first if this machine has none.

    Raises:
        TownError: when it is missing and cannot be fetched.
    """
    found = find()
    if found is not None:
        return found
    if shutil.which("apt-get") is None:
        raise TownError("RabbitMQ is missing and this machine has no apt-get.", REMEDY)
    if os.geteuid() == 0:
        may_ask = sys.stdin.isatty() and not (environment.get("YES") or environment.get("CI"))
        if may_ask and not progress.ask("ask_install"):
            raise TownError("RabbitMQ is missing.", REMEDY)
        install_as_root(log, progress)
    else:
        CACHE.mkdir(parents=True, exist_ok=True)
        unpack(plain_path(CACHE), log, progress.beat)
    found = find()
    if found is None:
        raise TownError("RabbitMQ could not be fetched.", REMEDY, log)
    return found


def apt_install(packages: list[str], log: Path, beat: Callable[[], None]) -> bool:
    """Install Debian packages as root; lists are read anew only when the first try fails. Say whether it worked."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    options = ["-q", "-y", "-o", f"DPkg::Lock::Timeout={LOCK_SECONDS}"]
    install = ["apt-get", *options, "install", "--no-install-recommends", *packages]
    if commands.run_logged(install, log, beat=beat, environment=environment) == 0:
        return True
    commands.run_logged(["apt-get", *options, "update"], log, beat=beat, environment=environment)
    return commands.run_logged(install, log, beat=beat, environment=environment) == 0


def install_as_root(log: Path, progress: Progress) -> None:
    """Install Debian's RabbitMQ and end the node that the package may have started by itself.

    Raises:
        TownError: when apt cannot install it.
    """
    had_broker, had_names = ports.answers(DEFAULT_AMQP_PORT), ports.answers(DEFAULT_NAMES_PORT)
    if not apt_install([PACKAGE], log, progress.beat):
        raise TownError("apt-get could not install rabbitmq-server.", REMEDY, log)
    if not had_broker:
        stop_package_node(log, progress, had_names=had_names)


def stop_package_node(log: Path, progress: Progress, *, had_names: bool) -> None:
    """End the node and name server that came up with the package: nobody asked for them, and they serve any network."""
    if Path("/run/systemd/system").is_dir():
        commands.run_logged(["systemctl", "disable", "--now", PACKAGE], log, beat=progress.beat)
        progress.say("package_node")
    elif ports.answers(DEFAULT_AMQP_PORT) or (ports.answers(DEFAULT_NAMES_PORT) and not had_names):
        commands.run_logged(["service", PACKAGE, "stop"], log, beat=progress.beat)
        if not had_names:
            commands.run_logged(["epmd", "-kill"], log, beat=progress.beat)
        progress.say("package_node")


def unpack(cache: Path, log: Path, beat: Callable[[], None]) -> None:
    """Fetch Debian's RabbitMQ with what it needs and unpack it, as any user and without changing the machine.

    Raises:
        TownError: when a step fails.
    """
    archives, root = cache / "archives", cache / "unfinished"
    shutil.rmtree(root, ignore_errors=True)
    for folder in (cache / "lists" / "partial", cache / "apt" / "archives" / "partial", archives, root):
        folder.mkdir(parents=True, exist_ok=True)
    apt = [
        "apt-get",
        *("-o", f"Dir::State::Lists={cache / 'lists'}"),
        *("-o", f"Dir::Cache={cache / 'apt'}"),
        *("-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=", "-q"),
    ]
    # Some of the machine's other sources may be out of reach; what counts is whether the packages can be had.
    commands.run_logged([*apt, "update"], log, beat=beat)
    plan = commands.output_of([*apt, "install", "-s", "--no-install-recommends", PACKAGE])
    names = re.findall(r"^Inst (\S+)", plan, flags=re.MULTILINE)
    if not names or commands.run_logged([*apt, "download", *names], log, beat=beat, folder=archives) != 0:
        raise TownError("Debian's RabbitMQ could not be downloaded.", REMEDY, log)
    for archive in sorted(archives.glob("*.deb")):
        if commands.run_logged(["dpkg", "-x", str(archive), str(root)], log, beat=beat) != 0:
            raise TownError(f"{archive.name} could not be unpacked.", REMEDY, log)
    finished = cache / "root"
    point_erlang_at(root / "usr/lib/erlang", finished / "usr/lib/erlang")
    shutil.rmtree(finished, ignore_errors=True)
    root.rename(finished)  # only now is it found: a fetch that was cut off starts anew
    for folder in (cache / "lists", cache / "apt", archives):
        shutil.rmtree(folder)


def point_erlang_at(unpacked: Path, home: Path) -> None:
    """Debian writes Erlang's home into its start script; an unpacked copy must name where it will lie."""
    for script in [unpacked / "bin" / "erl", *unpacked.glob("erts-*/bin/erl")]:
        text = script.read_text(encoding="utf-8")
        script.write_text(re.sub(r"ROOTDIR=/usr/lib/erlang\b", lambda _: f"ROOTDIR={shlex.quote(str(home))}", text))

"""Where a town keeps its files: one folder, `.lianxi/` in the checkout or a temporary one in a test."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from deploy.local.trouble import TownError

PLAIN: Final = re.compile(r"[A-Za-z0-9/._+-]+")
CHECKOUT: Final = Path(__file__).resolve().parents[2]
PRIVATE_FILE: Final = 0o600
PRIVATE_FOLDER: Final = 0o700


@dataclass(frozen=True)
class Places:
    """Names every file and folder of one town below its root."""

    root: Path

    @property
    def run(self) -> Path:
        """Process numbers and the lock of the running town."""
        return self.root / "run"

    @property
    def log(self) -> Path:
        """One log per process."""
        return self.root / "log"

    @property
    def broker(self) -> Path:
        """All files of the private message broker."""
        return self.root / "broker"

    @property
    def database(self) -> Path:
        """All files of the private database."""
        return self.root / "database"

    @property
    def keys(self) -> Path:
        """Seals, signing keys and the gateway's list of clients."""
        return self.root / "keys"

    @property
    def audit_heads(self) -> Path:
        """Signed heads of the audit chains, one in a line; a real town keeps this file on another machine."""
        return self.root / "audit-heads.ndjson"

    @property
    def spool(self) -> Path:
        """Public tips that wait, sealed, for a broker that is away."""
        return self.root / "spool"

    @property
    def attachments(self) -> Path:
        """Pictures with tips, encrypted, each under a key of its own."""
        return self.root / "attachments"

    @property
    def outside_addresses(self) -> Path:
        """Where receivers outside are reached; on a machine for trying out, in a file."""
        return self.root / "outside-addresses.json"

    @property
    def outside_mailbox(self) -> Path:
        """Every message that would have gone out, one in a line."""
        return self.root / "outside-mailbox.ndjson"

    @property
    def policy_versions(self) -> Path:
        """Published versions of the programme's policy."""
        return self.root / "policy"

    @property
    def credentials_file(self) -> Path:
        """The agencies' secrets for this machine's town."""
        return self.root / "credentials.json"

    @property
    def town_file(self) -> Path:
        """Addresses of the running town, read by the command line and the story."""
        return self.root / "town.json"

    @property
    def lock_file(self) -> Path:
        """Held by the supervisor for as long as the town runs."""
        return self.run / "town.lock"

    @property
    def children_file(self) -> Path:
        """Process number and start time of each process, so that `make stop` never hits a stranger."""
        return self.run / "children.json"

    def make(self) -> None:
        """Create the folders that every town needs, closed to other users of the machine."""
        own = (self.run, self.log, self.broker, self.database, self.keys, self.spool, self.attachments)
        for folder in (self.root, *own):
            folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)


def of_checkout() -> Places:
    """The town of this checkout."""
    return Places(CHECKOUT / ".lianxi")


def plain_path(folder: Path) -> Path:
    """The folder under a name in plain letters: the folder itself, or a link to it in a private temporary folder.

    Measured on RabbitMQ 3.10: under a path with Chinese signs a node cannot read its quorum queues a second time, and
    from a path with spaces its start script does not find its own parts.

    Raises:
        TownError: when somebody else holds the private folder's name.
    """
    if PLAIN.fullmatch(str(folder)):
        return folder
    private = Path(tempfile.gettempdir()) / f"lianxi-{os.getuid()}"
    private.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    holder = private.lstat()
    if private.is_symlink() or holder.st_uid != os.getuid() or holder.st_mode & 0o077:
        raise TownError(f"{private} belongs to somebody else.", "Remove it, or move to a path in plain letters.")
    link = private / hashlib.sha256(str(folder).encode("utf-8")).hexdigest()[:16]
    link.unlink(missing_ok=True)
    link.symlink_to(folder, target_is_directory=True)
    return link


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, readable by its owner only: a reader sees the old text or the new one, never half."""
    path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), PRIVATE_FILE)
        file.write(text)
    Path(name).replace(path)


def write_private_json(path: Path, value: Any) -> None:
    """Replace a JSON file in one step, readable by its owner only."""
    write_private(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file, or None when it is not there."""
    if not path.exists():
        return None
    return json.loads(path.read_text(encoding="utf-8"))

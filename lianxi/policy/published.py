"""Published versions of a policy on disk: written once, never changed, and checked whenever one is read.

::

    <folder>/<programme>/current          the number of the version in force, replaced in one step
    <folder>/<programme>/v<N>/            a policy folder like the shipped one, in canonical form
    <folder>/<programme>/v<N>/manifest.json
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from lianxi.kernel.errors import PolicyBroken, RuleBroken
from lianxi.policy.export import as_pages
from lianxi.policy.load import load_policy, read_policy
from lianxi.policy.policy import Policy
from lianxi.policy.structure import structural_findings

SHIPPED_VERSION = 1
SHIPPED_BY = "lianxi"
MANIFEST = "manifest.json"
CURRENT = "current"
LOCK = ".lock"
READ_ONLY = 0o444
OPEN_FOLDER = 0o755


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What is said of a published version: who put it in force, when and why, and the digest of its files."""

    version: int
    sha256: str
    previous: int | None
    published_at: datetime
    published_by: str
    note: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where the versions of a programme stand. Until one is published, the shipped files are version 1.

    Args:
        shipped: the folder of the shipped files.
        folder: the folder of published versions; without one there is only what is shipped.
        programme: which programme.
        shift_days: by how many days programmes are rolled when they are read.
    """

    shipped: Path
    folder: Path | None
    programme: str
    shift_days: int = 0

    def current(self) -> int:
        """Say which version is in force; asked often, so it reads one small file.

        Clause: none (criterion 7.3).
        Raises:
            PolicyBroken: policy.current_unreadable.
        """
        if self.folder is None:
            return SHIPPED_VERSION
        try:
            written = (self._home(self.folder) / CURRENT).read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return SHIPPED_VERSION
        except (OSError, UnicodeDecodeError) as wrong:
            raise PolicyBroken("policy.current_unreadable", why=type(wrong).__name__) from wrong
        if not written.isdecimal() or int(written) < SHIPPED_VERSION:
            raise PolicyBroken("policy.current_unreadable", found=written[:20])
        return int(written)

    def files_of(self, version: int) -> Path:
        """Say in which policy folder the files of a version lie.

        Clause: none (criterion 7.3).
        Raises:
            PolicyBroken: policy.version_missing.
        """
        if self.folder is not None:
            home = self._home(self.folder)
            if (home / f"v{version}").is_dir():
                return home / f"v{version}"
            if (home / CURRENT).exists():
                raise PolicyBroken("policy.version_missing", version=version)
        if version != SHIPPED_VERSION:
            raise PolicyBroken("policy.version_missing", version=version)
        return self.shipped

    def read(self, version: int) -> Policy:
        """Read a version, if it is what was published.

        Clause: none (criterion 7.3).
        Raises:
            PolicyBroken: policy.version_missing, policy.version_tampered, policy.manifest_unreadable, or as
                `load_policy`.
        """
        files = self.files_of(version)
        if files != self.shipped:
            _check(files, version)
        return replace(load_policy(files, self.programme, shift_days=self.shift_days), version=version)

    def manifests(self) -> tuple[Manifest, ...]:
        """List what has been published, oldest first.

        Clause: none (criterion 7.3).
        Raises:
            PolicyBroken: policy.manifest_unreadable.
        """
        if self.folder is None:
            return ()
        return tuple(read_manifest(self._home(self.folder) / f"v{number}") for number in self._numbers(self.folder))

    def publish(self, draft: Policy, *, by: str, note: str, now: datetime) -> Manifest:
        """Put a draft in force as the next version; what is there already is never written to.

        The first time, the shipped files are kept as version 1 too: a later release does not change what that was.

        Clause: none (criterion 7.3).
        Raises:
            PolicyBroken: policy.unsound, policy.no_versions_folder.
            RuleBroken: policy.unchanged when the draft says what is in force already.
        """
        if self.folder is None:
            raise PolicyBroken("policy.no_versions_folder")
        findings = structural_findings(draft)
        if findings:
            raise PolicyBroken("policy.unsound", findings=[found.message_en for found in findings])
        home = self._home(self.folder)
        home.mkdir(parents=True, exist_ok=True)
        with _locked(home):
            if not self._numbers(self.folder):
                shipped = read_policy(self.shipped, self.programme)
                pages = as_pages(shipped, self.programme)
                _put(home, pages, SHIPPED_VERSION, None, now, by=SHIPPED_BY, note="as shipped")
                _point(home, SHIPPED_VERSION)
            previous = self.current()
            pages = as_pages(draft, self.programme)
            if digest_of(pages) == read_manifest(home / f"v{previous}").sha256:
                raise RuleBroken("policy.unchanged", version=previous)
            version = self._numbers(self.folder)[-1] + 1
            manifest = _put(home, pages, version, previous, now, by=by, note=note)
            _point(home, version)
        return manifest

    def _home(self, folder: Path) -> Path:
        return folder / self.programme

    def _numbers(self, folder: Path) -> list[int]:
        names = (path.name[1:] for path in self._home(folder).glob("v[0-9]*") if path.is_dir())
        return sorted(int(name) for name in names if name.isdecimal())


def digest_of(pages: Mapping[str, str]) -> str:
    """Work out the digest of a version's files, names included.

    Clause: none.
    """
    return _digest({name: page.encode() for name, page in pages.items()})


def read_manifest(version: Path) -> Manifest:
    """Read what is said of a version.

    Clause: none.
    Raises:
        PolicyBroken: policy.manifest_unreadable.
    """
    try:
        row = json.loads((version / MANIFEST).read_text(encoding="utf-8"))
        return Manifest(
            version=int(row["version"]),
            sha256=str(row["sha256"]),
            previous=None if row["previous"] is None else int(row["previous"]),
            published_at=datetime.fromisoformat(row["published_at"]),
            published_by=str(row["published_by"]),
            note=str(row["note"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        raise PolicyBroken("policy.manifest_unreadable", version=version.name, why=type(wrong).__name__) from wrong


def _check(files: Path, version: int) -> None:
    manifest = read_manifest(files)
    found = {
        path.relative_to(files).as_posix(): path.read_bytes()
        for path in files.rglob("*")
        if path.is_file() and path != files / MANIFEST
    }
    if manifest.version != version or _digest(found) != manifest.sha256:
        raise PolicyBroken("policy.version_tampered", version=version)


def _digest(pages: Mapping[str, bytes]) -> str:
    whole = hashlib.sha256()
    for name in sorted(pages):
        # Lengths stand before names and pages, so that no two different folders read the same.
        for part in (name.encode(), pages[name]):
            whole.update(f"{len(part)}:".encode())
            whole.update(part)
    return whole.hexdigest()


def _put(
    home: Path, pages: Mapping[str, str], version: int, previous: int | None, now: datetime, *, by: str, note: str
) -> Manifest:
    """Write a version aside and move it to its place in one step: nobody ever sees half of one."""
    manifest = Manifest(
        version=version, sha256=digest_of(pages), previous=previous, published_at=now, published_by=by, note=note
    )
    said = json.dumps(asdict(manifest), ensure_ascii=False, indent=2, default=datetime.isoformat) + "\n"
    with tempfile.TemporaryDirectory(dir=home, prefix=f".v{version}-") as aside:
        made = Path(aside) / "version"
        for name, page in {**pages, MANIFEST: said}.items():
            _write(made / name, page)
        for folder in (made, *(path for path in made.rglob("*") if path.is_dir())):
            folder.chmod(OPEN_FOLDER)
            _settle(folder)
        made.rename(home / f"v{version}")
        _settle(home)
    return manifest


def _write(path: Path, page: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        file.write(page)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(READ_ONLY)


def _point(home: Path, version: int) -> None:
    with tempfile.TemporaryDirectory(dir=home, prefix=f".{CURRENT}-") as aside:
        _write(Path(aside) / CURRENT, f"{version}\n")
        (Path(aside) / CURRENT).replace(home / CURRENT)
        _settle(home)


def _settle(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    with (home / LOCK).open("a", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield

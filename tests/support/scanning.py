"""Searches everything that a town keeps: its files as bytes, and its databases and parked letters as documents."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bson import json_util
from pymongo import MongoClient

from tests.support.sniffing import Tap
from tests.support.town import RunningTown

_FULL_WIDTH = [(chr(0xFF10 + digit), str(digit)) for digit in range(10)]
_RUN = re.compile(rb"\d(?:[ \t\-_.]?\d){15,}")
_DIGEST = re.compile(rb"(?<![0-9a-f])(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})(?![0-9a-f])")
DIGITS = 16


def everything(town: RunningTown, tap: Tap | None = None) -> Iterator[tuple[str, bytes]]:
    """Whatever is kept, with where: each file, each document, and each letter that crossed the bus while tapped."""
    for path in town.places.root.rglob("*"):
        try:
            if path.is_file():
                yield str(path.relative_to(town.places.root)), path.read_bytes()
        except OSError:
            continue  # a journal or a socket that went while it was looked at
    yield from documents(town)
    for letter in () if tap is None else tap.letters:
        yield f"letter {letter.key}", letter.everything().encode()


def documents(town: RunningTown) -> Iterator[tuple[str, bytes]]:
    """Each document of each database: files may hold them compressed."""
    with MongoClient[dict[str, Any]](town.mongo_url, tz_aware=True) as client:
        for name in client.list_database_names():
            for collection in client[name].list_collection_names():
                for row in client[name][collection].find():
                    yield f"{name}.{collection}", json_util.dumps(row, ensure_ascii=False).encode()


def spread(content: bytes) -> bytes:
    """The same bytes with every digit, however written, as a plain one."""
    for wide, plain in _FULL_WIDTH:
        content = content.replace(wide.encode(), plain.encode())
        content = content.replace(f"\\u{ord(wide):04x}".encode(), plain.encode())
    return content


def codes_in(content: bytes, codes: frozenset[str]) -> set[str]:
    """Which of some receipt codes are written anywhere, with or without separators, also within longer numbers."""
    found: set[str] = set()
    for run in _RUN.findall(spread(content)):
        digits = re.sub(rb"\D", b"", run).decode()
        found |= {digits[at : at + DIGITS] for at in range(len(digits) - DIGITS + 1)} & codes
    return found


def bare_digests(codes: Iterable[str]) -> frozenset[bytes]:
    """What somebody without our key could make of codes: they are few enough to be tried one by one."""
    kinds = (hashlib.md5, hashlib.sha1, hashlib.sha256)
    return frozenset(kind(code.encode()).hexdigest().encode() for code in codes for kind in kinds)


def digests_in(content: bytes, digests: frozenset[bytes]) -> frozenset[bytes]:
    """Which of some digests are written anywhere."""
    return frozenset(_DIGEST.findall(content)) & digests


def ways_to_write(address: str) -> Sequence[bytes]:
    """An address as text, as a number, in hexadecimal, within IPv6, and digested without a key."""
    parts = [int(each) for each in address.split(".")]
    packed = bytes(parts)
    number = str(int.from_bytes(packed))
    mapped = f"::ffff:{packed[:2].hex()}:{int.from_bytes(packed[2:]):x}"
    digests = bare_digests([address])
    return [each.encode() for each in (address, "-".join(map(str, parts)), number, packed.hex(), mapped)] + [*digests]

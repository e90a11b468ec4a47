"""A quota keeps no rescue out: whoever has used theirs up may still hand in what goes on the fast lane.

Clause: none; criterion 17.3. The body is looked at only then, and only where tips are handed in. What it says is taken
at its word: whoever cheats is counted by a bucket of its own.
"""

from __future__ import annotations

import asyncio
import re
from typing import Final

from starlette.types import Message, Receive, Scope

from lianxi.contracts.alarms import Mark

HANDED_IN_AT: Final = frozenset({"/v1/tips", "/v1/public/tips", "/report", "/report/check", "/report/receipt"})
LONGEST: Final = 128 * 1024
SECONDS: Final = 10.0
_MARKS: Final = b"|".join(each.value.encode() for each in Mark)
_SAYS_SO: Final = re.compile(rb'"category"\s*:\s*"(?:%b)"|(?:^|&)(?:danger|category)=(?:%b)(?:&|$)' % (_MARKS, _MARKS))


def may_be_rescue(scope: Scope) -> bool:
    """Say whether it is worth looking at the body."""
    return scope.get("method") == "POST" and scope.get("path") in HANDED_IN_AT


async def look(receive: Receive) -> tuple[bool, Receive]:
    """Say whether a body is a rescue's, and hand out how it is received again; one that is long or slow is none."""
    body = bytearray()
    try:
        async with asyncio.timeout(SECONDS):
            while len(body) <= LONGEST:
                message = await receive()
                body += message.get("body", b"")
                if message["type"] != "http.request" or not message.get("more_body"):
                    says_so = len(body) <= LONGEST and _SAYS_SO.search(bytes(body)) is not None
                    return says_so, _again(bytes(body), receive)
    except TimeoutError:
        pass
    return False, receive


def _again(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again

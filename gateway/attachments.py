"""Pictures on their way to a tip: drawn anew, encrypted, on the disk, and named by a token until a tip names them.

Clause: none; criterion 2.7, domain 5.7. The token is all there is: it holds the picture's key, locked under the outside
key, and nothing else anywhere does until a tip's seal holds it too. A picture that no tip names is noise on a disk, and
swept.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import json
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.outside_key import NONCE_BYTES, OutsideKey
from gateway.pictures import drawn_anew
from gateway.refusals import NoSuchThing, Turned, Unusable
from gateway.settings import GatewaySettings
from lianxi.contracts.attachments import AttachedPicture
from lianxi.contracts.sealing import PICTURE, Sealer
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import Broken, Refused, TooBusy, Unavailable
from lianxi.kernel.ids import random_id
from lianxi.runtime import locked_files, metrics
from lianxi.runtime.logs import get_log
from lianxi.runtime.sealed_files import SealedFiles

log = get_log()
T = TypeVar("T")
KEY_BYTES: Final = 32
SWEEP_SECONDS: Final = 60
_TOKEN: Final = "attachment"  # noqa: S105
_WHOLE: Final = "evidence"
_CLAIM_LETTERS: Final = 16


@dataclass(frozen=True, slots=True)
class Seal:
    """To whom a picture's key is sealed, and for what."""

    sealer: Sealer
    purpose: bytes = PICTURE


class AttachmentsFull(Unavailable):
    """No more pictures can be kept just now."""

    retry_after_seconds = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """What a token holds: which file, its key, and what it was when it came in."""

    file: str
    key: str
    sha256: str
    media_type: str
    size: int


class Attachments:
    """The folder of pictures, a few threads that draw, and the task that sweeps."""

    def __init__(self, key: OutsideKey, sealer: Sealer, settings: GatewaySettings, clock: Clock) -> None:
        self._key = key
        self._seal = Seal(sealer)
        self._clock = clock
        self._files = SealedFiles(settings.gateway_attachments_dir)
        self._wait = timedelta(seconds=settings.gateway_attachment_seconds)
        self._most_bytes = settings.gateway_attachments_waiting_bytes
        self._threads = ThreadPoolExecutor(settings.gateway_picture_threads, thread_name_prefix="pictures")
        self._room = settings.gateway_picture_threads + settings.gateway_pictures_waiting
        self._inside = 0
        self._waiting_bytes = 0
        self._sweeping: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """See that the folder is there, and begin to sweep."""
        with suppress(OSError):
            await asyncio.to_thread(self._files.open)
        self._sweeping = asyncio.create_task(self._sweep())

    async def close(self) -> None:
        """Stop sweeping, and let the threads go."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            with suppress(asyncio.CancelledError):
                await self._sweeping
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def take(self, raw: bytes) -> tuple[str, Slip]:
        """Draw a picture anew and keep it until a tip names it; answers its token. It is on the disk when this is back.

        Raises:
            Unusable: picture.heic_not_taken, picture.not_one, picture.too_many_pixels, picture.broken.
            TooBusy: pictures.busy.
            Unavailable: attachments.full, attachments.unwritable.
        """
        return await self._taken(lambda: self._draw_and_put(raw), _TOKEN)

    async def take_whole(self, raw: bytes, media_type: str) -> tuple[str, Slip]:
        """Keep a file of evidence as it came until a case names it; answers its token.

        Raises:
            TooBusy: pictures.busy.
            Unavailable: attachments.full, attachments.unwritable.
        """
        return await self._taken(lambda: self._lock_and_put(raw, media_type), _WHOLE)

    async def _taken(self, work: Callable[[], Slip], kind: str) -> tuple[str, Slip]:
        if self._waiting_bytes >= self._most_bytes:
            raise AttachmentsFull("attachments.full")
        slip = await self._in_turn(work)
        self._waiting_bytes += slip.size
        plain = json.dumps(asdict(slip)).encode()
        locked = self._key.lock(kind, secrets.token_bytes(NONCE_BYTES), plain)
        return base64.urlsafe_b64encode(locked).decode().rstrip("="), slip

    async def claim_whole(self, token: str, seal: Seal, *what: str, **told: Any) -> AttachedPicture:
        """Keep a file of evidence for the case that names it, with what is told of it under the same seal.

        Raises:
            Unusable: attachment.unknown.
            Unavailable: attachments.unwritable.
        """
        return await self._claimed(self._read_token(token, _WHOLE), self._claim(what), seal, told)

    async def read_whole(self, kept: str, key: str, sha256: str) -> bytes:
        """Decrypt a file of evidence.

        Raises:
            NoSuchThing: attachment.gone.
            Broken: attachment.altered.
        """
        locked = await self._in_turn(lambda: self._files.read(kept))
        if locked is None:
            raise NoSuchThing("attachment.gone")
        content = await self._in_turn(lambda: locked_files.unlock(locked, key))
        if content is None or hashlib.sha256(content).hexdigest() != sha256:
            raise Broken("attachment.altered")
        return content

    async def claim(self, tokens: Sequence[str], *what: str) -> tuple[AttachedPicture, ...]:
        """Keep pictures for what names them, a tip or a message; the same for the same, however often it is asked.

        Raises:
            Unusable: attachment.unknown.
            Unavailable: attachments.unwritable.
        """
        slips = [self._read_token(token) for token in dict.fromkeys(tokens)]
        return tuple([await self._claimed(slip, self._claim(what), self._seal) for slip in slips])

    async def keep(self, raw: bytes, seal: Seal, *what: str, **told: Any) -> tuple[AttachedPicture, str]:
        """Draw a picture anew and keep it for what is about to name it, with what is told of it under the same seal.

        Answers the picture, and the SHA-256 of what is kept.

        Raises:
            Unusable: picture.heic_not_taken, picture.not_one, picture.too_many_pixels, picture.broken.
            TooBusy: pictures.busy.
            Unavailable: attachments.full, attachments.unwritable.
        """
        if self._waiting_bytes >= self._most_bytes:
            raise AttachmentsFull("attachments.full")
        slip = await self._in_turn(lambda: self._draw_and_put(raw))
        return await self._claimed(slip, self._claim(what), seal, told), slip.sha256

    async def let_go(self, pictures: Sequence[AttachedPicture]) -> None:
        """Take back that pictures are kept; what nothing else names is swept."""
        await asyncio.to_thread(self._files.let_go, [each.file for each in pictures])

    def _claim(self, what: Sequence[str]) -> str:
        return self._key.derive("attachment-claim", *what).hex()[:_CLAIM_LETTERS]

    def digests(self, tokens: Sequence[str]) -> list[str]:
        """Name the pictures of tokens by the SHA-256 of what was kept.

        Raises:
            Unusable: attachment.unknown.
        """
        return [self._read_token(token).sha256 for token in dict.fromkeys(tokens)]

    @asynccontextmanager
    async def claimed(self, tokens: Sequence[str], *what: str) -> AsyncIterator[tuple[AttachedPicture, ...]]:
        """Keep pictures for what is about to name them, and let them go when it is refused.

        When nobody knows what became of it they stay: it may have been done.

        Raises:
            Unusable: attachment.unknown.
            Unavailable: attachments.unwritable.
        """
        pictures = await self.claim(tokens, *what)
        try:
            yield pictures
        except (Refused, Turned):
            await self.let_go(pictures)
            raise

    async def read(self, kept: str, key: str, sha256: str) -> bytes:
        """Decrypt a picture that was kept.

        Raises:
            NoSuchThing: attachment.gone.
            Broken: attachment.altered.
        """
        content = await self._in_turn(lambda: self._decrypted(kept, bytes.fromhex(key)))
        if content is None:
            raise NoSuchThing("attachment.gone")
        if hashlib.sha256(content).hexdigest() != sha256:
            raise Broken("attachment.altered")
        return content

    def _draw_and_put(self, raw: bytes) -> Slip:
        picture = drawn_anew(raw)
        file, key, nonce = random_id("picture"), secrets.token_bytes(KEY_BYTES), secrets.token_bytes(NONCE_BYTES)
        locked = nonce + AESGCM(key).encrypt(nonce, picture.content, file.encode())
        try:
            self._files.put(file, locked, self._clock.now())
        except OSError as error:
            raise _unwritable(error) from None
        return Slip(
            file=file,
            key=key.hex(),
            sha256=hashlib.sha256(picture.content).hexdigest(),
            media_type=picture.media_type,
            size=len(picture.content),
        )

    def _lock_and_put(self, raw: bytes, media_type: str) -> Slip:
        locked = locked_files.lock(raw)
        try:
            self._files.put(locked.name, locked.body, self._clock.now())
        except OSError as error:
            raise _unwritable(error) from None
        return Slip(
            file=locked.name,
            key=locked.key,
            sha256=hashlib.sha256(raw).hexdigest(),
            media_type=media_type,
            size=len(raw),
        )

    def _decrypted(self, kept: str, key: bytes) -> bytes | None:
        locked = self._files.read(kept)
        if locked is None:
            return None
        try:
            file = kept.partition(".")[0].encode()
            return AESGCM(key).decrypt(locked[:NONCE_BYTES], locked[NONCE_BYTES:], file)
        except InvalidTag:
            raise Broken("attachment.altered") from None

    def _read_token(self, token: str, kind: str = _TOKEN) -> Slip:
        try:
            locked = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
            return Slip(**json.loads(self._key.unlock(kind, locked)))
        except (Broken, binascii.Error, ValueError):
            raise Unusable("attachment.unknown") from None

    async def _claimed(
        self, slip: Slip, claim: str, seal: Seal, told: Mapping[str, Any] | None = None
    ) -> AttachedPicture:
        try:
            kept = await asyncio.to_thread(self._files.keep, slip.file, claim)
        except OSError as error:
            raise _unwritable(error) from None
        if kept is None:
            raise Unusable("attachment.unknown")
        sealed = seal.sealer.seal({"key": slip.key, "sha256": slip.sha256, **(told or {})}, seal.purpose)
        return AttachedPicture(file=kept, media_type=slip.media_type, size=slip.size, sealed=sealed)

    async def _in_turn(self, work: Callable[[], T]) -> T:
        if self._inside >= self._room:
            raise TooBusy("pictures.busy")
        self._inside += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._inside -= 1

    async def _sweep(self) -> None:
        while True:
            # Times on the disk tell the hour only, so that what waits may wait up to an hour longer.
            before = self._clock.now() - self._wait - timedelta(hours=1)
            try:
                # A disk that was not there at the start may be by now.
                await asyncio.to_thread(self._files.open)
                self._waiting_bytes = await asyncio.to_thread(self._files.sweep, before)
            except OSError as error:
                log.warning("attachments_unreadable", reason=error.strerror)
            metrics.attachments_waiting_bytes.set(self._waiting_bytes)
            await asyncio.sleep(SWEEP_SECONDS)


def _unwritable(error: OSError) -> Unavailable:
    log.warning("attachments_unwritable", reason=error.strerror)
    return Unavailable("attachments.unwritable")

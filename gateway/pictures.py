"""Pictures as they may be kept: known by their content and not by their name, drawn anew so that nothing else is left.

Clause: none; criterion 2.7. Pixels are copied into a new picture: no EXIF, no GPS, no colour profile, no comment, no
preview and no second picture survives. This is heavy work and belongs into a pool of the gateway, never into a desk.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from gateway.refusals import Unusable

MOST_PIXELS: Final = 50_000_000
MOST_PIXELS_AT_ONCE: Final = 16_000_000
"""A JPEG is decoded at a fraction of its size, the others only whole."""
LONGEST_EDGE: Final = 5120
LONGEST_DRAWN_EDGE: Final = 2560
"""Making a picture smaller costs thrice what decoding and encoding do: a telephone's photograph stays as large as it
is, and only what is encoded slowly is made small."""
_HALVED_ABOVE: Final = 2560
QUALITY: Final = 82
LARGEST_BYTES: Final = 4 * 1024 * 1024
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_PHOTOS: Final = ("JPEG", "MPO")
"""Telephones put a second picture behind the first one of a JPEG, and the library names that kind differently."""
_HEIC_BRANDS: Final = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture drawn anew."""

    media_type: str
    content: bytes


def drawn_anew(raw: bytes) -> Picture:
    """Draw a picture anew.

    Raises:
        Unusable: picture.heic_not_taken, picture.not_one, picture.too_many_pixels, picture.broken.
    """
    if raw[4:8] == b"ftyp" and raw[8:12] in _HEIC_BRANDS:
        raise Unusable("picture.heic_not_taken")
    try:
        with Image.open(io.BytesIO(raw), formats=_FORMATS) as opened:
            _check_pixels(opened)
            return _written(_clean(opened), "JPEG" if opened.format in _PHOTOS else str(opened.format))
    except UnidentifiedImageError:
        raise Unusable("picture.not_one") from None
    except Image.DecompressionBombError:
        raise Unusable("picture.too_many_pixels", most=MOST_PIXELS) from None
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError):
        raise Unusable("picture.broken") from None


def _check_pixels(opened: Image.Image) -> None:
    most = MOST_PIXELS if opened.format in _PHOTOS else MOST_PIXELS_AT_ONCE
    if opened.width * opened.height > most:
        raise Unusable("picture.too_many_pixels", most=most)


def _clean(opened: Image.Image) -> Image.Image:
    is_photo = opened.format in _PHOTOS
    if is_photo:
        # Twice as fine as this, and it is decoded at half its size, which costs nothing.
        opened.draft("RGB", (_HALVED_ABOVE, _HALVED_ABOVE))
    mode = "RGB" if is_photo or not opened.has_transparency_data else "RGBA"
    plain = opened if opened.mode == mode else opened.convert(mode)
    longest = LONGEST_EDGE if is_photo else LONGEST_DRAWN_EDGE
    plain.thumbnail((longest, longest))
    # The way up is the one thing that such a note may tell: it goes into the pixels.
    ImageOps.exif_transpose(plain, in_place=True)
    # What the library remembers of a picture hangs on the object, so the pixels go into one that remembers nothing.
    clean = Image.new(mode, plain.size)
    clean.paste(plain)
    return clean


def _written(clean: Image.Image, kind: str) -> Picture:
    out = io.BytesIO()
    clean.save(out, kind, quality=QUALITY)
    if kind != "JPEG" and out.tell() > LARGEST_BYTES:
        flat = Image.new("RGB", clean.size, "white")
        flat.paste(clean, mask=clean.getchannel("A") if clean.mode == "RGBA" else None)
        return _written(flat, "JPEG")
    return Picture(f"image/{kind.lower()}", out.getvalue())

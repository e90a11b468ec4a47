"""Pictures as they may be kept: known by their content and not by their name, drawn anew so that nothing else is left.

Clause: none; criterion 2.7. Pixels are copied into a new picture: no EXIF, no GPS, no colour profile, no comment, no
preview survives. This is heavy work and belongs into a pool of the gateway, never into a desk.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from gateway.refusals import Unusable

MOST_PIXELS: Final = 50_000_000
LONGEST_EDGE: Final = 2560
QUALITY: Final = 82
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_HEIC_BRANDS: Final = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"avif")


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
            if opened.width * opened.height > MOST_PIXELS:
                raise Unusable("picture.too_many_pixels", most=MOST_PIXELS)
            return _written(opened)
    except UnidentifiedImageError:
        raise Unusable("picture.not_one") from None
    except Image.DecompressionBombError:
        raise Unusable("picture.too_many_pixels", most=MOST_PIXELS) from None
    except (OSError, SyntaxError, ValueError):
        raise Unusable("picture.broken") from None


def _written(opened: Image.Image) -> Picture:
    kind = opened.format
    is_photo = kind == "JPEG"
    if is_photo:
        opened.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))
    turned = ImageOps.exif_transpose(opened).convert("RGB" if is_photo else "RGBA")
    turned.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
    clean = Image.new(turned.mode, turned.size)
    clean.paste(turned)
    out = io.BytesIO()
    clean.save(out, kind, quality=QUALITY)
    return Picture(f"image/{str(kind).lower()}", out.getvalue())

"""Pictures as telephones make them: with a place, a maker and a name inside."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

SECRET = "lotus-secret"
GPS, MAKER = 0x8825, 0x010F
XMP = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:li>{SECRET}</rdf:li></x:xmpmeta>'.encode()


def exif_of() -> Image.Exif:
    """The notes of a camera: its maker, and where it was."""
    exif = Image.Exif()
    exif[MAKER] = SECRET
    exif.get_ifd(GPS).update({1: "N", 2: (22.0, 28.0, 5.0), 3: "E", 4: (113.0, 17.0, 9.0)})
    return exif


def photo(kind: str, size: tuple[int, int] = (60, 40), *, picture: Image.Image | None = None) -> bytes:
    """A picture with everything in it that may not come in, also behind its end."""
    picture, out = picture or Image.new("RGB", size, "teal"), io.BytesIO()
    own: dict[str, Any] = {"comment": SECRET.encode(), "xmp": XMP}
    if kind == "PNG":
        more = PngInfo()
        more.add_text("Comment", SECRET)
        more.add_itxt("XML:com.adobe.xmp", XMP.decode())
        own = {"pnginfo": more}
    if kind == "MPO":
        own = {"save_all": True, "append_images": [picture]}
    picture.save(out, kind, exif=exif_of(), icc_profile=SECRET.encode(), **own)
    return out.getvalue() + SECRET.encode()

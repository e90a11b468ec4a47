"""What a picture may carry into the town: what it shows, and nothing else."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from gateway.pictures import drawn_anew
from gateway.refusals import Unusable

SECRET = "lotus-secret"
GPS, MAKER = 0x8825, 0x010F


def photo(kind: str, size: tuple[int, int] = (60, 40)) -> bytes:
    picture, exif, out = Image.new("RGB", size, "teal"), Image.Exif(), io.BytesIO()
    exif[MAKER] = SECRET
    exif.get_ifd(GPS).update({1: "N", 2: (22.0, 28.0, 5.0), 3: "E", 4: (113.0, 17.0, 9.0)})
    more = PngInfo()
    more.add_text("Comment", SECRET)
    picture.save(out, kind, exif=exif, **({"pnginfo": more} if kind == "PNG" else {"comment": SECRET.encode()}))
    return out.getvalue() + SECRET.encode()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_where_and_with_what_it_was_taken_does_not_come_in(kind: str) -> None:
    raw = photo(kind)
    with Image.open(io.BytesIO(raw)) as before:
        assert before.getexif().get_ifd(GPS)

    clean = drawn_anew(raw)

    with Image.open(io.BytesIO(clean.content)) as after:
        assert (after.format, after.size, dict(after.getexif())) == (kind, (60, 40), {})
    assert SECRET.encode() not in clean.content


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "picture.heic_not_taken"),
        (b"%PDF-1.7", "picture.not_one"),
        (photo("JPEG", (600, 400))[:700], "picture.broken"),
    ],
)
def test_what_is_no_whole_picture_is_refused_by_its_content(raw: bytes, code: str) -> None:
    with pytest.raises(Unusable) as refused:
        drawn_anew(raw)

    assert refused.value.code == code

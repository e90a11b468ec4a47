"""What a picture may carry into the town: what it shows, and nothing else."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from gateway import pictures
from gateway.pictures import drawn_anew
from gateway.refusals import Unusable
from tests.support.pictures import GPS, SECRET, photo

KINDS = {"JPEG": "JPEG", "MPO": "JPEG", "PNG": "PNG", "WEBP": "WEBP"}
"""What comes in, and what it is kept as: two pictures in one are a photograph with a secret behind it."""


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


@pytest.mark.criterion("2.7")
@pytest.mark.parametrize("kind", KINDS)
def test_where_and_with_what_it_was_taken_does_not_come_in(kind: str) -> None:
    raw = photo(kind)
    with Image.open(io.BytesIO(raw)) as before:
        assert before.getexif().get_ifd(GPS)

    clean = drawn_anew(raw)

    assert clean.media_type == f"image/{KINDS[kind].lower()}"
    with Image.open(io.BytesIO(clean.content)) as after:
        after.load()
        assert (after.format, after.size, dict(after.getexif())) == (KINDS[kind], (60, 40), {})
        assert getattr(after, "n_frames", 1) == 1
        assert not {"exif", "xmp", "icc_profile", "comment", "XML:com.adobe.xmp"} & set(after.info)
    for trace in (SECRET.encode(), b"Exif", b"eXIf", b"xmpmeta", b"MPF"):
        assert trace not in clean.content


@pytest.mark.criterion("2.7")
@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "picture.heic_not_taken"),
        (b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", "picture.heic_not_taken"),
        (b"%PDF-1.7", "picture.not_one"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "picture.not_one"),
        (b"GIF89a" + photo("PNG"), "picture.not_one"),
        (b"", "picture.not_one"),
        (photo("JPEG", (600, 400))[:1500], "picture.broken"),
        (photo("PNG", (600, 400))[:700], "picture.broken"),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 5000, 5000, 8, 2, 0, 0, 0)), "picture.not_one"),
    ],
)
def test_what_is_no_whole_picture_is_refused_by_its_content(raw: bytes, code: str) -> None:
    with pytest.raises(Unusable) as refused:
        drawn_anew(raw)

    assert refused.value.code == code


@pytest.mark.parametrize(("kind", "width", "height"), [("PNG", 4001, 4000), ("WEBP", 4001, 4000), ("JPEG", 8001, 6250)])
def test_a_picture_that_would_fill_the_memory_is_refused_before_it_is_unpacked(
    kind: str, width: int, height: int
) -> None:
    raw = photo(kind, picture=Image.new("1" if kind == "PNG" else "RGB", (width, height)))
    assert len(raw) < 1_000_000

    with pytest.raises(Unusable) as refused:
        drawn_anew(raw)

    assert refused.value.code == "picture.too_many_pixels"


def test_the_library_s_own_guard_is_one_of_ours_too() -> None:
    raw = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    raw += chunk(b"IDAT", zlib.compress(b"\0" * 9)) + chunk(b"IEND", b"")

    with pytest.raises(Unusable) as refused:
        drawn_anew(raw)

    assert refused.value.code == "picture.too_many_pixels"


def test_what_comes_behind_a_picture_or_hides_in_one_is_left_behind() -> None:
    archive = b"PK\x03\x04<script>alert(1)</script>" + SECRET.encode()
    for kind in ("JPEG", "PNG", "WEBP"):
        clean = drawn_anew(photo(kind) + archive)
        assert b"script" not in clean.content
        assert b"PK\x03\x04" not in clean.content


def test_a_picture_is_turned_the_right_way_up_and_made_no_larger_than_is_needed() -> None:
    for kind, size, turned in (
        ("JPEG", (400, 300), (300, 400)),
        ("JPEG", (8000, 6000), (3000, 4000)),
        ("JPEG", (6400, 100), (80, 5120)),
        ("PNG", (3200, 100), (80, 2560)),
    ):
        picture, exif, out = Image.new("RGB", size, "teal"), Image.Exif(), io.BytesIO()
        exif[0x0112] = 6
        picture.save(out, kind, exif=exif)
        with Image.open(io.BytesIO(drawn_anew(out.getvalue()).content)) as after:
            assert after.size == turned


def test_a_drawing_with_holes_keeps_them_and_one_that_grows_too_large_becomes_a_photograph(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawing = Image.new("RGBA", (200, 100), (0, 0, 0, 0))
    out = io.BytesIO()
    drawing.save(out, "PNG")
    with Image.open(io.BytesIO(drawn_anew(out.getvalue()).content)) as after:
        assert after.mode == "RGBA"
        assert after.getpixel((1, 1)) == (0, 0, 0, 0)

    monkeypatch.setattr(pictures, "LARGEST_BYTES", 10)
    flat = drawn_anew(out.getvalue())
    with Image.open(io.BytesIO(flat.content)) as after:
        assert (flat.media_type, after.getpixel((1, 1))) == ("image/jpeg", (255, 255, 255))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16"])
def test_every_way_of_keeping_colours_is_understood(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (30, 20)).save(out, "JPEG" if mode == "CMYK" else "PNG")

    with Image.open(io.BytesIO(drawn_anew(out.getvalue()).content)) as after:
        assert (after.size, after.mode in ("RGB", "RGBA")) == ((30, 20), True)

"""Files made to harm: broken, cut short, huge or several things at once. None of them does."""
import os
import struct
import time
import uuid
import zlib

import pytest

import support
from pictures import added, picture, shown, stored, upload


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width, height, data=b"", bits=8, colour=0):
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data)
            + chunk(b"IEND", b""))


def jpeg(width, height):
    """A JPEG's beginning, up to its frame."""
    frame = struct.pack(">BHHB", 8, height, width, 3) + b"\1\x11\0\2\x11\1\3\x11\1"
    return b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xc0" + struct.pack(
        ">H", 2 + len(frame)) + frame


def webp(width, height):
    return (b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + (width - 1).to_bytes(3, "little")
            + (height - 1).to_bytes(3, "little"))


def box(name, data):
    return struct.pack(">I", 8 + len(data)) + name + data


def avif(width, height):
    size = box(b"ispe", b"\0" * 4 + struct.pack(">II", width, height))
    return (box(b"ftyp", b"avif\0\0\0\0avif") + box(b"meta", b"\0" * 4 + box(b"iprp", box(
        b"ipco", size))))


REFUSED_AT_ONCE = {
    "text": (b"<script>alert(1)</script>", "picture_kind"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "picture_kind"),
    "bmp": (b"BM" + b"\0" * 60, "picture_kind"),
    "heic": (box(b"ftyp", b"heic\0\0\0\0heic"), "picture_kind"),
    "html before png": (b"<html>" + png(8, 8), "picture_kind"),
    "png signature alone": (png(8, 8)[:8], "picture_broken"),
    "png cut in its header": (png(8, 8)[:20], "picture_broken"),
    "jpeg of three bytes": (b"\xff\xd8\xff", "picture_broken"),
    "jpeg without a frame": (b"\xff\xd8\xff\xe0\0\4ab\xff\xd9" + b"\0" * 40, "picture_broken"),
    "jpeg with an endless segment": (b"\xff\xd8\xff\xe0\xff\xff" + b"\0" * 40, "picture_broken"),
    "jpeg all ff": (b"\xff\xd8" + b"\xff" * 100000, "picture_broken"),
    "gif cut": (b"GIF89a\x10", "picture_broken"),
    "webp of an unknown chunk": (b"RIFF\x20\0\0\0WEBPABCD" + b"\0" * 30, "picture_broken"),
    "avif without a size": (box(b"ftyp", b"avif\0\0\0\0avif"), "picture_broken"),
    "avif of nested nothing": (box(b"ftyp", b"avif\0\0\0\0avif") + box(b"meta", b"\0" * 4 + b"".join(
        box(b"iprp", b"") for _ in range(5000))), "picture_broken"),
    "png of no width": (png(0, 8), "picture_empty"),
    "jpeg of no height": (jpeg(8, 0) + b"\0" * 40, "picture_empty"),
    "png of 4 billion to a side": (png(0xFFFFFFFF, 0xFFFFFFFF), "picture_too_large"),
    "png of 400 million pixels": (png(20000, 20000), "picture_too_large"),
    "png of a long side": (png(16384, 1), "picture_too_large"),
    "jpeg of 4 billion pixels": (jpeg(65535, 65535) + b"\0" * 40, "picture_too_large"),
    "gif of 4 billion pixels": (b"GIF89a\xff\xff\xff\xff" + b"\0" * 40, "picture_too_large"),
    "webp of 16 million to a side": (webp(1 << 24, 1 << 24), "picture_too_large"),
    "avif of 4 billion to a side": (avif(0xFFFFFFFF, 0xFFFFFFFF), "picture_too_large"),
}


@pytest.mark.parametrize("name", REFUSED_AT_ONCE)
def test_a_file_whose_header_is_wrong_is_refused_when_it_comes(admin, product, name):
    data, code = REFUSED_AT_ONCE[name]
    status = 415 if code == "picture_kind" else 422
    support.assert_problem(upload(admin, product, data), status, code)
    assert admin.get(f"/v1/products/{product['id']}/images").json()["data"] == []


def gif_with_large_frame():
    """Four pixels, whose one frame says that it has 4 billion."""
    return (b"GIF89a\2\0\2\0\x80\0\0\0\0\0\xff\xff\xff"
            b"\x2c\0\0\0\0\xff\xff\xff\xff\0\2\2\x4c\1\0\x3b")


def slow_jpeg():
    """A progressive JPEG that goes over 40 million pixels again and again: half a megabyte
    that takes minutes."""
    start = picture(64, 64, "JPEG", progressive=True)
    at = start.index(b"\xff\xc2")
    start = start[:at + 5] + struct.pack(">HH", 6400, 6400) + start[at + 9:]
    scan = start.rindex(b"\xff\xda")
    length = struct.unpack(">H", start[scan + 2:scan + 4])[0]
    return start[:-2] + (start[scan:scan + 2 + length] + b"\0") * 40000 + b"\xff\xd9"


REFUSED_BY_THE_JOB = {
    "png without pixels": lambda: png(64, 64, uuid.uuid4().bytes),
    "png cut": lambda: picture(640, 480)[:3000],
    "jpeg header alone": lambda: jpeg(64, 64) + uuid.uuid4().bytes,
    "gif cut": lambda: picture(640, 480, "GIF")[:900],
    "gif with a frame larger than it": gif_with_large_frame,
    "webp header alone": lambda: webp(64, 64) + uuid.uuid4().bytes,
    "webp cut": lambda: picture(640, 480, "WEBP")[:900],
    "avif header alone": lambda: avif(64, 64) + uuid.uuid4().bytes,
    "noise behind a header": lambda: jpeg(4000, 4000) + os.urandom(100000),
}


@pytest.mark.parametrize("name", REFUSED_BY_THE_JOB)
def test_a_file_that_can_not_be_decoded_is_refused_with_the_reason(admin, product, name):
    broken = upload(admin, product, REFUSED_BY_THE_JOB[name]())
    sound = upload(admin, product, picture())
    assert (broken.status_code, sound.status_code) == (201, 201), broken.text
    begin = time.monotonic()
    assert support.run_job("images").returncode == 0
    assert time.monotonic() - begin < 70
    seen = stored(admin, product, broken.json())
    assert (seen["state"], seen["reason"]) == ("refused", "picture_undecodable")
    assert stored(admin, product, sound.json())["state"] == "ready"
    assert [image["id"] for image in shown(admin, product)] == [sound.json()["id"]]


def test_a_decompression_bomb_is_ended_and_the_next_picture_has_its_turn(admin, product):
    bomb = upload(admin, product, slow_jpeg())
    sound = upload(admin, product, picture())
    assert bomb.status_code == 201, bomb.text
    begin = time.monotonic()
    assert support.run_job("images").returncode == 0
    assert time.monotonic() - begin < 90
    seen = stored(admin, product, bomb.json())
    assert (seen["state"], seen["reason"]) in (("refused", "picture_too_slow"),
                                               ("refused", "picture_undecodable"))
    assert stored(admin, product, sound.json())["state"] == "ready"


def test_fifty_million_pixels_are_within_the_limits(admin, product):
    rows = zlib.compress((b"\0" + b"\xaa" * 884) * 7070, 9)
    image = added(admin, product, png(7070, 7070, rows, bits=1))
    assert image["state"] == "ready", image


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_what_else_a_file_is_does_not_come_out_of_it(admin, product, kind):
    """A polyglot: a picture, and a page and an archive behind it."""
    tail = b"<script>alert(1)</script>PK\x03\x04" + uuid.uuid4().bytes
    image = added(admin, product, picture(kind=kind) + tail)
    for ending in ("webp", "jpg"):
        content = support.Client().get(image["sizes"][-1][ending]).content
        assert b"script" not in content and b"PK\x03\x04" not in content


def test_a_body_larger_than_pictures_may_be_is_refused(admin, product):
    data = picture()
    large = data + b"\0" * (int(support.settings()["VENDAS_MAX_IMAGE_BYTES"]) + 1 - len(data))
    support.assert_problem(upload(admin, product, large), 413)
    assert upload(admin, product, large[:-1]).status_code == 201
    assert support.run_job("images").returncode == 0
    support.assert_problem(admin.request("POST", "/v1/products", data=large), 413)


def test_an_upload_without_a_body_is_refused(admin, product):
    support.assert_problem(upload(admin, product, b""), 400, "body_required")

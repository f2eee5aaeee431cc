"""Photos and files for tests, made on the spot: good ones, and every bad one that people and villains send."""

import io
import resource
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook
from PIL import Image, PngImagePlugin

HOHHOT = {1: "N", 2: (40.0, 50.0, 30.0), 3: "E", 4: (111.0, 45.0, 0.0)}  # the GPS block of EXIF
ORIENTATION, MAKE, GPS = 0x0112, 0x010F, 0x8825


def picture(size=(120, 90), kind: str = "JPEG", colour="#b3131f", **options) -> bytes:
    """A picture of one colour whose left half is white, so that a turn shows."""
    image = Image.new("RGB", size, colour)
    image.paste("white", (0, 0, size[0] // 2, size[1]))
    output = io.BytesIO()
    image.save(output, kind, **options)
    return output.getvalue()


def noise(side: int = 1200, kind: str = "JPEG", grain: int = 1, **options) -> bytes:
    """A picture that no format makes small, of dots so many pixels wide."""
    image = Image.merge("RGB", [Image.effect_noise((side, side), 100) for _band in "RGB"])
    image = image.resize((side * grain, side * grain), Image.Resampling.NEAREST)
    output = io.BytesIO()
    image.save(output, kind, **options)
    return output.getvalue()


def telling_photo(kind: str = "JPEG", colour="#b3131f") -> bytes:
    """A photo as a phone takes it: lying on its side, with place and make, and a comment where there may be one."""
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKE] = 6, "Xiaomi"
    exif[GPS] = HOHHOT
    comment = {"comment": b"taken at home"} if kind == "JPEG" else {}
    return picture(kind=kind, colour=colour, exif=exif.tobytes(), **comment)


def two_in_one() -> bytes:
    """MPO: what many phones call JPEG, with a second picture behind the first."""
    first, second = Image.new("RGB", (120, 90), "#b3131f"), Image.new("RGB", (60, 45))
    output = io.BytesIO()
    first.save(output, "MPO", save_all=True, append_images=[second])
    return output.getvalue()


def animated(kind: str) -> bytes:
    frames = [Image.new("RGB", (60, 45), colour) for colour in ("red", "green", "blue")]
    output = io.BytesIO()
    frames[0].save(output, kind, save_all=True, append_images=frames[1:], duration=100)
    return output.getvalue()


def png_bomb(width: int = 30_000, height: int = 30_000) -> bytes:
    """A PNG of 900 million pixels in a few hundred thousand bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    packer, row = zlib.compressobj(9), b"\0" * (1 + (width + 7) // 8)
    rows = b"".join(packer.compress(row) for _row in range(height)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def png_with_text_bomb() -> bytes:
    """A text chunk that unpacks to 200 MB."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "x" * 200_000_000, zip=True)
    return picture(kind="PNG", pnginfo=info)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
EXECUTABLE = b"MZ\x90\x00" + b"\0" * 500
ELF = b"\x7fELF\x02\x01\x01" + b"\0" * 500
PDF = b"%PDF-1.4\n1 0 obj <</Type /Catalog>> endobj\nxref\ntrailer\nstartxref\n9\n%%EOF\n"


def sheet() -> bytes:
    """A real .xlsx."""
    book, output = Workbook(), io.BytesIO()
    book.active["A1"] = "网格"
    book.save(output)
    return output.getvalue()


def package(*parts: str, types: str = "") -> bytes:
    """A ZIP with these parts and a list of content types."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as file:
        file.writestr("[Content_Types].xml", f"<Types>{types}</Types>")
        for part in parts:
            file.writestr(part, "<x/>")
    return output.getvalue()


def plain_zip() -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as file:
        file.writestr("a.txt", "a")
    return output.getvalue()


def compound(*entries: str, content: bytes = b"") -> bytes:
    """An old Office file as far as its directory: signature, one header sector, the entries, and some content."""
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0")
    directory = b"".join(entry.encode("utf-16-le").ljust(128, b"\0") for entry in ("Root Entry", *entries))
    return header + directory + content


def upload(content: bytes, name: str = "photo.jpg") -> SimpleUploadedFile:
    """A file as a form brings it."""
    return SimpleUploadedFile(name, content)


@contextmanager
def full_disk(left: int = 1_000_000) -> Iterator[None]:
    """A disk that really refuses to write on: no file of this process may grow beyond `left` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (left, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def stored(folder: Path) -> list[Path]:
    """The files that lie there."""
    return [path for path in folder.rglob("*") if path.is_file()]

"""Photos as they come in: known by their content, and made anew without metadata. No ORM."""

import hashlib
import io
import unicodedata
import warnings
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath
from threading import Lock

from django.core.files import File
from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageOps
from pillow_heif import register_heif_opener

MOST_BYTES = 10 * 1024 * 1024  # of one file
MOST_PIXELS = 80_000_000  # what phones take at most is 50 to 64 million; decoded that is 240 MB
LONG_SIDE = 4096
MOST_STORED_BYTES = 3 * 1024 * 1024  # of one picture
# Longest side and quality, tried in turn until a picture fits; at the last one even black and white noise of the
# hardest kind did, with 2.99 MB.
SIZES = ((LONG_SIDE, 85), (3072, 80), (2048, 70))
THUMBNAIL_SIDE = 480
NAME_LENGTH = 100
CONTENT_TYPE = "image/jpeg"  # of every picture that was made anew
ENDINGS = ("jpg", "jpeg")
ACCEPT = "image/*"  # for the `accept` of an input
HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})

# Pillow's own alarm goes off while the header is read, before anything is decoded.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)
register_heif_opener()

SRGB = ImageCms.createProfile("sRGB")
# Several large pictures decoded at once by the threads of one process would take all of its memory.
_one_at_a_time = Lock()


class FileRefused(ValueError):
    """A file that is not taken; the text is the sentence for who sent it, with the name of the file."""


@dataclass(frozen=True)
class Redrawn:
    """A picture fit to be stored: a clean JPEG with its thumbnail."""

    name: str
    content: bytes
    thumbnail: bytes
    width: int
    height: int

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def prepare_photo(file: File) -> Redrawn:
    """The photo as it is to be stored; raises FileRefused, with a sentence, for all that is none."""
    name, content = read(file)
    if not is_picture(content):
        text = _("“%(name)s” is not taken: only photos go along (JPEG, PNG, WebP or HEIC), no other files.")
        raise FileRefused(text % {"name": name})
    return redraw(content, name)


def read(file: File) -> tuple[str, bytes]:
    """Its name, fit to be shown, and its content; raises FileRefused for what is too large, not whole, or empty."""
    name = clean_name(file.name)
    if file.size > MOST_BYTES:
        raise FileRefused(_("“%(name)s” is larger than 10 MB. Send a smaller one.") % {"name": name})
    if not getattr(file, "is_whole", True):  # the disk could not take it while it came in
        raise FileRefused(no_room(name))
    file.seek(0)
    content = file.read()
    if not content:
        raise FileRefused(_("“%(name)s” is empty. Choose it again.") % {"name": name})
    return name, content


def no_room(name: str) -> str:
    return _("“%(name)s” could not be stored: the server has no room left. Your text is kept; try again later.") % {
        "name": name
    }


def clean_name(name: str | None) -> str:
    """The last part of a file's name without what is invisible or turns text around, short enough to be shown."""
    last = PurePath((name or "").replace("\\", "/")).name
    shown = "".join(character for character in last if unicodedata.category(character)[0] != "C")
    shown = shown.strip().rstrip(" .")
    stem, dot, ending = shown.rpartition(".")
    if not dot or len(ending) > 10:
        stem, ending = shown, ""
    stem = stem.strip() or _("unnamed")
    return f"{stem[: NAME_LENGTH - len(ending) - 1]}.{ending}" if ending else stem[:NAME_LENGTH]


def with_ending(name: str, endings: tuple[str, ...]) -> str:
    """The name with an ending that tells the truth, so that no system opens a file as what it only pretends to be."""
    stem, dot, ending = name.rpartition(".")
    if dot and ending.lower() in endings:
        return name
    return f"{(stem or name)[: NAME_LENGTH - len(endings[0]) - 1]}.{endings[0]}"


def is_picture(content: bytes) -> bool:
    """Whether the content says that it is a photo of one of the kinds that phones and browsers make."""
    is_jpeg, is_png = content.startswith(b"\xff\xd8\xff"), content.startswith(b"\x89PNG\r\n\x1a\n")
    is_webp = content.startswith(b"RIFF") and content[8:12] == b"WEBP"
    return is_jpeg or is_png or is_webp or (content[4:8] == b"ftyp" and content[8:12] in HEIF_BRANDS)


def damaged(name: str) -> FileRefused:
    return FileRefused(_("“%(name)s” is damaged or incomplete. Choose it again, or send another.") % {"name": name})


def redraw(content: bytes, name: str) -> Redrawn:
    """The picture made anew; raises FileRefused for what is too large or broken."""
    try:
        with _one_at_a_time, Image.open(io.BytesIO(content), formats=["JPEG", "PNG", "WEBP", "HEIF"]) as image:
            _check_size(image, name)
            clean = _clean(image)
            picture = _bounded(clean)
            width, height = clean.size
            clean.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
            thumbnail = _jpeg(clean, quality=78)
    except FileRefused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise FileRefused(_too_many_pixels(name)) from error
    except Exception as error:  # whatever a decoder stumbles over in a broken or hostile file
        raise damaged(name) from error
    return Redrawn(with_ending(name, ENDINGS), picture, thumbnail, width, height)


def _check_size(image: Image.Image, name: str) -> None:
    """From the header alone: nothing is decoded yet."""
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise FileRefused(_too_many_pixels(name))


def _too_many_pixels(name: str) -> str:
    return _("“%(name)s” has too many pixels; at most 80 million are taken. Send a smaller picture.") % {"name": name}


def _clean(image: Image.Image) -> Image.Image:
    """The first frame, upright, in the usual colours, on white, and at most `LONG_SIDE` long."""
    image.load()
    profile = image.info.get("icc_profile")
    if image.mode not in ("RGB", "RGBA"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image.thumbnail((LONG_SIDE, LONG_SIDE))
    image = ImageOps.exif_transpose(image)
    if profile:
        # The profile goes with the other metadata; a broken one, or one for print, is not worth a refusal.
        with suppress(ImageCms.PyCMSError, OSError, ValueError):
            image = ImageCms.profileToProfile(image, io.BytesIO(profile), SRGB)
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A") if image.mode == "RGBA" else None)
    return paper


def _bounded(image: Image.Image) -> bytes:
    """The picture in at most `MOST_STORED_BYTES`; where quality alone does not do it, it is made smaller in place."""
    for side, quality in SIZES:
        image.thumbnail((side, side))
        content = _jpeg(image, quality)
        if len(content) <= MOST_STORED_BYTES:
            break
    return content


def _jpeg(image: Image.Image, quality: int) -> bytes:
    # The picture is a new one without `info`, so that no comment, place, time or camera goes along.
    output = io.BytesIO()
    image.save(output, "JPEG", quality=quality)
    return output.getvalue()

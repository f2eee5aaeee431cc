"""Photos and files as they come in: decided by their content, pictures made anew without metadata. No ORM."""

import hashlib
import io
import re
import unicodedata
import warnings
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath
from threading import Lock

from django.core.files import File
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from PIL import Image, ImageCms, ImageOps
from pillow_heif import register_heif_opener

MOST_IMAGES = 9
MOST_DOCUMENTS = 3
MOST_BYTES = 10 * 1024 * 1024  # of one file
MOST_REQUEST_BYTES = (MOST_IMAGES + MOST_DOCUMENTS) * MOST_BYTES + 4 * 1024 * 1024  # a step's files, and its text
MOST_PIXELS = 80_000_000  # what phones take at most is 50 to 64 million; decoded that is 240 MB
LONG_SIDE = 4096
MOST_STORED_BYTES = 3 * 1024 * 1024  # of one picture
# Longest side and quality, tried in turn until a picture fits; at the last one even black and white noise of the
# hardest kind did, with 2.99 MB.
SIZES = ((LONG_SIDE, 85), (3072, 80), (2048, 70))
THUMBNAIL_SIDE = 480
NAME_LENGTH = 100

# Pillow's own alarm goes off while the header is read, before anything is decoded.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)
register_heif_opener()

SRGB = ImageCms.createProfile("sRGB")
# Several large pictures decoded at once by the threads of one process would take all of its memory.
_one_at_a_time = Lock()


class Kind(TextChoices):
    IMAGE = "image", gettext_lazy("photo")
    DOCUMENT = "document", gettext_lazy("file")


class FileRefused(ValueError):
    """A file that is not taken; the text is the sentence for who sent it, with the name of the file."""


@dataclass(frozen=True)
class Format:
    """What a file's content says it is. `endings` are those that it may be called by, the usual one first."""

    kind: Kind
    content_type: str
    endings: tuple[str, ...]


JPEG = Format(Kind.IMAGE, "image/jpeg", ("jpg", "jpeg"))
PNG = Format(Kind.IMAGE, "image/png", ("png",))
WEBP = Format(Kind.IMAGE, "image/webp", ("webp",))
HEIF = Format(Kind.IMAGE, "image/heic", ("heic", "heif"))
PDF = Format(Kind.DOCUMENT, "application/pdf", ("pdf",))
_OPEN_XML = "application/vnd.openxmlformats-officedocument"
# By the part of the package that only this kind has.
PACKAGES = {
    "word/document.xml": Format(Kind.DOCUMENT, f"{_OPEN_XML}.wordprocessingml.document", ("docx",)),
    "xl/workbook.xml": Format(Kind.DOCUMENT, f"{_OPEN_XML}.spreadsheetml.sheet", ("xlsx",)),
    "ppt/presentation.xml": Format(Kind.DOCUMENT, f"{_OPEN_XML}.presentationml.presentation", ("pptx",)),
}
# By the stream that only this kind has. WPS writes the same streams under endings of its own.
COMPOUNDS = {
    "WordDocument": Format(Kind.DOCUMENT, "application/msword", ("doc", "wps")),
    "Workbook": Format(Kind.DOCUMENT, "application/vnd.ms-excel", ("xls", "et")),
    "Book": Format(Kind.DOCUMENT, "application/vnd.ms-excel", ("xls", "et")),
    "PowerPoint Document": Format(Kind.DOCUMENT, "application/vnd.ms-powerpoint", ("ppt", "dps")),
}
PICTURES = "image/*"
HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OLE_ENTRY = 128  # bytes of an entry of the directory; every entry begins at a multiple of it
OLE_MACROS = ("_VBA_PROJECT", "_VBA_PROJECT_CUR", "VBA")
# PowerPoint keeps macros inside its one stream: a VbaInfoAtom (MS-PPT 2.4.11) whose fHasMacros is 1.
PPT_MACROS = re.compile(rb"\x02\x00\x00\x04\x0c\x00\x00\x00.{4}\x01\x00\x00\x00", re.DOTALL)
MOST_TYPES_BYTES = 1024 * 1024
_BY_ENDING = (HEIF, PDF, *PACKAGES.values(), *COMPOUNDS.values())
# For the `accept` of an input: what a system may not know to be a picture goes by its ending.
ACCEPT = ",".join([PICTURES, *dict.fromkeys(f".{ending}" for found in _BY_ENDING for ending in found.endings)])


@dataclass(frozen=True)
class Allowance:
    """How many photos and files go with one step; without any file, photos alone are taken."""

    images: int
    documents: int = 0

    @property
    def total(self) -> int:
        return self.images + self.documents

    def of(self, kind: Kind) -> int:
        return self.images if kind == Kind.IMAGE else self.documents

    def prepare(self, file: File) -> "Prepared":
        """As the module's function; raises FileRefused also for what is not taken here."""
        return prepare(file) if self.documents else prepare_photo(file)

    def one_too_many(self, name: str) -> str:
        if self.documents:
            text = _("“%(name)s” is one too many: at most %(images)d photos and %(documents)d files go with one step.")
        else:
            text = _("“%(name)s” is one too many: at most %(images)d photos go along at a time.")
        return text % {"name": name, "images": self.images, "documents": self.documents}

    def left_out(self, over: int) -> str:
        if self.documents:
            text = ngettext(
                "%(over)d more file left out: at most %(images)d photos and %(documents)d files go with one step.",
                "%(over)d more files left out: at most %(images)d photos and %(documents)d files go with one step.",
                over,
            )
        else:
            text = ngettext(
                "%(over)d more photo left out: at most %(images)d photos go along at a time.",
                "%(over)d more photos left out: at most %(images)d photos go along at a time.",
                over,
            )
        return text % {"over": over, "images": self.images, "documents": self.documents}


STAFF = Allowance(MOST_IMAGES, MOST_DOCUMENTS)
RESIDENTS = Allowance(MOST_IMAGES)


@dataclass(frozen=True)
class Prepared:
    """A file fit to be stored: a picture as a clean JPEG with its thumbnail, a document byte for byte."""

    kind: Kind
    name: str
    content_type: str
    content: bytes
    thumbnail: bytes = b""
    width: int | None = None
    height: int | None = None

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def ending(self) -> str:
        return self.name.rpartition(".")[2]


def prepare(file: File) -> Prepared:
    """The file as it is to be stored; raises FileRefused with a sentence."""
    name, content = _read(file)
    found = recognise(content, name)
    if found.kind == Kind.DOCUMENT:
        return Prepared(found.kind, with_ending(name, found.endings), found.content_type, content)
    return _picture(content, name)


def prepare_photo(file: File) -> Prepared:
    """As `prepare`, where photos alone are taken."""
    name, content = _read(file)
    if _recognise_picture(content) is None:
        text = _("“%(name)s” is not taken: only photos go along (JPEG, PNG, WebP or HEIC), no other files.")
        raise FileRefused(text % {"name": name})
    return _picture(content, name)


def _read(file: File) -> tuple[str, bytes]:
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


# What it is


def recognise(content: bytes, name: str) -> Format:
    """What the content says it is, whatever it is called; raises FileRefused for all that is not taken."""
    if found := _recognise_picture(content):
        return found
    if content.startswith(b"%PDF-"):
        return _whole_pdf(content, name)
    if content.startswith(b"PK\x03\x04"):
        return _package(content, name)
    if content.startswith(OLE_SIGNATURE):
        return _compound(content, name)
    raise FileRefused(_not_taken(name))


def _recognise_picture(content: bytes) -> Format | None:
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return WEBP
    if content[4:8] == b"ftyp" and content[8:12] in HEIF_BRANDS:
        return HEIF
    return None


def _not_taken(name: str) -> str:
    text = _(
        "“%(name)s” is not taken: photos may be JPEG, PNG, WebP or HEIC, files PDF, Word, Excel or PowerPoint. "
        "Its content decides, not its name."
    )
    return text % {"name": name}


def _damaged(name: str) -> FileRefused:
    return FileRefused(_("“%(name)s” is damaged or incomplete. Choose it again, or send another.") % {"name": name})


def _has_macros(name: str) -> FileRefused:
    text = _("“%(name)s” holds macros, which can do harm. Save it without macros, or as PDF, and send that.")
    return FileRefused(text % {"name": name})


def _whole_pdf(content: bytes, name: str) -> Format:
    if b"%%EOF" not in content[-4096:]:
        raise _damaged(name)
    return PDF


def _package(content: bytes, name: str) -> Format:
    """An Office file of our century is a ZIP with a list of its parts. Nothing is unpacked but that list."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.namelist()
            if "[Content_Types].xml" not in parts:
                raise FileRefused(_not_taken(name))
            with package.open("[Content_Types].xml") as file:
                types = file.read(MOST_TYPES_BYTES)
    except FileRefused:
        raise
    except Exception as error:  # zipfile has no list of what a broken file makes it raise
        raise _damaged(name) from error
    if b"macroenabled" in types.lower() or any("vbaproject" in part.lower() or "macrosheets" in part for part in parts):
        raise _has_macros(name)
    for part, found in PACKAGES.items():
        if part in parts:
            return found
    raise FileRefused(_not_taken(name))


def _compound(content: bytes, name: str) -> Format:
    """An old Office file: a small file system, told by the names in its directory."""
    if _holds(content, "EncryptedPackage"):
        text = _("“%(name)s” is protected by a password and cannot be checked. Send it without the password.")
        raise FileRefused(text % {"name": name})
    found = next((found for stream, found in COMPOUNDS.items() if _holds(content, stream)), None)
    if found is None:
        raise FileRefused(_not_taken(name))
    if any(_holds(content, storage) for storage in OLE_MACROS) or PPT_MACROS.search(content):
        raise _has_macros(name)
    return found


def _holds(content: bytes, entry: str) -> bool:
    """Whether the directory of a compound file has an entry of this name."""
    wanted, start = f"{entry}\0".encode("utf-16-le"), 0
    while (start := content.find(wanted, start)) >= 0:
        if start % OLE_ENTRY == 0:
            return True
        start += 1
    return False


# Pictures


def _picture(content: bytes, name: str) -> Prepared:
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
        raise _damaged(name) from error
    name = with_ending(name, JPEG.endings)
    return Prepared(Kind.IMAGE, name, JPEG.content_type, picture, thumbnail, width, height)


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

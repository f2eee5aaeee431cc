"""What may come with a step: photos, and files decided by their content. No ORM."""

import hashlib
import io
import re
import zipfile
from dataclasses import dataclass
from functools import cached_property

from django.core.files import File
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from grids import pictures
from grids.pictures import MOST_BYTES, FileRefused, damaged, prepare_photo, with_ending

MOST_IMAGES = 9
MOST_DOCUMENTS = 3
MOST_REQUEST_BYTES = (MOST_IMAGES + MOST_DOCUMENTS) * MOST_BYTES + 4 * 1024 * 1024  # a step's files, and its text


class Kind(TextChoices):
    IMAGE = "image", gettext_lazy("photo")
    DOCUMENT = "document", gettext_lazy("file")


@dataclass(frozen=True)
class Format:
    """What a file's content says it is. `endings` are those that it may be called by, the usual one first."""

    kind: Kind
    content_type: str
    endings: tuple[str, ...]


PICTURE = Format(Kind.IMAGE, pictures.CONTENT_TYPE, pictures.ENDINGS)
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
OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OLE_ENTRY = 128  # bytes of an entry of the directory; every entry begins at a multiple of it
OLE_MACROS = ("_VBA_PROJECT", "_VBA_PROJECT_CUR", "VBA")
# PowerPoint keeps macros inside its one stream: a VbaInfoAtom (MS-PPT 2.4.11) whose fHasMacros is 1.
PPT_MACROS = re.compile(rb"\x02\x00\x00\x04\x0c\x00\x00\x00.{4}\x01\x00\x00\x00", re.DOTALL)
MOST_TYPES_BYTES = 1024 * 1024
_BY_ENDING = (("heic", "heif"), *(found.endings for found in (PDF, *PACKAGES.values(), *COMPOUNDS.values())))
# For the `accept` of an input: what a system may not know to be a picture goes by its ending.
ACCEPT = ",".join([pictures.ACCEPT, *dict.fromkeys(f".{ending}" for endings in _BY_ENDING for ending in endings)])


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
        return prepare(file) if self.documents else _photo(prepare_photo(file))

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
    name, content = pictures.read(file)
    found = recognise(content, name)
    if found.kind == Kind.DOCUMENT:
        return Prepared(found.kind, with_ending(name, found.endings), found.content_type, content)
    return _photo(pictures.redraw(content, name))


def _photo(drawn: pictures.Redrawn) -> Prepared:
    return Prepared(
        Kind.IMAGE, drawn.name, PICTURE.content_type, drawn.content, drawn.thumbnail, drawn.width, drawn.height
    )


# What it is


def recognise(content: bytes, name: str) -> Format:
    """What the content says it is, whatever it is called; raises FileRefused for all that is not taken."""
    if pictures.is_picture(content):
        return PICTURE
    if content.startswith(b"%PDF-"):
        return _whole_pdf(content, name)
    if content.startswith(b"PK\x03\x04"):
        return _package(content, name)
    if content.startswith(OLE_SIGNATURE):
        return _compound(content, name)
    raise FileRefused(_not_taken(name))


def _not_taken(name: str) -> str:
    text = _(
        "“%(name)s” is not taken: photos may be JPEG, PNG, WebP or HEIC, files PDF, Word, Excel or PowerPoint. "
        "Its content decides, not its name."
    )
    return text % {"name": name}


def _has_macros(name: str) -> FileRefused:
    text = _("“%(name)s” holds macros, which can do harm. Save it without macros, or as PDF, and send that.")
    return FileRefused(text % {"name": name})


def _whole_pdf(content: bytes, name: str) -> Format:
    if b"%%EOF" not in content[-4096:]:
        raise damaged(name)
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
        raise damaged(name) from error
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

"""The rows of an .xlsx file, read as a stream: whatever the file claims to be, memory stays small and nothing is run.

openpyxl would keep every row element of a sheet and whole rows of any width, so the reading is done here with the XML
parser itself, and its knowledge of dates is borrowed.
"""

import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as clock
from functools import cached_property
from typing import BinaryIO
from xml.parsers import expat

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException
from django.utils.translation import gettext as _
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

from grids.sheets import cells
from grids.sheets.cells import Raw

MAX_MEMBERS = 2000
MAX_DIRECTORY = 2**20  # bytes that list the members
MAX_UNPACKED = 1000 * 2**20  # all members together, as declared
MAX_SHEET = 250 * 2**20  # one sheet, unpacked; 100,000 rows of twelve columns take about 120 MB
MAX_STRINGS = 48 * 2**20
MAX_TOKEN = 2**20  # one tag or comment: expat keeps it whole and reads it anew with every chunk
MAX_PART = 4 * 2**20  # what is read as a whole: the list of sheets, the styles
MAX_COLUMNS = 60
LAST_ROW = 2**20
CHUNK = 2**16
# Dates of the Chinese, Japanese and Korean Excel, which have numbers of their own.
EAST_ASIAN_DATES = {*range(27, 37), *range(50, 59)}
ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
WHOLE = re.compile(r"-?[0-9]{1,300}")


class BadFile(ValueError):
    """A file that cannot be read as a sheet; the message says what to do."""


@dataclass(frozen=True)
class Sheet:
    name: str
    path: str
    is_hidden: bool


class Workbook:
    """An .xlsx or .xlsm file: `sheets` in their order, and `rows(sheet)` as (number, cells), without empty rows."""

    def __init__(self, file: BinaryIO) -> None:
        self.archive = _open_archive(file)
        self.path = self._path_of_workbook()
        self.parts = self._parts()
        root = self._xml(self.path)
        self.epoch = MAC_EPOCH if _truth(root.find("{*}workbookPr"), "date1904") else WINDOWS_EPOCH
        self.sheets = list(self._sheets(root))

    def rows(self, sheet: Sheet) -> Iterator[tuple[int, list[Raw]]]:
        reader = _RowReader(self)
        yield from _stream(self._open(sheet.path, MAX_SHEET), reader, reader.take)

    @cached_property
    def strings(self) -> list[str]:
        """The table of shared strings; empty for a file that has none."""
        path = self._part("sharedStrings")
        if not path:
            return []
        reader = _StringReader()
        for _nothing in _stream(self._open(path, MAX_STRINGS), reader, list):
            pass
        return reader.found

    @cached_property
    def date_styles(self) -> tuple[set[int], set[int]]:
        """The numbers of the cell styles that show a date or time, and of those that show a span of time."""
        path = self._part("styles")
        if not path:
            return set(), set()
        root = self._xml(path)
        formats = dict(BUILTIN_FORMATS)
        for node in root.iterfind("{*}numFmts/{*}numFmt"):
            formats[_number(node.get("numFmtId"))] = node.get("formatCode") or ""
        dates, spans = set(), set()
        for number, node in enumerate(root.iterfind("{*}cellXfs/{*}xf")):
            key = _number(node.get("numFmtId") or "0")
            shape = formats.get(key, "")
            if key in EAST_ASIAN_DATES or is_date_format(shape):
                dates.add(number)
                if is_timedelta_format(shape):
                    spans.add(number)
        return dates, spans

    def _path_of_workbook(self) -> str:
        names = set(self.archive.namelist())
        if "mimetype" in names or "content.xml" in names:
            raise BadFile(_("This is an OpenDocument file. Save it as .xlsx and upload that."))
        if "word/document.xml" in names:
            raise BadFile(_("This is a Word file. Put the table into Excel and save it as .xlsx."))
        if "[Content_Types].xml" not in names or "_rels/.rels" not in names:
            raise BadFile(_("This is a zip file and no spreadsheet. Unpack it and upload the .xlsx file inside."))
        path = next((target for kind, target in self._relations("") if kind.endswith("/officeDocument")), "")
        if path.endswith(".bin"):
            raise BadFile(_("This is a binary workbook (.xlsb). Save it as .xlsx and upload that."))
        if path not in names:
            raise BadFile(damaged())
        return path

    def _relations(self, path: str) -> Iterator[tuple[str, str]]:
        for kind, target, _key in self._relations_with_keys(path):
            yield kind, target

    def _relations_with_keys(self, path: str) -> Iterator[tuple[str, str, str]]:
        folder, name = posixpath.split(path)
        for node in self._xml(posixpath.join(folder, "_rels", f"{name}.rels")):
            target = posixpath.normpath(posixpath.join("/", folder, node.get("Target") or "")).lstrip("/")
            yield node.get("Type") or "", target, node.get("Id") or ""

    def _parts(self) -> dict[str, tuple[str, str]]:
        """The parts of the workbook by key: their kind and path."""
        return {key: (kind, target) for kind, target, key in self._relations_with_keys(self.path)}

    def _part(self, kind: str) -> str:
        return next((target for name, target in self.parts.values() if name.endswith(f"/{kind}")), "")

    def _sheets(self, root) -> Iterator[Sheet]:
        for node in root.iterfind("{*}sheets/{*}sheet"):
            key = next((value for name, value in node.attrib.items() if name.endswith("}id")), "")
            kind, path = self.parts.get(key, ("", ""))
            if kind.endswith("/worksheet"):  # a chart may have a sheet of its own
                yield Sheet(node.get("name") or "", path, node.get("state", "visible") != "visible")

    def _open(self, path: str, largest: int) -> BinaryIO:
        try:
            member = self.archive.getinfo(path)
            if member.file_size > largest:
                raise BadFile(too_large())
            return self.archive.open(member)
        except (KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
            raise BadFile(damaged()) from error

    def _xml(self, path: str):
        try:
            with self._open(path, MAX_PART) as stream:
                return ElementTree.fromstring(stream.read(MAX_PART), forbid_dtd=True)
        except (
            ElementTree.ParseError,
            DefusedXmlException,
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
        ) as error:
            raise BadFile(damaged()) from error


def damaged() -> str:
    return _("The file is damaged or incomplete. Open it in Excel, save it anew as .xlsx and upload that.")


def too_large() -> str:
    return _("The file unpacks to far more than a sheet of 100,000 rows. Copy the table into a new workbook.")


def _open_archive(file: BinaryIO) -> zipfile.ZipFile:
    """The zip archive, after what it declares was found to be of a bearable size."""
    try:
        if _directory_size(file) > MAX_DIRECTORY:
            raise BadFile(too_large())
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, struct.error, OSError, ValueError) as error:
        raise error if isinstance(error, BadFile) else BadFile(damaged()) from error
    members = archive.infolist()
    if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > MAX_UNPACKED:
        raise BadFile(too_large())
    if any(member.flag_bits & 1 for member in members):
        raise BadFile(_("The file is encrypted. Remove its password in Excel and save it again."))
    if any(member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members):
        raise BadFile(damaged())
    return archive


def _directory_size(file: BinaryIO) -> int:
    """Bytes of the list of members; zipfile reads it as a whole."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 2**16 - 22))
    tail = file.read()
    start = tail.rfind(b"PK\5\6")
    file.seek(0)
    return struct.unpack("<L", tail[start + 12 : start + 16])[0] if start >= 0 else 0


def _stream(stream: BinaryIO, reader: "_Reader", take: Callable[[], list]) -> Iterator:
    """Feed an XML stream to a reader bit by bit and give what it has found so far."""
    fed = 0
    try:
        with stream:
            while not reader.is_done and (chunk := stream.read(CHUNK)):
                reader.parser.Parse(chunk)
                fed += len(chunk)
                if fed - reader.parser.CurrentByteIndex > MAX_TOKEN:
                    raise BadFile(damaged())
                yield from take()
            if not reader.is_done:
                reader.parser.Parse(b"", True)
                yield from take()
    except (expat.ExpatError, zipfile.BadZipFile, zlib.error, EOFError, OSError, IndexError, ValueError) as error:
        raise error if isinstance(error, BadFile) else BadFile(damaged()) from error


class _Reader:
    """Collects the text of elements; what it holds at any time is one element."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.is_done = False
        self.in_phonetics = False
        self.buffer: list[str] | None = None  # while inside of an element with text
        self.length = 0

    def _refuse(self, *declaration: object) -> None:
        raise BadFile(damaged())

    def _data(self, text: str) -> None:
        if self.buffer is None or self.length > cells.LONGEST:
            return
        self.buffer.append(text)
        self.length += len(text)

    def _begin(self) -> None:
        self.buffer = []

    def _text(self) -> str:
        text = "".join(self.buffer or ())
        self.buffer = None
        return text


class _StringReader(_Reader):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.string: list[str] = []

    def _start(self, name: str, attributes: dict) -> None:
        match name.rpartition(":")[2]:
            case "si":
                self.string, self.length = [], 0
            case "rPh":
                self.in_phonetics = True
            case "t" if not self.in_phonetics:
                self._begin()

    def _end(self, name: str) -> None:
        match name.rpartition(":")[2]:
            case "t" if self.buffer is not None:
                self.string.append(self._text())
            case "rPh":
                self.in_phonetics = False
            case "si":
                self.found.append(_unescaped("".join(self.string)))


class _RowReader(_Reader):
    def __init__(self, workbook: Workbook) -> None:
        super().__init__()
        self.workbook = workbook
        self.dates, self.spans = workbook.date_styles
        self.found: list[tuple[int, list[Raw]]] = []
        self.number = 0
        self.row: list[Raw] = []
        self.column = 0
        self.kind, self.style = "n", 0
        self.value, self.formula = "", None

    def take(self) -> list[tuple[int, list[Raw]]]:
        found, self.found = self.found, []
        return found

    def _start(self, name: str, attributes: dict) -> None:
        match name.rpartition(":")[2]:
            case "row":
                number = int(attributes.get("r") or self.number + 1)
                if not self.number < number <= LAST_ROW:
                    raise BadFile(damaged())
                self.number, self.row, self.column = number, [], -1
            case "c":
                place = attributes.get("r")
                self.column = _column(place) if place else self.column + 1
                self.kind, self.style = attributes.get("t", "n"), int(attributes.get("s") or 0)
                self.value, self.formula, self.length = "", None, 0
            case "rPh":
                self.in_phonetics = True
            case "v" | "t" | "f" if not self.in_phonetics:
                self._begin()

    def _end(self, name: str) -> None:
        match name.rpartition(":")[2]:
            case "v" | "t" if self.buffer is not None:
                self.value += self._text()
            case "f" if self.buffer is not None:
                self.formula = self._text()
            case "rPh":
                self.in_phonetics = False
            case "c" if self.column < MAX_COLUMNS:
                self._keep(self._cell())
            case "row" if self.row:
                self.found.append((self.number, self.row))
            case "sheetData":
                self.is_done = True

    def _keep(self, value: Raw) -> None:
        if value is None:
            return
        self.row += [None] * (self.column + 1 - len(self.row))
        self.row[self.column] = value

    def _cell(self) -> Raw:
        if self.formula is not None:
            return cells.formula(f"={self.formula}")
        if not self.value:
            return None
        match self.kind:
            case "s":
                return _bounded(self.workbook.strings[int(self.value)])
            case "str" | "inlineStr":
                return _bounded(_unescaped(self.value))
            case "b":
                return self.value == "1"
            case "e":
                return cells.error(self.value)
            case "d":
                return cells.moment(datetime.fromisoformat(self.value))
        return self._number()

    def _number(self) -> Raw:
        number = int(self.value) if WHOLE.fullmatch(self.value) else float(self.value)
        if number != number or abs(number) == float("inf"):
            return cells.error(self.value)
        if self.style not in self.dates:
            # No JSON number of ours has hundreds of digits, and nobody means one.
            return number if abs(number) < 10**20 else float(number)
        try:
            value = from_excel(number, self.workbook.epoch, timedelta=self.style in self.spans)
        except (OverflowError, ValueError):
            return cells.error("#VALUE!")
        if isinstance(value, clock | timedelta):
            return {"date": str(value)}
        return cells.moment(value)


def _bounded(text: str) -> Raw:
    return text if len(text) <= cells.LONGEST else cells.oversized(text)


def _unescaped(text: str) -> str:
    """Characters that XML cannot hold are written as _x000D_; those that nobody can see are dropped."""
    if "_x" not in text:
        return text
    return ESCAPED.sub(lambda found: _visible(chr(int(found[1], 16))), text)


def _visible(char: str) -> str:
    return char if char.isprintable() or char in "\t\n\r" else ""


def _column(place: str) -> int:
    """0 for A1, 27 for AB7."""
    letters = place.rstrip("0123456789").upper()
    if not (letters.isascii() and letters.isalpha() and len(letters) <= 3):
        raise BadFile(damaged())
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else -1


def _truth(node, name: str) -> bool:
    return node is not None and node.get(name) in ("1", "true")

"""From the bytes of an uploaded file to the rows of its table: what people really send, told apart by content."""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO

from django.utils.translation import gettext as _

from grids.sheets import cells
from grids.sheets.cells import Raw, is_blank
from grids.sheets.workbook import MAX_COLUMNS, BadFile, Workbook

LARGEST_UPLOAD = 20 * 2**20  # bytes
MAX_ROWS = 100_000
HEADER_WITHIN = 20  # the header is looked for in so many rows that hold something
DELIMITERS = (",", "\t", ";")
SNIFFED = 2**16

SIGNATURES = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "office",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"%PDF": "pdf",
    b"Rar!": "archive",
    b"7z\xbc\xaf": "archive",
    b"\x1f\x8b": "archive",
    b"\x89PNG": "picture",
    b"\xff\xd8\xff": "picture",
    b"GIF8": "picture",
    b"{\\rtf": "page",
}
MARKUP = re.compile(rb"\s*<(!doctype|html|head|body|table|\?xml|meta|script)", re.IGNORECASE)

# Nobody's private affairs: such columns are not read, whatever a sheet holds. A column that a kind names is.
PRIVATE = re.compile(
    "身份证|证件号|公民身份|手机|移动电话|联系电话|联系方式|电话|银行卡|银行账号|微信|民族|宗教|政治面貌|出生"
)
EXAMPLE = re.compile("示例|样例|例[:：]")
# Of these nothing is read even where phones are asked for.
IDENTITY = re.compile("身份证|证件号|公民身份|银行卡|银行账号|微信|民族|宗教|政治面貌|出生")
TOTAL = re.compile("(合计|小计|总计|共计)")
NOTE = re.compile("注|备注|说明|填表|制表|填报|审核|负责人|复核|日期|数据来源|截至|以上")
CODE_LIKE = re.compile(r"[0-9A-Za-z.+\-']*[0-9][0-9A-Za-z.+\-']*")
NOTE_LENGTH = 20
KNOWN_ENOUGH = 2  # known headings that make a row the header of a table which anybody has laid out
LONGEST_HEADING, FEWEST_HEADINGS = 20, 4  # otherwise so many short texts do
NUMBERS = re.compile(r"\d{4,}")
OUR_OWN = {"错误说明"}  # the column of our sheet of errors, which comes back with the mended sheet
APOSTROPHE = re.compile(r"'[=+\-@\t\r']")
QUOTED_FORMULA = re.compile(r'="([^"]*)"')

Cells = list[Raw]
Numbered = tuple[int, Cells]


class Ignored:
    """Why a row is passed over."""

    EXAMPLE, TOTAL, NOTE, EMPTY = "example", "total", "note", "empty"


@dataclass
class Layout:
    """Where the table is in the file, as JSON keeps it. Row numbers count from 1, as Excel shows them."""

    format: str
    sheet: str = ""
    number: int = 0  # of the header's last row
    header: list[str] = field(default_factory=list)
    above: list[Cells] = field(default_factory=list)  # the rows before it, as (number, cells)
    columns: dict[str, int] = field(default_factory=dict)  # which column of the kind stands where
    unread: list[str] = field(default_factory=list)
    private: list[str] = field(default_factory=list)
    other_sheets: list[str] = field(default_factory=list)


@dataclass
class Table:
    """`rows` gives (number, cells, why it is ignored or ""), one by one while the file is read."""

    layout: Layout
    rows: Iterator[tuple[int, Cells, str]]


Names = Mapping[str, Sequence[str]]  # of each column, the best first


def read_table(file: BinaryIO, names: Names, required: set[str], key: str) -> Table:
    """The table of the file whose header has the `required` columns; BadFile says in Chinese what to do otherwise.

    `key` is the column without which a row below the table is taken for a note.
    """
    layout, found = _found(file, _search(names, required))
    return Table(layout, _classified(found, layout, key))


def read_any_table(file: BinaryIO, known: Set[str], keys: Set[str]) -> Table:
    """The table of a file that others have laid out: `columns` of its layout has every heading, as `heading` writes it.

    Its header is the first row with some of the `known` headings, or with nothing but short texts. The first of `keys`
    is the column as in `read_table`. Phones are read, for somebody wants them; identities never are.
    """
    layout, found = _found(file, _loose_search(known))
    key = next((name for name in layout.columns if name in keys), next(iter(layout.columns)))
    return Table(layout, _classified(found, layout, key))


def check_file(file: BinaryIO) -> None:
    """BadFile for what is recognised at once as no sheet at all."""
    _kind_of(file)


def _kind_of(file: BinaryIO) -> str:
    file.seek(0)
    head = file.read(4096)
    if not head.strip(b"\0\t\r\n \xef\xbb\xbf\xff\xfe"):
        raise BadFile(_("The file is empty."))
    kind = next((kind for mark, kind in SIGNATURES.items() if head.startswith(mark)), "text")
    if MARKUP.match(head):
        kind = "page"
    file.seek(0)
    match kind:
        case "zip":
            return "workbook"
        case "office":
            raise BadFile(_office_refusal(file))
        case "pdf":
            raise BadFile(_("This is a PDF file. Upload the Excel file that it was made from."))
        case "archive":
            raise BadFile(_("This is a packed archive. Unpack it and upload the .xlsx or .csv file inside."))
        case "picture":
            raise BadFile(_("This is a picture. Upload the Excel file itself."))
        case "page":
            raise BadFile(_("This is a web page with the name of a sheet. Open it in Excel and save it as .xlsx."))
    return "text"


def _office_refusal(file: BinaryIO) -> str:
    content = file.read(LARGEST_UPLOAD)
    if "EncryptedPackage".encode("utf-16-le") in content:
        return _("The file is encrypted. Remove its password in Excel and save it again.")
    return _("This is an old Excel file (.xls). Open it in Excel and save it as .xlsx.")


# Where the table is


@dataclass(frozen=True)
class Search:
    """What makes a row the header: the columns that it names, whether they suffice, and what to say where none does."""

    columns: Callable[[list[str]], dict[str, int]]
    suffices: Callable[[Set[str]], bool]
    refusal: Callable[[Set[str]], str]


def _search(names: Names, required: set[str]) -> Search:
    return Search(
        columns=lambda header: _columns(header, names),
        suffices=lambda found: required <= found,
        refusal=lambda best: _no_header(names, required, best),
    )


def _loose_search(known: Set[str]) -> Search:
    return Search(columns=lambda header: _all_columns(header, known), suffices=bool, refusal=lambda _best: _no_table())


def _found(file: BinaryIO, search: Search) -> tuple[Layout, Iterator[Numbered]]:
    return _in_workbook(Workbook(file), search) if _kind_of(file) == "workbook" else _in_text(file, search)


def _in_workbook(workbook: Workbook, search: Search) -> tuple[Layout, Iterator[Numbered]]:
    best: set[str] = set()
    for sheet in workbook.sheets:
        if sheet.is_hidden:
            continue
        layout = Layout("xlsx", sheet=sheet.name)
        rows = workbook.rows(sheet)
        seen = _find_header(rows, layout, search)
        if layout.number:
            layout.other_sheets = [
                other.name for other in workbook.sheets if other is not sheet and not other.is_hidden
            ]
            return layout, rows
        best = max(best, seen, key=len)
    raise BadFile(search.refusal(best))


def _in_text(file: BinaryIO, search: Search) -> tuple[Layout, Iterator[Numbered]]:
    encoding = _encoding_of(file)
    best: set[str] = set()
    for delimiter in DELIMITERS:
        rows = _text_rows(file, encoding, delimiter)
        layout = Layout("csv")
        try:
            seen = _find_header(rows, layout, search)
        except BadFile:
            if delimiter == DELIMITERS[-1] and not best:
                raise
            continue  # quotes may make no sense with the wrong delimiter
        if layout.number:
            return layout, rows
        best = max(best, seen, key=len)
    raise BadFile(search.refusal(best))


def _find_header(rows: Iterator[Numbered], layout: Layout, search: Search) -> set[str]:
    """Find the header in the first rows and fill the layout; otherwise the columns that were recognised at least.

    A header of two rows, some of its cells merged, is read as one.
    """
    best: set[str] = set()
    before: list[str] = []
    for number, row in islice(rows, HEADER_WITHIN):
        here = [cells.shown(cell) for cell in row]
        below = [
            cell or (before[index] if index < len(before) else "")
            for index, cell in enumerate(here + [""] * (len(before) - len(here)))
        ]
        for header in (here, below):
            found = search.columns(header)
            if search.suffices(found.keys()):
                _fill(layout, number, header, found)
                return set(found)
            best = max(best, set(found), key=len)
        layout.above.append([number, row])
        before = here
    return best


def _columns(header: list[str], names: Names) -> dict[str, int]:
    """Which column stands where; of two headings for the same column the one that names it better."""
    headings = [heading(cell) for cell in header]
    found: dict[str, int] = {}
    for key, spellings in names.items():
        for spelling in spellings:
            wanted = heading(str(spelling))
            if wanted in headings and headings.index(wanted) not in found.values():
                found[key] = headings.index(wanted)
                break
    return found


def _all_columns(header: list[str], known: Set[str]) -> dict[str, int]:
    """Every heading of a row that looks like a header; one that stands there again is told by its number."""
    headings = [heading(cell) for cell in header]
    filled = [text for text in headings if text]
    are_short = len(filled) == len(set(filled)) >= FEWEST_HEADINGS and all(
        len(text) <= LONGEST_HEADING and not NUMBERS.search(text) for text in filled
    )
    if len(known & set(filled)) < KNOWN_ENOUGH and not are_short:
        return {}
    found: dict[str, int] = {}
    for index, text in enumerate(headings):
        if text and not IDENTITY.search(text):
            found[text if text not in found else f"{text}-{index + 1}"] = index
    return found


def _no_table() -> str:
    return _("No header was found in the first %(count)d rows. Upload the sheet as the other system exports it.") % {
        "count": HEADER_WITHIN
    }


def heading(text: str) -> str:
    """The heading without spaces, stars, and what stands in brackets: 户数（户）* is 户数."""
    return re.sub(r"\([^)]*\)|\[[^]]*\]|[*:：]", "", cells.plain(text)).casefold()


def _fill(layout: Layout, number: int, header: list[str], found: dict[str, int]) -> None:
    layout.number, layout.columns = number, found
    layout.header = [cells.text(cell) for cell in header]
    others = [name for index, name in enumerate(layout.header) if name and index not in found.values()]
    layout.private = [name for name in others if PRIVATE.search(cells.plain(name))]
    layout.unread = [name for name in others if name not in layout.private and cells.plain(name) not in OUR_OWN]


def _no_header(names: Names, required: set[str], best: set[str]) -> str:
    wanted = "、".join(str(names[key][0]) for key in names if key in required)
    missing = "、".join(str(names[key][0]) for key in names if key in required - best)
    if best and missing != wanted:
        return _("The header lacks the column %(missing)s. Needed are: %(wanted)s.") % {
            "missing": missing,
            "wanted": wanted,
        }
    return _("No header was found in the first %(count)d rows. It needs the columns %(wanted)s.") % {
        "count": HEADER_WITHIN,
        "wanted": wanted,
    }


# What the rows are


def _classified(rows: Iterator[Numbered], layout: Layout, key: str) -> Iterator[tuple[int, Cells, str]]:
    """Each row with why it is ignored. Notes are notes only below the table: followed by data they are wrong rows."""
    hidden = [index for index, name in enumerate(layout.header) if name in layout.private]
    waiting: list[Numbered] = []
    filled = 0
    for number, row in rows:
        for index in hidden:
            if index < len(row):
                row[index] = None
        if all(is_blank(cell) for cell in row):
            continue
        filled += 1
        if filled > MAX_ROWS:
            raise BadFile(_("A sheet can have up to %(count)d rows. Split the table.") % {"count": MAX_ROWS})
        reason = _why_ignored(row, layout, key)
        if reason == Ignored.NOTE:
            waiting.append((number, row))
            continue
        if not reason:
            yield from ((*note, "") for note in waiting)
            waiting = []
        yield number, row, reason
    # Rows keep their order: what was ignored meanwhile has been given already, and is sorted by its number later.
    yield from ((*note, Ignored.NOTE) for note in waiting)


def _why_ignored(row: Cells, layout: Layout, key: str) -> str:
    known = {name: row[index] for name, index in layout.columns.items() if index < len(row)}
    filled = [cells.shown(cell) for cell in row if not is_blank(cell)]
    first = cells.plain(filled[0])
    if any(EXAMPLE.match(cells.plain(text)) for text in filled[:2]):
        return Ignored.EXAMPLE
    if any(TOTAL.match(cells.plain(text)) for text in filled[:2]):
        return Ignored.TOTAL
    if all(is_blank(cell) for cell in known.values()):
        return Ignored.NOTE if NOTE.match(first) else Ignored.EMPTY
    named = known.get(key)
    if not isinstance(named, str | None) or CODE_LIKE.fullmatch(cells.plain(named or "")):
        return ""
    if NOTE.match(first):
        return Ignored.NOTE
    if len(filled) == 1 and (not is_blank(named) or len(filled[0]) > NOTE_LENGTH):
        return Ignored.NOTE
    return ""


# Text files


def _encoding_of(file: BinaryIO) -> str:
    """UTF-8 or GB18030, whichever the whole file is; UTF-16 by its mark."""
    file.seek(0)
    is_utf16 = file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    for encoding in ("utf-16",) if is_utf16 else ("utf-8-sig", "gb18030"):
        try:
            return _checked(file, encoding)
        except UnicodeError:
            continue
    raise BadFile(_("This is no text that can be read. Save the sheet as .xlsx, or as “CSV UTF-8”."))


def _checked(file: BinaryIO, encoding: str) -> str:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    while chunk := file.read(SNIFFED):
        text = decoder.decode(chunk)
        if any(char < " " and char not in "\t\r\n\x0b\x0c\x1a" for char in set(text)):
            raise BadFile(_("The file is neither an .xlsx workbook nor a text table. Save the sheet as .xlsx."))
    decoder.decode(b"", True)
    return encoding


def _text_rows(file: BinaryIO, encoding: str, delimiter: str) -> Iterator[Numbered]:
    file.seek(0)
    text = io.TextIOWrapper(_Unclosed(file), encoding=encoding, newline="")
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, row in enumerate(reader, start=1):
            if any(row):
                yield number, [_text_cell(cell) for cell in row[:MAX_COLUMNS]]
    except csv.Error as error:
        raise BadFile(
            _("Row %(number)d of the file has quotation marks that do not fit. Save the sheet as .xlsx.")
            % {"number": number + 1}
        ) from error


def _text_cell(text: str) -> Raw:
    if not text:
        return None
    if len(text) > cells.LONGEST:
        return cells.oversized(text)
    if text[0] == "=":
        quoted = QUOTED_FORMULA.fullmatch(text)  # ="0123", which keeps Excel from making a number of it
        return quoted[1] if quoted else cells.formula(text)
    return text[1:] if APOSTROPHE.match(text) else text


class _Unclosed(io.RawIOBase):
    """The file for a text reader that would close it."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        chunk = self.file.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)

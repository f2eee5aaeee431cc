"""An Excel workbook, written while it is being sent: no file, and a few rows in memory at a time.

openpyxl takes more than three times as long, and a disk for it.
"""

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import chain, islice
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from django.utils import timezone

# A program that opens a sheet may take such text for a formula; here it is text, and says so.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
# Numbers of the styles below.
PLAIN, TIME, QUOTED, BOLD, RATE = range(5)
FIRST_DAY = datetime(1899, 12, 30)  # noqa: DTZ001  sheets count local days from here
DAY_SECONDS = 86_400
LONGEST_TEXT = 32_767  # characters that a cell holds
NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
CONTENT_TYPE = f"{_TYPE}.sheet"
PARTS = {
    "_rels/.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/styles.xml": f'{_HEAD}<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/>'
    '<numFmt numFmtId="165" formatCode="0.0%"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/></font><font><b/><sz val="11"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="5"><xf xfId="0"/><xf xfId="0" numFmtId="164" applyNumberFormat="1"/>'
    '<xf xfId="0" quotePrefix="1"/><xf xfId="0" fontId="1" applyFont="1"/>'
    '<xf xfId="0" numFmtId="165" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}


@dataclass(frozen=True)
class Sheet:
    """Its name, the widths of its columns in characters, and how many lines stay in sight above the rows."""

    name: str
    widths: Sequence[int]
    frozen: int = 0


class Formula(NamedTuple):
    """What Excel works out by itself, of places in the sheet that we name; `value` shows until it has."""

    text: str
    value: int | float | Decimal | str
    is_rate: bool = False


class Heading(tuple):
    """A line that stands out among the others."""


class _Sink:
    """What the ZIP writer writes into; it cannot go back, and what it holds is taken away."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        data = b"".join(self.pieces)
        self.pieces.clear()
        return data


def stream(sheet: Sheet, lines: Iterable[Sequence[object]], bold: int = 0) -> Iterator[bytes]:
    """The bytes of an .xlsx of one sheet; the first `bold` lines stand out."""
    lines = iter(lines)
    return book([(sheet, chain(map(Heading, islice(lines, bold)), lines))])


def book(sheets: Sequence[tuple[Sheet, Iterable[Sequence[object]]]]) -> Iterator[bytes]:
    """The bytes of the .xlsx of these sheets with their lines. Values: text, numbers, formulas, aware times, None."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in (PARTS | _parts([sheet for sheet, _lines in sheets])).items():
            package.writestr(name, content)
        for number, (sheet, lines) in enumerate(sheets, start=1):
            with package.open(f"xl/{_path(number)}", "w") as part:
                part.write(_opening(sheet).encode())
                for place, line in enumerate(lines, start=1):
                    part.write(_row(place, line, BOLD if isinstance(line, Heading) else PLAIN).encode())
                    if len(sink.pieces) > 8:
                        yield sink.take()
                part.write(b"</sheetData></worksheet>")
    yield sink.take()


def _path(number: int) -> str:
    return f"worksheets/sheet{number}.xml"


def _parts(sheets: Sequence[Sheet]) -> dict[str, str]:
    """What says which sheets there are."""
    numbers = range(1, len(sheets) + 1)
    types = "".join(f'<Override PartName="/xl/{_path(n)}" ContentType="{_TYPE}.worksheet+xml"/>' for n in numbers)
    links = "".join(f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="{_path(n)}"/>' for n in numbers)
    named = zip(numbers, sheets, strict=True)
    names = "".join(f'<sheet name={quoteattr(sheet.name)} sheetId="{n}" r:id="rId{n}"/>' for n, sheet in named)
    return {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>{types}</Types>',
        "xl/_rels/workbook.xml.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{links}'
        f'<Relationship Id="styles" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{names}</sheets></workbook>',
    }


def _opening(sheet: Sheet) -> str:
    below = sheet.frozen + 1
    pane = f'<pane ySplit="{sheet.frozen}" topLeftCell="A{below}" activePane="bottomLeft" state="frozen"/>'
    columns = "".join(
        f'<col min="{number}" max="{number}" width="{width}" customWidth="1"/>'
        for number, width in enumerate(sheet.widths, start=1)
    )
    return (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">{pane if sheet.frozen else ""}'
        f"</sheetView></sheetViews><cols>{columns}</cols><sheetData>"
    )


def _row(number: int, line: Sequence[object], style: int) -> str:
    cells = (_cell(f"{letters(column)}{number}", value, style) for column, value in enumerate(line))
    return f'<row r="{number}">{"".join(cells)}</row>'


def letters(column: int) -> str:
    """How a formula calls the column; the first is 0."""
    return (chr(64 + column // 26) if column >= 26 else "") + chr(65 + column % 26)


def _cell(place: str, value: object, style: int) -> str:
    """Times are local ones, and text is text, whatever it begins with."""
    if value is None or value == "":
        return ""
    if isinstance(value, datetime):
        since = timezone.localtime(value).replace(tzinfo=None, second=0, microsecond=0) - FIRST_DAY
        return f'<c r="{place}" s="{TIME}"><v>{since.days + since.seconds / DAY_SECONDS:.9f}</v></c>'
    if isinstance(value, Formula):
        kind = ' t="str"' if isinstance(value.value, str) else ""
        style = RATE if value.is_rate else style
        return f'<c r="{place}" s="{style}"{kind}><f>{escape(value.text)}</f><v>{escape(str(value.value))}</v></c>'
    if isinstance(value, int | float | Decimal):
        return f'<c r="{place}"><v>{value + 0}</v></c>'
    text = NO_XML.sub("", str(value))[:LONGEST_TEXT]
    style = QUOTED if text.startswith(FORMULA_SIGNS) else style
    return f'<c r="{place}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'

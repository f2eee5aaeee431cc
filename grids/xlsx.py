"""An Excel workbook of one sheet, written while it is being sent: no file, and a few rows in memory at a time.

openpyxl takes more than three times as long, and a disk for it.
"""

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from django.utils import timezone

# A program that opens a sheet may take such text for a formula; here it is text, and says so.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
# Numbers of the styles below.
PLAIN, TIME, QUOTED, BOLD = range(4)
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
    "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>',
    "_rels/.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'{_HEAD}<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/></font><font><b/><sz val="11"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="4"><xf xfId="0"/><xf xfId="0" numFmtId="164" applyNumberFormat="1"/>'
    '<xf xfId="0" quotePrefix="1"/><xf xfId="0" fontId="1" applyFont="1"/></cellXfs>'
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
    value: int | float | Decimal


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
    """The bytes of the .xlsx; the first `bold` lines stand out. Values: text, numbers, formulas, aware times, None."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in PARTS.items():
            package.writestr(name, content)
        package.writestr("xl/workbook.xml", _workbook(sheet))
        with package.open("xl/worksheets/sheet1.xml", "w") as part:
            part.write(_opening(sheet).encode())
            for number, line in enumerate(lines, start=1):
                part.write(_row(number, line, BOLD if number <= bold else PLAIN).encode())
                if len(sink.pieces) > 8:
                    yield sink.take()
            part.write(b"</sheetData></worksheet>")
    yield sink.take()


def _workbook(sheet: Sheet) -> str:
    return (
        f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        f'<sheet name={quoteattr(sheet.name)} sheetId="1" r:id="rId1"/></sheets></workbook>'
    )


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
    cells = (_cell(f"{_letters(column)}{number}", value, style) for column, value in enumerate(line))
    return f'<row r="{number}">{"".join(cells)}</row>'


def _letters(column: int) -> str:
    return (chr(64 + column // 26) if column >= 26 else "") + chr(65 + column % 26)


def _cell(place: str, value: object, style: int) -> str:
    """Times are local ones, and text is text, whatever it begins with."""
    if value is None or value == "":
        return ""
    if isinstance(value, datetime):
        since = timezone.localtime(value).replace(tzinfo=None, second=0, microsecond=0) - FIRST_DAY
        return f'<c r="{place}" s="{TIME}"><v>{since.days + since.seconds / DAY_SECONDS:.9f}</v></c>'
    if isinstance(value, Formula):
        return f'<c r="{place}" s="{style}"><f>{escape(value.text)}</f><v>{value.value}</v></c>'
    if isinstance(value, int | float | Decimal):
        return f'<c r="{place}"><v>{value + 0}</v></c>'
    text = NO_XML.sub("", str(value))[:LONGEST_TEXT]
    style = QUOTED if text.startswith(FORMULA_SIGNS) else style
    return f'<c r="{place}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'

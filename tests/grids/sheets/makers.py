"""Files as people have them, and the way of a sheet through the services."""

import csv
import io
import zipfile
from collections.abc import Iterable

from openpyxl import Workbook

from grids import services
from grids.models import SheetImport, User
from grids.sheets import kinds

HEADER = ("网格编码", "名称", "户数")
SHEET_XML = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)


def workbook(*sheets: Iterable[Iterable], names: Iterable[str] = ()) -> Workbook:
    """A workbook with a sheet for each list of rows."""
    book = Workbook()
    book.remove(book.active)
    names = [*names, *(f"表{number}" for number in range(1, len(sheets) + 1))]
    for name, rows in zip(names, sheets, strict=False):
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    return book


def saved(book: Workbook) -> io.BytesIO:
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    return file


def xlsx(*sheets: Iterable[Iterable], names: Iterable[str] = ()) -> io.BytesIO:
    return saved(workbook(*sheets, names=names))


def csv_file(rows: Iterable[Iterable], encoding: str = "utf-8", delimiter: str = ",") -> io.BytesIO:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return io.BytesIO(text.getvalue().encode(encoding))


def patched(file: io.BytesIO, changes: dict[str, bytes | str]) -> io.BytesIO:
    """The workbook with members replaced or added, by their path."""
    result = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new:
        for name in dict.fromkeys([*old.namelist(), *changes]):
            new.writestr(name, changes[name] if name in changes else old.read(name))
    result.seek(0)
    return result


def with_sheet(xml: str) -> io.BytesIO:
    """A workbook whose only sheet holds this XML inside of its rows."""
    return patched(xlsx([HEADER]), {"xl/worksheets/sheet1.xml": SHEET_XML.format(xml)})


def with_strings(strings: str, xml: str) -> io.BytesIO:
    """As Excel writes it: the rows refer to a table of strings. openpyxl puts the strings into the cells."""
    file = with_sheet(xml)
    with zipfile.ZipFile(file) as archive:
        relations = archive.read("xl/_rels/workbook.xml.rels").decode()
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    ours = f'<Relationship Type="{kind}" Target="/xl/sharedStrings.xml" Id="rId99"/></Relationships>'
    relations = relations.replace("</Relationships>", ours)
    return patched(file, {"xl/sharedStrings.xml": strings, "xl/_rels/workbook.xml.rels": relations})


def upload(actor: User, kind: str, file: io.BytesIO | Iterable[Iterable], name: str = "表.xlsx") -> SheetImport:
    """Uploaded and checked, as the worker would."""
    file = file if isinstance(file, io.BytesIO) else xlsx(file)
    sheet_import = services.upload_sheet(actor=actor, kind=kinds.find(kind), file_name=name, file=file)
    services.check_sheet(pk=sheet_import.pk)
    sheet_import.refresh_from_db()
    return sheet_import


def bring_in(actor: User, kind: str, file: io.BytesIO | Iterable[Iterable]) -> SheetImport:
    """Uploaded, confirmed and written."""
    sheet_import = upload(actor, kind, file)
    assert sheet_import.status == "checked", sheet_import.problem
    assert not told(sheet_import)
    services.confirm_sheet(actor=actor, sheet_import=sheet_import)
    services.apply_sheet(pk=sheet_import.pk)
    sheet_import.refresh_from_db()
    return sheet_import


def undo(actor: User, sheet_import: SheetImport) -> SheetImport:
    services.request_undo(actor=actor, sheet_import=sheet_import)
    services.undo_sheet(pk=sheet_import.pk)
    sheet_import.refresh_from_db()
    return sheet_import


def told(sheet_import: SheetImport) -> dict[int, list[str]]:
    """What is wrong, by the number of the row: “column: what to do”."""
    wrong = sheet_import.rows.filter(outcome="wrong")
    return {row.number: [f"{one['column']}: {one['text']}" for one in row.problems] for row in wrong}


def outcomes(sheet_import: SheetImport) -> dict[int, str]:
    return dict(sheet_import.rows.values_list("number", "outcome"))

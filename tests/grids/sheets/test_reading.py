"""What real files contain, one story each: from bytes to rows, without a database."""

import io
import zipfile
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.styles import numbers

from grids.sheets import reading, writing
from grids.sheets.grids import GridSheet
from grids.sheets.reading import read_table
from grids.sheets.workbook import BadFile
from tests.grids.sheets.makers import HEADER, csv_file, patched, saved, with_sheet, with_strings, workbook, xlsx

KIND = GridSheet()
ROW = ("150105001001", "健康社区", 36)
HEAD = '<row><c t="inlineStr"><is><t>编码</t></is></c><c t="inlineStr"><is><t>名称</t></is></c></row>'


def table(file):
    return read_table(file, KIND.names, KIND.required, KIND.main)


def rows(file):
    return [(number, row) for number, row, ignored in table(file).rows if not ignored]


def ignored(file):
    return {number: reason for number, _row, reason in table(file).rows if reason}


def refusal(file):
    with pytest.raises(BadFile) as refused:
        list(table(file).rows)
    return str(refused.value)


def cell(value, number_format=None, data_type=None):
    """The first code of a sheet as it is read."""
    book = workbook([HEADER, ["", "某社区"]])
    target = book.active["A2"]
    target.value = value
    if data_type:
        target.data_type = data_type
    if number_format:
        target.number_format = number_format
    return rows(saved(book))[0][1][0]


# Told apart by content, never by the name


def test_a_workbook_and_a_text_table_say_the_same():
    assert rows(xlsx([HEADER, ROW])) == [(2, list(ROW))]
    assert rows(csv_file([HEADER, ROW])) == [(2, ["150105001001", "健康社区", "36"])]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_text_in_the_usual_encodings(encoding):
    assert rows(csv_file([HEADER, ("150105001001", "健康社区㐂", "1")], encoding))[0][1][1] == "健康社区㐂"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_text_with_the_usual_delimiters(delimiter):
    assert rows(csv_file([HEADER, ROW], delimiter=delimiter))[0][1][0] == "150105001001"


@pytest.mark.parametrize(
    "content, said",
    [
        (b"", "文件是空的"),
        (b"\xef\xbb\xbf \r\n", "文件是空的"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "旧版 Excel"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "已加密"),
        (b"Rar!\x1a\x07", "压缩包"),
        (b"\x89PNG\r\n", "图片"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "网页"),
        (b"\x00\x01\x02\x03 binary", "既不是"),
        (b"\xff\xfe\xfd\xfc\xff\xff\xff", "无法识别"),
        ("没有表头,只有文字\n1,2".encode(), "没有找到表头。表头必须有：网格编码、名称"),
        ("编码,户数\n1,2".encode(), "表头缺少：名称"),
        ('编码,名称\n"1501,呼'.encode(), "引号不成对"),
        (b"PK\x03\x04 cut off", "已损坏"),
        (b"PK\x05\x06" + b"\0" * 18, "压缩包，不是表格"),
    ],
)  # fmt: skip
def test_what_is_no_sheet_is_told_in_a_sentence(content, said):
    assert said in refusal(io.BytesIO(content))


def test_a_renamed_zip():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("网格.xlsx", b"x")
    assert "压缩包，不是表格" in refusal(file)


@pytest.mark.parametrize(
    "member, said", [("content.xml", "OpenDocument"), ("word/document.xml", "Word"), ("xl/workbook.bin", "压缩包")]
)
def test_other_office_files(member, said):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(member, b"x")
    assert said in refusal(file)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.999])
def test_a_workbook_that_was_cut_off(share):
    content = xlsx([HEADER, *[ROW] * 500]).getvalue()
    assert refusal(io.BytesIO(content[: int(len(content) * share)]))


def test_a_workbook_with_a_broken_part():
    content = bytearray(xlsx([HEADER, *[(f"15010500{n}", f"社区{n}", n) for n in range(2000)]]).getvalue())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        start = archive.getinfo("xl/worksheets/sheet1.xml").header_offset
    content[start + 200 : start + 260] = b"\xaa" * 60
    assert "已损坏" in refusal(io.BytesIO(bytes(content)))


def test_an_encrypted_member():
    content = bytearray(xlsx([HEADER, ROW]).getvalue())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = content.find(mark)
        while start >= 0:
            content[start + offset] |= 1
            start = content.find(mark, start + 4)
    assert "已加密" in refusal(io.BytesIO(bytes(content)))


# Where the table is


def test_an_empty_first_row_and_titles_above():
    rows_above = [[], ["健康社区网格信息表（2026 年）"], [None, None, "单位：户"], HEADER, ROW]
    assert rows(xlsx(rows_above)) == [(5, list(ROW))]
    layout = table(xlsx(rows_above)).layout
    assert (layout.number, [number for number, _row in layout.above]) == (4, [2, 3])


def test_merged_header_cells():
    book = workbook([["网格信息"], ["编码", "基本情况", None], [None, "名称", "户数"], ROW])
    book.active.merge_cells("A1:C1")
    book.active.merge_cells("A2:A3")
    book.active.merge_cells("B2:C2")
    assert rows(saved(book)) == [(4, list(ROW))]


def test_columns_in_another_order_under_other_names():
    layout = table(
        xlsx([("序号", "总户数（户）", "网格名称*", " 代 码 ", "备注"), (1, 36, "健康社区", "1501", "")])
    ).layout
    assert layout.columns == {"code": 3, "name": 2, "households": 1}
    assert layout.unread == ["序号", "备注"]


@pytest.mark.parametrize("word", ["编号", "代码", "网格编码", "编码", "区划代码", "ＷＧ编码"])
def test_synonyms_of_the_code(word):
    file = xlsx([(word, "名称"), ("1501", "呼和浩特市")])
    if word == "ＷＧ编码":
        assert "没有找到表头" in refusal(file) or "表头缺少" in refusal(file)
    else:
        assert rows(file)[0][1][0] == "1501"


def test_the_better_name_wins_when_two_columns_have_one():
    assert table(xlsx([("编号", "名称", "网格编码"), (1, "市", "1501")])).layout.columns["code"] == 2


def test_the_first_sheet_with_our_header_is_read_and_the_others_named():
    book = workbook([["说明"]], [HEADER, ROW], [HEADER], names=["封面", "网格", "旧表"])
    layout = table(saved(book)).layout
    assert (layout.sheet, layout.other_sheets) == ("网格", ["封面", "旧表"])


def test_hidden_sheets_are_not_read():
    book = workbook([HEADER, ("1501", "旧", 1)], [HEADER, ROW], names=["隐藏", "网格"])
    book["隐藏"].sheet_state = "hidden"
    assert table(saved(book)).layout.sheet == "网格"


def test_private_columns_are_not_read():
    file = xlsx([(*HEADER, "身份证号", "手机号码", "民族"), (*ROW, "150102199001011234", "13800000000", "蒙古族")])
    found = table(file)
    assert next(found.rows)[1] == [*ROW, None, None, None]
    assert (found.layout.private, found.layout.unread) == (["身份证号", "手机号码", "民族"], [])


# Which rows are data


def test_notes_below_the_table_are_passed_over():
    notes = [
        ("注：以上数据截至 2026 年 3 月",),
        ("填表人：张三", "审核人：李四", "2026-03-01"),
        (None, None, None, "盖章"),
    ]
    assert ignored(xlsx([HEADER, ROW, *notes])) == {3: "note", 4: "note", 5: "empty"}


def test_a_note_between_rows_is_a_wrong_row_and_not_passed_over():
    found = list(table(xlsx([HEADER, ROW, ("健康社区以东",), ("150105001002", "学苑社区", 1)])).rows)
    assert sorted(number for number, _row, reason in found if not reason) == [2, 3, 4]


def test_totals_and_the_worked_example_are_passed_over():
    file = xlsx([HEADER, ("示例 150105001001", "健康社区", 36), ROW, ("合 计", None, 36), (None, "小计", 36)])
    assert ignored(file) == {2: "example", 4: "total", 5: "total"}


def test_a_row_without_a_code_is_data_when_it_looks_like_it():
    assert [number for number, _row in rows(xlsx([HEADER, ROW, (None, "学苑社区", 12)]))] == [2, 3]


def test_serial_numbers_filled_in_advance_are_no_rows():
    file = xlsx([("序号", *HEADER), (1, *ROW), (2, None, None, None), (3, None, None, None)])
    assert (len(rows(file)), ignored(file)) == (1, {3: "empty", 4: "empty"})


def test_empty_rows_between_keep_the_numbers():
    assert [number for number, _row in rows(xlsx([HEADER, [], ROW, [None, " "], [None, "\u3000"], ROW]))] == [3, 6]


# What cells hold


def test_cells_that_are_more_than_text():
    assert cell(150105001001) == 150105001001
    assert cell(True) is True
    assert cell("=A1&B1") == {"formula": "=A1&B1"}
    assert cell("#REF!", data_type="e") == {"error": "#REF!"}
    assert cell(date(2026, 3, 1)) == {"date": "2026-03-01T00:00:00"}
    assert cell(46082, number_format=numbers.FORMAT_DATE_YYYYMMDD2) == {"date": "2026-03-01T00:00:00"}
    assert cell("x" * 3000) == {"long": "x" * 100}
    assert cell(99999999, number_format=numbers.FORMAT_DATE_YYYYMMDD2) == {"error": "#VALUE!"}


def test_numbers_that_excel_has_rounded():
    for number, value in (("1.50105001001E+17", 1.50105001001e17), ("1501050010010010", 1501050010010010)):
        assert rows(with_sheet(f'{HEAD}<row r="2"><c r="A2"><v>{number}</v></c></row>'))[0][1][0] == value


def test_dates_of_the_chinese_excel():
    book = workbook([HEADER, ["", "x"]])
    book.active["A2"].value = 46082
    book.active["A2"].number_format = "0.000"
    file = saved(book)
    with zipfile.ZipFile(file) as archive:
        styles = archive.read("xl/styles.xml").decode()
    own = 'numFmtId="164"' if 'numFmtId="164"' in styles else None
    assert own
    file = patched(file, {"xl/styles.xml": styles.replace(own, 'numFmtId="31"')})
    assert rows(file)[0][1][0] == {"date": "2026-03-01T00:00:00"}


def test_rich_text_is_joined_and_its_pronunciation_left_out():
    strings = (
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>网格编码</t></si>'
        "<si><r><t>名</t></r><r><t>称_x000D_</t></r><rPh sb='0' eb='1'><t>mingcheng</t></rPh></si></sst>"
    )
    cells = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
    assert table(with_strings(strings, cells)).layout.header == ["网格编码", "名称"]


def test_csv_that_keeps_excel_from_computing():
    file = csv_file([HEADER, ('="150105001001"', "'=1+1", "'x"), ("=A1", "'-甲", "''+")])
    assert [row for _number, row in rows(file)] == [
        ["150105001001", "=1+1", "'x"],
        [{"formula": "=A1"}, "-甲", "'+"],
    ]


# Bombs


def test_a_small_file_that_unpacks_to_gigabytes_is_refused_by_what_it_declares():
    file = io.BytesIO()
    with zipfile.ZipFile(xlsx([HEADER])) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != "xl/worksheets/sheet1.xml":
                new.writestr(name, old.read(name))
        with new.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as member:
            for _megabyte in range(300):
                member.write(b" " * 2**20)
    assert len(file.getvalue()) < 2**20
    assert "过大" in refusal(file)


def test_a_member_that_lies_about_its_size_is_damaged():
    content = bytearray(xlsx([HEADER, *[ROW] * 3000]).getvalue())
    start = content.rfind(b"PK\x01\x02", 0, content.find(b"xl/worksheets/sheet1.xml", content.find(b"PK\x01\x02")))
    content[start + 24 : start + 28] = (100).to_bytes(4, "little")
    assert "已损坏" in refusal(io.BytesIO(bytes(content)))


def test_too_many_members():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(2001):
            archive.writestr(str(number), b"")
    assert "过大" in refusal(file)


def test_xml_that_grows_by_itself_is_refused():
    entities = '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    bomb = f"<!DOCTYPE x [{entities}]><worksheet><sheetData>&b;</sheetData></worksheet>"
    for member in ("xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml"):
        assert "已损坏" in refusal(patched(xlsx([HEADER, ROW]), {member: bomb})), member
    assert "已损坏" in refusal(with_strings(bomb, '<row><c t="s"><v>0</v></c></row>'))


def test_a_row_of_a_million_cells_keeps_sixty():
    cells = '<c t="n"><v>1</v></c>' * 300_000
    assert len(rows(with_sheet(f"{HEAD}<row>{cells}</row>"))[0][1]) == 60


@pytest.mark.parametrize(
    "xml",
    [
        '<row r="99999999999"><c r="A1"><v>1</v></c></row>',
        '<row r="2"/><row r="2"/>',
        '<row r="x"/>',
        '<row r="1"><c r="AAAAAAA1"><v>1</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>99999</v></c></row>',
        '<row r="1"><c r="A1"><v>kein</v></c></row>',
        "<row><c>",
    ],
)
def test_places_that_cannot_be(xml):
    assert "已损坏" in refusal(with_sheet(xml))


def test_more_rows_than_a_sheet_may_have(monkeypatch):
    monkeypatch.setattr(reading, "MAX_ROWS", 3)
    assert "最多 3 行" in refusal(xlsx([HEADER, *[ROW] * 4]))


def test_a_formatted_but_empty_sheet_below_costs_nothing():
    below = "".join(f'<row r="{n}"><c r="A{n}" s="1"/></row>' for n in range(2, 150_000))
    assert rows(with_sheet(HEAD + below)) == []


# Whatever we write can be read


printable = st.text(
    st.characters(blacklist_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs")), min_size=1, max_size=20
)
names = st.builds(
    lambda start, rest: start + rest, st.sampled_from(["", "=", "+", "-", "@", "'", "'=", "_x0041_"]), printable
)


@given(st.lists(st.tuples(names, st.integers(0, 10**6)), min_size=1, max_size=5), st.sampled_from(["csv", "xlsx"]))
def test_exports_are_read_back_as_they_were(written, suffix):
    given_rows = [{"code": f"15{n:02}", "name": name, "households": n} for name, n in written]
    if suffix == "csv":
        file = io.BytesIO("".join(writing.csv_export(KIND, given_rows)).encode())
    else:
        file = io.BytesIO(writing.xlsx_export(KIND, given_rows).read())
    back = []
    for number, row, _ignored in table(file).rows:
        read = writing_row(number, row, table(file).layout.columns)
        back.append((read["name"], read["households"]))
    kept = [pair for pair in written if not ignorable(pair[0])]
    assert [pair for pair in back if not ignorable(pair[0])] == kept


def writing_row(number, row, places):
    from grids.sheets.kinds import Row

    result = Row(number=number, cells=row)
    KIND.read(result, places)
    assert not result.problems
    return result.given


def ignorable(name):
    return reading.EXAMPLE.match(name) or reading.TOTAL.match(name)


@given(st.binary(max_size=2000))
def test_no_bytes_break_the_reader(content):
    read_or_refused(io.BytesIO(content))


@given(st.data())
def test_no_damage_breaks_the_reader(data):
    content = bytearray(GOOD)
    for _damage in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    read_or_refused(io.BytesIO(bytes(content)))


def read_or_refused(file):
    with suppress(BadFile):
        list(table(file).rows)


GOOD = xlsx([HEADER, ROW, ("1501", date(2026, 1, 1), True)]).getvalue()


def test_a_tag_that_never_ends_is_given_up_at_once():
    huge = f'<worksheet xmlns:x="{"x" * 4_000_000}" xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    file = patched(xlsx([HEADER]), {"xl/worksheets/sheet1.xml": f"{huge}<sheetData/></worksheet>"})
    assert "已损坏" in refusal(file)

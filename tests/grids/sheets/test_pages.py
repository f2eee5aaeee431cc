"""The pages of sheets in Django admin, and what lists give out: who sees what, and what was seen comes back."""

import io

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from grids import services
from grids.models import Grid, Organisation, Post, SheetImport
from tests.factories import make_user
from tests.grids.sheets.makers import HEADER, bring_in, csv_file, upload, xlsx

pytestmark = pytest.mark.django_db

NEW = [HEADER, ("150105001003", "新社区", 5)]
WRONG = [HEADER, ("150105001003", "新社区", "三十"), ("150105001001", "健康家园", None)]


@pytest.fixture
def manager(cast):
    user = make_user("街道主任", "manager")
    services.appoint(actor=None, user=user, role="official", grid=cast.tree.street)
    user.posts.update(is_manager=True)
    return user


@pytest.fixture
def browse(client, cast):
    """`browse(name, *args, user=…)` opens a page of the admin; `.post(…)` sends to one."""

    def get(name, *args, user=cast.admin, **query):
        client.force_login(user)
        return client.get(reverse(f"admin:grids_{name}", args=args), query)

    def post(name, *args, user=cast.admin, **form):
        client.force_login(user)
        return client.post(reverse(f"admin:grids_{name}", args=args), form)

    get.post = post
    return get


def content(response):
    return b"".join(response.streaming_content)


def file_of(rows, name="表.xlsx"):
    return SimpleUploadedFile(name, xlsx(rows).getvalue())


# Uploading


def test_uploading_leads_to_the_preview_and_is_logged(browse, cast):
    response = browse.post("sheetimport_kind", "grids", file=file_of(NEW))
    sheet_import = SheetImport.objects.get()
    assert response.url == reverse("admin:grids_sheetimport_change", args=[sheet_import.pk])
    page = browse("sheetimport_change", sheet_import.pk).content.decode()
    assert "hx-trigger" in page
    assert "刷新" in page
    services.check_sheet(pk=sheet_import.pk)
    page = browse("sheetimport_change", sheet_import.pk).content.decode()
    assert "新社区" in page
    assert "hx-trigger" not in page
    assert LogEntry.objects.get().object_id == str(sheet_import.pk)


@pytest.mark.parametrize(
    "content, said",
    [
        (b"", "文件是空的"),
        (b"%PDF-1.4", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "旧版 Excel"),
        (b"x" * (20 * 2**20 + 1), "超过 20 MB"),
    ],
    ids=["empty", "pdf", "xls", "large"],
)  # fmt: skip
def test_what_is_no_sheet_is_refused_at_the_form(browse, content, said):
    response = browse.post("sheetimport_kind", "grids", file=SimpleUploadedFile("表.xlsx", content))
    assert response.status_code == 400
    assert said in response.content.decode()
    assert not SheetImport.objects.exists()


def test_a_form_without_a_file(browse):
    response = browse.post("sheetimport_kind", "grids")
    assert (response.status_code, "请选择要导入的表格文件" in response.content.decode()) == (400, True)


# Preview


def test_wrong_rows_are_listed_with_column_value_and_advice(browse, cast):
    sheet_import = upload(cast.admin, "grids", WRONG)
    page = browse("sheetimport_change", sheet_import.pk).content.decode()
    for part in ("户数", "三十", "请填写不带符号的整数", "有错误行时不写入任何内容", "下载标有错误的表格", "表1"):
        assert part in page
    assert "确认写入" not in page
    assert "健康家园" in browse("sheetimport_change", sheet_import.pk, outcome="changed").content.decode()


def test_a_long_list_is_paginated_with_a_fixed_number_of_queries(client, cast, django_assert_num_queries):
    sheet_import = upload(cast.admin, "grids", [HEADER, *((f"1501050010010{n}", "x", 1) for n in range(100, 350))])
    client.force_login(cast.admin)
    address = reverse("admin:grids_sheetimport_change", args=[sheet_import.pk])
    with django_assert_num_queries(4):
        response = client.get(address)
    assert len(response.context["rows"]) == 100
    assert "第 1 页，共 3 页" in response.content.decode()
    assert client.get(address, {"outcome": "nonsense", "page": "x"}).status_code == 200


def test_the_sheet_of_errors_is_the_same_sheet(browse, cast):
    rows = [
        ["网格信息表"],
        [],
        (*HEADER, "备注"),
        ("150105001003", "=甲", "三十", "东侧"),
        [],
        (150105001001, "健康家园", 5),
        ("注：完",),
    ]
    sheet_import = upload(cast.admin, "grids", rows)
    response = browse("sheetimport_errors", sheet_import.pk)
    sheet = load_workbook(io.BytesIO(content(response))).active
    assert sheet.title == "表1"
    back = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert back[0][0] == "网格信息表"
    assert back[2] == [*HEADER, "备注", "错误说明"]
    assert back[3][4].startswith("名称：此单元格是公式。")
    assert back[3][4].endswith("户数：请填写不带符号的整数，例如 36。")
    assert back[5][:3] == [150105001001, "健康家园", 5]
    assert back[6][0] == "注：完"
    assert {cell.fill.start_color.rgb for cell in sheet[4]} == {"00FDE8E8"}
    assert sheet["B4"].data_type == "s"


def test_the_mended_sheet_of_errors_comes_in_again(browse, cast):
    sheet_import = upload(cast.admin, "grids", WRONG)
    book = load_workbook(io.BytesIO(content(browse("sheetimport_errors", sheet_import.pk))))
    book.active["C2"] = 30
    mended = io.BytesIO()
    book.save(mended)
    found = upload(cast.admin, "grids", io.BytesIO(mended.getvalue()))
    assert (found.counts, found.layout["unread"]) == ({"added": 1, "changed": 1}, [])


# Confirming, undoing


def test_confirming_and_undoing_by_the_buttons(browse, cast):
    sheet_import = upload(cast.admin, "grids", NEW)
    browse.post("sheetimport_confirm", sheet_import.pk)
    services.apply_sheet(pk=sheet_import.pk)
    page = browse("sheetimport_change", sheet_import.pk).content.decode()
    assert "已写入" in page
    assert "撤销本次导入" in page
    browse.post("sheetimport_undo", sheet_import.pk)
    services.undo_sheet(pk=sheet_import.pk)
    assert not Grid.objects.filter(name="新社区").exists()
    assert list(LogEntry.objects.order_by("pk").values_list("change_message", flat=True)) == [
        "确认写入。",
        "申请撤销。",
    ]


def test_what_is_refused_is_said_and_not_logged(browse, cast, client):
    sheet_import = upload(cast.admin, "grids", WRONG)
    response = client.post(browse.post("sheetimport_confirm", sheet_import.pk).url)
    assert response.status_code == 405
    page = client.get(reverse("admin:grids_sheetimport_change", args=[sheet_import.pk])).content.decode()
    assert "有错误行时不写入任何内容。请改正表格后重新上传。" in page
    assert not LogEntry.objects.exists()


def test_new_accounts_are_told(browse, cast):
    header = ("网格编码", "姓名", "角色")
    done = bring_in(cast.admin, "posts", [header, ("150105001001", "王磊", "网格员")])
    assert "新建了 1 个账号" in browse("sheetimport_change", done.pk).content.decode()


# Who


PAGES = ("sheetimport_change", "sheetimport_errors")
STEPS = ("sheetimport_confirm", "sheetimport_recheck", "sheetimport_cancel", "sheetimport_undo")


def test_somebody_who_manages_nothing_gets_nowhere(browse, cast):
    sheet_import = upload(cast.admin, "grids", NEW)
    for person in (cast.worker, cast.district):
        for name in PAGES:
            assert browse(name, sheet_import.pk, user=person).status_code in (302, 403, 404)
        for name in STEPS:
            assert browse.post(name, sheet_import.pk, user=person).status_code in (302, 403, 404)
        assert browse("sheetimport_kind", "grids", user=person).status_code in (302, 403)
        assert browse.post("sheetimport_kind", "grids", user=person, file=file_of(NEW)).status_code in (302, 403)
        assert browse("grid_export", "grids", "csv", user=person).status_code in (302, 403)
    assert SheetImport.objects.get().status == "checked"


def test_somebody_elses_import_is_not_there(browse, cast, manager):
    sheet_import = upload(cast.admin, "grids", WRONG)
    for name in PAGES:
        assert browse(name, sheet_import.pk, user=manager).status_code == 404
    for name in STEPS:
        assert browse.post(name, sheet_import.pk, user=manager).status_code == 404
    mine = upload(manager, "grids", NEW)
    listed = browse("sheetimport_changelist", user=manager).context["cl"].result_list
    assert list(listed) == [mine]
    assert browse("sheetimport_changelist").context["cl"].result_count == 2


def test_nothing_is_added_changed_or_deleted_by_hand(browse, cast):
    sheet_import = upload(cast.admin, "grids", NEW)
    assert browse("sheetimport_add").status_code == 403
    assert browse("sheetimport_delete", sheet_import.pk).status_code == 403
    assert browse.post("sheetimport_change", sheet_import.pk, status="applied").status_code == 405
    assert browse("sheetimport_history", sheet_import.pk).status_code == 200


@pytest.mark.parametrize("name, args", [("kind", ["nothing"]), ("template", ["grids", "pdf"]), ("change", [99])])
def test_what_is_not_there(browse, name, args):
    assert browse(f"sheetimport_{name}", *args).status_code == 404


def test_the_list_of_imports_takes_a_fixed_number_of_queries(client, cast, django_assert_num_queries):
    for _number in range(5):
        upload(cast.admin, "grids", NEW)
    client.force_login(cast.admin)
    with django_assert_num_queries(4):
        response = client.get(reverse("admin:grids_sheetimport_changelist"))
    assert "新增 1" in response.content.decode()


# Templates


@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
@pytest.mark.parametrize("key", ["grids", "posts", "organisations", "households"])
def test_a_template_explains_itself_and_its_example_is_passed_over(browse, cast, key, suffix):
    file = io.BytesIO(content(browse("sheetimport_template", key, suffix)))
    found = upload(cast.admin, key, file)
    assert (found.status, found.counts, found.layout["unread"]) == ("checked", {"ignored": 1}, [])


def test_the_page_of_a_kind_names_its_columns(browse, cast):
    page = browse("sheetimport_kind", "posts").content.decode()
    for part in ("姓名", "（必填）", "任职日期", "身份证号", "空白模板"):
        assert part in page


# Exports


def exported(browse, name, key, suffix, **options):
    return io.BytesIO(content(browse(name, key, suffix, **options)))


def fill(cast):
    cast.chief.posts.update(duties="-走访\n=巡查", source="hired")
    cast.tree.building.name = "=甲楼"
    cast.tree.building.save()
    for number, name in enumerate(("安居物业", "@组织", "'引号", "-单位")):
        Organisation.objects.create(
            grid=cast.tree.community, name=name, kind="property_company", phone="0471-1", offers_social=bool(number)
        )


@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
@pytest.mark.parametrize(
    "name, key, query",
    [
        ("grid_export", "grids", {"q": "1501"}),
        ("grid_export", "households", {"q": "1501"}),
        ("post_export", "posts", {}),
        ("organisation_export", "organisations", {}),
    ],
)
def test_an_export_read_back_changes_nothing(browse, cast, name, key, query, suffix):
    fill(cast)
    services.end_post(actor=None, post=cast.police.posts.get())
    services.retire_grid(actor=None, grid=cast.tree.far_community)
    found = upload(cast.admin, key, exported(browse, name, key, suffix, **query))
    assert found.status == "checked", found.problem
    assert set(found.counts) <= {"unchanged", "ignored"}, list(found.rows.exclude(outcome="unchanged").values())
    assert found.counts["unchanged"] > 3


def test_an_export_is_what_one_sees(browse, cast, manager):
    text = exported(browse, "grid_export", "grids", "csv", user=manager, q="1501").getvalue().decode()
    assert text.startswith("\ufeff网格编码,名称,户数,层级,上级编码,停用日期")
    assert "健康社区" in text
    assert "桥靠社区" not in text
    text = exported(browse, "grid_export", "grids", "csv", parent=cast.tree.community.code).getvalue().decode()
    assert [line.split(",")[1] for line in text.splitlines()[1:]] == ["1号楼", "2号楼"]
    text = exported(browse, "post_export", "posts", "csv", role="police").getvalue().decode()
    assert "赵刚" in text
    assert "王建国" not in text


def test_formulas_leave_as_text(browse, cast):
    fill(cast)
    text = exported(browse, "organisation_export", "organisations", "csv").getvalue().decode()
    assert ",'@组织," in text
    assert ",''引号," in text
    sheet = load_workbook(exported(browse, "grid_export", "grids", "xlsx", q="甲楼")).active
    assert sheet["B1"].value == "查找：甲楼"
    assert sheet["B3"].value == "管理员"
    assert [(cell.value, cell.data_type, cell.number_format) for cell in sheet[6][:2]] == [
        (cast.tree.building.code, "s", "@"),
        ("=甲楼", "s", "@"),
    ]


def test_an_export_takes_few_queries(client, cast, django_assert_max_num_queries):
    client.force_login(cast.admin)
    with django_assert_max_num_queries(12):
        content(client.get(reverse("admin:grids_post_export", args=["posts", "csv"])))


def test_a_filter_that_cannot_be_leads_back_to_the_list(browse):
    assert browse("post_export", "posts", "csv", role__bad="x").status_code in (302, 400)
    assert browse("post_export", "grids", "csv").status_code == 404
    assert browse("post_export", "posts", "exe").status_code == 404


lines = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cf", "Co", "Cn")) | st.sampled_from("\n=+-@\t'"), max_size=30
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(duties=lines, suffix=st.sampled_from(["csv", "xlsx"]))
def test_any_duties_come_back_as_they_were(browse, cast, duties, suffix):
    Post.objects.filter(user=cast.chief).update(duties=duties)
    found = upload(cast.admin, "posts", exported(browse, "post_export", "posts", suffix))
    assert found.counts == {"unchanged": Post.objects.count()}, list(found.rows.exclude(outcome="unchanged").values())


def test_the_lists_offer_their_sheets(browse):
    page = browse("grid_changelist").content.decode()
    for part in ("表格导入导出", "网格户数", "export/grids.xlsx", "export/households.csv", "kind/households/"):
        assert part in page
    assert "export/posts.csv?role=chief" in browse("post_changelist", role="chief").content.decode()


def test_a_sheet_as_csv_from_an_old_excel(browse, cast):
    found = upload(cast.admin, "grids", csv_file(NEW, encoding="gb18030"), name="表.csv")
    assert found.counts == {"added": 1}

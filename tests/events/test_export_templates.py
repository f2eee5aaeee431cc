"""Sheets for other departments: own columns and titles, saved for the desk of a grid, filled with what one may see."""

import io
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from branches import services as branch_services
from events import export_template_views as views
from events import services
from events.models import Event, ExportTemplate, Period
from events.models.export_template import months
from grids import exports
from grids.models import Grid
from grids.services import merge_grids
from tests.events.conftest import MONDAY
from tests.factories import make_category, make_event, make_issued_item, make_meeting

pytestmark = pytest.mark.django_db
COLUMNS = [("number", "编号"), ("minor", "")]
HEAD = 6  # lines above the first row


def save(actor, grid: Grid, **changes) -> ExportTemplate:
    given = {"name": "月报", "kind": "event", "columns": COLUMNS}
    return services.save_export_template(actor=actor, grid=grid, **given | changes)


@pytest.fixture
def template(cast) -> ExportTemplate:
    return save(cast.community, cast.tree.community)


@pytest.fixture
def sheet(as_):
    def lines(user, template: ExportTemplate) -> list[tuple]:
        answer = as_(user).get(reverse("export_template_detail", args=[template.pk]), {"export": "xlsx"})
        assert answer.status_code == 200
        book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
        return list(book.active.iter_rows(values_only=True))

    return lines


# Saved


def test_the_same_again_is_the_one_that_is_there(cast, template):
    assert save(cast.community, cast.tree.community) == template
    assert template.columns == [["number", "编号"], ["minor", "小类"]]


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"name": " "}, "name"),
        ({"name": "月报/一"}, "name"),
        ({"name": "长" * 31}, "name"),
        ({"kind": "secret"}, "kind"),
        ({"columns": []}, "columns"),
        ({"columns": [("phone", "电话")]}, "columns"),
        ({"columns": [("number", "同名"), ("minor", "同名")]}, "columns"),
        ({"columns": [("number", "甲"), ("number", "乙")]}, "columns"),
        ({"columns": [("number", "长" * 41)]}, "columns"),
        ({"columns": [("number", "a\u202eb")]}, "columns"),
        ({"state": "lost"}, "state"),
        ({"period": "never"}, "period"),
        ({"period": "days"}, "since"),
        ({"period": "days", "since": date(2026, 2, 1), "until": date(2026, 1, 1)}, "since"),
        ({"area": "150105002"}, "area"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_changes_nothing(cast, wrong, where):
    with pytest.raises(ValidationError) as caught:
        save(cast.community, cast.tree.community, **wrong)
    assert where in caught.value.message_dict
    assert not ExportTemplate.objects.exists()


def test_a_name_stands_for_one_template_of_a_grid(cast, template):
    with pytest.raises(ValidationError, match="已经") as caught:
        save(cast.community, cast.tree.community, columns=[("state", "")])
    assert "name" in caught.value.message_dict
    assert save(cast.street, cast.tree.street).grid == cast.tree.street


@pytest.mark.parametrize("who", ["worker", "police", "street", "neighbour", "stranger"])
def test_who_does_not_answer_for_the_very_grid_saves_and_deletes_nothing(cast, template, who):
    actor = getattr(cast, who)
    with pytest.raises(PermissionDenied):
        save(actor, cast.tree.community, name="别的")
    with pytest.raises(PermissionDenied):
        services.delete_export_template(actor=actor, template=template)
    assert ExportTemplate.objects.count() == 1


def test_a_template_goes_on_with_who_continues_its_grid_under_a_free_name(cast, template):
    other = cast.tree.other_community
    ExportTemplate.objects.create(
        grid=other, name="月报", kind="event", columns=[["number", "号"]], saved_at=template.saved_at
    )
    merge_grids(actor=None, grid=cast.tree.community, into=other, reason="合并")
    template.refresh_from_db()
    assert (template.grid, template.position, template.name) == (other, other.lft, "月报 2")


# Periods


@pytest.mark.parametrize(
    ("length", "back", "days"),
    [
        (1, 0, (date(2026, 3, 1), date(2026, 3, 31))),
        (1, 3, (date(2025, 12, 1), date(2025, 12, 31))),
        (3, 0, (date(2026, 1, 1), date(2026, 3, 31))),
        (3, 1, (date(2025, 10, 1), date(2025, 12, 31))),
        (12, 1, (date(2025, 1, 1), date(2025, 12, 31))),
    ],
)
def test_a_period_is_of_whole_months(length, back, days):
    assert months(length, back, date(2026, 3, 31)) == days


def test_the_period_holds_its_first_and_its_last_day(cast):
    local = timezone.localtime(MONDAY)
    for day in (-1, 0, 1, 2):
        make_event(cast.worker, cast.tree.unit, at=local.replace(hour=0, minute=0) + timedelta(days=day))
    monday = local.date()
    rows = exports.find("event").rows(cast.community, cast.tree.community, monday, monday + timedelta(days=1))
    assert rows.count() == 2


# Filled


def test_the_sheet_has_the_columns_in_order_under_their_titles_and_says_what_it_is(cast, template, sheet):
    event = make_event(cast.worker, cast.tree.unit)
    lines = sheet(cast.community, template)
    assert lines[0][:2] == ("筛选条件", "模板：月报；网格：人民路街道 健康社区；期间：全部")
    assert lines[1][:2] == ("行数", "1")
    assert lines[3][1] == "李秀英"
    assert lines[HEAD - 1][:2] == ("编号", "小类")
    assert lines[HEAD][:2] == (event.number, event.category.minor)


def test_clue_reports_and_what_lies_elsewhere_are_in_no_sheet(cast, template, sheet):
    clue = make_category("线索举报", is_confidential=True)
    make_event(cast.worker, cast.tree.unit, category=clue)
    make_event(cast.neighbour, cast.tree.other_building)
    assert len(sheet(cast.community, template)) == HEAD
    assert not exports.find("event").rows(cast.police, cast.tree.community).exists()


def test_no_column_tells_what_people_wrote_or_who_they_are(cast, sheet):
    template = save(cast.community, cast.tree.community, columns=[(f.key, "") for f in exports.find("event").fields])
    make_event(cast.worker, cast.tree.unit, title="张三家漏水", description="电话 13800000000", address="501室")
    text = str(sheet(cast.community, template))
    for secret in ("张三", "13800000000", "501室", "一单元", "乌兰"):
        assert secret not in text


def test_a_title_that_looks_like_a_formula_is_text(cast, sheet):
    template = save(cast.community, cast.tree.community, columns=[("number", "=1+1")])
    assert sheet(cast.community, template)[HEAD - 1][0] == "=1+1"
    page = services.save_export_template(
        actor=cast.community, grid=cast.tree.community, name="x", kind="event", columns=[("number", "@SUM")]
    )
    assert sheet(cast.community, page)[HEAD - 1][0] == "@SUM"


def test_state_and_grid_narrow_the_rows(cast, sheet):
    make_event(cast.worker, cast.tree.unit)
    make_event(cast.worker, cast.tree.second_building)
    area = cast.tree.second_building.code
    assert len(sheet(cast.community, save(cast.community, cast.tree.community, name="甲", area=area))) == HEAD + 1
    assert len(sheet(cast.community, save(cast.community, cast.tree.community, name="乙", state="closed"))) == HEAD


def test_a_sheet_that_is_cut_says_so(cast, template, sheet, monkeypatch):
    monkeypatch.setattr(views, "MOST_ROWS", 1)
    for _turn in range(2):
        make_event(cast.worker, cast.tree.unit)
    lines = sheet(cast.community, template)
    assert (len(lines), lines[1][1]) == (HEAD + 1, "前 1 行；符合条件的更多，一张表容纳不下")


def test_meetings_are_counted_and_nobody_named(cast, sheet):
    meeting = make_meeting(cast.tree.community, cast.community, starts_at=MONDAY)
    branch_services.invite(actor=cast.community, meeting=meeting, people=[cast.worker, cast.police], at=MONDAY)
    columns = [("title", ""), ("asked", ""), ("came", ""), ("resolved", ""), ("done", "")]
    template = save(cast.community, cast.tree.community, kind="meeting", columns=columns)
    assert sheet(cast.community, template)[HEAD][:5] == ("党建联席会议", 2, 0, 0, 0)


def test_claims_of_the_grid_are_rows_by_their_day(cast, sheet):
    make_issued_item(cast.tree.district, due_on=date(2026, 3, 31), at=MONDAY - timedelta(days=300))
    days = {"period": Period.DAYS, "since": date(2026, 3, 31), "until": date(2026, 3, 31)}
    template = save(cast.street, cast.tree.street, kind="claim", columns=[("grid", ""), ("state", "")], **days)
    assert sheet(cast.street, template)[HEAD][:2] == ("人民路街道", "推进中")


# The pages


@pytest.mark.parametrize(
    ("who", "status"),
    [("community", 200), ("street", 404), ("chief", 404), ("worker", 403), ("police", 403), ("stranger", 403)],
)
def test_a_template_is_for_the_desk_of_its_grid(cast, as_, template, who, status):
    for name in ("export_template_detail", "export_template_edit"):
        assert as_(getattr(cast, who)).get(reverse(name, args=[template.pk])).status_code == status
    assert as_(getattr(cast, who)).post(reverse("export_template_delete", args=[template.pk])).status_code in (
        302,
        status,
    )
    assert ExportTemplate.objects.exists() == (who != "community")


def test_the_list_is_for_who_answers_for_a_grid(cast, as_, template):
    assert "月报" in as_(cast.community).get(reverse("export_template_list")).text
    assert "月报" not in as_(cast.chief).get(reverse("export_template_list")).text
    assert as_(cast.worker).get(reverse("export_template_list")).status_code == 403
    for user, there in ((cast.community, True), (cast.worker, False)):
        assert (reverse("export_template_list") in as_(user).get(reverse("account")).text) is there


def test_a_form_saves_columns_by_their_numbers_and_keeps_what_was_typed_when_refused(cast, as_):
    url = reverse("export_template_new", args=["event"])
    given = {"name": "街道月报", "period": "this_month", "use_number": "on", "order_number": "2", "use_state": "on"}
    given |= {"order_state": "1", "title_state": "办理状态"}
    refused = as_(cast.community).post(url, given | {"name": ""})
    assert refused.status_code == 400
    assert "办理状态" in refused.text
    assert as_(cast.community).post(url, given).status_code == 302
    template = ExportTemplate.objects.get()
    assert template.columns == [["state", "办理状态"], ["number", "编号"]]
    edit = reverse("export_template_edit", args=[template.pk])
    assert as_(cast.community).post(edit, given | {"order_number": "x"}).status_code == 400
    assert as_(cast.community).post(edit, given | {"name": "季报"}).status_code == 302
    assert ExportTemplate.objects.get().name == "季报"


@pytest.mark.parametrize("kind", ["nothing", "event"])
def test_of_a_kind_or_grid_that_is_none_of_ones_own_there_is_no_page(cast, as_, kind):
    url = reverse("export_template_new", args=[kind])
    assert as_(cast.community).get(url, {"grid": cast.tree.street.code}).status_code == 404


def test_a_grid_that_went_away_is_said_and_not_a_failure(cast, as_, template):
    ExportTemplate.objects.update(area="150105999999")
    assert "已经不在" in as_(cast.community).get(reverse("export_template_detail", args=[template.pk])).text


def test_a_look_at_it_takes_a_fixed_number_of_queries(cast, as_, template, django_assert_num_queries):
    for _turn in range(8):
        make_event(cast.worker, cast.tree.unit)
    browser = as_(cast.community)
    with django_assert_num_queries(9):
        assert browser.get(reverse("export_template_detail", args=[template.pk])).status_code == 200
    assert Event.objects.count() == 8

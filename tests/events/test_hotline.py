"""Orders of the 12345 hotline: read, decided on, filed once, and nothing of a caller left lying about."""

import io
from datetime import datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from events import services
from events.audit import problems
from events.models import Category, Event, HotlineImport, HotlineMapping, HotlineOrder
from events.services import hotline_filing
from grids.models import Grid, Role
from tests.events.conftest import moment
from tests.events.hotline_sheets import (
    HEADER,
    PHONE,
    bring_in,
    fresh,
    line,
    outcomes,
    settled,
    sheet,
    the_event,
    upload,
)
from tests.factories import make_category, make_post, take
from tests.grids.sheets.makers import csv_file, xlsx

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(cast):
    make_category()
    return cast.street


# What an order becomes


def test_an_order_becomes_a_case_where_it_arose(desk, cast):
    found = bring_in(desk, line())
    event = the_event()
    assert (event.grid, event.category.minor, event.status) == (cast.tree.building, "物业管理", "filed")
    assert (event.title, event.description) == ("楼道灯坏了三天了", "楼道灯坏了三天了。请尽快修好。")
    assert (event.reporter, event.urgency, event.address) == (None, "normal", "1号楼2单元301")
    assert (found.status, found.counts) == ("done", {"filed": 1})
    assert not list(problems())


def test_the_first_step_tells_who_brought_it_in_and_from_where(desk):
    bring_in(desk, line("HH0042"))
    step = the_event().steps.get()
    assert (step.actor, step.actor_post) == (desk, "人民路街道 受理员")
    assert step.details["hotline"] == {"source": "12345", "number": "HH0042"}


def test_the_clock_runs_from_now_and_the_hotlines_own_times_are_kept(desk):
    bring_in(desk, line(办理时限="2026-11-24 17:30"))
    event, order = the_event(), HotlineOrder.objects.get()
    assert abs(event.filed_at - timezone.now()) < timedelta(minutes=1)
    assert order.called_at == moment("2026-11-22 20:15")
    assert order.due_at == moment("2026-11-24 17:30")
    assert (order.number, order.word, order.urgency) == ("HH0001", "物业管理", "一般")


@pytest.mark.parametrize("said, due", [
    ("5个工作日", "2026-11-30 09:00"),
    ("24小时", "2026-11-24 09:00"),
    ("3天", "2026-11-26 09:00"),
    ("2026/11/25", "2026-11-25 23:59"),
    ("尽快", None),
])  # fmt: skip
def test_a_limit_of_the_hotline_is_counted_from_the_call(desk, said, due):
    bring_in(desk, line(来电时间="2026-11-23 09:00", 办理时限=said))
    order = HotlineOrder.objects.get()
    assert (order.due_at, order.limit) == (due and moment(due), said)


@pytest.mark.parametrize("word, urgency", [
    ("一般", "normal"), ("紧急", "urgent"), ("特急", "urgent"), ("非紧急", "normal"), ("", "normal"),
])  # fmt: skip
def test_urgent_orders_are_urgent_here(desk, word, urgency):
    bring_in(desk, line(紧急程度=word))
    assert the_event().urgency == urgency


def test_a_clue_is_filed_as_one(desk, cast):
    make_category("线索举报", is_confidential=True)
    bring_in(desk, line(诉求类别="线索举报"))
    event = the_event()
    assert event.is_confidential
    assert {person for person in ("chief", "police", "street", "community", "city", "worker")
            if Event.objects.visible_to(getattr(cast, person)).exists()} == {"chief", "police"}  # fmt: skip


def test_an_order_without_a_category_is_for_the_desk_to_decide(desk):
    bring_in(desk, line(诉求类别=""))
    assert the_event().category.minor == "其他诉求"


def test_a_title_of_the_sheet_is_taken(desk):
    header = (*HEADER, "诉求标题")
    found = settled(desk, [*line(), "楼道照明"], header=header)
    services.confirm_hotline(actor=desk, hotline_import=found)
    services.file_hotline(pk=found.pk)
    assert the_event().title == "楼道照明"


# Once and only once


def test_the_same_sheet_twice_adds_nothing(desk):
    lines = [line("HH1"), line("HH2"), line("HH3")]
    bring_in(desk, *lines)
    again = settled(desk, *lines)
    assert again.status == "checked"  # nothing was asked
    assert again.counts == {"known": 3}
    assert [row.event.number for row in again.rows.all()]
    with pytest.raises(ValidationError, match="没有可以登记的"):
        services.confirm_hotline(actor=desk, hotline_import=again)
    assert Event.objects.count() == 3


def test_an_overlapping_sheet_adds_what_is_new(desk):
    bring_in(desk, line("HH1"), line("HH2"))
    found = bring_in(desk, line("HH2"), line("HH3"))
    assert outcomes(found) == {2: "known", 3: "filed"}
    assert Event.objects.count() == 3


def test_a_voided_order_does_not_come_again(desk):
    bring_in(desk, line("HH1"))
    take(the_event(), "void")
    assert settled(desk, line("HH1")).counts == {"known": 1}


def test_an_order_that_stands_twice_in_a_sheet_is_filed_once(desk):
    found = bring_in(desk, line("HH1"), line("HH1", 诉求内容="又打来一次"))
    assert outcomes(found) == {2: "filed", 3: "wrong"}
    assert "第 2 行" in found.rows.get(number=3).problem


def test_two_sheets_checked_before_either_is_filed_make_one_case(desk):
    first, second = settled(desk, line("HH1")), settled(desk, line("HH1"))
    for found in (first, second):
        services.confirm_hotline(actor=desk, hotline_import=found)
        services.file_hotline(pk=found.pk)
    assert (outcomes(first), outcomes(second)) == ({2: "filed"}, {2: "known"})
    assert (Event.objects.count(), HotlineOrder.objects.count()) == (1, 1)


def test_a_task_that_runs_twice_files_once(desk):
    found = bring_in(desk, line("HH1"))
    HotlineImport.objects.update(status="confirmed")
    services.file_hotline(pk=found.pk)
    services.file_hotline(pk=found.pk)
    assert Event.objects.count() == 1


def test_a_long_sheet_goes_on_in_the_next_task(desk, monkeypatch):
    monkeypatch.setattr(hotline_filing, "BATCH", 2)
    found = settled(desk, *(line(f"HH{number}") for number in range(5)))
    services.confirm_hotline(actor=desk, hotline_import=found)
    services.file_hotline(pk=found.pk)
    assert (fresh(found).status, Event.objects.count()) == ("confirmed", 2)
    services.file_hotline(pk=found.pk)
    services.file_hotline(pk=found.pk)
    assert (fresh(found).status, fresh(found).counts, Event.objects.count()) == ("done", {"filed": 5}, 5)


def test_the_beat_asks_again_for_what_waits(desk):
    found = settled(desk, line())
    services.confirm_hotline(actor=desk, hotline_import=found)
    assert services.continue_hotlines(at=timezone.now() + timedelta(minutes=2)) in (0, 1)  # 0 without a broker
    assert fresh(found).status == "confirmed"


# Columns


def test_new_headings_are_asked_for_once(desk):
    found = upload(desk, line())
    assert found.status == "mapping"
    assert HotlineMapping.objects.count() == 0
    settled(desk, line())
    assert upload(desk, line("HH2")).status == "checked"


def test_columns_in_another_order_are_the_same(desk):
    settled(desk, line())
    found = upload(desk, line()[::-1], header=HEADER[::-1])
    assert (found.status, found.counts) == ("checked", {"ready": 1})


def test_of_a_changed_sheet_only_what_is_new_is_asked(desk):
    settled(desk, line())
    found = upload(desk, [*line(), "已回访"], header=[*HEADER, "回访结果"])
    assert found.status == "mapping"
    services.tell_columns(
        actor=desk, hotline_import=found, meanings={"工单编号": "number", "诉求内容": "text", "回访结果": ""}
    )
    mapping = HotlineMapping.objects.get(text="回访结果")
    assert (mapping.column, mapping.home, mapping.chosen_by) == ("", desk.active_posts[0].grid, desk)


def test_the_required_columns_must_be_told(desk):
    found = upload(desk, line())
    with pytest.raises(ValidationError, match="诉求内容"):
        services.tell_columns(actor=desk, hotline_import=found, meanings={"工单编号": "number"})
    with pytest.raises(ValidationError, match="两列"):
        services.tell_columns(
            actor=desk,
            hotline_import=found,
            meanings={"工单编号": "number", "诉求内容": "text", "诉求地址": "text"},
        )
    assert HotlineMapping.objects.count() == 0


def test_an_office_knows_what_the_one_above_it_said(desk, cast):
    settled(desk, line())
    assert upload(cast.community, line()).status == "checked"
    assert upload(cast.district, line()).status == "mapping"


def test_a_column_of_identities_is_neither_read_nor_kept(desk):
    found = upload(desk, [*line(), "150105199001011234"], header=[*HEADER, "身份证号"])
    assert found.layout["private"] == ["身份证号"]
    assert "150105199001011234" not in found.rows.get().cells.reveal()


# Categories and places


def test_an_unknown_category_waits_until_somebody_says_what_it_is(desk):
    found = settled(desk, line("HH1", 诉求类别="物业服务纠纷"), line("HH2"))
    assert outcomes(found) == {2: "open", 3: "ready"}
    category = Category.objects.get(minor="物业管理")
    services.tell_words(actor=desk, hotline_import=found, meanings={"物业服务纠纷": category})
    assert outcomes(found) == {2: "ready", 3: "ready"}
    assert settled(desk, line("HH3", 诉求类别="物业服务纠纷")).counts == {"ready": 1}


@pytest.mark.parametrize("community, address, place", [
    ("健康社区", "1号楼2单元301", "building"),
    ("健康社区居委会", "健康社区2号楼", "second_building"),
    ("健康", "金桥小区1号楼", "community"),  # which 1号楼 of the compounds that is, nobody can tell
    ("健康社区", "11号楼", "community"),
    ("", "赛罕区人民路街道健康社区1号楼", "building"),
])  # fmt: skip
def test_the_place_is_found(desk, cast, community, address, place):
    found = settled(desk, line(所属社区=community, 所属街道="人民路街道" if community else "", 诉求地址=address))
    assert found.rows.get().grid == getattr(cast.tree, place)


@pytest.mark.parametrize("changes", [
    {"所属社区": "幸福社区"},
    {"所属社区": "", "所属街道": "", "诉求地址": "桥华世纪村"},
    {"所属社区": "", "诉求地址": "学苑社区1号楼"},  # a street without a community
    {"所属社区": "健康社区", "所属街道": "大学西路街道"},
])  # fmt: skip
def test_a_place_that_is_not_clear_is_left_to_a_person(desk, changes):
    found = settled(desk, line(**changes))
    assert (found.counts, found.rows.get().grid) == ({"open": 1}, None)


@pytest.mark.parametrize("importer, community, street", [
    ("street", "桥靠社区", "大学西路街道"),
    ("street", "", "大学西路"),
    ("community", "学苑社区", "人民路街道"),
    ("community", "学苑社区居委会", ""),
    ("community", "桥靠", "大学西路街道"),
])  # fmt: skip
def test_what_is_known_to_lie_elsewhere_is_counted_and_not_asked(desk, cast, importer, community, street):
    found = settled(getattr(cast, importer), line(所属社区=community, 所属街道=street))
    assert (found.counts, found.rows.get().grid) == ({"elsewhere": 1}, None)


@pytest.mark.parametrize("community, street", [("健康第一", "人民路街道"), ("", "人民路街道"), ("幸福社区", "")])
def test_what_may_be_ones_own_under_another_name_is_asked(desk, cast, community, street):
    assert settled(cast.community, line(所属社区=community, 所属街道=street)).counts == {"open": 1}


def test_in_the_sheet_of_a_community_every_order_is_its_own(desk, cast):
    found = settled(cast.community, line(所属社区="", 所属街道="", 诉求地址="桥华世纪村"))
    assert found.rows.get().grid == cast.tree.community


def test_a_place_holds_for_its_area_and_the_next_sheets(desk, cast):
    said = {"所属社区": "健康第一", "诉求地址": "东门"}
    found = settled(desk, line("HH1", **said), line("HH2", **said))
    first = found.rows.first()
    services.tell_places(actor=desk, hotline_import=found, places={first.pk: cast.tree.community})
    assert outcomes(found) == {2: "ready", 3: "ready"}
    assert settled(desk, line("HH3", **said)).rows.get().grid == cast.tree.community


def test_a_place_without_an_area_holds_for_its_row_alone(desk, cast):
    vague = {"所属社区": "", "所属街道": "", "诉求地址": "路口"}
    found = settled(desk, line("HH1", **vague), line("HH2", **vague))
    services.tell_places(actor=desk, hotline_import=found, places={found.rows.first().pk: cast.tree.community})
    assert outcomes(found) == {2: "ready", 3: "open"}
    assert not HotlineMapping.objects.filter(about="area").exists()


def test_nobody_places_an_order_outside_their_area(desk, cast):
    found = settled(desk, line(所属社区="幸福社区"))
    with pytest.raises(ValidationError, match="不在您的工作范围"):
        services.tell_places(actor=desk, hotline_import=found, places={found.rows.get().pk: cast.tree.far_community})


def test_what_is_undecided_is_not_filed_and_not_lost(desk, cast):
    found = bring_in(desk, line("HH1"), line("HH2", 所属社区="幸福社区"))
    assert found.counts == {"filed": 1, "open": 1}
    services.tell_places(actor=desk, hotline_import=found, places={found.rows.get(number=3).pk: cast.tree.community})
    services.confirm_hotline(actor=desk, hotline_import=found)
    services.file_hotline(pk=found.pk)
    assert fresh(found).counts == {"filed": 2}


# Wrong rows and bad files


@pytest.mark.parametrize("changes, text", [
    ({"工单编号": ""}, "工单编号为空"),
    ({"工单编号": 20261123000000012345.0}, "文本格式"),
    ({"诉求内容": "   "}, "没有写明"),
    ({"诉求内容": '=HYPERLINK("http://x")'}, "公式"),
])  # fmt: skip
def test_a_row_that_cannot_be_used_says_why_and_stops_no_other(desk, changes, text):
    found = bring_in(desk, line("HH1"), line(**{"工单编号": "HH2"} | changes))
    assert outcomes(found) == {2: "filed", 3: "wrong"}
    assert text in found.rows.get(number=3).problem


def test_a_time_that_cannot_be_read_is_left_out_with_a_remark(desk):
    found = settled(desk, line(来电时间="昨天下午"))
    assert found.counts == {"ready": 1}
    assert "来电时间" in found.rows.get().remarks[0]


@pytest.mark.parametrize("said", [
    "0001-01-01 00:00:00", "0001-01-01", "1899-12-30", "1989-12-31 23:59", "2101-01-01", "9999-12-31 23:59:59",
    datetime(1900, 1, 1), datetime(9999, 12, 31), 46348.84, -1,
])  # fmt: skip
def test_a_time_that_stands_for_none_is_left_out_and_stops_no_row(desk, said):
    found = bring_in(desk, line("HH1"), line("HH2", 来电时间=said, 办理时限=said), line("HH3"))
    assert outcomes(found) == {2: "filed", 3: "filed", 4: "filed"}
    order = HotlineOrder.objects.get(number="HH2")
    assert (order.called_at, order.due_at) == (None, None)
    assert "来电时间" in " ".join(found.rows.get(number=3).remarks)
    assert not list(problems())


def test_a_limit_is_counted_from_the_first_and_the_last_day_that_is_taken(desk):
    bring_in(
        desk, *(line(day, 来电时间=f"{day} 23:59", 办理时限="999个工作日") for day in ("1990-01-01", "2100-12-31"))
    )
    assert HotlineOrder.objects.filter(due_at=None).count() == 0


def test_a_row_at_which_the_system_fails_stops_no_other(desk, caplog, monkeypatch):
    of = hotline_filing.title_of

    def title_of(text):
        if "坏" not in text:
            raise RuntimeError(f"boom {PHONE}")
        return of(text)

    monkeypatch.setattr(hotline_filing, "title_of", title_of)
    found = bring_in(desk, line("HH1"), line("HH2", 诉求内容=f"请打{PHONE}"), line("HH3"))
    assert outcomes(found) == {2: "filed", 3: "refused", 4: "filed"}
    assert "系统处理此行时出错" in found.rows.get(number=3).problem
    assert f"Row 3 of hotline import {found.pk} failed: RuntimeError" in caplog.text
    assert PHONE not in caplog.text


def test_titles_above_and_notes_below_are_no_orders(desk):
    rows = [["12345热线工单"], [], HEADER, line("HH1"), ["注：以上数据截至昨日"]]
    found = settled(desk, file=xlsx(rows))
    assert outcomes(found) == {4: "ready", 5: "ignored"}


def test_a_csv_of_an_old_program(desk):
    file = csv_file([HEADER, line("HH1")], encoding="gbk")
    assert settled(desk, file=file).counts == {"ready": 1}


@pytest.mark.parametrize("content, text", [
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, ".xls"),
    (b"%PDF-1.4 ...", "PDF"),
    (b"", "空"),
])  # fmt: skip
def test_what_is_no_sheet_is_refused_with_a_sentence(desk, content, text):
    with pytest.raises(ValidationError, match=text):
        services.upload_hotline(actor=desk, file_name="工单.xls", file=io.BytesIO(content))
    assert not HotlineImport.objects.exists()


def test_a_sheet_without_a_table_fails_with_a_sentence(desk):
    found = upload(desk, file=xlsx([["1", "2"], ["3", "4"]]))
    assert (found.status, found.content) == ("failed", None)
    assert "表头" in found.problem


def test_a_column_of_texts_taken_for_the_category_is_noticed(desk, monkeypatch):
    monkeypatch.setattr("events.services.hotline.MOST_WORDS", 2)
    found = settled(desk, *(line(f"HH{n}", 诉求类别=f"说法{n}") for n in range(4)))
    assert found.status == "mapping"
    assert "过多" in found.problem


# Who


def test_only_desks_of_communities_and_above_bring_sheets_in(desk, cast):
    for person in (cast.worker, cast.chief, cast.police, cast.stranger, cast.admin):
        with pytest.raises(PermissionDenied):
            services.upload_hotline(actor=person, file_name="x", file=sheet(line()))


def test_who_lost_the_post_files_nothing(desk, cast):
    found = settled(desk, line())
    services.confirm_hotline(actor=desk, hotline_import=found)
    cast.street.posts.update(ended_at=timezone.now())
    make_post(cast.street, cast.tree.far_community, Role.DISPATCHER)
    services.file_hotline(pk=found.pk)
    assert fresh(found).counts == {"refused": 1}
    assert not Event.objects.exists()


def test_a_retired_grid_takes_no_order(desk, cast):
    found = settled(desk, line())
    Grid.objects.filter(pk=cast.tree.building.pk).update(retired_at=timezone.now())
    services.confirm_hotline(actor=desk, hotline_import=found)
    services.file_hotline(pk=found.pk)
    assert fresh(found).counts == {"refused": 1}

"""Limits, hours and calendar in Django admin: what touches open cases is shown first, and confirmed once."""

import re

import pytest
from django.urls import reverse

from events import services
from events.models import CalendarYear, Category, Event, ServiceLevel, TimeChange, WorkingHours
from tests.events.test_admin import change, page
from tests.factories import make_category, make_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin_client(client, cast):
    client.force_login(cast.admin)
    return client


@pytest.fixture
def event(cast):
    return make_event(cast.worker, cast.tree.unit)


def level() -> ServiceLevel:
    return ServiceLevel.objects.get(stage="grid", urgency="normal")


def address(draft: TimeChange) -> str:
    return reverse("admin:events_timechange_change", args=[draft.pk])


def decide(client, draft: TimeChange, **given):
    return client.post(address(draft), {"moves_open": "yes", "reason": "上级要求"} | given)


@pytest.fixture
def draft(admin_client, event) -> TimeChange:
    assert change(admin_client, level(), amount="2") == {}
    return TimeChange.objects.get()


def test_saving_a_limit_leads_to_what_would_move(admin_client, event):
    response = admin_client.post(
        reverse("admin:events_servicelevel_change", args=[level().pk]), {"amount": "2", "unit": "working_day"}
    )
    draft = TimeChange.objects.get()
    assert response["Location"] == address(draft)
    text = page(admin_client, "events_timechange_change", draft.pk)
    assert "尚未生效" in text
    assert "涉及未结事件 1 件，其中 1 件的时限将调整" in text
    assert event.number in text
    assert level().amount == 1
    assert "已修改" not in page(admin_client, "events_servicelevel_history", level().pk)


def test_a_limit_by_default_spares_the_open_cases_and_the_calendar_does_not(admin_client, draft):
    chosen = re.compile(r'value="(\w+)"[^>]*checked')
    assert chosen.findall(page(admin_client, "events_timechange_change", draft.pk)) == ["no"]
    # In the evening alone, so that the case moves at whatever time of the day this runs.
    change(admin_client, WorkingHours.objects.get(), spans="20:00-21:00")
    hours = TimeChange.objects.get(kind="hours")
    assert chosen.findall(page(admin_client, "events_timechange_change", hours.pk)) == ["yes"]


def test_few_cases_move_while_one_waits(admin_client, draft, event):
    assert decide(admin_client, draft).status_code == 302
    text = page(admin_client, "events_timechange_change", draft.pk)
    assert "已调整 1 件未结事件" in text
    assert event.steps.last().reason == "上级要求"
    assert level().amount == 2


def test_many_cases_move_in_the_background_and_the_page_says_how_far(admin_client, draft, monkeypatch):
    monkeypatch.setattr("events.time_admin.FEW", 0)
    decide(admin_client, draft)
    assert "正在调整未结事件：约 1 件中已完成 0 件" in page(admin_client, "events_timechange_change", draft.pk)
    services.adjust_deadlines()
    assert "已调整 1 件未结事件" in page(admin_client, "events_timechange_change", draft.pk)


def test_it_may_hold_for_new_clocks_alone(admin_client, draft, event):
    decide(admin_client, draft, moves_open="no")
    assert event.steps.count() == 1
    assert "当时的未结事件保持原截止时间" in page(admin_client, "events_timechange_change", draft.pk)


@pytest.mark.parametrize(
    ("given", "said"), [({"reason": " "}, "必填"), ({"moves_open": "maybe"}, "选择一个有效的选项")]
)
def test_without_reason_or_choice_nothing_is_decided(admin_client, draft, given, said):
    response = decide(admin_client, draft, **given)
    assert response.status_code == 400
    assert said in response.content.decode()
    assert TimeChange.objects.get().status == "draft"


def test_a_reason_that_says_nothing_is_refused_at_its_field(admin_client, draft):
    response = decide(admin_client, draft, reason="\u200b")
    assert "请填写理由" in response.content.decode()


def test_deciding_twice_says_what_it_is_now(admin_client, draft):
    decide(admin_client, draft)
    response = decide(admin_client, draft)
    assert response.status_code == 400
    assert "此项变更已有处理，当前状态为“已完成”。" in response.content.decode()


def test_a_draft_is_discarded(admin_client, draft, event):
    admin_client.post(address(draft), {"discard": "1"})
    assert TimeChange.objects.get().status == "discarded"
    assert (event.steps.count(), level().amount) == (1, 1)


def test_the_list_of_changes_tells_what_who_and_how_many(admin_client, draft):
    decide(admin_client, draft)
    text = page(admin_client, "events_timechange_changelist")
    for words in ("环节时限", "1 个工作日 → 2 个工作日", "已完成", "管理员"):
        assert words in text, words


def test_a_change_that_is_not_there(admin_client):
    for number in ("999", "x", "9" * 40):
        assert admin_client.get(reverse("admin:events_timechange_change", args=[number])).status_code == 302


def test_pages_of_many_moves_are_exact_and_take_the_same_queries(admin_client, cast, django_assert_num_queries):
    events = [make_event(cast.worker, cast.tree.unit) for _turn in range(53)]
    change(admin_client, level(), amount="2")
    draft = TimeChange.objects.get()
    assert draft.counts["moved"] == 53
    page(admin_client, "events_timechange_change", draft.pk)
    with django_assert_num_queries(4):  # session, user, change, cases
        text = page(admin_client, "events_timechange_change", draft.pk)
    assert "第 1 页，共 2 页" in text
    shown = re.findall(r"\d{8}-\d{6}", text + page(admin_client, "events_timechange_change", draft.pk, page="2"))
    assert set(shown) == {event.number for event in events}


def test_the_limit_of_a_category_goes_the_same_way(admin_client, cast):
    category = make_category("漏水")
    make_event(cast.worker, cast.tree.unit, category=category)
    change(admin_client, category, limit="4", unit="working_hour", checklist="关阀门")
    stored = Category.objects.get()
    assert (stored.limit, stored.checklist) == (None, "关阀门")
    text = page(admin_client, "events_timechange_change", TimeChange.objects.get().pk)
    assert re.search("<s>所在环节默认时限</s>.*4 个工作时", text)


# The calendar


def publish(client, **given):
    data = {"year": "2027", "notice": "国办发明电〔2026〕9号", "days": "1月1日至3日 休 元旦"} | given
    return client.post(reverse("admin:events_calendaryear_add"), data)


def test_a_notice_is_entered_as_one_reads_it(admin_client, cast):
    assert publish(admin_client).status_code == 302
    year = CalendarYear.objects.get(year=2027)
    assert (year.notice, year.days.count(), year.edited_by) == ("国办发明电〔2026〕9号", 3, cast.admin)
    text = page(admin_client, "events_calendaryear_change", year.pk)
    assert "1月1日至3日 休 元旦" in text
    assert "人工录入" in text


def test_a_notice_that_touches_open_cases_shows_its_days_first(admin_client, cast, event):
    year = CalendarYear.objects.get(year=2026)
    days = page_days(admin_client, year).replace("\n10月10日 班 国庆节", "") + "\n12月31日 休 元旦"
    Event.objects.update(due_at="2026-12-31T15:00:00+08:00")
    change(admin_client, year, days=days)
    text = page(admin_client, "events_timechange_change", TimeChange.objects.get().pk)
    assert "− <s>10月10日 班 国庆节</s>" in text
    assert "＋ 12月31日 休 元旦" in text


def page_days(client, year: CalendarYear) -> str:
    form = client.get(reverse("admin:events_calendaryear_change", args=[year.pk])).context["adminform"].form
    return form.initial["days"]


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"days": "春节放假"}, "days", "第 1 行“春节放假”无法识别"),
        ({"days": "1月1日 休 元旦\n1月1日 休 元旦"}, "", "2027-01-01 重复填写"),
        ({"year": "1999"}, "", "请填写 2000 至 2100 之间的年份"),
        ({"year": "2026"}, "year", "已存在"),
        ({"notice": ""}, "notice", "必填"),
        ({"notice": "\u202e文号"}, "notice", "文字方向"),
    ],
)
def test_a_wrong_notice_is_refused_in_a_sentence(admin_client, given, field, said):
    response = publish(admin_client, **given)
    text = response.content.decode()
    if response.status_code == 302:
        text = admin_client.get(response["Location"]).content.decode()
    assert said in text
    assert not CalendarYear.objects.filter(year=2027).exists()


def test_hours_are_edited_and_checked(admin_client):
    hours = WorkingHours.objects.get()
    assert "不是有效时段" in str(change(admin_client, hours, spans="8点到12点"))
    assert change(admin_client, hours, spans="08：30～12：00 14：00～17：30") == {}
    assert WorkingHours.objects.get().spans == "08:30-12:00 14:00-17:30"


def test_what_deadlines_were_counted_by_is_never_deleted(admin_client):
    for name, thing in (("calendaryear", CalendarYear), ("workinghours", WorkingHours)):
        delete = reverse(f"admin:events_{name}_delete", args=[thing.objects.first().pk])
        assert admin_client.get(delete).status_code == 403
    assert admin_client.get(reverse("admin:events_workinghours_add")).status_code == 403


def test_an_official_who_manages_grids_changes_no_limits(client, cast, draft):
    cast.district.posts.update(is_manager=True)
    client.force_login(cast.district)
    assert client.get(reverse("admin:events_servicelevel_change", args=[level().pk])).status_code == 403
    assert client.get(address(draft)).status_code in (403, 404)
    assert decide(client, draft).status_code in (403, 404)
    assert TimeChange.objects.get().status == "draft"

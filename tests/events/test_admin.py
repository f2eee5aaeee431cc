"""Cases in Django admin, and every page that admin has."""

import re

import pytest
from django.contrib import admin
from django.urls import reverse
from rest_framework.authtoken.models import Token

from events.models import Category, Event, Notice, ServiceLevel
from tests.factories import make_category, make_event, take

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin_client(client, cast):
    client.force_login(cast.admin)
    return client


@pytest.fixture
def event(cast):
    event = make_event(cast.worker, cast.tree.unit, title="<b>灯</b>坏了")
    return take(event, "accept", "escalate", reason="<i>修</i>不了")


@pytest.fixture
def clue(cast):
    return make_event(cast.worker, cast.tree.unit, category=make_category("线索举报", is_confidential=True), title="密")


def page(client, name: str, *args, **query) -> str:
    response = client.get(reverse(f"admin:{name}", args=args), query)
    assert response.status_code == 200
    return response.content.decode()


def change(client, thing, **given):
    """Send the form of the change page with these fields changed; returns the errors shown, if any."""
    address = reverse(f"admin:{thing._meta.app_label}_{thing._meta.model_name}_change", args=[thing.pk])
    form = client.get(address).context["adminform"].form
    data = {name: value for name in form.fields if (value := form.initial.get(name)) not in (None, False)}
    response = client.post(address, data | given)
    return response.context["adminform"].form.errors if response.status_code == 200 else {}


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model._meta.label)
def test_every_page_opens_in_chinese(admin_client, cast, event, model):
    Token.objects.create(user=cast.worker)
    name = f"{model._meta.app_label}_{model._meta.model_name}"
    pages = [page(admin_client, f"{name}_changelist")]
    pages.append(page(admin_client, f"{name}_changelist", q="1501"))
    request = admin_client.get(reverse("admin:index")).wsgi_request
    request.user = cast.admin
    if admin.site._registry[model].has_add_permission(request):
        pages.append(page(admin_client, f"{name}_add"))
    if thing := model._default_manager.first():
        pages.append(page(admin_client, f"{name}_change", thing.pk))
        pages.append(page(admin_client, f"{name}_history", thing.pk))
    for text in pages:
        assert 'lang="zh-hans"' in text
        assert re.search("<h1>.*[\u4e00-\u9fff].*</h1>", text)


def test_the_front_page_opens(admin_client):
    text = page(admin_client, "index")
    assert "赛罕网格管理" in text
    assert "事件" in text


def test_tokens_show_neither_their_keys_nor_everybody(admin_client, cast):
    token = Token.objects.create(user=cast.worker)
    text = page(admin_client, "authtoken_tokenproxy_changelist")
    assert "乌兰" in text
    assert token.key not in text
    assert "乌兰" not in page(admin_client, "authtoken_tokenproxy_add")


@pytest.mark.parametrize("who", ["worker", "city", "stranger"])
def test_admin_is_for_administrators(client, cast, who):
    client.force_login(getattr(cast, who))
    response = client.get(reverse("admin:events_event_changelist"))
    assert (response.status_code, response.url.split("?")[0]) == (302, reverse("admin:login"))


# Cases


def test_a_case_shows_who_when_and_why(admin_client, event):
    text = page(admin_client, "events_event_change", event.pk)
    assert "王建国 1号楼" in text
    assert "由经办" in text or "经办单位决定" in text
    assert "健康社区" in text


def test_typed_text_is_escaped(admin_client, event):
    text = page(admin_client, "events_event_change", event.pk) + page(admin_client, "events_event_changelist")
    assert "<b>灯</b>" not in text
    assert "<i>修</i>" not in text
    assert "&lt;b&gt;灯&lt;/b&gt;" in text
    assert "&lt;i&gt;修&lt;/i&gt;" in text


def test_a_case_is_never_changed_here(admin_client, event):
    for name, args in (("add", []), ("delete", [event.pk])):
        assert admin_client.get(reverse(f"admin:events_event_{name}", args=args)).status_code == 403
    address = reverse("admin:events_event_change", args=[event.pk])
    assert admin_client.post(address, {"title": "另一个"}).status_code == 403
    address = reverse("admin:events_event_changelist")
    admin_client.post(address, {"action": "delete_selected", "_selected_action": [event.pk], "post": "yes"})
    assert Event.objects.get().title == "<b>灯</b>坏了"


def test_cases_are_found_by_number_and_title(admin_client, event):
    for words in (event.number, event.number[:9], "灯"):
        assert event.number in page(admin_client, "events_event_changelist", q=words)
    assert event.number not in page(admin_client, "events_event_changelist", q="井盖")


@pytest.mark.parametrize(("field", "value"), [("status__exact", "closed"), ("loop__exact", "grid")])
def test_the_filters_narrow_the_list(admin_client, event, field, value):
    assert event.number not in page(admin_client, "events_event_changelist", **{field: value})


def test_a_clue_report_is_hidden_from_administrators(admin_client, clue):
    assert clue.number not in page(admin_client, "events_event_changelist")
    assert "0 条结果" in page(admin_client, "events_event_changelist", q=clue.number)
    assert clue.number not in page(admin_client, "events_notice_changelist")
    assert admin_client.get(reverse("admin:events_event_change", args=[clue.pk])).status_code == 302
    notice = Notice.objects.filter(event=clue).first()
    assert admin_client.get(reverse("admin:events_notice_change", args=[notice.pk])).status_code == 302


def test_lists_take_the_same_queries_however_long(admin_client, cast, event, django_assert_num_queries):
    for _number in range(3):
        take(make_event(cast.worker, cast.tree.unit), "accept", "escalate")
    # session, user, posts, organisations, count, page
    for model in ("event", "notice"):
        with django_assert_num_queries(6):
            page(admin_client, f"events_{model}_changelist")
    page(admin_client, "events_event_change", event.pk)  # content types are read once
    # session, user, posts, organisations, event, steps, their photos, and the grid, category, holder and reporter of it
    with django_assert_num_queries(11):
        page(admin_client, "events_event_change", event.pk)


def test_notices_are_read_only(admin_client, event):
    assert "王建国" in page(admin_client, "events_notice_changelist", delivered="no")
    assert "王建国" not in page(admin_client, "events_notice_changelist", delivered="yes")
    assert admin_client.get(reverse("admin:events_notice_add")).status_code == 403


def test_a_case_shows_its_facts_in_groups_and_nothing_that_is_empty(admin_client, event):
    shown = page(admin_client, "events_event_change", event.pk)
    for said in ("field-number", "field-due_at", "谁在办理", "时间"):
        assert said in shown
    for empty in ("field-merged_into", "field-rating", "field-organisation", "field-latitude"):
        assert empty not in shown


# Categories and limits


def test_a_category_is_added(admin_client):
    given = {
        "kind": "governance",
        "major": "社会治理",
        "minor": "矛盾纠纷",
        "lowest_loop": "community",
        "is_active": "on",
    }
    assert admin_client.post(reverse("admin:events_category_add"), given).status_code == 302
    assert Category.objects.get().lowest_loop == "community"


def test_a_category_is_edited_and_taken_out_of_use(admin_client):
    category = make_category(limit=4, unit="working_hour")
    assert change(admin_client, category, minor="物业服务", limit="2", is_active="") == {}
    category.refresh_from_db()
    assert (category.minor, category.limit, category.is_active) == ("物业服务", 2, False)


def test_a_limit_needs_its_unit(admin_client):
    errors = change(admin_client, make_category(), limit="4")
    assert errors == {"__all__": ["时限与时限单位须同时填写，或都不填。"]}


def test_the_same_category_twice(admin_client):
    make_category("矛盾纠纷")
    assert "已有相同的小类。" in str(change(admin_client, make_category(), minor="矛盾纠纷"))


def test_a_category_is_never_deleted(admin_client):
    category = make_category()
    assert admin_client.get(reverse("admin:events_category_delete", args=[category.pk])).status_code == 403
    address = reverse("admin:events_category_changelist")
    admin_client.post(address, {"action": "delete_selected", "_selected_action": [category.pk], "post": "yes"})
    assert Category.objects.exists()


def test_a_limit_of_a_loop_is_edited(admin_client):
    level = ServiceLevel.objects.get(stage="grid", urgency="normal")
    assert change(admin_client, level, amount="2") == {}
    level.refresh_from_db()
    assert (level.stage, level.urgency, level.amount) == ("grid", "normal", 2)


def test_a_limit_of_a_loop_is_positive(admin_client):
    level = ServiceLevel.objects.get(stage="grid", urgency="normal")
    assert set(change(admin_client, level, amount="0")) == {"amount"}
    assert admin_client.get(reverse("admin:events_servicelevel_add")).status_code == 403
    assert admin_client.get(reverse("admin:events_servicelevel_delete", args=[level.pk])).status_code == 403

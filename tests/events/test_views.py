"""Pages of the cases: who gets which page, what is on it, and how many queries it takes."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from events.models import Event, Notice
from events.services import act, sweep
from events.workflow import Status
from grids.models import Role
from grids.services import end_post
from tests.factories import make_category, make_event, make_post, make_user, take
from tests.pages import acting, detail, page

MOST_QUERIES = 29  # the workbench, with a card for each thing that waits; the others take fewer than half


@pytest.fixture
def event(cast):
    return make_event(cast.worker, cast.tree.building)


# Who may open what

EVERYBODY = ("worker", "chief", "community", "street", "district", "city", "police", "neighbour", "stranger", "admin")
SEE_THE_CASE = ("worker", "chief", "community", "street", "district", "city", "police", "admin")


@pytest.mark.parametrize("name", ["workbench", "my_day", "event_file", "event_list", "notice_list"])
def test_pages_of_ones_own_open_for_everybody(cast, as_, name):
    answers = {person: as_(getattr(cast, person)).get(reverse(name), follow=True).status_code for person in EVERYBODY}
    assert answers == dict.fromkeys(EVERYBODY, 200)


def test_a_case_opens_inside_ones_area_alone(cast, as_, event):
    answers = {person: as_(getattr(cast, person)).get(detail(event)).status_code for person in EVERYBODY}
    assert answers == {person: 200 if person in SEE_THE_CASE else 404 for person in EVERYBODY}


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        ("chief", 302),
        ("worker", 403),
        ("community", 403),
        ("street", 403),
        ("police", 403),
        ("admin", 403),
        ("neighbour", 404),
        ("stranger", 404),
    ],
)
def test_only_the_desk_accepts(cast, as_, event, person, expected):
    assert as_(getattr(cast, person)).post(acting(event, "accept")).status_code == expected
    event.refresh_from_db()
    assert event.status == (Status.HANDLING if expected == 302 else Status.FILED)


def test_without_a_login_every_page_asks_for_it(event, client):
    names = ("workbench", "event_file", "event_list", "notice_list", "notices_read")
    for address in (*map(reverse, names), detail(event), acting(event, "accept")):
        for answer in (client.get(address), client.post(address)):
            assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("name", ["workbench", "event_list", "notice_list"])
def test_pages_to_read_take_no_post(cast, as_, name):
    assert as_(cast.worker).post(reverse(name)).status_code == 405


def test_a_clue_report_is_hidden_from_the_grid_around_it(cast, as_):
    clue = make_event(cast.worker, cast.tree.building, category=make_category("线索举报", is_confidential=True))
    assert as_(cast.police).get(detail(clue)).status_code == 200
    assert as_(cast.community).get(detail(clue)).status_code == 404
    assert clue.title not in page(as_(cast.community).get(reverse("event_list")))


def test_what_is_no_case_and_no_action_is_404(cast, as_, event):
    browser = as_(cast.worker)
    assert browser.get(reverse("event_detail", args=["20260101-000000"])).status_code == 404
    assert browser.post(acting(event, "explode")).status_code == 404
    assert browser.post(acting(event, "file")).status_code == 404


def test_what_the_clock_does_nobody_does(cast, as_, event):
    assert as_(cast.chief).post(acting(event, "remind")).status_code == 403


# Workbench


def test_the_workbench_shows_what_waits_overdue_first(cast, as_):
    late = make_event(cast.worker, cast.tree.building, title="井盖丢失", at=timezone.now() - timedelta(days=9))
    make_event(cast.worker, cast.tree.building, title="楼道堆物")
    text = page(as_(cast.chief).get(reverse("workbench")))
    assert text.index("井盖丢失") < text.index("楼道堆物")
    assert "due-over" in text
    assert "1 件超时" in text
    assert "受理" in text
    assert late.category.minor in text
    assert "健康社区 1号楼" in text


def test_the_workbench_says_what_each_person_is_to_do(cast, as_, event):
    act(event=event, action="accept", actor=cast.chief)
    event.refresh_from_db()
    assert "派遣" in page(as_(cast.chief).get(reverse("workbench")))
    event = act(event=event, action="assign", actor=cast.chief, handler=cast.worker)
    assert "办结" in page(as_(cast.worker).get(reverse("workbench")))
    assert "没有待办事项" in page(as_(cast.chief).get(reverse("workbench")))
    act(event=event, action="resolve", actor=cast.worker, note="换了灯泡")
    assert "核查" in page(as_(cast.chief).get(reverse("workbench")))


def test_the_workbench_of_somebody_without_a_post_says_whom_to_ask(cast, as_):
    text = page(as_(cast.stranger).get(reverse("workbench"), follow=True))
    assert "您还没有岗位" in text
    assert "请联系所在街道的管理员" in text


def test_the_workbench_shows_what_is_new(cast, as_, event):
    act(event=event, action="accept", actor=cast.chief)
    act(event=Event.objects.get(), action="comment", actor=cast.chief, note="请补充楼层")
    text = page(as_(cast.worker).get(reverse("workbench")))
    assert "批注 · 楼道灯坏了" in text


# Filing


def filing(cast, **changes) -> dict:
    category = make_category("暴露垃圾")
    return {"category": category.pk, "grid": cast.tree.building.code, "title": "楼道灯不亮"} | changes


def test_event_file_files_and_shows_the_case(cast, as_):
    answer = as_(cast.worker).post(reverse("event_file"), filing(cast, urgency="urgent"), follow=True)
    event = Event.objects.get()
    assert answer.redirect_chain == [(detail(event), 302)]
    assert f"上报成功，编号 {event.number}" in page(answer)
    assert (event.reporter, event.grid, event.urgency) == (cast.worker, cast.tree.building, "urgent")


def test_event_file_knows_the_place_and_the_categories_used_last(cast, as_):
    make_event(cast.worker, cast.tree.second_building, category=make_category("商业噪音"))
    text = page(as_(cast.worker).get(reverse("event_file")))
    assert f'value="{cast.tree.second_building.code}" checked' in text
    assert "商业噪音" in text[text.index('id="familiar"') : text.index('id="majors"')]


def test_event_file_takes_place_and_category_from_a_link(cast, as_):
    category = make_category("露天烧烤")
    link = f"{reverse('event_file')}?grid={cast.tree.unit.code}&category={category.pk}"
    text = page(as_(cast.worker).get(link))
    assert f'value="{cast.tree.unit.code}" checked' in text
    assert f'value="{category.pk}" data-name="{category}" checked' in text


def test_a_form_sent_twice_files_once(cast, as_):
    form = filing(cast, idempotency_key="0b9a")
    first, second = (as_(cast.worker).post(reverse("event_file"), form) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Event.objects.count() == 1


def test_going_back_to_a_form_and_typing_something_else_files_a_second_case(cast, as_):
    form = filing(cast, idempotency_key="0b9a")
    for title in ("一楼灯不亮", "二楼灯不亮", "二楼灯不亮"):
        as_(cast.worker).post(reverse("event_file"), form | {"title": title})
    assert sorted(Event.objects.values_list("title", flat=True)) == ["一楼灯不亮", "二楼灯不亮"]


def test_each_form_has_a_key_of_its_own(cast, as_):
    keys = {as_(cast.worker).get(reverse("event_file")).context["form"].text("idempotency_key") for _ in range(2)}
    assert len(keys) == 2
    assert all(keys)


def test_search_without_scripts_keeps_what_was_typed_and_files_nothing(cast, as_):
    make_category("暴露垃圾")
    make_category("商业噪音")
    form = {
        "search": "category",
        "category_search": "噪音",
        "title": "太吵了",
        "idempotency_key": "k",
        "place_search": "",
    }
    text = page(as_(cast.worker).post(reverse("event_file"), form))
    assert "商业噪音" in text
    assert "暴露垃圾" not in text
    assert 'value="太吵了"' in text
    assert 'value="k"' in text
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("words", "found"), [("2号楼", True), ("健康 2号", True), ("学苑 1号", False), ("没有这个", False)]
)
def test_places_are_found_by_words_down_the_tree_inside_ones_area(cast, as_, words, found):
    answer = as_(cast.worker).get(reverse("event_file"), {"place_search": words})
    assert bool(answer.context["found_places"]) == found


def test_an_endless_search_for_a_place_asks_no_more_than_the_tree_is_deep(cast, as_, django_assert_max_num_queries):
    with django_assert_max_num_queries(30):
        as_(cast.city).get(reverse("event_file"), {"place_search": "号 " * 500})


BAD_FILING = {
    "an unknown grid": ({"grid": "150105001999"}, "没有这个网格"),
    "no grid": ({"grid": ""}, "请选择发生地点"),
    "a foreign grid": ({"grid": "1501050020010001"}, "没有这个网格"),
    "the neighbours' community": ({"grid": "150105002001"}, "不在您的工作范围内"),
    "an unknown category": ({"category": "987654"}, "没有这个类别"),
    "a category that is no number": ({"category": "x"}, "没有这个类别"),
    "a category beyond the database": ({"category": "9" * 30}, "没有这个类别"),
    "no title": ({"title": ""}, "请用一句话说明情况"),
    "a blank title": ({"title": "　 "}, "请用一句话说明情况"),
    "a title of 10,000 characters": ({"title": "长" * 10_000}, "标题最多 120 个字，现有 10000 个字"),
    "a NUL in the title": ({"title": "灯\0坏了"}, "含有空字符"),
    "a mark that turns the text": ({"title": "灯\u202e坏了"}, "文字方向符号"),
    "an unknown urgency": ({"urgency": "now"}, "请选择一般或紧急"),
    "a long description": ({"description": "长" * 2001}, "最多 2000 个字，现有 2001 个字"),
}


@pytest.mark.parametrize("bad", BAD_FILING)
def test_bad_input_is_named_at_the_field_and_files_nothing(cast, as_, bad):
    changes, sentence = BAD_FILING[bad]
    answer = as_(cast.worker).post(reverse("event_file"), filing(cast, address="东侧花坛", **changes))
    assert answer.status_code == 400
    assert sentence in page(answer)
    assert 'value="东侧花坛"' in page(answer)
    assert not Event.objects.exists()


def test_a_retired_grid_is_named(cast, as_):
    cast.tree.second_building.retired_at = timezone.now()
    cast.tree.second_building.save()
    answer = as_(cast.worker).post(reverse("event_file"), filing(cast, grid=cast.tree.second_building.code))
    assert answer.status_code == 400
    assert "该网格已撤销" in page(answer)


def test_without_a_post_nothing_is_filed(cast, as_):
    assert "您还没有岗位" in page(as_(cast.stranger).get(reverse("event_file")))
    answer = as_(cast.stranger).post(reverse("event_file"), filing(cast))
    assert answer.status_code == 400
    assert "您目前没有岗位" in page(answer)


@pytest.mark.parametrize("title", ["😀灯坏了🔥", "<script>alert(1)</script>", "'); DROP TABLE events_event; --"])
def test_text_is_shown_as_it_was_written(cast, as_, title):
    text = page(as_(cast.worker).post(reverse("event_file"), filing(cast, title=title), follow=True))
    assert Event.objects.get().title == title
    assert "<script>alert" not in text


# List


def listed(answer) -> set[str]:
    return {event.title for event in answer.context["events"]}


@pytest.fixture
def three(cast):
    """One case closed in the first building, one being handled, one filed in the second."""
    at = timezone.now() - timedelta(days=30)
    closed = make_event(cast.worker, cast.tree.building, title="已换灯", category=make_category("路灯"), at=at)
    take(closed, "accept", "resolve", "pass_check", at=at)
    take(make_event(cast.worker, cast.tree.unit, title="在修水管", address="2单元"), "accept")
    make_event(cast.community, cast.tree.second_building, title="新报噪音")


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", {"已换灯", "在修水管", "新报噪音"}),
        ("status=open", {"在修水管", "新报噪音"}),
        ("status=closed", {"已换灯"}),
        ("loop=community", {"新报噪音"}),
        ("grid=1501050010010001", {"已换灯", "在修水管"}),
        ("mine=filed", {"新报噪音"}),
        ("mine=waiting", {"新报噪音"}),
        ("mine=handled", set()),
        ("overdue=true", set()),
        ("search=水管", {"在修水管"}),
        ("search=2单元", {"在修水管"}),
        ("sort=due&status=open", {"在修水管", "新报噪音"}),
        ("page=nonsense", {"已换灯", "在修水管", "新报噪音"}),
    ],
)
def test_event_list_filters(cast, as_, three, query, titles):
    answer = as_(cast.community).get(f"{reverse('event_list')}?{query}")
    assert answer.status_code == 200
    assert listed(answer) == titles


def test_event_list_filters_by_category_and_by_what_is_overdue(cast, as_, three):
    browser = as_(cast.community)
    category = Event.objects.get(title="已换灯").category
    assert listed(browser.get(reverse("event_list"), {"category": category.pk})) == {"已换灯"}
    Event.objects.filter(title="在修水管").update(due_at=timezone.now() - timedelta(minutes=1))
    assert listed(browser.get(reverse("event_list"), {"overdue": "true"})) == {"在修水管"}


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("status=exploded", "没有"),
        ("status=exploded", "筛选条件有误"),
        ("loop=x", "没有"),
        ("grid=150105002001", "您的管辖范围内没有这个网格"),
        ("grid=%00", "含有空字符"),
        ("category=999999999999999999999", "筛选条件有误"),
        ("category=%00", "筛选条件有误"),
        ("mine=yours", "筛选条件有误"),
        ("sort=random", "筛选条件有误"),
        ("search=%00", "含有空字符"),
        ("search=" + "长" * 65, "最多 64 个字"),
    ],
)
def test_a_filter_that_is_none_is_named(cast, as_, three, query, sentence):
    answer = as_(cast.community).get(f"{reverse('event_list')}?{query}")
    assert answer.status_code == 400
    assert sentence in page(answer)
    assert not listed(answer)


def test_event_list_goes_through_pages(cast, as_):
    for number in range(21):
        make_event(cast.worker, cast.tree.building, title=f"第{number}件")
    first = as_(cast.worker).get(reverse("event_list"))
    second = as_(cast.worker).get(reverse("event_list"), {"page": 2, "status": "open"})
    assert len(listed(first)) == 20
    assert listed(second) == {"第0件"}
    assert "page=2" in page(first)
    assert "page=1&amp;status=open" in page(second)


# One case


def test_event_detail_tells_the_whole_story(cast, as_, event):
    act(event=event, action="escalate", actor=cast.chief, reason="需要物业公司配合")
    text = page(as_(cast.worker).get(detail(event)))
    for words in (
        "王建国",
        "1号楼 网格长",
        "需要物业公司配合",
        "社区微循环",
        "经办单位决定",
        "等待健康社区受理",
        "剩 ",
    ):
        assert words in text
    assert 'aria-current="step"' in text


def test_event_detail_offers_only_what_is_open_to_me(cast, as_, event):
    actions = {
        person: {form.move.action for form in _forms(as_(getattr(cast, person)).get(detail(event)))}
        for person in ("worker", "chief", "district")
    }
    assert actions["worker"] == {"comment"}
    assert actions["chief"] == {"accept", "escalate", "void", "ask_extend", "merge", "ask", "comment", "join"}
    assert actions["district"] == {"urge", "supervise", "comment"}


def _forms(answer) -> list:
    first = answer.context["first"]
    return [*([first] if first else []), *answer.context["others"]]


def test_the_first_action_is_the_one_that_brings_it_forward(cast, as_, event):
    def first(person):
        form = as_(person).get(detail(event)).context["first"]
        return form and form.move.action

    assert first(cast.chief) == "accept"
    assert first(cast.worker) is None
    act(event=event, action="accept", actor=cast.chief)
    assert first(cast.chief) == "assign"
    act(event=Event.objects.get(), action="assign", actor=cast.chief, handler=cast.worker)
    assert first(cast.worker) == "resolve"
    assert first(cast.chief) is None
    act(event=Event.objects.get(), action="resolve", actor=cast.worker, note="已修好")
    assert first(cast.chief) == "pass_check"


def test_a_case_whose_handler_left_is_the_desks_again(cast, as_, event):
    take(event, "accept")
    event = act(event=Event.objects.get(), action="assign", actor=cast.chief, handler=cast.worker)
    end_post(actor=None, post=cast.worker.posts.get(grid=cast.tree.building))
    answer = as_(cast.chief).get(detail(event))
    assert answer.context["first"].move.action == "assign"
    assert "等待健康社区 1号楼派遣或办结" in answer.context["awaited"]


def test_event_detail_explains_an_automatic_climb(cast, as_, event):
    sweep(at=event.due_at + timedelta(minutes=1))
    text = page(as_(cast.worker).get(detail(event)))
    assert "系统自动" in text
    assert "下级循环超时未办结，系统自动上报至健康社区" in text


def test_a_deadline_in_a_year_without_a_notice_says_so(cast, as_):
    far = timezone.now() + timedelta(days=900)
    event = make_event(cast.worker, cast.tree.building, at=far)
    assert "放假安排尚未公布" in page(as_(cast.worker).get(detail(event)))


def test_looking_at_a_case_reads_its_notices(cast, as_, event):
    assert Notice.objects.unread().filter(recipient=cast.chief).exists()
    as_(cast.chief).get(detail(event))
    assert not Notice.objects.unread().filter(recipient=cast.chief).exists()


def test_handlers_are_offered_nearest_first_and_searched(cast, as_, event):
    make_post(make_user("巴特尔"), cast.tree.second_building)
    take(event, "escalate", "accept")
    event.refresh_from_db()
    browser = as_(cast.community)
    names = [post.user.name for post in browser.get(detail(event)).context["handlers"]]
    assert names[:2] == ["乌兰", "王建国"]
    assert "巴特尔" in names
    assert "孙丽" not in names
    found = browser.get(detail(event), {"handler_search": "巴特"}).context["handlers"]
    assert [post.user.name for post in found] == ["巴特尔"]


# Queries


@pytest.fixture
def many(cast):
    """Enough cases in several places and states that a query for each row would show."""
    for number in range(24):
        grid = (cast.tree.building, cast.tree.unit, cast.tree.second_building, cast.tree.second_unit)[number % 4]
        event = make_event(cast.worker, grid, title=f"第{number}件")
        take(event, *(("accept",), (), ("accept", "resolve"))[number % 3])


def test_lists_keep_their_queries(cast, as_, many, django_assert_max_num_queries):
    for person in (cast.worker, cast.chief, cast.community, cast.city, cast.admin):
        browser = as_(person)
        for name in ("workbench", "event_list", "event_file", "notice_list"):
            with django_assert_max_num_queries(MOST_QUERIES, info=f"{name} for {person}"):
                browser.get(reverse(name))


def test_event_list_with_every_filter_keeps_its_queries(cast, as_, many, django_assert_max_num_queries):
    browser, category = as_(cast.community), Event.objects.first().category.pk
    query = f"?mine=waiting&status=open&loop=community&category={category}&grid=150105001001&sort=due&search=第"
    with django_assert_max_num_queries(MOST_QUERIES):
        browser.get(reverse("event_list") + query)


def test_event_detail_keeps_its_queries_however_long_the_story(cast, as_, event, django_assert_max_num_queries):
    take(event, "accept", *["resolve", "fail_check"] * 2, "comment", "comment")
    make_post(cast.chief, cast.tree.community, Role.OFFICIAL)
    browser = as_(cast.chief)
    with django_assert_max_num_queries(MOST_QUERIES + 3):
        browser.get(detail(event))

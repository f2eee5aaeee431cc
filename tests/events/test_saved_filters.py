"""Filters that people save: kept once, counted for who looks, told when they fit no more."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from events import services
from events.filters import saved_filters
from events.models import SavedFilter
from events.services.saved_filters import MOST_SAVED
from grids.services import end_post, retire_grid
from tests.factories import make_category, make_event
from tests.pages import page

pytestmark = pytest.mark.django_db
SAVE, LIST = "saved_filter_save", "saved_filter_list"


def counts(user) -> dict[str, int | None]:
    user.forget_rights()
    return {saved.name: saved.count for saved in saved_filters(user, timezone.now())}


@pytest.fixture
def event(cast):
    return make_event(cast.worker, cast.tree.unit, title="暴露垃圾")


@pytest.fixture
def saved(cast):
    return services.save_filter(user=cast.community, name="垃圾", query={"search": "垃圾", "status": "open"})


# Saving


def test_the_filters_of_the_address_are_saved_under_a_name(cast, as_, event):
    address = reverse(SAVE) + "?status=open&search=%E5%9E%83%E5%9C%BE&loop=&days=7&junk=1"
    answer = as_(cast.community).post(address, {"name": "  本周 垃圾 "}, follow=True)
    assert SavedFilter.objects.get().query == {"search": "垃圾", "status": "open", "days": "7"}
    assert "已存为“本周 垃圾”" in page(answer)
    assert answer.redirect_chain[0][0] == reverse("event_list") + address.removeprefix(reverse(SAVE))


def test_the_same_name_again_means_the_new_filters(cast, saved):
    again = services.save_filter(user=cast.community, name="垃圾", query={"days": "7"})
    assert (again.pk, SavedFilter.objects.get().query) == (saved.pk, {"days": "7"})
    services.save_filter(user=cast.street, name="垃圾", query={"days": "7"})
    assert SavedFilter.objects.count() == 2


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("", "请起个名称"), ("长" * 21, "最多 20 个字"), ("a\0b", "空字符"), ("a\u202eb", "方向")],
)
def test_a_name_that_is_none_is_told_beside_it_and_given_back(cast, as_, event, name, sentence):
    answer = as_(cast.community).post(reverse(SAVE) + "?status=open", {"name": name})
    assert answer.status_code == 400
    assert sentence in page(answer)
    assert answer.context["unsaved"]["name"] == name
    assert not SavedFilter.objects.exists()


def test_no_filter_is_nothing_to_save(cast):
    with pytest.raises(ValidationError, match="还没有选"):
        services.save_filter(user=cast.community, name="全部", query={})


def test_there_are_only_so_many(cast):
    for number in range(MOST_SAVED):
        services.save_filter(user=cast.community, name=str(number), query={"days": "7"})
    with pytest.raises(ValidationError, match="最多保存 20 个"):
        services.save_filter(user=cast.community, name="又一个", query={"days": "7"})
    services.save_filter(user=cast.community, name="0", query={"days": "1"})


def test_a_wrong_filter_is_not_saved_but_named(cast, as_):
    answer = as_(cast.community).post(reverse(SAVE) + "?status=exploded", {"name": "错"}, follow=True)
    assert answer.status_code == 400
    assert not SavedFilter.objects.exists()


# Keeping


def test_mine_can_be_renamed_and_deleted_twice(cast, as_, saved):
    browser = as_(cast.community)
    browser.post(reverse("saved_filter_rename", args=[saved.pk]), {"name": "垃圾类"})
    assert SavedFilter.objects.get().name == "垃圾类"
    for _turn in range(2):
        assert browser.post(reverse("saved_filter_delete", args=[saved.pk])).status_code == 302
    assert not SavedFilter.objects.exists()


def test_a_name_that_i_gave_already_is_refused_beside_it(cast, as_, saved):
    other = services.save_filter(user=cast.community, name="超时", query={"overdue": "true"})
    answer = as_(cast.community).post(reverse("saved_filter_rename", args=[other.pk]), {"name": "垃圾"})
    assert answer.status_code == 400
    assert "同名" in page(answer)
    other.refresh_from_db()
    assert other.name == "超时"


def test_those_of_others_are_none(cast, as_, saved):
    browser = as_(cast.street)
    assert browser.post(reverse("saved_filter_rename", args=[saved.pk]), {"name": "我的"}).status_code == 404
    browser.post(reverse("saved_filter_delete", args=[saved.pk]))
    assert SavedFilter.objects.get().name == "垃圾"
    assert "垃圾" not in page(browser.get(reverse(LIST)))


# Counting


def test_one_tap_leads_there_and_says_how_many(cast, as_, event, saved):
    browser, link = as_(cast.community), 'href="/events/?search=%E5%9E%83%E5%9C%BE&amp;status=open"'
    for name in ("workbench", "event_list"):
        text = page(browser.get(reverse(name)))
        assert link in text
        assert f'hx-get="{reverse(LIST)}"' in text
    chips, whole = browser.get(reverse(LIST), headers={"HX-Request": "true"}), browser.get(reverse(LIST))
    for answer in (chips, whole):
        assert link in page(answer)
        assert '<span class="badge bg-secondary-lt">1</span>' in page(answer)
    assert page(chips).lstrip().startswith("<nav")


def test_a_clue_report_is_counted_for_nobody_else(cast, event):
    category = make_category("线索举报", is_confidential=True)
    make_event(cast.worker, cast.tree.unit, category=category, title="聚赌线索")
    for person, count in ((cast.police, 1), (cast.chief, 1), (cast.community, 0), (cast.city, 0), (cast.admin, 0)):
        services.save_filter(user=person, name="线索", query={"search": "聚赌"})
        assert counts(person) == {"线索": count}


def test_counting_ends_somewhere(cast, as_, event, monkeypatch):
    monkeypatch.setattr("events.filters.MOST_COUNTED", 2)
    for _turn in range(4):
        make_event(cast.worker, cast.tree.building)
    services.save_filter(user=cast.community, name="全部", query={"status": "open"})
    assert counts(cast.community) == {"全部": 3}


def test_a_grid_that_is_out_of_reach_or_retired_is_told(cast, as_, event):
    code = cast.tree.second_building.code
    services.save_filter(user=cast.community, name="二号楼", query={"grid": code})
    services.save_filter(user=cast.community, name="学苑", query={"grid": cast.tree.other_community.code})
    assert counts(cast.community) == {"二号楼": 0, "学苑": None}
    text = page(as_(cast.community).get(reverse(LIST)))
    assert "您的管辖范围内没有这个网格" in text
    for post in cast.tree.second_building.posts.active():
        end_post(actor=None, post=post)
    retire_grid(actor=None, grid=cast.tree.second_building, reason="拆除")
    assert "健康社区 2号楼（已撤销）" in page(as_(cast.community).get(reverse(LIST)))


def test_nonsense_from_another_time_breaks_no_page(cast, as_, event):
    for number, query in enumerate([{"status": "gone"}, {"category": "999999"}, {"days": "x"}, {"unknown": "1"}]):
        SavedFilter.objects.create(user=cast.community, name=str(number), query=query)
    assert [count is None for count in counts(cast.community).values()] == [True, True, True, False]
    for name in ("workbench", LIST, "event_list"):
        assert as_(cast.community).get(reverse(name)).status_code == 200


def test_many_are_counted_in_few_queries(cast, event, django_assert_max_num_queries):
    minor = str(event.category_id)
    queries = [
        {"search": "王建国"},
        {"search": "健康 垃圾"},
        {"grid": "150105001001"},
        {"category": minor},
        {"mine": "waiting"},
    ]
    queries += [{"grid": cast.tree.building.code}, {"category": "社会治理", "days": "7"}, {"overdue": "true"}]
    for number, query in enumerate(queries):
        services.save_filter(user=cast.community, name=str(number), query=query)
    cast.community.active_posts  # noqa: B018 - each request reads them once
    with django_assert_max_num_queries(
        8
    ):  # filters, grids, categories, people, posts, places, joint organisations, counts
        assert len(saved_filters(cast.community, timezone.now())) == len(queries)

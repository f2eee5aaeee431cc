"""The cards of resources, publications and stories on other pages, each with its pinned number of queries."""

import pytest
from django.template import Context, Template

from branches.references import found, offered
from grids.models import User
from tests.branches.disclosure import move, published, told, write
from tests.branches.resources import make_budget, make_line, spend
from tests.factories import make_branch

pytestmark = pytest.mark.django_db
LOAD = "{% load resource_tags disclosure_tags %}"


def drawn(tag: str, user: User, **names) -> str:
    return Template(f"{LOAD}{{% {tag} %}}").render(Context(names | {"user": user}))


def fresh(user: User) -> User:
    """With the posts read, as on any page."""
    user = User.objects.get(pk=user.pk)
    assert user.active_posts is not None
    return user


def test_resources_of_a_branch_are_its_newest_year_in_sums(cast, django_assert_num_queries):
    branch = make_branch(cast.tree.community)
    line = make_line(cast, make_budget(cast, branch=branch))
    spend(cast, line, "1200.00")
    user = fresh(cast.community)
    with django_assert_num_queries(3):  # the budget, plans, spending
        shown = drawn("resources_of branch user", user, branch=branch)
    assert "200.00 元" in shown
    assert "超出" in shown


def test_without_a_budget_the_card_is_for_who_may_begin_one(cast):
    branch = make_branch(cast.tree.community)
    assert "新建年度预算" in drawn("resources_of branch user", cast.community, branch=branch)
    assert not drawn("resources_of branch user", cast.worker, branch=branch).strip()
    assert "新建年度预算" in drawn("resources_on grid user", cast.street, grid=cast.tree.community)


def test_publications_of_a_grid_are_its_newest(cast, django_assert_num_queries):
    for number in range(5):
        told(cast, title=f"公告{number}")
    published(cast)
    user = fresh(cast.community)
    with django_assert_num_queries(2):  # publications, stories
        shown = drawn("publications_of grid user", user, grid=cast.tree.community)
    assert ("公告4" in shown, "公告1" in shown, "扶手" in shown, "发布公开信息" in shown) == (True, False, True, True)
    assert not drawn("publications_of grid user", user, grid=cast.tree.unit).strip()


def test_stories_waiting_are_those_of_my_street_and_my_own_sent_back(cast, django_assert_num_queries):
    for _turn in range(5):
        move(write(cast), cast.community, "submit")
    user = fresh(cast.street)
    with django_assert_num_queries(2):
        assert "等您审核" in drawn("stories_waiting user", user)
    assert not drawn("stories_waiting user", cast.community).strip()
    move(cast.community.stories.first(), cast.street, "return", "补充照片")
    assert "已退回给您" in drawn("stories_waiting user", cast.community)


def test_only_published_stories_are_pointed_to(cast):
    draft, story = write(cast), published(cast)
    assert found(cast.community, "story", str(story.pk)).is_done
    assert found(cast.community, "story", str(draft.pk)) is None
    assert [one.key for one in offered(cast.worker, cast.tree.street, "story", "扶手")] == [str(story.pk)]
    assert found(cast.neighbour, "story", "x") is None

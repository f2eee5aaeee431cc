"""What a secretary may do: all of the branch and its grids, nothing of the branch next door or of the community.

Both branches sit in one community and cover one building each; their secretaries hold the posts that go with it.
"""

from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from branches import services
from branches.deliberation.access import runs_topic
from branches.models import Story
from branches.templatetags.topic_tags import topics_waiting
from branches.worklists.access import claimable_grids
from tests.branches.disclosure import told, write
from tests.branches.resources import AT, make_budget, make_line, spend
from tests.events.conftest import MONDAY
from tests.factories import (
    make_area,
    make_event,
    make_issued_item,
    make_meeting,
    make_organisation,
    make_user,
    make_vote,
    take,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(cast):
    """Branches A and B, their secretaries, A's deputy, and the secretary of a branch elsewhere."""
    tree = cast.tree
    people = {name: make_user(name) for name in ("甲书记", "甲副书记", "乙书记", "外书记")}
    own, deputy, next_door, far = people.values()
    leads = {"secretary": own, "deputy": deputy}
    a = services.found_branch(actor=None, name="甲支部", kind="solo", grids=[tree.building], **leads)
    b = services.found_branch(actor=None, name="乙支部", kind="solo", grids=[tree.second_building], secretary=next_door)
    services.found_branch(actor=None, name="外支部", kind="solo", grids=[tree.other_building], secretary=far)
    return SimpleNamespace(a=a, b=b, own=own, deputy=deputy, next_door=next_door, far=far, cast=cast, tree=tree)


def waiting_topic(grid, branch=None, **fields):
    """A proposed topic that waits to be taken up."""
    actor = make_user(is_superuser=True)
    return services.propose_topic(
        actor=actor, grid=grid, branch=branch, title="停车", text="", proposer_kind="desk", at=MONDAY, **fields
    )


def pages_of(two, branch, grid) -> dict[str, tuple[str, dict | None]]:
    """What one does for a branch, or without one for a grid, as address and form; a form that is sent is empty."""
    cast = two.cast
    asked = {"branch": branch.pk} if branch else {"grid": grid.code}
    meeting = make_meeting(branch or grid, cast.admin, starts_at=MONDAY)
    line = make_line(cast, make_budget(cast, **{"branch": branch} if branch else {"grid": grid}))
    entry = spend(cast, line, actor=cast.admin)
    pages = {
        "plan a meeting": (reverse("meeting_plan", query=asked), None),
        "invite": (reverse("meeting_invite", args=[meeting.pk]), {}),
        "minutes": (reverse("meeting_minutes", args=[meeting.pk]), None),
        "decline a topic": (reverse("topic_act", args=[waiting_topic(grid, branch).pk, "take_up"]), {"title": "停车"}),
        "plan a year": (reverse("budget_plan", query=asked), None),
        "add a line": (reverse("budget_line_add", args=[line.budget_id]), None),
        "spend": (reverse("resource_enter", args=[line.pk]), None),
        "reverse": (reverse("resource_reverse", args=[entry.pk]), None),
    }
    if branch:
        area = make_area(branch, [grid])
        pages |= {
            "partners": (reverse("branch_partners", args=[branch.pk]), None),
            "new area": (reverse("area_new", args=[branch.pk]), None),
            "hand an area over": (reverse("area_hand_over", args=[area.pk]), None),
            "change an area": (reverse("area_edit", args=[area.pk]), None),
        }
    return pages


def codes(as_, person, pages) -> dict[str, int]:
    browser = as_(person)
    answers = {
        name: browser.get(url) if form is None else browser.post(url, form) for name, (url, form) in pages.items()
    }
    return {name: answer.status_code for name, answer in answers.items()}


GOOD = {200, 302, 400}  # 400: an empty form was looked at and sent back


@pytest.mark.parametrize("who", ["own", "deputy"])
def test_leaders_do_all_of_their_branch(two, as_, who):
    answers = codes(as_, getattr(two, who), pages_of(two, two.a, two.tree.building))
    assert set(answers.values()) <= GOOD, answers


@pytest.mark.parametrize(("who", "code"), [("own", 403), ("deputy", 403), ("far", 404)])
def test_of_the_branch_next_door_they_see_all_and_do_nothing(two, as_, who, code):
    answers = codes(as_, getattr(two, who), pages_of(two, two.b, two.tree.second_building))
    assert set(answers.values()) == {code}, answers


@pytest.mark.parametrize(("who", "code"), [("own", 403), ("deputy", 403), ("next_door", 403), ("far", 404)])
def test_of_the_community_they_see_all_and_do_nothing(two, as_, who, code):
    answers = codes(as_, getattr(two, who), pages_of(two, None, two.tree.community))
    assert set(answers.values()) == {code}, answers


def test_the_desk_of_the_community_does_all_of_it(two, as_):
    for branch, grid in ((two.a, two.tree.building), (two.b, two.tree.second_building), (None, two.tree.community)):
        answers = codes(as_, two.cast.community, pages_of(two, branch, grid))
        assert set(answers.values()) <= GOOD, answers


def test_whose_branch_covers_the_community_does_what_is_the_communitys(two, as_):
    services.cover(actor=None, branch=two.a, grids=[two.tree.community])
    answers = codes(as_, two.own, pages_of(two, None, two.tree.community))
    assert set(answers.values()) <= GOOD, answers


# Deliberation


def test_a_topic_of_a_covered_grid_waits_for_its_secretary(two):
    topic = waiting_topic(two.tree.unit)
    assert topics_waiting(two.own)["to_run"] == [topic]
    assert runs_topic(two.own, topic)
    assert topics_waiting(two.next_door)["to_run"] == []
    assert not runs_topic(two.next_door, topic)


def test_a_branch_takes_no_topic_of_grids_that_it_does_not_cover(two):
    with pytest.raises(ValidationError) as refused:
        waiting_topic(two.tree.second_building, two.a)
    assert "branch" in refused.value.message_dict


def test_a_branchs_topic_is_voted_on_by_its_own_grids_alone(two):
    two.tree.building.households, two.tree.second_building.households = 3, 5
    for grid in (two.tree.building, two.tree.second_building):
        grid.save()
    topic = make_vote(two.own, two.tree.community, branch=two.a, at=MONDAY, roles=["secretary"], households=True)
    assert {voter.user for voter in topic.voters.exclude(user=None)} == {two.own, two.deputy}
    assert list(topic.voters.slips().values_list("grid", flat=True)) == [two.tree.building.pk] * 3


def test_a_branchs_partners_may_vote_on_its_topic(two):
    company, agent = make_organisation(two.tree.community), make_user("物业代表")
    company.representatives.add(agent)
    services.add_partner(actor=None, branch=two.a, organisation=company)
    topic = make_vote(two.own, two.tree.building, branch=two.a, at=MONDAY, roles=[], organisations=[company])
    assert [voter.user for voter in topic.voters.all()] == [agent]


# Work lists


def test_the_communitys_item_is_not_a_secretarys_to_claim(two):
    item = make_issued_item(two.tree.street, at=AT, for_streets=False, for_communities=True, is_mandatory=False)
    assert claimable_grids(two.own, item) == []
    with pytest.raises(PermissionDenied):
        services.claim_item(actor=two.own, item=item, grid=two.tree.community)
    services.cover(actor=None, branch=two.a, grids=[two.tree.community])
    two.own.forget_rights()
    assert claimable_grids(two.own, item) == [two.tree.community]
    assert services.claim_item(actor=two.own, item=item, grid=two.tree.community)


# Disclosure and stories


def test_publishing_for_the_community_is_not_a_secretarys(two, as_):
    publication = told(two.cast)
    browser = as_(two.own)
    with pytest.raises(PermissionDenied):
        told(two.cast, actor=two.own)
    assert browser.get(reverse("publication_write")).status_code == 403
    assert browser.get(reverse("publication_withdraw", args=[publication.pk])).status_code == 403
    assert as_(two.far).get(reverse("publication_withdraw", args=[publication.pk])).status_code == 404


def closed_case(two, grid):
    return take(make_event(two.cast.community, grid), "accept", "resolve", "pass_check")


def test_a_secretary_writes_up_a_case_of_the_branchs_grids(two, as_):
    browser, case = as_(two.own), closed_case(two, two.tree.unit)
    assert f"{reverse('story_write')}?from=event-{case.number}" in browser.get(
        reverse("event_detail", args=[case.number])
    ).content.decode()  # fmt: skip
    given = {"grid": two.tree.community.code, "title": "灯亮了", "after": "支部牵头更换。"}
    assert browser.post(reverse("story_write", query={"from": f"event-{case.number}"}), given).status_code == 302
    story = Story.objects.get()
    assert browser.post(reverse("story_act", args=[story.pk, "submit"])).status_code == 302
    assert as_(two.cast.street).post(reverse("story_act", args=[story.pk, "publish"])).status_code == 302


def test_a_case_next_door_is_not_theirs_to_tell_of(two, as_):
    case = take(make_event(two.own, two.tree.second_building), "accept", "resolve", "pass_check")
    address = reverse("story_write", query={"from": f"event-{case.number}"})
    assert as_(two.own).get(address).status_code == 403
    assert address not in as_(two.own).get(reverse("event_detail", args=[case.number])).content.decode()
    with pytest.raises(PermissionDenied):
        write(two.cast, actor=two.own, source_kind="event", source_key=case.number)
    assert as_(two.far).get(address).status_code == 404


def test_the_stories_of_others_are_not_theirs_to_read_or_change_before_they_are_public(two, as_):
    story = write(two.cast, actor=two.next_door)
    assert as_(two.own).get(reverse("story_detail", args=[story.pk])).status_code == 404
    for actor in (two.own, two.far):
        with pytest.raises(PermissionDenied):
            services.move_story(actor=actor, story=story, action="submit")
    assert services.move_story(actor=two.next_door, story=story, action="submit").state == "review"


def test_who_leads_no_more_leaves_their_draft_to_the_community(two):
    story = write(two.cast, actor=two.own)
    services.appoint_leaders(actor=None, branch=two.a, secretary=None, chief_title=None, deputy=None)
    two.own.forget_rights()
    with pytest.raises(PermissionDenied):
        services.move_story(actor=two.own, story=story, action="submit")
    assert services.move_story(actor=two.cast.community, story=story, action="submit").state == "review"

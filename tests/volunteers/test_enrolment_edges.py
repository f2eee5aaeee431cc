"""What others learn of double check-in: a person's day, cards, needs, the API; and what a reorganisation carries on."""

from datetime import date, timedelta

import pytest
from django.db.models import Exists, OuterRef
from django.template import Context, Template
from django.urls import reverse
from django.utils import timezone

from grids.models import Grid
from grids.services import Part, merge_grids, move_grid, retire_grid, split_grid
from tests.factories import (
    make_branch,
    make_member_enrolment,
    make_offer,
    make_organisation,
    make_organisation_enrolment,
    make_user,
)
from volunteers.enrolments import needs
from volunteers.enrolments.day import day_of
from volunteers.models import MemberEnrolment, Offer, Skill

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(cast):
    return make_organisation(cast.tree.district, "区住建局", kind="government_office")


# A person's day


def test_reports_wait_in_the_day_of_the_community_alone(cast, office, django_assert_max_num_queries):
    now = timezone.now()
    for _ in range(2):
        make_member_enrolment(cast.tree.community, organisation=office, state="applied")
    make_organisation_enrolment(office, cast.tree.community, state="applied")
    make_member_enrolment(cast.tree.other_community, organisation=office, state="applied")
    with django_assert_max_num_queries(5):
        dues = day_of(cast.community, now)
    assert [(due.kind, due.title) for due in dues] == [
        ("enrolment", "2 名党员报到，待确认"),
        ("enrolment", "1 家单位报到，待确认"),
    ]
    assert cast.tree.community.code in dues[0].url
    for who in (cast.worker, cast.chief, cast.street, cast.district, cast.police, cast.stranger):
        assert day_of(who, now) == []


def test_who_leads_the_communitys_branch_is_asked_too(cast, client, office):
    secretary = make_user("支书")
    make_branch(cast.tree.community, secretary=secretary)
    enrolment = make_member_enrolment(cast.tree.community, organisation=office, state="applied")
    (due,) = day_of(secretary, timezone.now())
    client.force_login(secretary)
    assert enrolment.user.name in client.get(due.url).content.decode()
    client.post(reverse("enrolment_confirm"), {"grid": cast.tree.community.code, "enrolment": enrolment.pk})
    enrolment.refresh_from_db()
    assert enrolment.state == "confirmed"


# Cards


def drawn(tag: str, **context) -> str:
    return Template("{% load enrolment_tags %}{% " + tag + " %}").render(Context(context))


def test_the_card_of_a_grid_counts_and_names_nobody(cast, office, django_assert_max_num_queries):
    place = cast.tree.building
    one = make_member_enrolment(cast.tree.community, make_user("巴特尔"), office, state="placed", place=place)
    make_organisation_enrolment(office, cast.tree.community)
    assert cast.community.active_posts  # every page has read them
    for grid in (cast.tree.community, cast.tree.building):
        with django_assert_max_num_queries(2):
            text = drawn("enrolments_on grid user", grid=grid, user=cast.community)
        assert ">1<" in text
        assert one.user.name not in text


def test_the_card_of_a_branch_is_that_of_its_community(cast, office):
    make_member_enrolment(cast.tree.community, organisation=office)
    branch = make_branch(cast.tree.building)
    text = drawn("enrolments_of branch user", branch=branch, user=cast.community)
    assert f"grid={cast.tree.community.code}" in text


def test_the_public_reads_of_organisations_and_of_nobody(cast, office, django_assert_max_num_queries):
    member = make_member_enrolment(cast.tree.community, make_user("巴特尔"), office)
    make_offer(member, "理发")
    report = make_organisation_enrolment(office, cast.tree.community, contact=cast.worker)
    make_offer(report, "法律咨询")
    make_organisation_enrolment(
        make_organisation(cast.tree.district, "区水务局"), cast.tree.community, until=date(2026, 2, 1)
    )
    with django_assert_max_num_queries(2):
        text = drawn("public_enrolments grid", grid=cast.tree.community)
    assert "区住建局" in text
    assert "法律咨询" in text
    for word in ("巴特尔", "乌兰", "理发", "区水务局"):
        assert word not in text


# Needs and uses


@pytest.fixture
def registered():
    """What nouns register here is forgotten afterwards."""
    before = dict(needs._tellers), dict(needs._uses)
    yield
    needs._tellers.clear()
    needs._uses.clear()
    needs._tellers.update(before[0])
    needs._uses.update(before[1])


def need(grid: Grid, name: str, at=None) -> needs.Need:
    skill = Skill.objects.get(name=name)
    return needs.Need(skill.pk, skill.name, grid, f"需要{name}", "/", at)


def test_what_is_needed_and_offered_there_or_above_is_not_listed(cast, office, as_, registered):
    offer = make_offer(make_member_enrolment(cast.tree.community, organisation=office))
    now = timezone.now()
    wanted = [
        need(cast.tree.building, "家电维修", now),
        need(cast.tree.building, "理发", now + timedelta(days=2)),
        need(cast.tree.other_building, "家电维修", now + timedelta(days=1)),
        need(cast.tree.building, "法律咨询"),
    ]
    needs.register("test", lambda user, grid, at: wanted)
    found = needs.unmet(cast.street, cast.tree.street, now)
    assert [(one.skill, one.grid.name) for one in found] == [
        ("家电维修", "1号楼"), ("理发", "1号楼"), ("法律咨询", "1号楼"),
    ]  # fmt: skip
    assert found[0].grid == cast.tree.other_building
    text = as_(cast.street).get(reverse("need_list")).content.decode()
    assert "需要理发" in text
    offer.withdrawn_on = timezone.localdate()
    offer.save()
    assert len(needs.unmet(cast.street, cast.tree.street, now)) == 4


def test_an_offer_that_something_used_is_not_among_the_unused(cast, office, registered):
    used = make_offer(make_member_enrolment(cast.tree.community, organisation=office))
    make_offer(make_member_enrolment(cast.tree.community, organisation=office), "理发")
    needs.register_use("test", lambda: Exists(Offer.objects.filter(pk=OuterRef("pk"), skill=used.skill)))
    assert [offer.skill.name for offer in needs.unused(Offer.objects.all())] == ["理发"]


# The API


def test_the_api_reads_what_one_may_see(cast, as_, office):
    one = make_member_enrolment(cast.tree.community, make_user("巴特尔"), office)
    make_offer(one)
    make_offer(make_organisation_enrolment(office, cast.tree.community), "理发")
    members, organisations = "/api/v1/enrolments/members/", "/api/v1/enrolments/organisations/"
    [row] = as_(cast.worker).get(members).json()["results"]
    assert (row["user"], row["state"], row["offers"][0]["skill"]) == ("巴特尔", "confirmed", "家电维修")
    [row] = as_(cast.worker).get(organisations, {"grid": cast.tree.community.code}).json()["results"]
    assert (row["organisation_name"], row["offers"][0]["skill"]) == ("区住建局", "理发")
    for address in (members, organisations):
        assert as_(cast.stranger).get(address).json()["results"] == []
        assert as_(cast.worker).get(address, {"state": "x"}).status_code == 400
        assert as_(cast.worker).post(address, {}).status_code == 405
    assert as_(cast.neighbour).get(f"{members}{one.pk}/").status_code == 404


# Reorganisations


@pytest.fixture
def placed(cast, office) -> MemberEnrolment:
    one = make_member_enrolment(cast.tree.community, organisation=office, state="placed", place=cast.tree.building)
    make_offer(one)
    return one


def test_in_a_merge_everything_goes_to_the_other_community(cast, office, placed):
    report = make_organisation_enrolment(office, cast.tree.community)
    make_offer(report)
    merge_grids(actor=None, grid=cast.tree.community, into=cast.tree.other_community, reason="合并")
    other = Grid.objects.get(pk=cast.tree.other_community.pk)
    for row in (placed, report, *Offer.objects.all()):
        row.refresh_from_db()
        assert (row.grid, row.position) == (other, other.lft)
    assert placed.place.pk == cast.tree.building.pk
    assert placed.steps.last().action == report.steps.last().action == "rehome"


def test_an_organisation_that_reported_to_both_goes_on_once(cast, office):
    gone = make_organisation_enrolment(office, cast.tree.community)
    kept = make_organisation_enrolment(office, cast.tree.other_community)
    merge_grids(actor=None, grid=cast.tree.community, into=cast.tree.other_community, reason="合并")
    gone.refresh_from_db()
    kept.refresh_from_db()
    assert (gone.state, kept.state) == ("ended", "confirmed")


def test_in_a_split_members_go_where_they_serve(cast, office, placed):
    far = make_member_enrolment(
        cast.tree.community, organisation=office, state="placed", place=cast.tree.second_building
    )
    nowhere = make_member_enrolment(cast.tree.community, organisation=office)
    parts = [Part("健康一社区", (cast.tree.building.code,)), Part("健康二社区", (cast.tree.second_building.code,))]
    split_grid(actor=None, grid=cast.tree.community, parts=parts, reason="拆分")
    for row in (placed, far, nowhere):
        row.refresh_from_db()
    assert [row.grid.name for row in (placed, far, nowhere)] == ["健康一社区", "健康二社区", "健康一社区"]


def test_who_serves_with_a_building_that_moves_goes_along(cast, placed):
    move_grid(actor=None, grid=cast.tree.building, new_parent=cast.tree.other_community, reason="划转")
    placed.refresh_from_db()
    assert placed.grid == cast.tree.other_community
    assert placed.offers.get().grid == cast.tree.other_community


def test_with_a_building_that_is_retired_one_serves_with_the_community(cast, placed):
    for unit in (cast.tree.unit, cast.tree.second_unit):
        retire_grid(actor=None, grid=unit, reason="拆除")
    retire_grid(actor=None, grid=Grid.objects.get(pk=cast.tree.building.pk), reason="拆除")
    placed.refresh_from_db()
    assert placed.place == cast.tree.community

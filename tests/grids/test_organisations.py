"""Organisations: entering, describing and dissolving them, who may, where they are shown, and the API."""

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from grids import services
from grids.models import Grid, Organisation, OrganisationKind, Role
from grids.services import appoint
from grids.tree import DIGITS, code_at, interval
from tests.factories import description, make_grid, make_organisation, make_user

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/organisations/"


def manager(grid: Grid):
    """An official with the right to manage this grid."""
    person = make_user("分管领导")
    post = appoint(actor=None, user=person, role=Role.OFFICIAL, grid=grid)
    type(post).objects.filter(pk=post.pk).update(is_manager=True)
    person.forget_rights()
    return person


def told(refused) -> dict:
    return refused.value.message_dict


# Entering and describing


def test_an_organisation_stands_on_its_grid(cast):
    company = make_organisation(cast.tree.community, " 安居物业 ", phone="0471-0000001", offers_market=True)
    assert (company.name, company.position, company.initials) == ("安居物业", cast.tree.community.lft, "ajwy")
    assert company.grid_code == cast.tree.community.code
    assert company.offers_market
    assert not company.is_joint


def test_it_is_written_down_who_did_it(cast):
    company = services.create_organisation(
        actor=cast.admin, grid=cast.tree.community, name="物业", kind="resident_unit"
    )
    services.describe_organisation(actor=cast.admin, organisation=company, **description(company, phone="12345"))
    services.describe_organisation(actor=cast.admin, organisation=company, **description(company, phone="12345"))
    services.set_representatives(actor=cast.admin, organisation=company, representatives=[cast.stranger])
    services.dissolve_organisation(actor=cast.admin, organisation=company)
    entries = LogEntry.objects.filter(object_id=str(company.pk)).order_by("pk")
    said = [entry.get_change_message() for entry in entries]
    assert {entry.user for entry in entries} == {cast.admin}
    assert len(said) == 4
    assert "已添加" in said[0]
    assert [word for word, line in zip(("办公电话", "代表人", "停用"), said[1:], strict=True) if word not in line] == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "长" * 65}, "name"),
        ({"name": "物\u202e业"}, "name"),
        ({"kind": "circus"}, "kind"),
        ({"phone": "打给我"}, "phone"),
        ({"phone": "1" * 33}, "phone"),
        ({"address": "a\0b"}, "address"),
        ({"contact": "长" * 65}, "contact"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_changes(cast, changes, field):
    company = make_organisation(cast.tree.community, "安居物业")
    with pytest.raises(ValidationError) as refused:
        services.describe_organisation(actor=None, organisation=company, **description(company, **changes))
    assert list(told(refused)) == [field]
    with pytest.raises(ValidationError) as refused:
        make_organisation(cast.tree.community, **{"name": "别的", "kind": "resident_unit"} | changes) if changes.get(
            "name", "x"
        ) else services.create_organisation(actor=None, grid=cast.tree.community, name="", kind="resident_unit")
    assert list(told(refused)) == [field]
    assert list(Organisation.objects.values_list("name", "kind")) == [("安居物业", "property_company")]


def test_two_of_one_name_or_two_police_rooms_are_refused(cast):
    make_organisation(cast.tree.community, "警务室", "police_room")
    with pytest.raises(ValidationError, match="该网格内已有同名单位"):
        make_organisation(cast.tree.community, "警务室", "resident_unit")
    with pytest.raises(ValidationError, match="该网格已有警务室"):
        make_organisation(cast.tree.community, "第二警务室", "police_room")
    make_organisation(cast.tree.other_community, "警务室", "police_room")


def test_the_database_holds_one_police_room_too(cast):
    make_organisation(cast.tree.community, "警务室", "police_room")
    with pytest.raises(IntegrityError), transaction.atomic():
        Organisation.objects.create(grid=cast.tree.community, name="又一个", kind="police_room")


def test_a_name_is_free_again_once_its_organisation_is_dissolved(cast):
    services.dissolve_organisation(actor=None, organisation=make_organisation(cast.tree.community, "安居物业"))
    assert make_organisation(cast.tree.community, "安居物业").pk


def test_on_a_retired_grid_nothing_is_founded(cast):
    services.retire_grid(actor=None, grid=cast.tree.second_unit)
    with pytest.raises(ValidationError) as refused:
        make_organisation(Grid.objects.get(pk=cast.tree.second_unit.pk))
    assert list(told(refused)) == ["grid"]


def test_it_moves_to_another_office_and_with_its_grid(cast):
    company = make_organisation(cast.tree.community)
    company = services.describe_organisation(
        actor=None, organisation=company, **description(company, grid=cast.tree.building)
    )
    assert (company.grid, company.position) == (cast.tree.building, cast.tree.building.lft)
    services.move_grid(actor=None, grid=cast.tree.building, new_parent=cast.tree.other_community)
    company.refresh_from_db()
    assert (company.position, company.grid_code) == (company.grid.lft, company.grid.code)


def test_what_is_dissolved_is_history(cast):
    company = services.dissolve_organisation(actor=None, organisation=make_organisation(cast.tree.community))
    first = company.dissolved_at
    assert services.dissolve_organisation(actor=None, organisation=company).dissolved_at == first
    with pytest.raises(ValidationError, match="该单位已停用"):
        services.describe_organisation(actor=None, organisation=company, **description(company, phone="110"))


def test_nobody_with_a_closed_account_begins_to_represent(cast):
    company = make_organisation(cast.tree.community, representatives=[cast.stranger])
    cast.worker.is_active = False
    cast.worker.save()
    with pytest.raises(ValidationError) as refused:
        services.set_representatives(actor=None, organisation=company, representatives=[cast.stranger, cast.worker])
    assert list(told(refused)) == ["representatives"]
    assert list(company.representatives.all()) == [cast.stranger]


def test_who_represents_knows_it_at_once(cast):
    assert cast.stranger.joint_organisations == []
    company = make_organisation(cast.tree.community, representatives=[cast.stranger])
    assert cast.stranger.joint_organisations == [company]
    services.set_representatives(actor=None, organisation=company, representatives=[])
    cast.stranger.__dict__.pop("joint_organisations", None)
    assert cast.stranger.joint_organisations == []


@given(st.sampled_from(DIGITS).flatmap(lambda digits: st.integers(10 ** (digits - 1), 7 * 10 ** (digits - 1))))
def test_an_interval_tells_its_code(number):
    assert code_at(interval(str(number))[0]) == str(number)


# Who may


def doings(cast, actor, company) -> dict:
    """Each write that there is, as somebody takes it."""
    return {
        "create": lambda: services.create_organisation(
            actor=actor, grid=cast.tree.community, name="新单位", kind="resident_unit"
        ),
        "describe": lambda: services.describe_organisation(
            actor=actor, organisation=company, **description(company, phone="110")
        ),
        "represent": lambda: services.set_representatives(
            actor=actor, organisation=company, representatives=[cast.worker]
        ),
        "dissolve": lambda: services.dissolve_organisation(actor=actor, organisation=company),
    }


@pytest.mark.parametrize("name", ["worker", "chief", "community", "street", "district", "city", "police", "stranger"])
def test_only_managers_keep_organisations(cast, name):
    company = make_organisation(cast.tree.community)
    before = Organisation.objects.values().get()
    for do in doings(cast, getattr(cast, name), company).values():
        with pytest.raises(PermissionDenied), transaction.atomic():
            do()
    assert Organisation.objects.values().get() == before
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize(
    ("place", "may"), [("street", True), ("community", True), ("building", False), ("other_community", False)]
)
def test_a_manager_keeps_those_of_their_own_subtree(cast, place, may):
    company = make_organisation(cast.tree.community)
    for do in doings(cast, manager(getattr(cast.tree, place)), company).values():
        if may:
            do()
        else:
            with pytest.raises(PermissionDenied):
                do()


def test_a_manager_moves_none_out_of_their_subtree(cast):
    company = make_organisation(cast.tree.community)
    with pytest.raises(PermissionDenied):
        services.describe_organisation(
            actor=manager(cast.tree.community), organisation=company,
            **description(company, grid=cast.tree.other_community),
        )  # fmt: skip


# Admin


@pytest.fixture
def desk(client, cast):
    """The admin's browser: `desk(name, *args, **form)`, by GET without a form."""
    client.force_login(cast.admin)

    def open_page(page: str, /, *args, **form):
        address = reverse(f"admin:{page}", args=args)
        return client.post(address, form, follow=True) if form else client.get(address)

    return open_page


def test_an_organisation_goes_through_the_admins_pages(cast, desk):
    form = {"name": "安居物业", "kind": "property_company", "grid": cast.tree.community.pk, "phone": "0471-0000001"}
    desk("grids_organisation_add", **form, is_joint="on", representatives=[cast.stranger.pk])
    company = Organisation.objects.get()
    assert (company.grid, company.is_joint, list(company.representatives.all())) == (
        cast.tree.community, True, [cast.stranger],
    )  # fmt: skip
    desk("grids_organisation_change", company.pk, **form | {"name": "安心物业"})
    company.refresh_from_db()
    assert (company.name, company.initials, company.is_joint) == ("安心物业", "axwy", False)
    assert not company.representatives.exists()
    desk("grids_organisation_changelist", action="dissolve", _selected_action=[company.pk])
    company.refresh_from_db()
    assert company.dissolved_at
    assert desk("grids_organisation_change", company.pk, name="x").status_code == 403
    assert LogEntry.objects.filter(object_id=str(company.pk)).count() == 5  # with its people twice


def test_the_form_says_at_the_field_what_is_wrong_and_keeps_what_was_typed(cast, desk):
    make_organisation(cast.tree.community, "安居物业")
    answer = desk(
        "grids_organisation_add", name="安居物业", kind="resident_unit", grid=cast.tree.community.pk, phone="打给我"
    )
    assert answer.status_code == 200
    assert "同名单位" in answer.content.decode()
    assert 'value="打给我"' in answer.content.decode()
    assert Organisation.objects.count() == 1


@pytest.mark.parametrize(
    ("query", "count"),
    [("q=安居", 1), ("q=ajwy", 1), ("q=jksq", 2), ("q=150105001", 3), ("q=学苑", 1), ("kind__exact=police_room", 1),
     ("state=dissolved", 0), ("state=active", 3), ("is_joint__exact=1", 1)],
)  # fmt: skip
def test_organisations_are_found(cast, desk, client, query, count):
    make_organisation(cast.tree.community, "安居物业", representatives=[cast.stranger])
    make_organisation(cast.tree.community, "警务室", "police_room")
    make_organisation(cast.tree.other_community, "第一小学", "resident_unit")
    answer = client.get(reverse("admin:grids_organisation_changelist") + f"?{query}")
    assert len(answer.context["cl"].result_list) == count


def test_a_manager_finds_those_of_their_subtree_alone(cast, client):
    inside, outside = make_organisation(cast.tree.community), make_organisation(cast.tree.other_community)
    client.force_login(manager(cast.tree.community))
    answer = client.get(reverse("admin:grids_organisation_changelist"))
    assert list(answer.context["cl"].result_list) == [inside]
    assert client.get(reverse("admin:grids_organisation_change", args=[outside.pk])).status_code == 302
    assert client.get(reverse("admin:grids_organisation_delete", args=[inside.pk])).status_code == 403


def test_the_list_takes_the_same_queries_however_long(cast, desk, django_assert_num_queries):
    for number in range(30):
        make_organisation(make_grid(f"150105001001{number + 10:04d}"), representatives=[make_user()])
    with django_assert_num_queries(5):  # session, user, count, organisations, names above
        desk("grids_organisation_changelist")


# Pages


@pytest.fixture
def look(client):
    """`look(person, grid)`: the page of the grid as the person sees it."""

    def look(person, grid) -> str:
        client.force_login(person)
        return client.get(reverse("grid_detail", args=[grid.code])).content.decode()

    return look


def test_the_grid_page_lists_its_organisations_with_a_number_to_tap(cast, look):
    make_organisation(cast.tree.community, "第一小学", "resident_unit", phone="(0471) 0000-001", address="东街 1 号")
    text = look(cast.worker, cast.tree.community)
    assert "第一小学" in text
    assert "驻区单位" in text
    assert "东街 1 号" in text
    assert 'href="tel:04710000001"' in text


def test_a_building_shows_what_looks_after_it_from_its_community(cast, look):
    for kind in OrganisationKind:
        make_organisation(cast.tree.community, f"社区的{kind.label}", kind)
    make_organisation(cast.tree.building, "楼里的小学", "resident_unit")
    text = look(cast.worker, cast.tree.building)
    shown = {kind for kind in OrganisationKind if f"社区的{kind.label}" in text}
    assert shown == {"police_room", "property_company", "owners_committee"}
    assert "楼里的小学" in text


def test_the_police_of_a_grid_are_shown_with_where_they_are_posted(cast, look):
    make_organisation(cast.tree.community, "健康警务室", "police_room", phone="0471-0000001")
    text = look(cast.worker, cast.tree.building)
    section = text[text.index("网格+警格") :]
    assert "赵刚" in section
    assert "网格警员 · 健康社区" in section
    assert "健康警务室" in section


def test_without_police_that_is_said(cast, look):
    services.end_post(actor=None, post=cast.police.posts.get())
    assert "尚无网格警员" in look(cast.worker, cast.tree.building)


def test_a_dissolved_organisation_is_shown_no_more(cast, look):
    services.dissolve_organisation(actor=None, organisation=make_organisation(cast.tree.community, "安居物业"))
    assert "安居物业" not in look(cast.worker, cast.tree.community)


def test_account_names_the_organisations_that_one_represents(cast, client):
    make_organisation(cast.tree.community, "安居物业", representatives=[cast.stranger])
    client.force_login(cast.stranger)
    assert "安居物业" in client.get(reverse("account")).content.decode()


# API


@pytest.fixture
def api(cast):
    """`api(user, path, **query)`: the answer to a GET."""

    def api(user, path="", **query):
        client = APIClient()
        if user:
            client.force_authenticate(user)
        return client.get(f"{ADDRESS}{path}", query)

    return api


def names(answer) -> list[str]:
    assert answer.status_code == 200, answer.json()
    return [one["name"] for one in answer.json()["results"]]


@pytest.fixture
def three(cast) -> None:
    make_organisation(cast.tree.street, "派出所", "police_station", phone="0471-0000001")
    make_organisation(cast.tree.community, "安居物业", representatives=[cast.stranger])
    make_organisation(cast.tree.other_community, "第一小学", "resident_unit")


@pytest.mark.parametrize(
    ("person", "seen"),
    [
        ("worker", ["派出所", "安居物业"]), ("neighbour", ["派出所", "第一小学"]),
        ("street", ["派出所", "安居物业", "第一小学"]), ("admin", ["派出所", "安居物业", "第一小学"]), ("stranger", []),
    ],
)  # fmt: skip
def test_the_list_is_that_of_ones_area_and_above(cast, api, three, person, seen):
    assert names(api(getattr(cast, person))) == seen


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ({"kind": "police_station"}, ["派出所"]), ({"grid": "150105001001"}, ["安居物业"]),
        ({"search": "ajwy"}, ["安居物业"]),
        ({"search": "小学"}, ["第一小学"]), ({"search": "健康"}, ["安居物业"]), ({"search": "%"}, []),
        ({"grid": "", "kind": "", "search": ""}, ["派出所", "安居物业", "第一小学"]),
        ({"grid": "150105001", "kind": "resident_unit", "search": "第一"}, ["第一小学"]),
    ],
)  # fmt: skip
def test_narrowing(cast, api, three, query, seen):
    assert names(api(cast.street, **query)) == seen


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("grid", "150105002"),
        ("grid", "x"),
        ("grid", "1" * 19),
        ("kind", "circus"),
        ("search", "长" * 65),
        ("search", "a\0"),
    ],
)
def test_a_bad_parameter_is_named(cast, api, three, field, value):
    answer = api(cast.street, **{field: value})
    assert answer.status_code == 400
    assert list(answer.json()) == [field]


def test_one_organisation_is_told_in_full_without_its_people(cast, api, three):
    company = Organisation.objects.get(name="安居物业")
    assert api(cast.worker, f"{company.pk}/").json() == {
        "id": company.pk, "name": "安居物业", "kind": "property_company", "kind_label": "物业服务企业",
        "grid": "150105001001", "place": "人民路街道 健康社区", "address": "", "contact": "", "phone": "",
        "offers_public": False, "offers_social": False, "offers_market": False, "offers_volunteer": False,
        "is_joint": True, "is_demo": False,
    }  # fmt: skip
    assert api(cast.neighbour, f"{company.pk}/").status_code == 404
    assert api(cast.worker, f"{'9' * 30}/").status_code == 404
    assert api(None).status_code == 401


def test_what_is_dissolved_is_gone(cast, api, three):
    company = Organisation.objects.get(name="安居物业")
    services.dissolve_organisation(actor=None, organisation=company)
    assert names(api(cast.worker)) == ["派出所"]
    assert api(cast.worker, f"{company.pk}/").status_code == 404


def test_reading_only(cast):
    client = APIClient()
    client.force_authenticate(cast.admin)
    for send in (client.post, client.put, client.patch, client.delete):
        assert send(ADDRESS, {}).status_code == 405


def test_a_page_takes_a_pinned_number_of_queries(cast, api, three, django_assert_num_queries):
    with django_assert_num_queries(4):  # posts of the user, count, page, names above
        api(cast.street)


def test_a_browser_without_a_login_is_sent_to_it(cast):
    for grid in (cast.tree.community, cast.tree.building):
        assert Client().get(reverse("grid_detail", args=[grid.code]))["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize(
    "phone", ["13812345678", "(138)12345678", "1381 234 5678", "138 12 34 56 78", "+86(138)12345678", "1381-2345678"]
)
def test_a_mobile_stands_on_no_signboard_however_it_is_grouped(phone):
    assert Organisation(name="某物业", phone=phone).public_phone == ""


def test_the_number_of_an_office_does(cast):
    assert Organisation(name="某物业", phone="0471-4930110").public_phone == "0471-4930110"

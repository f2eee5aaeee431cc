"""Households in care: who may take them in, what is kept and how, and what erasing leaves."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from branches.exceptions import StateConflict
from grids.services import end_post, merge_grids, move_grid, retire_grid, rotate_keys
from tests.factories import (
    make_area,
    make_branch,
    make_care_catalogue,
    make_household,
    make_member_enrolment,
    make_user,
)
from volunteers.households.access import answered_households, candidates, sides_of, visible_households
from volunteers.households.day import day_of
from volunteers.households.figures import about, figures_of
from volunteers.models import CareNeed, Household, HouseholdReveal, HouseholdStep, Visit
from volunteers.services import (
    change_household,
    erase_households,
    hand_over_household,
    issue_consent_text,
    note_visit,
    register_household,
    renew_consent,
    reveal_household,
    set_rhythm,
    withdraw_consent,
)

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
DAY = timedelta(days=1)


@pytest.fixture
def household(cast):
    return make_household(cast.tree.unit, cast.worker, agreed="每周上门一次", contact_name="刘芳")


def register(cast, actor, **changes):
    given = {"grid": cast.tree.unit, "name": "张桂兰", "needs": ["alone"], "consent_text": make_care_catalogue()}
    return register_household(actor=actor, **given | {"consented_on": TODAY, "kept_until": TODAY + 100 * DAY} | changes)


# Taking in


def test_what_tells_who_they_are_is_encrypted(cast, household):
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, phone, address, contact_name, agreed FROM volunteers_household")
        (row,) = cursor.fetchall()
    assert all(value.startswith("gAAAA") for value in row)
    assert (household.masked_name, household.masked_phone) == ("张*", "138****5678")
    assert "张桂兰" not in repr(household.__dict__)


@pytest.mark.parametrize("who", ["community", "worker", "chief"])
def test_desk_and_workers_take_in(cast, who):
    household = register(cast, getattr(cast, who))
    assert household.answered_by == getattr(cast, who)
    assert household.steps.get().action == "register"


@pytest.mark.parametrize("who", ["neighbour", "street", "district", "city", "police", "stranger", "admin"])
def test_nobody_else_takes_in(cast, who):
    with pytest.raises(PermissionDenied):
        register(cast, getattr(cast, who))
    assert not Household.objects.exists()


def test_whose_area_it_is_takes_in_and_is_suggested_first(cast):
    member = make_user("党员甲")
    make_area(make_branch(cast.tree.community), [cast.tree.building], members=[member])
    assert next((one.user, bool(one.why)) for one in candidates(cast.tree.unit)) == (member, True)
    assert register(cast, member).answered_by == member


def test_who_is_not_the_desk_answers_themselves(cast):
    assert register(cast, cast.worker, answered_by=cast.chief).answered_by == cast.worker
    assert register(cast, cast.community, answered_by=cast.chief, name="李秀珍").answered_by == cast.chief


def test_sent_twice_it_is_taken_in_once(cast):
    first = register(cast, cast.worker, idempotency_key="k")
    assert register(cast, cast.worker, idempotency_key="k") == first
    with pytest.raises(ValidationError, match="已在册"):
        register(cast, cast.worker, name=" 张桂兰 ")
    assert Household.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"name": " "}, "name"), ({"name": "张" * 33}, "name"), ({"phone": "打给我"}, "phone"), ({"needs": []}, "needs"),
     ({"needs": ["upset"]}, "needs"), ({"rhythm": "daily"}, "rhythm"), ({"agreed": "长" * 201}, "agreed"),
     ({"consented_on": TODAY + DAY}, "consented_on"), ({"kept_until": TODAY}, "kept_until"),
     ({"kept_until": TODAY + 800 * DAY}, "kept_until"), ({"address": "\u202e"}, "address")],
)  # fmt: skip
def test_bad_input_is_refused_at_its_field(cast, wrong, field):
    with pytest.raises(ValidationError) as refused:
        register(cast, cast.community, **wrong)
    assert list(refused.value.message_dict) == [field]
    assert not Household.objects.exists()


@pytest.mark.parametrize("place", ["building", "community"])
def test_a_household_lives_at_a_unit(cast, place):
    with pytest.raises(ValidationError, match="单元"):
        register(cast, cast.community, grid=getattr(cast.tree, place))


def test_a_building_without_units_will_do(cast):
    assert register(cast, cast.worker, grid=cast.tree.second_building).grid == cast.tree.second_building


def test_nobody_from_elsewhere_answers(cast):
    with pytest.raises(ValidationError) as refused:
        register(cast, cast.community, answered_by=cast.neighbour)
    assert list(refused.value.message_dict) == ["answered_by"]


# Who sees it


def test_keeper_and_desk_see_it_and_nobody_else(cast, household):
    people = [getattr(cast, name) for name in cast.__dataclass_fields__ if name != "tree"]
    assert [user for user in people if visible_households(user).exists()] == [cast.worker, cast.community]
    assert {side.value for user in people for side in sides_of(user, household)} == {"keeper", "desk", "auditor"}


def test_who_leaves_the_community_sees_it_no_more(cast, household):
    for post in cast.worker.posts.active():
        end_post(actor=None, post=post)
    assert not answered_households(cast.worker).exists()
    assert list(Household.objects.vacant()) == [household]


def test_a_member_answers_as_long_as_enrolled(cast):
    member = make_user("党员乙")
    enrolment = make_member_enrolment(cast.tree.community, member)
    household = make_household(cast.tree.unit, member)
    assert list(visible_households(member)) == [household]
    enrolment.state = "ended"
    enrolment.save()
    assert not visible_households(member).exists()


def test_handed_over_it_is_seen_by_the_other(cast, household, told):
    hand_over_household(actor=cast.community, household=household, answered_by=cast.chief)
    hand_over_household(actor=cast.community, household=household, answered_by=cast.chief)
    assert list(visible_households(cast.chief)) == [household]
    assert not visible_households(cast.worker).exists()
    assert household.steps.filter(action="hand_over").count() == 1
    assert [users for users, _text, _key in told] == [[cast.chief]]
    assert "张" not in told[0][1]


def test_who_answers_does_not_hand_over(cast, household):
    with pytest.raises(PermissionDenied):
        hand_over_household(actor=cast.worker, household=household, answered_by=cast.chief)


# Changing and consent


def test_a_change_keeps_what_was_left_empty(cast, household):
    texts = {"name": "", "phone": "04715551234", "address": ""}
    change_household(
        actor=cast.worker, household=household, texts=texts, needs=["hardship"], forget=["contact_name", "name"]
    )
    household = Household.objects.get()
    assert (household.name.reveal(), household.phone.reveal()) == ("张桂兰", "04715551234")
    assert (household.contact_name, household.next_visit_on) == (None, TODAY + 91 * DAY)


def test_consent_is_renewed_to_the_newest_text(cast, household):
    text = issue_consent_text(text="第二版", since=TODAY)
    given = {"consent_text": text, "consented_on": TODAY, "kept_until": TODAY + 500 * DAY}
    for _twice in range(2):
        renew_consent(actor=cast.worker, household=household, **given)
    assert Household.objects.get().consent_text.version == 2
    assert household.steps.filter(action="renew").count() == 1
    with pytest.raises(TypeError):
        text.save()


def test_the_rhythm_of_a_need_is_edited(cast, household):
    own = make_household(cast.tree.second_unit, cast.worker, "李秀珍", rhythm="quarterly")
    before = own.next_visit_on
    set_rhythm(need=CareNeed.objects.get(kind="alone"), rhythm="monthly")
    assert Household.objects.get(pk=household.pk).next_visit_on == TODAY + 30 * DAY
    assert Household.objects.get(pk=own.pk).next_visit_on == TODAY + 91 * DAY or before == TODAY


# Looks


@pytest.mark.parametrize("who", ["worker", "community", "district"])
def test_a_look_is_written_down_with_its_reason(cast, household, who):
    person = getattr(cast, who)
    shown = reveal_household(actor=person, household=household, reason="约定上门时间")
    assert (shown.name, shown.address, shown.contact_name) == ("张桂兰", "三楼东户302", "刘芳")
    assert "张桂兰" not in repr(shown)
    look = HouseholdReveal.objects.get()
    assert (look.actor, look.reason, bool(look.actor_post)) == (person, "约定上门时间", True)


@pytest.mark.parametrize("who", ["chief", "street", "city", "police", "neighbour", "stranger", "admin"])
def test_nobody_else_looks(cast, household, who):
    with pytest.raises(PermissionDenied):
        reveal_household(actor=getattr(cast, who), household=household, reason="看看")
    assert not HouseholdReveal.objects.exists()


def test_a_look_without_a_reason_shows_nothing(cast, household):
    with pytest.raises(ValidationError):
        reveal_household(actor=cast.worker, household=household, reason=" ")
    assert not HouseholdReveal.objects.exists()


def test_the_keys_rotate_over_all_of_it(cast, household, settings):
    note_visit(actor=cast.worker, household=household, note="都好", finding="灯不亮")
    old = settings.FIELD_KEYS
    settings.FIELD_KEYS = ["pOkYpX0ZNzv7-tcDyWkXNT7CnAGyFsZAJPUg3E3Q1DA=", *old]
    assert rotate_keys()["renewed"] == 7
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    assert Household.objects.get().agreed.reveal() == "每周上门一次"
    assert Visit.objects.get().finding.reveal() == "灯不亮"


# Erasing


def assert_erased(cast, pk: int) -> None:
    household = Household.objects.get(pk=pk)
    assert not any(getattr(household, name) for name in Household.SECRETS)
    assert (household.state, household.grid, household.answered_by) == ("erased", cast.tree.community, None)
    assert not Visit.objects.exclude(note__isnull=True, finding__isnull=True).exists()
    assert "张" not in "".join(HouseholdStep.objects.values_list("text", flat=True))


def test_consent_taken_back_erases_at_once_and_leaves_counts(cast, household):
    note_visit(actor=cast.worker, household=household, note="女儿张敏在家", finding="灯不亮")
    withdraw_consent(actor=cast.worker, household=household)
    assert_erased(cast, household.pk)
    assert (household.visits.count(), household.needs.get().kind) == (1, "alone")
    with pytest.raises(StateConflict):
        withdraw_consent(actor=cast.community, household=household)
    with pytest.raises(StateConflict):
        reveal_household(actor=cast.community, household=household, reason="看看")


def test_time_over_erases_by_the_task_once(cast, household):
    other = make_household(cast.tree.second_unit, cast.worker, "李秀珍", kept_until=TODAY + 400 * DAY)
    at = timezone.now() + 366 * DAY
    assert erase_households(at=at)["households"] == 1
    assert erase_households(at=at)["households"] == 0
    assert_erased(cast, household.pk)
    assert Household.objects.kept().get() == other


def test_on_its_last_day_it_is_kept(cast, household):
    assert erase_households(at=timezone.now() + 365 * DAY) == {"households": 0, "reminded": 1}


def test_who_answers_is_told_before(cast, household, told):
    erase_households(at=timezone.now() + 355 * DAY)
    erase_households(at=timezone.now() + 356 * DAY)
    assert {key for _users, _text, key in told} == {f"household-{household.pk}-until-{household.kept_until}"}


def test_the_database_holds_nothing_of_what_is_erased(cast, household):
    household.state, household.erased_at = "erased", timezone.now()
    with pytest.raises(IntegrityError), transaction.atomic():
        household.save()


# Whom to visit


def test_a_visit_moves_the_next_one(cast, household):
    assert [due.title for due in day_of(cast.worker, timezone.now())] == ["人民路街道 健康社区 1号楼 1单元 张*"]
    note_visit(actor=cast.worker, household=household, note="都好")
    assert day_of(cast.worker, timezone.now()) == []
    (due,) = day_of(cast.worker, timezone.now() + 60 * DAY)
    assert not due.is_late
    assert day_of(cast.community, timezone.now() + 60 * DAY) == []


def test_a_day_takes_the_same_queries_however_many(cast, django_assert_num_queries):
    for number in range(4):
        make_household(cast.tree.unit, cast.worker, f"王{number}")
    with django_assert_num_queries(3):
        day_of(cast.worker, timezone.now())


def test_a_visit_sent_twice_is_one(cast, household):
    first = note_visit(actor=cast.worker, household=household, note="都好", idempotency_key="k")
    assert note_visit(actor=cast.worker, household=household, note="都好", idempotency_key="k") == first
    assert Visit.objects.get().note.reveal() == "都好"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"note": " "}, "note"), ({"note": "长" * 201}, "note"), ({"finding": "长" * 121}, "finding"),
     ({"on": TODAY + DAY}, "on"), ({"on": TODAY - 40 * DAY}, "on")],
)  # fmt: skip
def test_a_wrong_visit_is_refused_at_its_field(cast, household, wrong, field):
    with pytest.raises(ValidationError) as refused:
        note_visit(actor=cast.worker, household=household, **{"note": "都好"} | wrong)
    assert list(refused.value.message_dict) == [field]
    assert not Visit.objects.exists()


def test_a_finding_of_a_member_without_a_post_is_told_to_the_desk(cast, told):
    member = make_user("党员乙")
    make_member_enrolment(cast.tree.community, member)
    household = make_household(cast.tree.unit, member)
    told.clear()
    note_visit(actor=member, household=household, note="都好", finding="灯不亮")
    (found,) = told
    assert found[0] == [cast.community]
    assert "灯" not in found[1]


# Figures


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0"), (1, "<5"), (4, "<5"), (5, "5+"), (9, "5+"), (10, "10+"), (23, "20+")]
)
def test_no_number_points_to_anybody(count, said):
    assert about(count) == said


def test_figures_of_a_street(cast, household, django_assert_num_queries):
    for number in range(5):
        make_household(cast.tree.second_unit, cast.worker, f"王{number}", needs=["alone", "hardship"])
    withdraw_consent(actor=None, household=household)
    with django_assert_num_queries(6):
        found = figures_of(cast.tree.street)
    assert (found["total"].kept, found["total"].erased) == ("5+", "<5")
    assert {need.kind: figures.kept for need, figures in found["needs"]}["hardship"] == "5+"
    assert [(grid.name, figures.kept) for grid, figures in found["below"]] == [("健康社区", "5+"), ("学苑社区", "0")]


# Reorganisation


def test_a_household_moves_with_its_building(cast, household):
    move_grid(actor=None, grid=cast.tree.building, new_parent=cast.tree.other_community)
    found = Household.objects.get()
    assert found.position == found.grid.lft
    assert found.grid.code.startswith(cast.tree.other_community.code)


def test_a_household_goes_on_where_its_unit_went_up_in(cast, household):
    merge_grids(actor=None, grid=cast.tree.unit, into=cast.tree.second_unit)
    assert Household.objects.get().grid == cast.tree.second_unit
    assert household.steps.get(action="rehome").text == ""  # it stays when the household is erased


def test_a_retired_unit_keeps_its_household(cast, household):
    retire_grid(actor=None, grid=cast.tree.unit)
    assert Household.objects.get().grid == cast.tree.unit
    assert visible_households(cast.community).exists()

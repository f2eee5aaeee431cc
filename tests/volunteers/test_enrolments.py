"""Double check-in: who reports, who answers, where one is placed, and what happens twice."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from branches.exceptions import StateConflict
from grids.models import Post, Role, StaffSource
from grids.services import retire_grid
from tests.factories import make_organisation, make_organisation_enrolment, make_user
from volunteers.models import EnrolmentStep, MemberEnrolment, Offer, Skill
from volunteers.services import (
    Giving,
    change_offers,
    change_organisation_enrolment,
    confirm_enrolment,
    confirm_enrolments,
    end_enrolment,
    enrol_member,
    enrol_organisation,
    place_member,
    refuse_enrolment,
)
from volunteers.times import bit

pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    return make_user("巴特尔")


def repairs(**fields) -> Giving:
    return Giving(Skill.objects.get(name="家电维修"), **fields)


def report(member, office, grid, **fields) -> MemberEnrolment:
    return enrol_member(actor=member, user=member, organisation=office, grid=grid, **fields)


def actions(enrolment) -> list[str]:
    return list(enrolment.steps.values_list("action", flat=True))


def offered(enrolment) -> list[str]:
    return [offer.skill.name for offer in enrolment.offers.filter(withdrawn_on=None)]


# Members


def test_a_member_reports_is_confirmed_placed_and_ends_it(cast, office, member):
    enrolment = report(member, office, cast.tree.community, offers=[repairs(times=bit(5, 0))])
    assert (enrolment.state, offered(enrolment)) == ("applied", ["家电维修"])
    assert confirm_enrolment(actor=cast.community, enrolment=enrolment).state == "confirmed"
    placed = place_member(actor=cast.community, enrolment=enrolment, place=cast.tree.building)
    assert (placed.state, placed.place, placed.post) == ("placed", cast.tree.building, None)
    ended = end_enrolment(actor=member, enrolment=enrolment, text="调离")
    assert (ended.state, ended.ended_on) == ("ended", timezone.localdate())
    assert actions(enrolment) == ["apply", "confirm", "place", "end"]


def test_offers_count_while_one_serves(cast, office, member):
    enrolment = report(member, office, cast.tree.community, offers=[repairs()])
    today = timezone.localdate()
    assert not Offer.objects.open_on(today).exists()
    confirm_enrolment(actor=cast.community, enrolment=enrolment)
    assert Offer.objects.open_on(today).exists()
    end_enrolment(actor=cast.community, enrolment=enrolment, text="期满")
    assert not Offer.objects.open_on(today).exists()


def test_a_post_of_volunteers_begins_with_the_placing_and_ends_with_the_enrolment(cast, office, member):
    enrolment = report(member, office, cast.tree.community, offers=[repairs()])
    placed = place_member(actor=cast.community, enrolment=enrolment, place=cast.tree.building, with_post=True)
    post = Post.objects.active().get(user=member)
    assert (placed.post, post.role, post.source) == (post, Role.STAFF, StaffSource.VOLUNTEER)
    assert post.duties == "志愿服务：家电维修"
    end_enrolment(actor=cast.community, enrolment=enrolment, text="期满")
    assert not Post.objects.active().filter(user=member).exists()


def test_placed_elsewhere_the_post_goes_along(cast, office, member):
    enrolment = report(member, office, cast.tree.community)
    place_member(actor=cast.community, enrolment=enrolment, place=cast.tree.building, with_post=True)
    place_member(actor=cast.community, enrolment=enrolment, place=cast.tree.second_building, with_post=True)
    assert Post.objects.active().get(user=member).grid == cast.tree.second_building
    place_member(actor=cast.community, enrolment=enrolment, place=cast.tree.second_building)
    assert not Post.objects.active().filter(user=member).exists()


def test_a_post_that_one_holds_already_stays_when_the_enrolment_ends(cast, office):
    enrolment = report(cast.worker, office, cast.tree.community)
    place_member(actor=cast.community, enrolment=enrolment, place=cast.tree.building, with_post=True)
    end_enrolment(actor=cast.community, enrolment=enrolment, text="期满")
    assert Post.objects.active().filter(user=cast.worker, grid=cast.tree.building).exists()


def test_one_is_placed_inside_the_community(cast, office, member):
    enrolment = report(member, office, cast.tree.community)
    for place in (cast.tree.other_building, cast.tree.street):
        with pytest.raises(ValidationError, match="请选择健康社区"):
            place_member(actor=cast.community, enrolment=enrolment, place=place)


def test_the_same_report_again_is_the_first(cast, office, member):
    first = report(member, office, cast.tree.community)
    assert report(member, office, cast.tree.community) == first
    assert actions(first) == ["apply"]


def test_the_same_community_as_of_another_organisation_is_told(cast, office, member):
    report(member, office, cast.tree.community)
    with pytest.raises(ValidationError, match="区住建局") as error:
        report(member, make_organisation(cast.tree.district, "区教育局"), cast.tree.community)
    assert "organisation" in error.value.message_dict


def test_one_person_in_two_communities_is_told_where_and_may_move(cast, office, member):
    first = report(member, office, cast.tree.community)
    place_member(actor=cast.community, enrolment=first, place=cast.tree.building, with_post=True)
    with pytest.raises(ValidationError, match="人民路街道 健康社区") as error:
        report(member, office, cast.tree.other_community)
    assert str(first.since) in error.value.message_dict["grid"][0]
    second = report(member, office, cast.tree.other_community, is_moving=True)
    first.refresh_from_db()
    assert (first.state, second.state) == ("ended", "applied")
    assert not Post.objects.active().filter(user=member).exists()


@pytest.mark.parametrize("state", ["refuse", "end"])
def test_after_a_refusal_or_an_end_one_may_report_anew(cast, office, member, state):
    first = report(member, office, cast.tree.community)
    {"refuse": refuse_enrolment, "end": end_enrolment}[state](actor=cast.community, enrolment=first, text="非本社区")
    assert report(member, office, cast.tree.community) != first


def test_a_refusal_gives_its_reason(cast, office, member):
    enrolment = report(member, office, cast.tree.community)
    with pytest.raises(ValidationError) as error:
        refuse_enrolment(actor=cast.community, enrolment=enrolment, text=" ")
    assert "text" in error.value.message_dict
    refuse_enrolment(actor=cast.community, enrolment=enrolment, text="居住地在学苑社区")
    assert enrolment.steps.last().text == "居住地在学苑社区"


@pytest.mark.parametrize("who", ["worker", "neighbour", "stranger", "police", "member"])
def test_only_who_acts_for_the_community_answers(cast, office, member, who):
    enrolment = report(member, office, cast.tree.community)
    actor = member if who == "member" else getattr(cast, who)
    for answer in (confirm_enrolment, place_in(cast.tree.building)):
        with pytest.raises(PermissionDenied):
            answer(actor=actor, enrolment=enrolment)
    assert actions(enrolment) == ["apply"]


def place_in(place):
    return lambda **given: place_member(place=place, **given)


def test_nobody_reports_for_another_but_who_represents_their_organisation(cast, office, member):
    given = {"user": member, "organisation": office, "grid": cast.tree.community}
    with pytest.raises(PermissionDenied):
        enrol_member(actor=cast.community, **given)
    assert enrol_member(actor=office.representatives.get(), **given).user == member


def test_one_reports_to_communities_in_use(cast, office, member):
    with pytest.raises(ValidationError, match="请选择社区"):
        report(member, office, cast.tree.building)
    retire_grid(actor=None, grid=cast.tree.far_community, reason="无人居住")
    with pytest.raises(ValidationError):
        report(member, office, cast.tree.far_community)


def test_what_is_over_is_not_answered(cast, office, member):
    enrolment = report(member, office, cast.tree.community)
    end_enrolment(actor=member, enrolment=enrolment, text="调离")
    with pytest.raises(StateConflict, match="已结束"):
        confirm_enrolment(actor=cast.community, enrolment=enrolment)


def test_answers_given_twice_are_given_once(cast, office, member):
    enrolment = report(member, office, cast.tree.community)
    for _twice in range(2):
        confirm_enrolment(actor=cast.community, enrolment=enrolment)
    for _twice in range(2):
        place_member(actor=cast.community, enrolment=enrolment, place=cast.tree.building, with_post=True)
    assert actions(enrolment) == ["apply", "confirm", "place"]


def test_many_are_confirmed_at_once_or_none(cast, office):
    mine = [report(make_user(), office, cast.tree.community) for _ in range(3)]
    theirs = report(make_user(), office, cast.tree.far_community)
    with pytest.raises(PermissionDenied):
        confirm_enrolments(actor=cast.community, enrolments=[*mine, theirs])
    assert len(confirm_enrolments(actor=cast.community, enrolments=mine)) == 3
    assert confirm_enrolments(actor=cast.community, enrolments=mine) == []


def test_the_member_is_told_of_answers_and_not_of_what_they_did(cast, office, member, told):
    enrolment = report(member, office, cast.tree.community)
    confirm_enrolment(actor=cast.community, enrolment=enrolment)
    end_enrolment(actor=member, enrolment=enrolment, text="调离")
    [(users, text, _key)] = told
    assert users == [member]
    assert member.name not in text


# Offers


def test_offers_change_and_what_is_taken_back_stays_on_record(cast, office, member):
    enrolment = report(member, office, cast.tree.community, offers=[repairs()])
    visits = Giving(Skill.objects.get(name="入户探望"), times=bit(6, 1), note="会蒙古语")
    for _twice in range(2):
        change_offers(actor=member, enrolment=enrolment, offers=[visits])
    assert offered(enrolment) == ["入户探望"]
    assert enrolment.offers.exclude(withdrawn_on=None).get().skill.name == "家电维修"
    assert actions(enrolment) == ["apply", "change"]


@pytest.mark.parametrize("times", [0, 1 << 21, -1])
def test_an_offer_has_a_time(cast, office, member, times):
    with pytest.raises(ValidationError) as error:
        report(member, office, cast.tree.community, offers=[repairs(times=times)])
    assert "times" in error.value.message_dict
    assert not MemberEnrolment.objects.exists()


def test_what_is_out_of_use_is_not_offered_anew(cast, office, member):
    enrolment = report(member, office, cast.tree.community, offers=[repairs()])
    Skill.objects.filter(name="家电维修").update(is_active=False)
    change_offers(actor=member, enrolment=enrolment, offers=[repairs(times=1)])
    with pytest.raises(ValidationError, match="已停用"):
        report(make_user(), office, cast.tree.community, offers=[repairs()])


# Organisations


def test_an_organisation_reports_and_the_community_confirms(cast, office):
    speaker = office.representatives.get()
    enrolment = enrol_organisation(
        actor=speaker, organisation=office, grid=cast.tree.community, offers=[repairs()], contact=speaker,
        until=date(2030, 1, 1),
    )  # fmt: skip
    assert (enrolment.state, enrolment.applied_by) == ("applied", speaker)
    assert confirm_enrolment(actor=cast.community, enrolment=enrolment).state == "confirmed"
    assert Offer.objects.open_on(date(2029, 1, 1)).exists()
    assert not Offer.objects.open_on(date(2030, 1, 2)).exists()


def test_the_very_same_report_is_the_one_there_is_and_another_is_told(cast, office):
    given = {"actor": None, "organisation": office, "grid": cast.tree.community}
    first = enrol_organisation(**given)
    assert enrol_organisation(**given) == first
    with pytest.raises(ValidationError, match=str(first.since)):
        enrol_organisation(**given, until=timezone.localdate() + timedelta(days=90))


def test_one_whose_time_has_run_out_ends_as_the_new_one_begins(cast, office):
    old = make_organisation_enrolment(office, cast.tree.community, until=date(2026, 2, 1))
    new = enrol_organisation(actor=None, organisation=office, grid=cast.tree.community)
    old.refresh_from_db()
    assert (old.state, old.until, new.state) == ("ended", date(2026, 2, 1), "applied")


def test_who_speaks_for_it_or_the_community_reports(cast, office):
    given = {"organisation": office, "grid": cast.tree.community}
    for stranger in (cast.worker, cast.neighbour, cast.stranger):
        with pytest.raises(PermissionDenied):
            enrol_organisation(actor=stranger, **given)
    assert enrol_organisation(actor=cast.community, **given)


def test_days_are_days_of_this_age_and_in_order(cast, office):
    given = {"actor": None, "organisation": office, "grid": cast.tree.community}
    with pytest.raises(ValidationError) as error:
        enrol_organisation(**given, since=date(2026, 3, 1), until=date(2026, 2, 1))
    assert "until" in error.value.message_dict
    with pytest.raises(ValidationError):
        enrol_organisation(**given, since=date(1, 1, 1))


def test_contact_time_and_offers_change_together(cast, office):
    enrolment = enrol_organisation(actor=None, organisation=office, grid=cast.tree.community)
    speaker = office.representatives.get()
    for _twice in range(2):
        change_organisation_enrolment(
            actor=speaker, enrolment=enrolment, offers=[repairs()], contact=speaker, until=date(2030, 1, 1)
        )
    enrolment.refresh_from_db()
    assert (enrolment.contact, enrolment.until, offered(enrolment)) == (speaker, date(2030, 1, 1), ["家电维修"])
    assert actions(enrolment) == ["apply", "change"]


def test_the_history_is_never_edited(cast, office, member):
    report(member, office, cast.tree.community)
    with pytest.raises(TypeError):
        EnrolmentStep.objects.get().save()

"""Joint mediation: who sees it, its way to an end, follow-ups, looks at the parties, and that it is forgotten."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.utils import timezone

from branches.exceptions import StateConflict
from events import occasions
from events.services import file_event
from grids.models import Role
from grids.services import end_post, merge_grids
from tests.factories import make_branch, make_category, make_event, make_mediation, make_post, make_user
from volunteers import services
from volunteers.mediation.access import visible_mediations
from volunteers.mediation.day import day_of
from volunteers.mediation.workflow import TABLE, MediationAction, MediationSide, MediationState
from volunteers.models import Mediation, MediationParty, MediationReveal
from volunteers.tasks import erase_mediations
from volunteers.workflow import refusal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

ANY = "open agreed not_agreed handed_on"
EXPECTED = {
    "change": ("open", "", "mediator desk"),
    "meet": ("open", "", "mediator desk"),
    "agree": ("open", "agreed", "mediator desk"),
    "fail": ("open", "not_agreed", "mediator desk"),
    "hand_on": ("open not_agreed", "handed_on", "mediator desk"),
    "follow_up": ("agreed", "", "mediator desk"),
    "reopen": ("agreed not_agreed", "open", "mediator desk"),
    "reveal": (ANY, "", "mediator desk auditor"),
    "erase": ("agreed not_agreed handed_on", "", "clock"),
}


@pytest.fixture
def mediation(cast):
    return make_mediation(cast.police, cast.tree.building, [cast.worker])


def agreed(mediation, actor, *days: int):
    today = timezone.localdate()
    follow_ups = [today + timedelta(days=day) for day in days]
    return services.agree(actor=actor, mediation=mediation, text="月底前修好", follow_ups=follow_ups)


@pytest.mark.parametrize("state", MediationState)
@pytest.mark.parametrize("side", MediationSide)
def test_every_action_from_every_state_by_every_side(state, side):
    for action, (states, to, sides) in EXPECTED.items():
        refused = refusal(TABLE, state, MediationAction(action), [side])
        is_open = state.value in states.split() and side.value in sides.split()
        assert (refused is None) == is_open
        assert (TABLE[action].to or "") == to
    assert set(EXPECTED) == set(TABLE)


# Who sees it


def test_mediators_desk_and_auditor_see_it_and_nobody_else(cast, mediation):
    seeing = {cast.police, cast.worker, cast.community, cast.district}
    blind = {cast.chief, cast.street, cast.city, cast.neighbour, cast.stranger, cast.admin}
    for person in seeing | blind:
        assert visible_mediations(person).exists() == (person in seeing)


def test_who_left_every_post_sees_it_no_more(cast, mediation):
    for post in cast.police.active_posts:
        end_post(actor=None, post=post)
    cast.police.forget_rights()
    assert not visible_mediations(cast.police).exists()


def test_who_opens_it_mediates_with_police_workers_and_secretary(cast):
    secretary = make_user("书记")
    make_branch(cast.tree.building, secretary=secretary)
    mediation = make_mediation(cast.worker, cast.tree.building, [cast.police, secretary])
    assert set(mediation.mediators.all()) == {cast.worker, cast.police, secretary}
    assert visible_mediations(secretary).get() == mediation


@pytest.mark.parametrize("who", ["neighbour", "stranger", "admin"])
def test_others_open_none_there(cast, who):
    with pytest.raises(PermissionDenied):
        make_mediation(getattr(cast, who), cast.tree.building)


def test_what_is_wrong_is_said_by_field_without_the_names(cast):
    parties = [services.Party("东方不败", "不是号码")]
    with pytest.raises(ValidationError) as refused:
        make_mediation(cast.police, cast.tree.building, [cast.neighbour], subject=" ", parties=parties)
    assert set(refused.value.message_dict) == {"subject", "mediators", "parties"}
    assert "东方不败" not in str(refused.value)
    assert not Mediation.objects.exists()


def test_sent_twice_it_is_one(cast):
    first = make_mediation(cast.police, cast.tree.building, key="a")
    assert make_mediation(cast.police, cast.tree.building, key="a") == first
    assert MediationParty.objects.count() == 2


def test_names_are_masked_and_stand_nowhere_in_the_history(cast, mediation):
    assert [party.masked_name for party in mediation.parties.all()] == ["诸*", "司*"]
    assert mediation.parties.first().masked_phone == "138****5601"
    services.note_session(
        actor=cast.worker, mediation=mediation, held_at=timezone.now(), place="警务室", note="诸葛说漏水"
    )
    agreed(mediation, cast.worker)
    assert not any("诸葛" in step.text or "修好" in step.text for step in mediation.steps.all())


def test_a_look_needs_a_reason_and_is_written_down(cast, mediation):
    with pytest.raises(ValidationError, match="what you need it for"):
        services.reveal_parties(actor=cast.worker, mediation=mediation, reason=" ")
    parties = services.reveal_parties(actor=cast.district, mediation=mediation, reason="复核")
    assert [party.name for party in parties] == ["诸葛明亮", "司马青衫"]
    look = MediationReveal.objects.get()
    assert (look.actor, look.reason, look.actor_post) == (cast.district, "复核", "赛罕区 official")
    assert "诸葛" not in repr(parties)
    with pytest.raises(PermissionDenied):
        services.reveal_parties(actor=cast.chief, mediation=mediation, reason="看看")


# Its way


def test_mediators_come_and_go_and_parties_too(cast, mediation):
    first = mediation.parties.first()
    services.change_mediation(
        actor=cast.community, mediation=mediation, mediators=[cast.worker, cast.chief],
        parties=[services.Party("上官婉儿")], forget=[first],
    )  # fmt: skip
    assert set(mediation.mediators.all()) == {cast.worker, cast.chief}
    assert [party.masked_name for party in mediation.parties.all()] == ["司*", "上*"]
    with pytest.raises(ValidationError, match="at least one"):
        services.change_mediation(
            actor=cast.worker, mediation=mediation, mediators=[cast.worker], forget=list(mediation.parties.all())
        )


def test_the_auditor_changes_nothing(cast, mediation):
    with pytest.raises(PermissionDenied):
        agreed(mediation, cast.district)
    with pytest.raises(PermissionDenied):
        services.change_mediation(actor=cast.district, mediation=mediation, mediators=[cast.district])


def test_a_session_of_the_same_time_is_written_anew(cast, mediation):
    at = timezone.now()
    for note in ("约好", "谈过"):
        services.note_session(actor=cast.worker, mediation=mediation, held_at=at, place="警务室", note=note)
    assert mediation.sessions.get().shown_note == "谈过"


def test_an_agreement_is_followed_up(cast, mediation):
    mediation = agreed(mediation, cast.worker, 7, 30)
    assert (mediation.state, mediation.shown_result) == ("agreed", "月底前修好")
    first, second = mediation.follow_ups.all()
    for _time in range(2):
        services.note_follow_up(actor=cast.police, mediation=mediation, follow_up=first, note="已修好")
    first.refresh_from_db()
    assert (first.shown_note, first.done_by, second.done_on) == ("已修好", cast.police, None)
    assert mediation.steps.filter(action="follow_up").count() == 1


def test_an_end_must_be_said_and_is_one(cast, mediation):
    with pytest.raises(ValidationError, match="few words"):
        services.end_without_agreement(actor=cast.worker, mediation=mediation, text=" ")
    for _time in range(2):
        services.end_without_agreement(actor=cast.worker, mediation=mediation, text="建议诉讼")
    assert mediation.steps.filter(action="fail").count() == 1
    with pytest.raises(StateConflict):
        agreed(mediation, cast.worker)


def test_what_does_not_hold_is_mediated_again(cast, mediation):
    agreed(mediation, cast.worker, 7)
    again = services.reopen_mediation(actor=cast.worker, mediation=mediation)
    assert (again.state, again.ended_at, again.follow_ups.count()) == ("open", None, 0)


def test_handed_on_it_becomes_a_case_once(cast, mediation):
    category = make_category("矛盾纠纷", police_work="dispute")
    code = f"mediation-{mediation.pk}"
    assert occasions.find(cast.worker, code) is None
    services.hand_on(actor=cast.worker, mediation=mediation, text="交司法所")
    occasion = occasions.find(cast.worker, code)
    assert occasions.preset(occasion)["title"] == "楼上漏水"
    given = {"category": category, "grid": cast.tree.building, "title": "楼上漏水"}
    event = file_event(actor=cast.worker, occasion=occasion, **given)
    assert occasions.origin_of(event, cast.worker).url == f"/mediations/{mediation.pk}/"
    assert occasions.origin_of(event, cast.chief).url == ""
    assert occasions.find(cast.chief, code) is None


def test_one_that_came_from_a_case_becomes_no_other(cast):
    event = make_event(cast.worker, cast.tree.building, category=make_category("矛盾纠纷", police_work="dispute"))
    mediation = make_mediation(cast.worker, cast.tree.building, case_number=event.number)
    services.hand_on(actor=cast.worker, mediation=mediation, text="交司法所")
    assert occasions.find(cast.worker, f"mediation-{mediation.pk}") is None


# Time


def test_the_day_tells_of_sessions_and_follow_ups(cast, mediation, django_assert_num_queries):
    at = timezone.now()
    services.note_session(actor=cast.worker, mediation=mediation, held_at=at + timedelta(days=1), place="警务室")
    assert [due.label for due in day_of(cast.worker, at)] == ["mediation"]
    agreed(mediation, cast.worker, 3)
    with django_assert_num_queries(2):
        (due,) = day_of(cast.police, at)
    assert (due.label, due.is_late) == ("follow-up", False)
    assert day_of(cast.police, at + timedelta(days=9))[0].is_late
    assert day_of(cast.community, at) == []


def test_it_is_forgotten_in_time_and_counted_still(cast, mediation, settings):
    at = timezone.now()
    services.note_session(actor=cast.worker, mediation=mediation, held_at=at, place="警务室", note="诸葛说漏水")
    agreed(mediation, cast.worker, 7)
    late = at + timedelta(days=settings.MEDIATION_KEPT_DAYS + 1)
    assert services.erase_mediations(at=late) == {"mediations": 0}  # somebody asked after it a week later
    assert services.erase_mediations(at=late + timedelta(days=7)) == {"mediations": 1}
    assert services.erase_mediations(at=late + timedelta(days=8)) == {"mediations": 0}
    mediation.refresh_from_db()
    assert (mediation.state, mediation.result, mediation.sessions.get().note) == ("agreed", None, None)
    assert set(mediation.parties.values_list("name", "phone")) == {(None, None)}
    with pytest.raises(StateConflict, match="erased"):
        services.reopen_mediation(actor=cast.worker, mediation=mediation)
    with pytest.raises(ValidationError, match="any more"):
        services.reveal_parties(actor=cast.worker, mediation=mediation, reason="回访")


def erased(mediation, end, **given):
    """Ended long ago, and forgotten since."""
    then = timezone.now() - timedelta(days=999)
    end(actor=None, mediation=mediation, text="建议诉讼", at=then, **given)
    assert services.erase_mediations() == {"mediations": 1}
    return Mediation.objects.get()


def test_of_one_that_is_erased_nothing_is_handed_on(cast, mediation):
    erased(mediation, services.end_without_agreement)
    with pytest.raises(StateConflict, match="erased"):
        services.hand_on(actor=cast.worker, mediation=mediation, text="转司法所")


def test_what_was_erased_is_not_followed_up_nor_asked_after(cast, mediation):
    day = timezone.localdate() - timedelta(days=999)
    forgotten = erased(mediation, services.agree, follow_ups=[day])
    assert not day_of(cast.worker, timezone.now())
    with pytest.raises(StateConflict, match="erased"):
        services.note_follow_up(
            actor=cast.worker, mediation=forgotten, follow_up=forgotten.follow_ups.get(), note="诸葛说好"
        )


def test_an_open_one_is_never_forgotten(cast, mediation):
    assert services.erase_mediations(at=timezone.now() + timedelta(days=3650)) == {"mediations": 0}


def test_it_goes_on_with_what_took_the_place(cast, mediation):
    merge_grids(actor=None, grid=cast.tree.building, into=cast.tree.second_building)
    moved = Mediation.objects.get()
    assert (moved.grid, moved.position) == (cast.tree.second_building, cast.tree.second_building.lft)
    assert moved.steps.last().action == "rehome"


def test_police_of_the_street_mediate_too(cast):
    officer = make_user("所长")
    make_post(officer, cast.tree.street, Role.POLICE)
    assert officer in make_mediation(cast.worker, cast.tree.building, [officer]).mediators.all()


def test_the_daily_task_and_the_command_forget(cast, mediation, capsys):
    services.end_without_agreement(actor=cast.worker, mediation=mediation, text="建议诉讼")
    Mediation.objects.update(ended_at=timezone.now() - timedelta(days=999))
    call_command("erase_mediations")
    assert "1 mediations erased" in capsys.readouterr().out
    assert erase_mediations() == {"mediations": 0}

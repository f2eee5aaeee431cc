"""On which sides of a case people stand: what a post, a report or a handling gives, and what it does not."""

import pytest

from events import services
from events.exceptions import ActionForbidden
from events.models import offices
from events.workflow import TABLE, Office, Side, sides
from grids.models import Role
from grids.services import end_post
from tests.events.test_workflow import case
from tests.factories import make_event, take

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

OPEN = "filed handling resolved suspended"


def stands(person_id: int = 1, offices: tuple = (), **fields) -> set[str]:
    found = sides(case(**fields), person_id, [Office(role, code) for role, code in offices])
    return {str(side) for side in found} - {"viewer"}


@pytest.mark.parametrize("role", Role.values)
def test_the_desk_is_chief_official_or_dispatcher_on_the_holding_grid(role):
    on_holder = stands(offices=((role, "150105001"),))
    assert on_holder - {"police"} == ({"desk"} if role in ("chief", "official", "dispatcher") else set())


@pytest.mark.parametrize("code", ["150105002", "150105001001", "150105", "1501050010010001"])
def test_no_other_grid_is_the_desk(code):
    assert "desk" not in stands(offices=(("chief", code), ("dispatcher", code), ("official", code)))


@pytest.mark.parametrize("role", Role.values)
def test_upper_is_official_or_chief_above_the_holder(role):
    above = stands(offices=((role, "150105"),))
    assert above - {"police"} == ({"upper"} if role in ("chief", "official") else set())


@pytest.mark.parametrize("code", ["150105001", "150105001001", "150104", "150105002"])
def test_upper_is_never_beside_or_below_the_holder(code):
    assert "upper" not in stands(offices=(("official", code),))


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize(
    ("code", "is_origin"),
    [
        ("150105001001000101", True),
        ("1501050010010001", True),
        ("150105001001", True),
        ("150105001", False),
        ("150105001001000102", False),
        ("1501050010010002", False),
        ("150105001002", False),
    ],
)
def test_origin_is_any_post_from_the_place_up_to_its_community(role, code, is_origin):
    assert ("origin" in stands(offices=((role, code),))) == is_origin


def test_of_a_place_above_the_communities_the_place_itself_is_the_origin():
    street = {"grid_code": "150105001", "holder_code": "150105001"}
    assert "origin" in stands(offices=(("staff", "150105001"),), **street)
    assert "origin" not in stands(offices=(("staff", "150105"),), **street)
    assert "origin" not in stands(offices=(("staff", "150105001001"),), **street)


def test_a_check_that_climbed_makes_the_street_an_origin_too():
    climbed = {"status": "resolved", "checker_code": "150105001"}
    assert "origin" in stands(offices=(("staff", "150105001"),), **climbed)
    assert "origin" in stands(offices=(("staff", "150105001001"),), **climbed)
    assert "origin" not in stands(offices=(("staff", "150105"),), **climbed)


def test_who_resolved_it_never_checks_it():
    assert "origin" not in stands(offices=(("chief", "150105001001"),), resolver_id=1)
    assert "origin" in stands(offices=(("chief", "150105001001"),), resolver_id=2)


def test_the_handler_needs_an_active_post_inside_the_holder():
    assert "handler" in stands(offices=(("staff", "150105001002"),), handler_id=1)
    assert "handler" not in stands(offices=(("staff", "150105002"),), handler_id=1)
    assert "handler" not in stands(offices=(), handler_id=1)
    assert "handler" not in stands(offices=(("staff", "150105001002"),), handler_id=2)


def test_who_filed_it_is_the_reporter_even_without_a_post():
    assert stands(reporter_id=1) == {"reporter"}
    assert stands(reporter_id=2) == set()


def test_what_the_system_does_by_itself():
    actions = {str(move.action) for move in TABLE.values() if Side.SYSTEM in move.sides}
    assert actions == {
        "escalate", "resume", "merge", "separate", "supervise", "remind", "climb_check", "rehome", "adjust", "absorb",
        "release", "inform",
    }  # fmt: skip


def test_the_police_of_the_place_joins_and_is_the_partner_then():
    for code, covers in (("150105001001000101", True), ("150105001", True), ("150105001002", False)):
        office = (("police", code),)
        assert stands(offices=office) - {"origin"} == ({"police"} if covers else set())
        assert ("partner" in stands(offices=office, partner_id=1)) is covers
        assert "police" not in stands(offices=office, partner_id=1)
        assert not stands(offices=office, is_confidential=True) & {"police", "partner"}
    assert "partner" not in stands(offices=(("chief", "150105001001"),), partner_id=1)


def test_nobody_stands_on_the_side_of_the_system(cast):
    event = make_event(cast.worker, cast.tree.unit)
    for person in vars(cast).values():
        if person is not cast.tree:
            assert Side.SYSTEM not in sides(event.case(), person.pk, offices(person))


def test_the_desk_of_the_case_that_goes_on_is_the_taker_where_it_covers_the_place():
    merged = {"status": "merged", "holder_code": "150105001001"}
    for code, is_taker in (("150105001", True), ("150105002", False)):
        assert ("taker" in stands(offices=(("dispatcher", code),), goes_on_code=code, **merged)) is is_taker
        assert "taker" not in stands(offices=(("staff", code),), goes_on_code=code, **merged)
    assert "taker" not in stands(offices=(("dispatcher", "150105001"),), **merged)


def test_a_clue_report_has_no_upper_and_is_checked_by_the_police():
    clue = {"is_confidential": True, "status": "resolved", "checker_code": "150105001001"}
    assert stands(offices=(("official", "150105"),), **clue) == set()
    assert stands(offices=(("staff", "150105001001"),), **clue) == set()
    assert stands(offices=(("chief", "150105001001"),), **clue) == set()
    assert stands(offices=(("police", "150105001001"),), **clue) == {"origin"}
    assert stands(offices=(("police", "150105001002"),), **clue) == set()


def test_without_police_another_person_of_the_desk_checks_a_clue_report():
    clue = {"is_confidential": True, "status": "resolved", "checker_code": "150105001", "resolver_id": 2}
    assert stands(offices=(("dispatcher", "150105001"),), **clue) == {"desk", "origin"}
    assert stands(2, offices=(("dispatcher", "150105001"),), **clue) == {"desk"}


def test_an_ended_post_ends_its_rights_at_once(cast):
    event = make_event(cast.worker, cast.tree.unit)
    end_post(actor=None, post=cast.chief.active_posts[0])
    with pytest.raises(ActionForbidden):
        services.act(event=event, action="accept", actor=cast.chief)


def test_a_handler_whose_posts_ended_may_no_longer_resolve(cast):
    event = take(make_event(cast.worker, cast.tree.unit), "accept", "assign", handler=cast.worker)
    for post in cast.worker.active_posts:
        end_post(actor=None, post=post)
    with pytest.raises(ActionForbidden):
        services.act(event=event, action="resolve", actor=cast.worker, note="好了")


def test_who_resolved_it_is_told_why_they_may_not_check(cast):
    event = take(make_event(cast.worker, cast.tree.unit), "accept", "resolve")
    with pytest.raises(ActionForbidden, match="never who resolved it"):
        services.act(event=event, action="pass_check", actor=cast.chief)

"""A small world in which every page of those who help has something to show."""

from datetime import timedelta
from types import SimpleNamespace

from django.utils import timezone

from tests.cast import Cast
from tests.factories import (
    make_activity,
    make_household,
    make_mediation,
    make_member_enrolment,
    make_offer,
    make_organisation,
    make_organisation_enrolment,
    make_patrol,
    make_user,
)
from tests.pictures import picture, upload
from tests.volunteers.activities import arrive, join
from tests.volunteers.orders import accepted, dispatched, done, make_helper, make_order, make_service
from volunteers import services, urls
from volunteers.activities import door

DAY = timedelta(days=1)


def make_world(cast: Cast) -> SimpleNamespace:
    """One of each, in the states in which most may be done with it."""
    at, tree = timezone.now(), cast.tree
    world = SimpleNamespace(cast=cast, tree=tree, at=at, member=make_user("呼日勒", "member"))
    _enrolments(world)
    _activities(world)
    _orders(world)
    world.household = make_household(tree.unit, cast.worker)
    world.visit = services.note_visit(actor=cast.worker, household=world.household, note="都好", finding="门口堆物")
    world.planned_patrol = make_patrol(cast.police, tree.community, [cast.worker, cast.community], [tree.building])
    world.patrol = make_patrol(cast.police, tree.community, [cast.worker, cast.community], [tree.building])
    services.start_patrol(actor=cast.police, patrol=world.patrol)
    world.mediation = make_mediation(cast.police, tree.building, [cast.worker, cast.community])
    world.agreed = make_mediation(cast.police, tree.building, [cast.community])
    services.agree(actor=cast.police, mediation=world.agreed, text="月底修好", follow_ups=[timezone.localdate(at)])
    return world


def _enrolments(world: SimpleNamespace) -> None:
    cast, community = world.cast, world.tree.community
    office = make_organisation(
        world.tree.district, "住建局", kind="government_office", representatives=[cast.community, world.member]
    )
    world.enrolment = make_member_enrolment(community, world.member, office)
    make_offer(world.enrolment)
    world.applied = make_member_enrolment(community, make_user("苏日娜"), office, state="applied")
    world.organisation_enrolment = make_organisation_enrolment(office, community, state="applied")
    make_offer(world.organisation_enrolment, "法律咨询")


def _activities(world: SimpleNamespace) -> None:
    cast, community, at = world.cast, world.tree.community, world.at
    world.coming = make_activity(community, at + DAY, actor=cast.community, at=at)
    world.going_on = make_activity(community, at - DAY / 24, actor=cast.community, at=at - DAY, places=5)
    world.over = make_activity(community, at - 2 * DAY, actor=cast.community, at=at - 5 * DAY)
    for activity in (world.going_on, world.over):
        join(activity, world.member, at=at - 4 * DAY)
    arrive(world.over, world.member, at - 2 * DAY)
    rows = list(world.over.participations.values_list("pk", flat=True))
    services.note_attendance(actor=cast.community, activity=world.over, present=rows)
    services.report_activity(actor=cast.community, activity=world.over, report="楼道干净了", photos=[upload(picture())])
    world.certificate = services.issue_certificate(actor=world.member)


def _orders(world: SimpleNamespace) -> None:
    building, community, at = world.tree.building, world.tree.community, world.at
    helper = make_helper(community, "白音")
    world.service = make_service(community)
    world.orders = [make_order(building, actor=world.cast.worker, at=at) for _number in range(4)]
    dispatched(world.orders[1], world.member, at)
    accepted(world.orders[2], world.member, at)
    done(world.orders[3], helper, at)
    receipt = services.place_as_resident(grid=community, service=world.service, phone="13812345678", at=at)
    world.code = receipt.code
    done(receipt.order, helper, at)


def addresses(world: SimpleNamespace) -> dict[str, list[tuple]]:
    """What stands in the addresses of every page, by its URL name."""
    code, activity = world.tree.community.code, (world.over.pk,)
    enrolments = [(world.enrolment.pk,), (world.applied.pk,)]
    reported = (world.organisation_enrolment.pk,)
    orders = [(order.pk,) for order in world.orders]
    follow_up = world.agreed.follow_ups.get()
    known = {
        "activity_picture": [(world.over.pictures.get().key,)],
        "activity_act": [(world.coming.pk, action) for action in ("join", "leave", "publish", "call-off", "call_off")],
        "activity_code": [(world.going_on.pk,)],
        "activity_attendance": [(world.going_on.pk,), activity],
        "activity_report": [activity],
        "activity_change": [(world.coming.pk,)],
        "activity_door": [(door.token_of(world.going_on),), ("x",)],
        "certificate_print": [(world.certificate.pk,)],
        "public_activities": [(code,)],
        "public_activity_feed": [(code,)],
        "public_services": [(code,)],
        "public_order": [(code,)],
        "public_order_act": [("rate",), ("withdraw",), ("x",)],
        "order_act": [(*one, action) for one in orders for action in ("accept", "decline", "finish", "rate", "reopen")],
        "service_edit": [(world.service.pk,)],
        "service_withdraw": [(world.service.pk,)],
        "enrolment_act": [(*one, action) for one in enrolments for action in ("confirm", "refuse", "place", "end")],
        "organisation_enrolment_act": [(*reported, action) for action in ("confirm", "refuse", "end", "x")],
        "patrol_act": [(world.patrol.pk, action) for action in ("start", "finish", "note", "call-off", "call_off")],
        "patrol_change": [(world.planned_patrol.pk,)],
        "mediation_end": [(world.mediation.pk, action) for action in ("agree", "fail", "hand_on", "reopen", "x")],
        "follow_up_note": [(world.agreed.pk, follow_up.pk)],
        "enrolment_sheet_import": [(1,)],
        "enrolment_sheet_errors": [(1,)],
        "enrolment_sheet_act": [(1, "start")],
    }
    by_stem = {
        "household": [(world.household.pk,)],
        "visit": [(world.household.pk,)],
        "activity": [activity, (world.coming.pk,), (world.going_on.pk,)],
        "order": orders,
        "enrolment": enrolments,
        "organisation_enrolment": [reported],
        "patrol": [(world.patrol.pk,), (world.planned_patrol.pk,)],
        "mediation": [(world.mediation.pk,), (world.agreed.pk,)],
    }
    found = {}
    for pattern in urls.urlpatterns:
        name, takes = pattern.name, bool(pattern.pattern.converters)
        stem = next((stem for stem in sorted(by_stem, key=len, reverse=True) if name.startswith(stem)), "")
        found[name] = known.get(name) or (by_stem[stem] if takes else [()])
    return found

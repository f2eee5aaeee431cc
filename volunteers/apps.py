from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VolunteersConfig(AppConfig):
    name = "volunteers"
    verbose_name = _("Volunteers")

    def ready(self) -> None:
        _follow_reorganisations()
        _fill_days_and_sheets()
        _tell_the_branches()
        _meet_each_other()


def _follow_reorganisations() -> None:
    from grids.services import reorganised
    from volunteers.activities import rehoming as activities
    from volunteers.enrolments import rehoming as enrolments
    from volunteers.households import rehoming as households
    from volunteers.mediation import rehoming as mediation
    from volunteers.orders import rehoming as orders
    from volunteers.patrols import rehoming as patrols

    def follow(change, successors, moved, at, **kwargs):
        for noun in (enrolments, activities, households, orders, patrols, mediation):
            noun.rehome(change=change, successors=successors, moved=moved, at=at)

    reorganised.connect(follow, weak=False, dispatch_uid="volunteers.rehome")


def _fill_days_and_sheets() -> None:
    """What a person's day holds of each noun, and which rows go into sheets and come out of them."""
    from grids import day, exports
    from grids.sheets import kinds
    from volunteers.activities.day import day_of as activities
    from volunteers.activities.exports import ACTIVITIES
    from volunteers.enrolments.day import day_of as enrolments
    from volunteers.enrolments.sheets import MemberSheet
    from volunteers.households.day import day_of as households
    from volunteers.mediation.day import day_of as mediations
    from volunteers.orders.day import day_of as orders
    from volunteers.orders.exports import ORDERS
    from volunteers.patrols.day import day_of as patrols
    from volunteers.patrols.exports import PATROLS

    for day_of in (enrolments, activities, households, orders, patrols, mediations):
        day.register(day_of)
    for kind in (ACTIVITIES, ORDERS, PATROLS):
        exports.register(kind)
    kinds.register(MemberSheet())


def _tell_the_branches() -> None:
    """What work lists point to, stories begin with, and public pages invite to."""
    from branches import references
    from branches.disclosure import joining, tellers
    from volunteers.activities.references import ActivitySource
    from volunteers.activities.telling import ActivityTeller, activities_to_join
    from volunteers.orders.references import OrderSource

    references.register(ActivitySource())
    references.register(OrderSource())
    tellers.register(ActivityTeller())
    joining.register(activities_to_join)


def _meet_each_other() -> None:
    """Needs and offers, orders from visits, and the looks that the district's auditor reads."""
    from volunteers import reveals
    from volunteers.activities.needs import needs_of as of_activities
    from volunteers.enrolments import needs
    from volunteers.households.orders import order_from_visit
    from volunteers.households.reveals import KIND as HOUSEHOLDS
    from volunteers.mediation.reveals import KIND as MEDIATIONS
    from volunteers.orders import sources
    from volunteers.orders.needs import needs_of as of_orders
    from volunteers.orders.needs import use
    from volunteers.orders.reveals import KIND as ORDERS

    needs.register("activity", of_activities)
    needs.register("order", of_orders)
    needs.register_use("order", use)
    sources.register("visit", order_from_visit)
    for kind in (HOUSEHOLDS, ORDERS, MEDIATIONS):
        reveals.register(kind)

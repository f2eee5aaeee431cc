from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VolunteersConfig(AppConfig):
    name = "volunteers"
    verbose_name = _("Volunteers")

    def ready(self) -> None:
        from branches import references
        from branches.disclosure import joining, tellers
        from grids import day, exports
        from grids.services import reorganised
        from grids.sheets import kinds
        from volunteers import reveals
        from volunteers.activities import day as activities_day
        from volunteers.activities import needs as activity_needs
        from volunteers.activities import rehoming as activities
        from volunteers.activities.exports import ACTIVITIES
        from volunteers.activities.references import ActivitySource
        from volunteers.activities.telling import ActivityTeller, activities_to_join
        from volunteers.enrolments import day as enrolments_day
        from volunteers.enrolments import needs
        from volunteers.enrolments import rehoming as enrolments
        from volunteers.enrolments.sheets import MemberSheet
        from volunteers.households import day as households_day
        from volunteers.households import rehoming as households
        from volunteers.households.orders import order_from_visit
        from volunteers.households.reveals import KIND as HOUSEHOLD_LOOKS
        from volunteers.orders import day as orders_day
        from volunteers.orders import needs as order_needs
        from volunteers.orders import rehoming as orders
        from volunteers.orders import sources
        from volunteers.orders.exports import ORDERS
        from volunteers.orders.references import OrderSource
        from volunteers.orders.reveals import KIND as ORDER_LOOKS

        def follow(change, successors, moved, at, **kwargs):
            for noun in (enrolments, activities, households, orders):
                noun.rehome(change=change, successors=successors, moved=moved, at=at)

        for noun_day in (enrolments_day, activities_day, households_day, orders_day):
            day.register(noun_day.day_of)
        for kind in (ACTIVITIES, ORDERS):
            exports.register(kind)
        needs.register("activity", activity_needs.needs_of)
        needs.register("order", order_needs.needs_of)
        needs.register_use("order", order_needs.use)
        kinds.register(MemberSheet())
        references.register(ActivitySource())
        references.register(OrderSource())
        tellers.register(ActivityTeller())
        joining.register(activities_to_join)
        sources.register("visit", order_from_visit)
        reveals.register(HOUSEHOLD_LOOKS)
        reveals.register(ORDER_LOOKS)
        reorganised.connect(follow, weak=False, dispatch_uid="volunteers.rehome")

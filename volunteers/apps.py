from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VolunteersConfig(AppConfig):
    name = "volunteers"
    verbose_name = _("Volunteers")

    def ready(self) -> None:
        from branches import references
        from grids.services import reorganised
        from volunteers.orders import rehoming as orders_rehoming
        from volunteers.orders.references import OrderSource

        def orders_follow(change, successors, moved, at, **kwargs):
            orders_rehoming.rehome(change=change, successors=successors, moved=moved, at=at)

        references.register(OrderSource())
        reorganised.connect(orders_follow, weak=False, dispatch_uid="volunteers.rehome_orders")

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VolunteersConfig(AppConfig):
    name = "volunteers"
    verbose_name = _("Volunteers")

    def ready(self) -> None:
        from grids.services import reorganised
        from volunteers import reveals
        from volunteers.households.rehoming import rehome as rehome_households
        from volunteers.households.reveals import KIND as HOUSEHOLD_LOOKS

        def follow(change, successors, moved, at, **kwargs):
            rehome_households(change=change, successors=successors, moved=moved, at=at)

        reveals.register(HOUSEHOLD_LOOKS)
        reorganised.connect(follow, weak=False, dispatch_uid="volunteers.rehome")

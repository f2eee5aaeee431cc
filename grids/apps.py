from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GridsConfig(AppConfig):
    name = "grids"
    verbose_name = _("Grids")

    def ready(self) -> None:
        from grids.sheets import grids, households, kinds, organisations, posts

        for kind in (
            grids.GridSheet(),
            posts.PostSheet(),
            organisations.OrganisationSheet(),
            households.HouseholdSheet(),
        ):
            kinds.register(kind)

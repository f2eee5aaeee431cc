from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VolunteersConfig(AppConfig):
    name = "volunteers"
    verbose_name = _("Volunteers")

    def ready(self) -> None:
        from grids.services import reorganised
        from volunteers.mediation import rehoming as mediation
        from volunteers.patrols import rehoming as patrols

        def follow(change, successors, moved, at, **kwargs):
            patrols.rehome(change=change, successors=successors, moved=moved, at=at)
            mediation.rehome(change=change, successors=successors, moved=moved, at=at)

        reorganised.connect(follow, weak=False, dispatch_uid="volunteers.rehome")

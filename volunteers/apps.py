from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VolunteersConfig(AppConfig):
    name = "volunteers"
    verbose_name = _("Volunteers")

    def ready(self) -> None:
        from grids.services import reorganised
        from grids.sheets import kinds
        from volunteers.enrolments import rehoming as enrolments
        from volunteers.enrolments.sheets import MemberSheet

        def follow(change, successors, moved, at, **kwargs):
            enrolments.rehome(change=change, successors=successors, moved=moved, at=at)

        kinds.register(MemberSheet())
        reorganised.connect(follow, weak=False, dispatch_uid="volunteers.rehome")

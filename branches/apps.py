from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BranchesConfig(AppConfig):
    name = "branches"
    verbose_name = _("Party branches")

    def ready(self):
        from branches import references
        from branches.meetings import agenda
        from branches.meetings.references import MeetingSource, ResolutionSource

        # Joint meetings
        references.register(MeetingSource())
        references.register(ResolutionSource())
        agenda.register(agenda.unfinished_resolutions)

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BranchesConfig(AppConfig):
    name = "branches"
    verbose_name = _("Party branches")

    def ready(self) -> None:
        from branches import references
        from branches.deliberation.references import TopicSource
        from branches.deliberation.rehoming import rehome_topics
        from branches.meetings import agenda
        from branches.meetings.references import MeetingSource, ResolutionSource
        from branches.services import carry_branches
        from branches.sheets import BranchSheet
        from grids.services import reorganised
        from grids.sheets import kinds

        def follow(change, successors, moved, at, **kwargs):
            carry_branches(change=change, successors=successors, moved=moved, at=at)

        kinds.register(BranchSheet())
        for source in (MeetingSource(), ResolutionSource(), TopicSource()):
            references.register(source)
        agenda.register(agenda.unfinished_resolutions)
        reorganised.connect(follow, weak=False, dispatch_uid="branches.carry_branches")
        reorganised.connect(rehome_topics, dispatch_uid="branches.rehome_topics")

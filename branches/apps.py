from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BranchesConfig(AppConfig):
    name = "branches"
    verbose_name = _("Party branches")

    def ready(self) -> None:
        from branches import references
        from branches.deliberation.references import TopicSource
        from branches.deliberation.rehoming import rehome_topics
        from branches.disclosure.references import StorySource
        from branches.meetings import agenda
        from branches.meetings.references import MeetingSource, ResolutionSource
        from branches.services import carry_branches, follow_grid, rehome_areas, rehome_claims
        from branches.sheets import BranchSheet
        from branches.worklists.references import ClaimSource
        from grids.services import reorganised
        from grids.sheets import kinds

        def follow(change, grid, successors, moved, at, **kwargs):
            carry_branches(change=change, successors=successors, moved=moved, at=at)
            rehome_areas(grid=grid, successors=successors, at=at)
            rehome_claims(grid=grid, successors=successors, at=at)
            if grid.retired_at and successors:
                follow_grid(grid=grid, successor=successors[0])

        for source in (MeetingSource(), ResolutionSource(), TopicSource(), ClaimSource(), StorySource()):
            references.register(source)
        agenda.register(agenda.unfinished_resolutions)
        kinds.register(BranchSheet())
        reorganised.connect(rehome_topics, dispatch_uid="branches.rehome_topics")
        reorganised.connect(follow, weak=False, dispatch_uid="branches.follow")

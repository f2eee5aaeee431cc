from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BranchesConfig(AppConfig):
    name = "branches"
    verbose_name = _("Party branches")

    def ready(self):
        from branches import references
        from branches.disclosure.references import StorySource
        from branches.services import follow_grid
        from grids.services import reorganised

        def follow(grid, successors, **kwargs):
            if grid.retired_at and successors:
                follow_grid(grid=grid, successor=successors[0])

        references.register(StorySource())
        reorganised.connect(follow, weak=False, dispatch_uid="branches.follow_grid")

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BranchesConfig(AppConfig):
    name = "branches"
    verbose_name = _("Party branches")

    def ready(self):
        from branches import references
        from branches.services import rehome_areas, rehome_claims
        from branches.worklists.references import ClaimSource
        from grids.services import reorganised

        def follow(grid, successors, at, **kwargs):
            rehome_areas(grid=grid, successors=successors, at=at)
            rehome_claims(grid=grid, successors=successors, at=at)

        references.register(ClaimSource())
        reorganised.connect(follow, weak=False, dispatch_uid="branches.areas_and_claims")

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BranchesConfig(AppConfig):
    name = "branches"
    verbose_name = _("Party branches")

    def ready(self) -> None:
        from branches import references
        from branches.deliberation.references import TopicSource
        from branches.deliberation.rehoming import rehome_topics
        from grids.services import reorganised

        references.register(TopicSource())
        reorganised.connect(rehome_topics, dispatch_uid="branches.topics")

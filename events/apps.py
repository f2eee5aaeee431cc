from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EventsConfig(AppConfig):
    name = "events"
    verbose_name = _("Events")

    def ready(self):
        from events.services import rehome_events
        from grids.services import reorganised

        def follow(change, successors, moved, joined, at, **kwargs):
            rehome_events(change=change, successors=successors, moved=moved, joined=joined, at=at)

        reorganised.connect(follow, weak=False, dispatch_uid="events.rehome_events")

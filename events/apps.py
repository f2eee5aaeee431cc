from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EventsConfig(AppConfig):
    name = "events"
    verbose_name = _("Events")

    def ready(self):
        from events.services import rehome_events
        from grids.services import reorganised

        def follow(grid, at, **kwargs):
            rehome_events(grid=grid, at=at)

        reorganised.connect(follow, weak=False, dispatch_uid="events.rehome_events")

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.utils.translation import gettext_lazy as _


class EventsConfig(AppConfig):
    name = "events"
    verbose_name = _("Events")
    # The ground floor tells of two things, inside its transactions: `reorganised` grids and `handed_over` posts.

    def ready(self):
        from branches import references
        from branches.disclosure import tellers
        from branches.meetings import agenda
        from events.agenda import hot_spots, open_cases
        from events.patrolling import cases_of_safety
        from events.references import EventSource, HotSpotSource
        from events.searching import compute_words
        from events.services import hand_over_events, rehome_events
        from events.telling import EventTeller
        from grids.services import handed_over, reorganised
        from volunteers.patrols import suggesting

        def follow(change, successors, moved, joined, at, **kwargs):
            rehome_events(change=change, successors=successors, moved=moved, joined=joined, at=at)

        def take_over(user, grids, successor, actor, at, **kwargs):
            hand_over_events(user=user, grids=grids, successor=successor, actor=actor, at=at)

        references.register(EventSource())
        references.register(HotSpotSource())
        agenda.register(open_cases)
        agenda.register(hot_spots)
        tellers.register(EventTeller())
        suggesting.register(cases_of_safety)
        connection_created.connect(compute_words, dispatch_uid="events.compute_words")
        handed_over.connect(take_over, weak=False, dispatch_uid="events.hand_over_events")
        reorganised.connect(follow, weak=False, dispatch_uid="events.rehome_events")

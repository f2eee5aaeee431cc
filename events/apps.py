from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.utils.translation import gettext_lazy as _


class EventsConfig(AppConfig):
    name = "events"
    verbose_name = _("Events")
    # The floors below tell of three things, inside their transactions: `reorganised` grids, `handed_over` posts, and
    # what people are to be `notified` of.

    def ready(self):
        from branches import references
        from branches.disclosure import tellers
        from branches.meetings import agenda
        from events.agenda import hot_spots, open_cases
        from events.day import day_of
        from events.exports import CASES
        from events.orders import after_working_days, order_from_case
        from events.patrolling import cases_of_safety
        from events.references import EventSource, HotSpotSource
        from events.searching import compute_words
        from events.services import (
            forget_standings,
            hand_over_events,
            rehome_events,
            rehome_export_templates,
            tell,
        )
        from events.telling import EventTeller
        from grids import day, exports
        from grids.services import handed_over, notified, reorganised
        from volunteers.orders import deadlines, sources
        from volunteers.patrols import suggesting

        def follow(change, successors, moved, joined, at, **kwargs):
            rehome_events(change=change, successors=successors, moved=moved, joined=joined, at=at)
            forget_standings(change=change, successors=successors, moved=moved)
            rehome_export_templates(ended=change.grid, successors=successors)

        def take_over(user, grids, successor, actor, at, **kwargs):
            hand_over_events(user=user, grids=grids, successor=successor, actor=actor, at=at)

        def pass_on(users, text, url, key, at, **kwargs):
            tell(users=users, text=text, url=url, key=key, at=at)

        references.register(EventSource())
        references.register(HotSpotSource())
        day.register(day_of)
        exports.register(CASES)
        agenda.register(open_cases)
        agenda.register(hot_spots)
        tellers.register(EventTeller())
        deadlines.register(after_working_days)
        sources.register("event", order_from_case)
        suggesting.register(cases_of_safety)
        connection_created.connect(compute_words, dispatch_uid="events.compute_words")
        handed_over.connect(take_over, weak=False, dispatch_uid="events.hand_over_events")
        notified.connect(pass_on, weak=False, dispatch_uid="events.tell")
        reorganised.connect(follow, weak=False, dispatch_uid="events.rehome_events")

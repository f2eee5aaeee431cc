from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BranchesConfig(AppConfig):
    name = "branches"
    verbose_name = _("Party branches")

    def ready(self) -> None:
        from branches import references
        from branches.deliberation import day as topic_day
        from branches.deliberation.references import TopicSource
        from branches.deliberation.telling import TopicTeller
        from branches.disclosure import day as story_day
        from branches.disclosure import tellers
        from branches.disclosure.references import StorySource
        from branches.meetings import agenda
        from branches.meetings import day as meeting_day
        from branches.meetings.exports import MEETINGS
        from branches.meetings.references import MeetingSource, ResolutionSource
        from branches.services import rehome
        from branches.sheets import BranchSheet
        from branches.worklists import day as claim_day
        from branches.worklists.exports import CLAIMS
        from branches.worklists.references import ClaimSource
        from grids import day, exports
        from grids.services import reorganised
        from grids.sheets import kinds

        def follow(change, successors, moved, at, **kwargs):
            rehome(change=change, successors=successors, moved=moved, at=at)

        for source in (MeetingSource(), ResolutionSource(), TopicSource(), ClaimSource(), StorySource()):
            references.register(source)
        tellers.register(TopicTeller())
        agenda.register(agenda.unfinished_resolutions)
        for each in (meeting_day, claim_day, topic_day, story_day):
            day.register(each.day_of)
        for kind in (MEETINGS, CLAIMS):
            exports.register(kind)
        kinds.register(BranchSheet())
        reorganised.connect(follow, weak=False, dispatch_uid="branches.rehome")

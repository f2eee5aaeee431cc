"""Meetings and their resolutions, as others point to them: held ones are evidence of work lists."""

from collections.abc import Iterable

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from branches.cases import load_cases
from branches.meetings.access import visible_meetings
from branches.models import Meeting, Resolution
from branches.references import OFFERED, Shown, matching, primary_keys
from grids.models import Grid, User


def state_of(resolution: Resolution) -> str:
    """What became of it, in a word; of one that `load_cases` was given."""
    if resolution.done_at or resolution.is_settled:
        return _("done")
    if resolution.case:
        return _("case: %(state)s") % {"state": resolution.case.state}
    return _("overdue") if resolution.is_late() else _("not done yet")


class MeetingSource:
    """A meeting that was held."""

    kind = "meeting"
    title = gettext_lazy("joint meeting")

    def show(self, user: User, keys: Iterable[str]) -> dict[str, Shown]:
        return {str(meeting.pk): self._shown(meeting) for meeting in self._seen(user).filter(pk__in=primary_keys(keys))}

    def offer(self, user: User, grid: Grid, words: str = "") -> list[Shown]:
        held = self._seen(user).within(grid).order_by("-starts_at", "-pk")
        return [self._shown(meeting) for meeting in matching(held, words, "title")[:OFFERED]]

    def _seen(self, user: User) -> QuerySet[Meeting]:
        return visible_meetings(user).held()

    def _shown(self, meeting: Meeting) -> Shown:
        name = f"{timezone.localtime(meeting.starts_at):%Y-%m-%d} {meeting.title}"
        url = reverse("meeting_detail", args=[meeting.pk])
        return Shown(self.kind, str(meeting.pk), name, meeting.get_state_display(), url, is_done=True)


class ResolutionSource:
    """What a meeting resolved, with what became of it."""

    kind = "resolution"
    title = gettext_lazy("resolution of a meeting")

    def show(self, user: User, keys: Iterable[str]) -> dict[str, Shown]:
        return {shown.key: shown for shown in self._shown(self._seen(user).filter(pk__in=primary_keys(keys)), user)}

    def offer(self, user: User, grid: Grid, words: str = "") -> list[Shown]:
        found = self._seen(user).filter(meeting__position__range=(grid.lft, grid.rght)).order_by("-pk")
        return self._shown(matching(found, words, "text")[:OFFERED], user)

    def _seen(self, user: User) -> QuerySet[Resolution]:
        return Resolution.objects.filter(meeting__in=visible_meetings(user))

    def _shown(self, resolutions: Iterable[Resolution], user: User) -> list[Shown]:
        resolutions = list(resolutions)
        load_cases(resolutions, user)
        return [
            Shown(
                self.kind, str(each.pk), each.text, state_of(each), url_of(each), bool(each.done_at) or each.is_settled
            )
            for each in resolutions
        ]


def url_of(resolution: Resolution) -> str:
    return f"{reverse('meeting_detail', args=[resolution.meeting_id])}#resolution-{resolution.pk}"

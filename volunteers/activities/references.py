"""Activities as others point to them: held ones are evidence of work lists, and what stories are told of."""

from collections.abc import Iterable

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from branches.references import OFFERED, Shown, matching, primary_keys
from grids.models import Grid, User
from volunteers.activities.access import visible_activities
from volunteers.models import Activity


class ActivitySource:
    """An activity that was held, by its key."""

    kind = "activity"
    title = _("activity")

    def show(self, user: User, keys: Iterable[str]) -> dict[str, Shown]:
        found = self._seen(user).filter(pk__in=primary_keys(keys))
        return {str(activity.pk): self._shown(activity) for activity in found}

    def offer(self, user: User, grid: Grid, words: str = "") -> list[Shown]:
        held = self._seen(user).within(grid).order_by("-starts_at", "-pk")
        return [self._shown(activity) for activity in matching(held, words, "title")[:OFFERED]]

    def _seen(self, user: User) -> QuerySet[Activity]:
        return visible_activities(user).held()

    def _shown(self, activity: Activity) -> Shown:
        name = f"{timezone.localtime(activity.starts_at):%Y-%m-%d} {activity.title}"
        url = reverse("activity_detail", args=[activity.pk])
        return Shown(self.kind, str(activity.pk), name, activity.get_state_display(), url, is_done=True)

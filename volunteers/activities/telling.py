"""What may be told in public of activities: the words and photos of the report, and those that are still to come."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime

from django.core.files import File
from django.db.models import QuerySet
from django.urls import reverse

from branches.disclosure.joining import Joinable
from branches.disclosure.tellers import Gist, Photo, Tally
from branches.models import Picture
from branches.references import primary_keys
from grids.models import Grid, User
from volunteers.activities.access import visible_activities
from volunteers.models import Activity


class ActivityTeller:
    """Activities, by their keys; what the organiser wrote in the report is what a story begins with."""

    kind = "activity"

    def count(self, grid: Grid, month: date) -> list[Tally]:
        return []  # the figures of a month are those of cases

    def gist(self, user: User, key: str) -> Gist | None:
        activity = self._visible(user, key).select_related("grid").first()
        if activity is None:
            return None
        state = activity.get_state_display()
        return Gist(activity.grid, activity.title, state, activity.took_place, told=activity.report)

    def photos(self, user: User, key: str) -> list[Photo]:
        return [
            Photo(str(picture.key), f"{reverse('activity_picture', args=[picture.key])}?small", picture.name)
            for picture in self._pictures(user, key)
        ]

    def open_photos(self, user: User, key: str, keys: Iterable[str]) -> list[File]:
        files = []
        for picture in self._pictures(user, key).filter(key__in=list(keys)):
            with suppress(FileNotFoundError):  # whose giving out logs it
                files.append(File(picture.file.open("rb"), picture.name))
        return files

    def _visible(self, user: User, key: str) -> QuerySet[Activity]:
        return visible_activities(user).filter(pk__in=primary_keys([key]))

    def _pictures(self, user: User, key: str) -> QuerySet[Picture]:
        return Picture.objects.filter(activities__in=self._visible(user, key).values("pk")).order_by("pk")


def activities_to_join(grid: Grid, at: datetime, most: int) -> list[Joinable]:
    """Those of a place for its public page, each with its place on the page of all. One query."""
    page = reverse("public_activities", args=[grid.code])
    coming = Activity.objects.public().within(grid).to_join(at)[:most]
    return [Joinable(one.title, one.starts_at, f"{page}#activity-{one.pk}") for one in coming]

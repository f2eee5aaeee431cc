"""Joint patrols as rows of sheets for other departments: when, where and how many, and nobody by name."""

from collections.abc import Iterable

from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy, pgettext_lazy

from grids.exports import Field, Kind
from grids.models import User, load_ancestors
from volunteers.models import Patrol, PatrolFinding, PatrolPlace
from volunteers.patrols.access import visible_patrols
from volunteers.patrols.workflow import PatrolState


def _find(user: User) -> QuerySet[Patrol]:
    return visible_patrols(user).select_related("grid")


def _prepare(patrols: list[Patrol]) -> None:
    """Three queries for a chunk, and its places."""
    load_ancestors(patrol.grid for patrol in patrols)
    people = _counts(Patrol.people.through, patrols)
    places = _counts(PatrolPlace, patrols)
    findings = _counts(PatrolFinding, patrols)
    for patrol in patrols:
        patrol.people_count = people.get(patrol.pk, 0)
        patrol.place_count = places.get(patrol.pk, 0)
        patrol.finding_count = findings.get(patrol.pk, 0)


def _counts(model: type, patrols: Iterable[Patrol]) -> dict[int, int]:
    rows = model.objects.filter(patrol__in=patrols).order_by().values_list("patrol")
    return dict(rows.annotate(count=Count("pk")))


PATROLS = Kind(
    key="patrol",
    title=gettext_lazy("Joint patrols"),
    find=_find,
    day="starts_at",
    states=tuple(PatrolState.choices),
    prepare=_prepare,
    fields=(
        Field("aim", gettext_lazy("what is looked at"), 30, lambda patrol, at: patrol.aim),
        Field("grid", gettext_lazy("Grid"), 36, lambda patrol, at: patrol.grid.full_name),
        Field("code", gettext_lazy("code"), 18, lambda patrol, at: patrol.grid.code),
        Field("starts_at", gettext_lazy("begins"), 17, lambda patrol, at: patrol.starts_at),
        Field("ends_at", gettext_lazy("ends"), 17, lambda patrol, at: patrol.ends_at),
        Field("state", gettext_lazy("state"), 10, lambda patrol, at: patrol.get_state_display()),
        Field("people", pgettext_lazy("patrol", "number who go"), 10, lambda patrol, at: patrol.people_count),
        Field("buildings", gettext_lazy("buildings"), 10, lambda patrol, at: patrol.place_count),
        Field("findings", pgettext_lazy("patrol", "findings"), 10, lambda patrol, at: patrol.finding_count),
    ),
)

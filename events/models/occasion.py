"""What a case arose from."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from branches.models import Resolution, Topic
from events.models.event import Event
from volunteers.models import Mediation, PatrolFinding, ServiceOrder, Visit

# Who may not see the thing learns nothing of it by the case, not even that there is one.
DISCREET = frozenset({"visit"})
OCCASIONS = (
    "resolution",
    "topic",
    "visit",
    "order",
    "finding",
    "mediation",
)  # the foreign keys, one for each kind; `events.occasions` tells more of them


def _exactly_one(names: tuple[str, ...]) -> Q:
    condition = Q()
    for name in names:
        condition |= Q(**{f"{other}__isnull": other != name for other in names})
    return condition


class Occasion(models.Model):
    """That a case arose from a resolution, a decision … that a person made a case of; the first step says so too."""

    event = models.OneToOneField(Event, models.PROTECT, related_name="occasion", verbose_name=_("event"))
    resolution = models.ForeignKey(
        Resolution, models.PROTECT, null=True, blank=True, related_name="occasions",
        verbose_name=_("resolution of a meeting"),
    )  # fmt: skip

    topic = models.ForeignKey(
        Topic, models.PROTECT, null=True, blank=True, related_name="occasions", verbose_name=_("decision on a topic")
    )
    visit = models.ForeignKey(
        Visit, models.PROTECT, null=True, blank=True, related_name="occasions", verbose_name=_("visit")
    )
    order = models.ForeignKey(
        ServiceOrder, models.PROTECT, null=True, blank=True, related_name="occasions", verbose_name=_("service order")
    )

    finding = models.ForeignKey(
        PatrolFinding, models.PROTECT, null=True, blank=True, related_name="occasions",
        verbose_name=_("finding of a patrol"),
    )  # fmt: skip
    mediation = models.ForeignKey(
        Mediation, models.PROTECT, null=True, blank=True, related_name="occasions", verbose_name=_("joint mediation")
    )

    class Meta:
        verbose_name = _("occasion of a case")
        verbose_name_plural = _("occasions of cases")
        constraints = [models.CheckConstraint(condition=_exactly_one(OCCASIONS), name="occasion_of_one_kind")]

    def __str__(self) -> str:
        return str(self.thing)

    @property
    def kind(self) -> str:
        return next(name for name in OCCASIONS if getattr(self, f"{name}_id") is not None)

    @property
    def thing(self) -> models.Model:
        """What it arose from."""
        return getattr(self, self.kind)

    @property
    def code(self) -> str:
        """As addresses and forms name it."""
        return f"{self.kind}-{self.thing.pk}"

    def details(self) -> dict[str, Any]:
        """What the first step tells of it, with the words of the time; of a discreet thing no words."""
        title = "" if self.kind in DISCREET else str(self.thing)
        return {"occasion": {"kind": self.kind, "id": self.thing.pk, "title": title}}

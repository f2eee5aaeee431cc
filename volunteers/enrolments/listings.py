"""The lists of enrolments and offers as sheets: what a row of each shows, and what it needs for that."""

from collections.abc import Iterable

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy, pgettext_lazy

from grids.exporting import Column
from grids.models import load_ancestors
from volunteers.models import MemberEnrolment, Offer, OrganisationEnrolment
from volunteers.times import describe

MEMBERS = [
    Column(gettext_lazy("member"), 14, lambda one, at: str(one.user)),
    Column(gettext_lazy("organisation"), 28, lambda one, at: one.organisation.name),
    Column(gettext_lazy("community"), 30, lambda one, at: one.grid.full_name),
    Column(gettext_lazy("state"), 10, lambda one, at: one.get_state_display()),
    Column(gettext_lazy("placed with"), 18, lambda one, at: one.place.name if one.place else ""),
    Column(gettext_lazy("skills"), 30, lambda one, at: "、".join(offer.skill.name for offer in one.open_offers)),
    Column(gettext_lazy("times"), 26, lambda one, at: describe(one.open_offers[0].times) if one.open_offers else ""),
    Column(pgettext_lazy("enrolment", "from"), 12, lambda one, at: one.since),
    Column(gettext_lazy("ended on"), 12, lambda one, at: one.ended_on),
]
ORGANISATIONS = [
    Column(gettext_lazy("organisation"), 28, lambda one, at: one.organisation.name),
    Column(gettext_lazy("community"), 30, lambda one, at: one.grid.full_name),
    Column(gettext_lazy("state"), 10, lambda one, at: one.get_state_display()),
    Column(gettext_lazy("skills"), 30, lambda one, at: "、".join(offer.skill.name for offer in one.open_offers)),
    Column(gettext_lazy("contact"), 14, lambda one, at: str(one.contact or "")),
    Column(pgettext_lazy("enrolment", "from"), 12, lambda one, at: one.since),
    Column(pgettext_lazy("enrolment", "until"), 12, lambda one, at: one.until),
]
OFFERS = [
    Column(gettext_lazy("skill"), 16, lambda offer, at: offer.skill.name),
    Column(gettext_lazy("kind of service"), 14, lambda offer, at: offer.skill.get_kind_display()),
    Column(gettext_lazy("offered by"), 26, lambda offer, at: str(offer.giver)),
    Column(gettext_lazy("community"), 30, lambda offer, at: offer.grid.full_name),
    Column(gettext_lazy("times"), 26, lambda offer, at: describe(offer.times)),
    Column(gettext_lazy("more about it"), 26, lambda offer, at: offer.note),
]
_OPEN_OFFERS = Prefetch(
    "offers", Offer.objects.filter(withdrawn_on=None).select_related("skill").order_by("skill"), to_attr="open_offers"
)


def whole_members(rows: QuerySet[MemberEnrolment]) -> QuerySet[MemberEnrolment]:
    """With what a row shows."""
    return rows.select_related("grid", "user", "organisation", "place").prefetch_related(_OPEN_OFFERS)


def whole_organisations(rows: QuerySet[OrganisationEnrolment]) -> QuerySet[OrganisationEnrolment]:
    """With what a row shows."""
    return rows.select_related("grid", "organisation", "contact").prefetch_related(_OPEN_OFFERS)


def load_places(rows: Iterable) -> None:
    """Where the communities of the rows lie; one query."""
    load_ancestors(row.grid for row in rows)

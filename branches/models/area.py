"""Members' areas (党员包片): who of a branch answers for which buildings."""

from django.db import models
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from branches.models.branch import Branch
from grids.models import Grid, Placed, PlacedQuerySet, User, validate_printable


class MemberAreaQuerySet(PlacedQuerySet):
    def active(self):
        """Not given up."""
        return self.filter(given_up_on=None)

    def vacant(self):
        """In use, with nobody whose account is open to answer for it."""
        answered = AreaMember.objects.active().filter(user__is_active=True)
        return self.active().exclude(pk__in=answered.values("area"))

    def with_household_count(self):
        """Annotate `household_count`: those of the buildings and units that the area holds now."""
        held = Sum("cover__grid__households", filter=Q(cover__until=None))
        return self.annotate(household_count=Coalesce(held, 0))


class MemberArea(Placed):
    """Some buildings of one community, which is its `grid`, that members of a branch look after."""

    grid = models.ForeignKey(Grid, models.PROTECT, related_name="member_areas", verbose_name=_("community"))
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="areas", verbose_name=_("branch"))
    name = models.CharField(_("name"), max_length=64, validators=[validate_printable])
    drawn_on = models.DateField(_("drawn on"))
    given_up_on = models.DateField(_("given up on"), null=True, blank=True, editable=False)
    is_demo = models.BooleanField(_("made up for demonstration"), default=False, editable=False)

    objects = MemberAreaQuerySet.as_manager()

    class Meta:
        verbose_name = _("member's area")
        verbose_name_plural = _("members' areas")
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["branch", "name"],
                condition=Q(given_up_on=None),
                name="area_named_once_in_branch",
                violation_error_message=_("The branch has an area of this name already."),
            ),
            models.CheckConstraint(
                condition=Q(given_up_on=None) | Q(given_up_on__gte=F("drawn_on")),
                name="area_given_up_after_drawing",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name


class SpellQuerySet(models.QuerySet):
    def active(self):
        return self.filter(until=None)


class Spell(models.Model):
    """Something that held for an area from one day to another; the row ends and stays."""

    since = models.DateField(_("since"))
    until = models.DateField(_("until"), null=True, blank=True)
    begun_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("begun by"))
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("ended by"))

    objects = SpellQuerySet.as_manager()

    class Meta:
        abstract = True


class AreaGrid(Placed, Spell):
    """That a building, or a unit of one, lies in an area."""

    grid = models.ForeignKey(Grid, models.PROTECT, related_name="area_cover", verbose_name=_("building or unit"))
    area = models.ForeignKey(MemberArea, models.PROTECT, related_name="cover", verbose_name=_("member's area"))

    class Meta:
        verbose_name = _("building of an area")
        verbose_name_plural = _("buildings of an area")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["grid"],
                condition=Q(until=None),
                name="area_one_for_each_building",
                violation_error_message=_("This building lies in an area already."),
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")), name="area_grid_ends_after_it_began"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.area} · {self.grid}"


class AreaMember(Spell):
    """That a person answers for an area."""

    area = models.ForeignKey(MemberArea, models.PROTECT, related_name="members", verbose_name=_("member's area"))
    user = models.ForeignKey(User, models.PROTECT, related_name="areas_answered", verbose_name=_("person"))

    class Meta:
        verbose_name = _("who answers for an area")
        verbose_name_plural = _("who answers for areas")
        ordering = ["since", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["area", "user"],
                condition=Q(until=None),
                name="area_answered_once_by_each",
                violation_error_message=_("This person answers for the area already."),
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")), name="area_member_ends_after_beginning"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.area} · {self.user}"

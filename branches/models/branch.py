"""A branch, the grids that it covers, where it meets, who leads it and who works with it."""

from collections.abc import Iterable
from functools import cached_property

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from grids.access import Ranges, merged
from grids.models import Grid, Organisation, Placed, PlacedQuerySet, User, validate_printable
from grids.tree import ancestor_codes


class SiteKind(models.TextChoices):
    POLICE_STATION = "police_station", _("police station")
    JUDICIAL_OFFICE = "judicial_office", _("judicial office")
    MARKET_REGULATION_OFFICE = "market_regulation_office", _("market regulation office")
    PARTY_SERVICE_CENTRE = "party_service_centre", _("Party service centre")
    PROPERTY_COMPANY = "property_company", _("property company")
    OTHER = "other", _("other")


class ChiefTitle(models.Model):
    """One of the five chiefs who serve as secretaries; who they are is the district's to say."""

    name = models.CharField(_("name"), max_length=32, unique=True, validators=[validate_printable])
    ordinal = models.PositiveSmallIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("chief's title")
        verbose_name_plural = _("the five chiefs")
        ordering = ["ordinal", "name"]

    def __str__(self) -> str:
        return self.name


class BranchQuerySet(PlacedQuerySet):
    def active(self):
        return self.filter(dissolved_on=None)

    def covering(self, grid: Grid):
        """The branches of this grid's own, of those above it and of those below it."""
        codes = [grid.code, *ancestor_codes(grid.code)]
        covers = Q(cover__grid__code__in=codes) | Q(cover__position__range=(grid.lft, grid.rght))
        return self.active().filter(covers).distinct()

    def led_by(self, user: User):
        return self.active().filter(Q(secretary=user) | Q(deputy=user))

    def covers_led_by(self, user: User):
        """The rows of what the branches cover that the user leads; where these have their seat is not among them."""
        rows = BranchGrid.objects.active().filter(branch__in=self.led_by(user))
        return rows if user.is_active else rows.none()

    def grids_led_by(self, user: User) -> list[Grid]:
        """Those grids, read once for each request as the user's posts are, which come and go with what they lead."""
        posts, known = user.active_posts, getattr(user, "_grids_led", None)
        if known is None or known[0] is not posts:
            known = (posts, [row.grid for row in self.covers_led_by(user).select_related("grid")])
            user._grids_led = known
        return known[1]

    def ranges_led_by(self, user: User) -> Ranges:
        """The intervals that the user acts for as leader: what the branches cover and all below."""
        return merged((grid.lft, grid.rght) for grid in self.grids_led_by(user))

    def search(self, text: str):
        """By a part of the name, of the site's address or of a leader's name, or by a grid that it covers."""
        text = text.strip()
        if "\x00" in text:  # PostgreSQL takes no such text, and no name holds it
            return self.none()
        leaders = Q(secretary__name__icontains=text) | Q(deputy__name__icontains=text)
        covers = BranchGrid.objects.filter(until=None, grid__in=Grid.objects.search(text)).values("branch")
        return self.filter(Q(name__icontains=text) | Q(site_address__icontains=text) | leaders | Q(pk__in=covers))

    def with_people(self):
        return self.select_related("grid", "secretary", "deputy", "chief_title")


class Branch(Placed):
    """A Party branch; `grid` is its seat, the lowest grid that holds everything it covers."""

    class Kind(models.TextChoices):
        SOLO = "solo", _("built solo")
        JOINT = "joint", _("built jointly")

    # Declared here for its name alone: Django would call it `branchs`.
    grid = models.ForeignKey(Grid, models.PROTECT, related_name="branches", verbose_name=_("seat"))
    name = models.CharField(_("name"), max_length=64, validators=[validate_printable])
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    site_kind = models.CharField(_("kind of site"), max_length=32, choices=SiteKind, default=SiteKind.OTHER)
    site_address = models.CharField(
        _("address of the site"), max_length=200, blank=True, validators=[validate_printable]
    )
    secretary = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="branches_led", verbose_name=_("secretary")
    )
    chief_title = models.ForeignKey(
        ChiefTitle,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="branches",
        verbose_name=_("which of the five chiefs"),
    )
    deputy = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="branches_seconded",
        verbose_name=_("deputy secretary"),
    )
    member_count = models.PositiveIntegerField(_("members"), default=0)
    founded_on = models.DateField(_("founded on"))
    dissolved_on = models.DateField(_("dissolved on"), null=True, blank=True, editable=False)
    is_demo = models.BooleanField(_("made up for demonstration"), default=False, editable=False)

    objects = BranchQuerySet.as_manager()

    class Meta:
        verbose_name = _("branch")
        verbose_name_plural = _("branches")
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["grid", "name"],
                condition=Q(dissolved_on=None),
                name="branch_named_once_in_grid",
                violation_error_message=_("There is already a branch of this name here."),
            ),
            models.CheckConstraint(
                condition=Q(dissolved_on=None) | Q(dissolved_on__gte=F("founded_on")),
                name="branch_dissolved_after_founding",
                violation_error_message=_("A branch is dissolved after it was founded."),
            ),
            models.CheckConstraint(condition=Q(kind__in=["solo", "joint"]), name="branch_kind_known"),
            models.CheckConstraint(condition=Q(site_kind__in=SiteKind.values), name="branch_site_kind_known"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def site(self) -> str:
        """Where it meets, in a line."""
        kind = str(self.get_site_kind_display())
        return f"{kind} · {self.site_address}" if self.site_address else kind

    @property
    def public_secretary(self) -> str:
        """The secretary as a signboard tells it: name and which of the five chiefs; empty without one in office."""
        if self.secretary is None or not self.secretary.is_active or not self.secretary.name:
            return ""
        return f"{self.secretary.name}（{self.chief_title}）" if self.chief_title else self.secretary.name

    @cached_property
    def ranges(self) -> Ranges:
        """The intervals of the grids that it covers, merged and in order."""
        rows = self.cover.filter(until=None).values_list("grid__lft", "grid__rght")
        return merged(rows)


class BranchGridQuerySet(models.QuerySet):
    def active(self):
        return self.filter(until=None)

    def load_effective(self, grids: Iterable[Grid]) -> None:
        """See `load_branches`; for the floor below, which knows branches by this relation alone."""
        load_branches(grids)


class BranchGrid(Placed):
    """That a branch is a grid's own; the rows of a dissolved branch, and of what it gave up, end and stay."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="cover", verbose_name=_("branch"))
    since = models.DateField(_("since"))
    until = models.DateField(_("until"), null=True, blank=True)
    reason = models.CharField(_("why it ended"), max_length=200, blank=True, validators=[validate_printable])

    objects = BranchGridQuerySet.as_manager()

    class Meta:
        verbose_name = _("covered grid")
        verbose_name_plural = _("covered grids")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["grid"],
                condition=Q(until=None),
                name="branch_one_for_each_grid",
                violation_error_message=_("This grid has a branch of its own already."),
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")), name="branch_grid_ends_after_it_began"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.branch} · {self.grid}"


class Partner(models.Model):
    """An organisation that works with a branch, and what it brings."""

    branch = models.ForeignKey(Branch, models.CASCADE, related_name="partners", verbose_name=_("branch"))
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="partnerships", verbose_name=_("organisation")
    )
    brings = models.CharField(_("what it brings"), max_length=200, blank=True, validators=[validate_printable])

    class Meta:
        verbose_name = _("partner organisation")
        verbose_name_plural = _("partner organisations")
        ordering = ["branch", "organisation"]
        constraints = [
            models.UniqueConstraint(
                fields=["branch", "organisation"],
                name="branch_partner_once",
                violation_error_message=_("This organisation is a partner already."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.organisation}"


def load_branches(grids: Iterable[Grid]) -> None:
    """Give each grid `branch`, its effective one: its own, or that of its nearest ancestor, or None. One query."""
    grids = list(grids)
    codes = {code for grid in grids for code in (grid.code, *ancestor_codes(grid.code))}
    own = (
        BranchGrid.objects.active()
        .filter(grid__code__in=codes)
        .select_related("grid", "branch__secretary", "branch__chief_title")
    )
    found = {cover.grid.code: cover.branch for cover in own}
    for grid in grids:
        way = [grid.code, *sorted(ancestor_codes(grid.code), key=len, reverse=True)]
        grid.branch = next((found[code] for code in way if code in found), None)

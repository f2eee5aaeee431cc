"""What is planned for a year, and what was spent of it; an entry stands for good and is only ever reversed."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import BigIntegerField, DecimalField, ExpressionWrapper, F, Q, Sum, Value
from django.db.models.functions import Cast, Coalesce, Round
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches.models.branch import Branch
from branches.models.divided import Divided
from branches.models.picture import Picture
from grids.models import Organisation, Placed, PlacedQuerySet, User, validate_printable
from grids.text import plain_text

DIGITS, PLACES = 12, 2
LEAST, MOST = Decimal("0.01"), Decimal("9999999999.99")
FIRST_YEAR, LAST_YEAR = 2000, 2100
PURPOSE_LENGTH = 200
YUAN = pgettext_lazy("resource", "yuan")


class ResourceKind(models.TextChoices):
    PEOPLE = "people", pgettext_lazy("resource", "people")
    MONEY = "money", pgettext_lazy("resource", "money")
    MATERIALS = "materials", pgettext_lazy("resource", "materials")
    SITE = "site", pgettext_lazy("resource", "site")


class ResourceSource(models.TextChoices):
    DISTRICT = "district", pgettext_lazy("resource", "from the district")
    STREET = "street", pgettext_lazy("resource", "from the street")
    PARTNER = "partner", pgettext_lazy("resource", "from a partner")


def exact_sum(field: str, **options) -> Coalesce:
    """The sum in whole hundredths: SQLite adds decimals as floats, and whole numbers exactly. See `from_hundredths`."""
    hundredths = ExpressionWrapper(F(field) * Value(100), output_field=DecimalField(max_digits=20, decimal_places=4))
    return Coalesce(Sum(Cast(Round(hundredths), BigIntegerField()), **options), 0)


def from_hundredths(whole: int) -> Decimal:
    return Decimal(whole).scaleb(-PLACES)


def shown_amount(value: Decimal, unit: str = "") -> str:
    """Money with two places, 1,200.00 元; everything else without needless ones, 12 人次."""
    words = f"{value:,.2f}"
    return f"{words.removesuffix('.00')} {unit}" if unit else f"{words} {YUAN}"


class Reckoned:
    """What is left of what was `planned` when so much is `spent`, in its `unit`; without one, in yuan."""

    @property
    def left(self) -> Decimal:
        """Below nothing where more was spent than planned."""
        return self.planned - self.spent

    @property
    def over(self) -> Decimal:
        return max(-self.left, Decimal(0))

    @property
    def unit_name(self) -> str:
        return self.unit or str(YUAN)


class Budget(Placed, Divided):
    """The plan of a branch, or of a community, for one year."""

    branch = models.ForeignKey(
        Branch, models.PROTECT, null=True, blank=True, related_name="budgets", verbose_name=_("branch")
    )
    year = models.PositiveSmallIntegerField(
        _("year"), validators=[MinValueValidator(FIRST_YEAR), MaxValueValidator(LAST_YEAR)]
    )
    planned_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="budgets_planned", verbose_name=_("planned by")
    )
    planned_at = models.DateTimeField(_("planned at"))

    objects = PlacedQuerySet.as_manager()

    class Meta:
        verbose_name = _("budget")
        verbose_name_plural = _("budgets")
        ordering = ["-year", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["branch", "year"],
                name="budget_once_a_year_for_branch",
                violation_error_message=_("This branch has a budget for this year already."),
            ),
            models.UniqueConstraint(
                fields=["grid", "year"],
                condition=Q(branch=None),
                name="budget_once_a_year_for_grid",
                violation_error_message=_("This community has a budget for this year already."),
            ),
            models.CheckConstraint(condition=Q(year__range=(FIRST_YEAR, LAST_YEAR)), name="budget_year_known"),
        ]
        indexes = [models.Index(fields=["year", "position"], name="budget_year_place")]

    def __str__(self) -> str:
        return f"{self.owner_name} {self.year}"

    @property
    def owner_name(self) -> str:
        return self.branch.name if self.branch_id else self.grid.name


class BudgetLineQuerySet(models.QuerySet):
    def with_spent(self):
        """Annotate `spent_hundredths`, reversals taken off; `spent` reads it."""
        return self.annotate(spent_hundredths=exact_sum("entries__amount"))


class BudgetLine(Reckoned, models.Model):
    """So much of something, from one source, for one purpose; money in yuan, everything else in a unit."""

    budget = models.ForeignKey(Budget, models.PROTECT, related_name="lines", verbose_name=_("budget"))
    kind = models.CharField(_("kind"), max_length=16, choices=ResourceKind)
    source = models.CharField(_("source"), max_length=16, choices=ResourceSource)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="budget_lines",
        verbose_name=_("partner organisation"),
    )  # fmt: skip
    purpose = models.CharField(_("purpose"), max_length=PURPOSE_LENGTH, validators=plain_text)
    planned = models.DecimalField(
        _("planned"), max_digits=DIGITS, decimal_places=PLACES, validators=[MinValueValidator(LEAST)]
    )
    unit = models.CharField(
        pgettext_lazy("resource", "unit"),
        max_length=8,
        blank=True,
        validators=[validate_printable],
        help_text=_("Empty for money: yuan."),
    )
    came_from = models.CharField(_("planned for, before a reorganisation"), max_length=64, blank=True, editable=False)
    added_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="budget_lines_added", verbose_name=_("added by")
    )
    added_at = models.DateTimeField(_("added at"))

    objects = BudgetLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("budget line")
        verbose_name_plural = _("budget lines")
        ordering = ["kind", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ResourceKind.values), name="budget_line_kind_known"),
            models.CheckConstraint(condition=Q(source__in=ResourceSource.values), name="budget_line_source_known"),
            models.CheckConstraint(
                condition=Q(organisation=None) | Q(source=ResourceSource.PARTNER),
                name="budget_line_partner_gives",
                violation_error_message=_("An organisation is named only where a partner gives."),
            ),
            models.CheckConstraint(
                condition=Q(kind=ResourceKind.MONEY, unit="") | (~Q(kind=ResourceKind.MONEY) & ~Q(unit="")),
                name="budget_line_money_in_yuan",
                violation_error_message=_("Money is counted in yuan, everything else in a unit of its own."),
            ),
            models.CheckConstraint(condition=Q(planned__gt=0), name="budget_line_plans_something"),
        ]

    def __str__(self) -> str:
        return self.purpose

    @property
    def spent(self) -> Decimal:
        return from_hundredths(self.spent_hundredths)


class BudgetLineChange(models.Model):
    """That the plan of a line was changed, by whom and why; what was planned before stays known."""

    line = models.ForeignKey(BudgetLine, models.PROTECT, related_name="changes", verbose_name=_("budget line"))
    before = models.DecimalField(_("planned before"), max_digits=DIGITS, decimal_places=PLACES)
    after = models.DecimalField(_("planned after"), max_digits=DIGITS, decimal_places=PLACES)
    reason = models.CharField(_("reason"), max_length=PURPOSE_LENGTH, validators=plain_text)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="budget_changes", verbose_name=_("changed by"))
    at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = _("change of a plan")
        verbose_name_plural = _("changes of plans")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(before=F("after")), name="budget_change_changes"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.line}: {self.before} → {self.after}"


class EntryStands(TypeError):
    """Somebody's code tried to edit or delete an entry; a mistake in the program, not of a person."""


class ResourceEntryQuerySet(models.QuerySet):
    def update(self, **values):
        raise EntryStands("An entry is never edited; reverse it.")

    def delete(self):
        raise EntryStands("An entry is never deleted; reverse it.")


class ResourceEntry(models.Model):
    """What was spent of a line on a day; what takes another entry back has its amount below nothing."""

    line = models.ForeignKey(BudgetLine, models.PROTECT, related_name="entries", verbose_name=_("budget line"))
    amount = models.DecimalField(pgettext_lazy("resource", "amount"), max_digits=DIGITS, decimal_places=PLACES)
    spent_on = models.DateField(_("spent on"))
    purpose = models.CharField(_("what for"), max_length=PURPOSE_LENGTH, validators=plain_text)
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversal", verbose_name=_("takes back"),
        error_messages={"unique": _("This entry has been reversed already.")},
    )  # fmt: skip
    receipt = models.OneToOneField(
        Picture, models.PROTECT, null=True, blank=True, related_name="receipt_of", verbose_name=_("receipt")
    )
    entered_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="resource_entries", verbose_name=_("entered by")
    )
    entered_at = models.DateTimeField(_("entered at"))
    idempotency_key = models.CharField(max_length=64, null=True, blank=True, editable=False)

    objects = ResourceEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        ordering = ["-spent_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(reverses=None, amount__gt=0) | Q(reverses__isnull=False, amount__lt=0),
                name="entry_spends_or_takes_back",
                violation_error_message=_("An entry is above nothing; only one that takes another back is below."),
            ),
            models.UniqueConstraint(fields=["entered_by", "idempotency_key"], name="entry_once"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.amount}"

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise EntryStands("An entry is never edited; reverse it.")
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise EntryStands("An entry is never deleted; reverse it.")

    @property
    def is_reversal(self) -> bool:
        return self.reverses_id is not None

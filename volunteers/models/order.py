"""The catalogue of services, and what residents order: who holds an order, who does it, how it was rated."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from grids.encryption import EncryptedTextField
from grids.masking import mask_name, mask_phone, masked
from grids.models import Grid, Organisation, Placed, PlacedQuerySet, User, validate_printable
from grids.models.reveal import Reveal
from grids.text import long_text
from volunteers.models.skill import ServiceKind, Skill
from volunteers.models.step import Step
from volunteers.orders.workflow import (
    OPEN,
    RATED_WITHIN,
    WITH_PROVIDER,
    OrderAction,
    OrderRating,
    OrderRule,
    OrderStage,
    OrderState,
)
from volunteers.times import ANY_TIME, describe

_OPEN, _WITH_PROVIDER = sorted(OPEN), sorted(WITH_PROVIDER)
# Of a keyed hash in hexadecimal digits.
CODE_HASH_LENGTH = 64


class ServiceQuerySet(PlacedQuerySet):
    def in_use(self):
        return self.filter(withdrawn_at=None)

    def serving(self, grid: Grid):
        """Those that reach the grid, because they are for it, for what it lies in, or for something in it."""
        around = Q(grid__lft__lte=grid.lft, grid__rght__gte=grid.rght)
        return self.filter(around | Q(position__range=(grid.lft, grid.rght)))

    def with_providers(self):
        return self.select_related("grid", "skill", "organisation")


class Service(Placed):
    """What can be ordered for a grid and all below it: of an organisation, or else of the community's own helpers."""

    kind = models.CharField(_("kind of service"), max_length=12, choices=ServiceKind)
    skill = models.ForeignKey(
        Skill, models.PROTECT, related_name="services", verbose_name=_("skill"),
        help_text=_("Those who offered it are suggested when the order is dispatched."),
    )  # fmt: skip

    name = models.CharField(_("name"), max_length=64, validators=[validate_printable])
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="services", verbose_name=_("provider"),
        help_text=_("Without one, the helpers who reported to the community provide it."),
    )  # fmt: skip

    place = models.CharField(
        _("where"), max_length=120, blank=True, validators=[validate_printable],
        help_text=_("Such as: at home; Party service centre, ground floor"),
    )  # fmt: skip

    times = models.PositiveIntegerField(_("times"), default=ANY_TIME)
    price = models.DecimalField(
        _("price"), max_digits=8, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(Decimal(0), _("A price is not below zero."))],
        help_text=_("In yuan; empty where it costs nothing."),
    )  # fmt: skip

    price_note = models.CharField(_("about the price"), max_length=120, blank=True, validators=[validate_printable])
    how = models.CharField(
        _("how to order"), max_length=200, blank=True, validators=[validate_printable],
        help_text=_("What else there is than the page: a phone of the office, a counter."),
    )  # fmt: skip

    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True, editable=False)
    is_demo = models.BooleanField(_("made up for demonstration"), default=False, editable=False)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("service")
        verbose_name_plural = _("catalogue of services")
        ordering = ["position", "kind", "name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["grid", "name"], condition=Q(withdrawn_at=None), name="service_named_once",
                violation_error_message=_("There is already a service of this name there."),
            ),
            models.CheckConstraint(condition=Q(price=None) | Q(price__gte=0), name="service_price_not_negative"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def when(self) -> str:
        """Its times in words."""
        return describe(self.times)


class OrderLimit(models.Model):
    """How long a stage of an order may take before it climbs; in working days."""

    stage = models.CharField(_("stage"), max_length=16, choices=OrderStage, unique=True)
    days = models.PositiveSmallIntegerField(
        _("working days"), default=1, validators=[MinValueValidator(1, _("At least one working day."))]
    )

    class Meta:
        verbose_name = _("time limit of orders")
        verbose_name_plural = _("time limits of orders")
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=Q(days__gte=1, days__lte=60), name="order_limit_days_sensible",
                                              violation_error_message=_("From 1 to 60 working days."))]  # fmt: skip

    def __str__(self) -> str:
        return self.get_stage_display()


class ServiceOrderQuerySet(PlacedQuerySet):
    def open(self):
        return self.filter(state__in=_OPEN)

    def in_hand(self):
        """Those that somebody was asked to do and has not done yet."""
        return self.filter(state__in=_WITH_PROVIDER)

    def with_related(self):
        return self.select_related("grid", "holder", "service", "skill", "member", "organisation", "placed_by")


class ServiceOrder(Placed):
    """What a resident wants done at a place, and where it stands; `holder` is the grid that answers for it now."""

    kind = models.CharField(_("kind of service"), max_length=12, choices=ServiceKind, default=ServiceKind.VOLUNTEER)
    service = models.ForeignKey(
        Service, models.PROTECT, null=True, blank=True, related_name="orders", verbose_name=_("service")
    )
    skill = models.ForeignKey(
        Skill, models.PROTECT, null=True, blank=True, related_name="orders", verbose_name=_("skill")
    )
    text = models.TextField(_("what is wanted"), blank=True, validators=long_text)
    times = models.PositiveIntegerField(_("times"), default=ANY_TIME)
    state = models.CharField(_("state"), max_length=16, choices=OrderState, default=OrderState.PLACED)
    holder = models.ForeignKey(Grid, models.PROTECT, related_name="held_orders", verbose_name=_("holder"))
    member = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="service_orders", verbose_name=_("member")
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="service_orders",
        verbose_name=_("organisation"),
    )  # fmt: skip

    declines = models.PositiveSmallIntegerField(_("declined with this holder"), default=0)
    due_at = models.DateTimeField(_("due at"), null=True, blank=True)
    wake_at = models.DateTimeField(null=True, blank=True, editable=False)
    is_late = models.BooleanField(_("late on the last level"), default=False)
    rating = models.CharField(_("rating"), max_length=16, choices=OrderRating, blank=True)
    rated_at = models.DateTimeField(_("rated at"), null=True, blank=True)
    placed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="written_orders", verbose_name=_("written down by")
    )
    placed_at = models.DateTimeField(_("ordered at"))
    changed_at = models.DateTimeField(_("in this state since"))
    # What it arose from, a case for one; as of `branches.references`.
    source_kind = models.CharField(max_length=16, blank=True, editable=False)
    source_key = models.CharField(max_length=64, blank=True, editable=False)
    idempotency_key = models.CharField(max_length=128, unique=True, editable=False)
    is_demo = models.BooleanField(_("made up for demonstration"), default=False, editable=False)

    objects = ServiceOrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("service order")
        verbose_name_plural = _("service orders")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=OrderState.values), name="order_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=_OPEN, due_at__isnull=False) | (~Q(state__in=_OPEN) & Q(due_at=None)),
                name="order_open_has_deadline",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=_WITH_PROVIDER) | Q(member=None) ^ Q(organisation=None),
                name="order_asked_one_provider",
            ),
            models.CheckConstraint(
                condition=~Q(state=OrderState.PLACED) | Q(member=None, organisation=None),
                name="order_placed_asked_nobody",
            ),
            models.CheckConstraint(condition=Q(rating="") ^ Q(rated_at__isnull=False), name="order_rated_at_a_time"),
        ]
        indexes = [
            models.Index(fields=["wake_at"], condition=Q(wake_at__isnull=False), name="order_wake"),
            models.Index(fields=["source_kind", "source_key"], condition=~Q(source_kind=""), name="order_source"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def number(self) -> str:
        """The day that it was ordered, and its own number."""
        return f"{timezone.localtime(self.placed_at):%Y%m%d}-{self.pk:05d}"

    @property
    def title(self) -> str:
        """What it is about; never the resident's own words."""
        return str(self.service or self.skill or _("a wish in own words"))

    @property
    def provider(self) -> Organisation | User | None:
        """Who was asked to do it, or has done it."""
        return self.organisation or self.member

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def when(self) -> str:
        """When it suits the resident, in words."""
        return describe(self.times)

    @property
    def rated_until(self) -> datetime | None:
        """Until when it can be rated, once it is done and as long as it is not rated."""
        return self.changed_at + RATED_WITHIN if self.state == OrderState.DONE and not self.rating else None


class OrderStep(Step):
    """One entry of the history of an order, with all that the order's row says of who holds and who does it."""

    order = models.ForeignKey(ServiceOrder, models.PROTECT, related_name="steps", verbose_name=_("order"))
    action = models.CharField(_("action"), max_length=12, choices=OrderAction)
    rule = models.CharField(_("rule"), max_length=16, choices=OrderRule, blank=True)
    skipped = models.CharField(_("passed over, for their posts are vacant"), max_length=200, blank=True)
    holder = models.ForeignKey(Grid, models.PROTECT, related_name="+", verbose_name=_("holder"))
    holder_name = models.CharField(_("name of the holder"), max_length=64)
    member = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("member"))
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, related_name="+", verbose_name=_("organisation")
    )
    provider_name = models.CharField(_("name of who does it"), max_length=64, blank=True)
    due_at = models.DateTimeField(_("due at"), null=True)
    rating = models.CharField(_("rating"), max_length=16, choices=OrderRating, blank=True)

    class Meta(Step.Meta):
        verbose_name = _("step of an order")
        verbose_name_plural = _("steps of orders")

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.by_name}".strip()


class OrderContactQuerySet(models.QuerySet):
    def outlived(self, at: datetime):
        """What is still kept of orders that ended long enough ago."""
        until = at - timedelta(days=settings.CONTACT_KEPT_DAYS)
        return self.filter(erased_at=None, order__changed_at__lt=until).exclude(order__state__in=_OPEN)


class OrderContact(models.Model):
    """The resident behind an order: how to reach them and where the door is; the code shows that an order is theirs."""

    order = models.OneToOneField(ServiceOrder, models.PROTECT, related_name="contact", verbose_name=_("order"))
    name = EncryptedTextField(_("name"), null=True)
    phone = EncryptedTextField(_("phone"), null=True)
    address = EncryptedTextField(_("address"), null=True)
    code_hash = models.CharField(max_length=CODE_HASH_LENGTH, blank=True, editable=False)
    source = models.CharField(max_length=64, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"))
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True)

    objects = OrderContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact of an order")
        verbose_name_plural = _("contacts of orders")
        constraints = [
            models.CheckConstraint(
                condition=Q(erased_at=None)
                | Q(name__isnull=True, phone__isnull=True, address__isnull=True, code_hash="", source=""),
                name="order_contact_erased_is_empty",
            ),
            models.UniqueConstraint(fields=["code_hash"], condition=~Q(code_hash=""), name="order_code_once"),
        ]
        indexes = [models.Index(fields=["created_at"], condition=~Q(source=""), name="order_contact_source")]

    def __str__(self) -> str:
        return f"contact {self.pk}"

    @property
    def is_empty(self) -> bool:
        """Nothing was given, or it is erased."""
        return self.name is None and self.phone is None and self.address is None

    @property
    def masked_name(self) -> str:
        return masked(self.name, mask_name)

    @property
    def masked_phone(self) -> str:
        return masked(self.phone, mask_phone)


class OrderReveal(Reveal):
    """Somebody looked at how to reach a resident, for an order."""

    order = models.ForeignKey(ServiceOrder, models.PROTECT, related_name="reveals", verbose_name=_("order"))

    class Meta(Reveal.Meta):
        verbose_name = _("look at the contact of an order")
        verbose_name_plural = _("looks at contacts of orders")

    def __str__(self) -> str:
        return f"{self.order_id} {self.actor_name}"

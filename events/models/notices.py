"""Notices, how a person wants to be told, and what became of each notice on each way."""

from datetime import datetime, time, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from events.models.event import Event
from events.models.step import Step
from events.workflow import Urgency
from grids.encryption import EncryptedTextField
from grids.models import User

ERROR_LENGTH = 64
NOTICE_LENGTH = 300
URL_LENGTH = 300
KEY_LENGTH = 100


class Channel(models.TextChoices):
    MAIL = "mail", _("email")
    ROBOT = "robot", _("group robot")


class Robot(models.TextChoices):
    WECOM = "wecom", _("WeCom")
    DINGTALK = "dingtalk", _("DingTalk")


def default_quiet_from() -> time:
    return settings.NOTICE_QUIET_HOURS[0]


def default_quiet_until() -> time:
    return settings.NOTICE_QUIET_HOURS[1]


class NoticePreference(models.Model):
    """A person's choice; who has made none is told by email where there is an address. The inbox shows all anyway.

    The robot's address holds its key, so both address and secret are encrypted and never shown again.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notice_preference", verbose_name=_("person")
    )
    by_mail = models.BooleanField(_("by email"), default=True)
    robot = models.CharField(_("group robot"), max_length=16, choices=Robot, blank=True)
    webhook = EncryptedTextField(_("address of the robot"), null=True)
    secret = EncryptedTextField(_("signing secret of the robot"), null=True)
    quiet_from = models.TimeField(_("quiet from"), default=default_quiet_from)
    quiet_until = models.TimeField(_("quiet until"), default=default_quiet_until)
    digest = models.BooleanField(_("one digest each morning"), default=False)
    tested_at = models.DateTimeField(_("tested at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("choice of notices")
        verbose_name_plural = _("choices of notices")
        constraints = [
            models.CheckConstraint(
                condition=Q(robot="", webhook__isnull=True, secret__isnull=True)
                | ~Q(robot="") & Q(webhook__isnull=False),
                name="notice_robot_has_address",
            )
        ]

    def __str__(self) -> str:
        return f"notices of {self.user_id}"

    def after_quiet(self, at: datetime) -> datetime:
        """This moment, or the end of the quiet hours that it falls into; like ends mean that no hour is quiet."""
        local = timezone.localtime(at)
        now, begin, end = local.time(), self.quiet_from, self.quiet_until
        quiet = begin <= now < end if begin <= end else now >= begin or now < end
        return _on_clock(at, end) if quiet else at

    def first_try(self, at: datetime, urgent: bool) -> tuple[datetime, bool]:
        """When a notice of this moment goes out, and whether in the digest. What is urgent goes at once."""
        if urgent:
            return at, False
        if self.digest:
            return self.after_quiet(_on_clock(at, settings.NOTICE_DIGEST_AT)), True
        return self.after_quiet(at), False


def _on_clock(at: datetime, clock: time) -> datetime:
    """The next moment after `at` when clocks on the wall show this time."""
    local = timezone.localtime(at)
    day = local.date() if local.time() < clock else local.date() + timedelta(days=1)
    return datetime.combine(day, clock, tzinfo=local.tzinfo)


class NoticeQuerySet(models.QuerySet):
    def pending(self):
        """Those whose deliveries are not written yet."""
        return self.filter(delivered_at=None)

    def shown_to(self, user: User):
        """The person's inbox; what is told of a clue report is gone from it with the sight of the case."""
        clues = Event.objects.filter(is_confidential=True).visible_to(user)
        shown = Q(event=None) | Q(event__is_confidential=False) | Q(event__in=clues)
        return self.filter(shown, recipient=user)

    def unread(self):
        return self.filter(read_at=None)


class Notice(models.Model):
    """The outbox: written with what causes it and shown in the inbox; `delivered_at` hands it on.

    It tells of a step of a case, or, of anything else, one sentence without personal data and the page where it
    stands; `key` names what is told, so that nobody is told twice. From then on a `Delivery` for each way tells
    what became of it.
    """

    step = models.ForeignKey(
        Step, models.PROTECT, null=True, blank=True, related_name="notices", verbose_name=_("step")
    )
    event = models.ForeignKey(
        Event, models.PROTECT, null=True, blank=True, related_name="notices", verbose_name=_("event")
    )
    text = models.CharField(_("text"), max_length=NOTICE_LENGTH, blank=True)
    page = models.CharField(_("page"), max_length=URL_LENGTH, blank=True)
    key = models.CharField(_("key"), max_length=KEY_LENGTH, blank=True)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="notices", verbose_name=_("recipient")
    )
    created_at = models.DateTimeField(_("created at"))
    delivered_at = models.DateTimeField(_("handed on at"), null=True, blank=True)
    ways = models.PositiveSmallIntegerField(
        _("ways"), null=True, blank=True, editable=False,
        help_text=_("How many deliveries were written when it was handed on."),
    )  # fmt: skip
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [
            models.UniqueConstraint(fields=["step", "recipient"], name="notice_once_for_each_step"),
            models.UniqueConstraint(fields=["recipient", "key"], condition=~Q(key=""), name="notice_once_for_each_key"),
            models.CheckConstraint(
                condition=Q(step__isnull=False, event__isnull=False, text="", page="", key="")
                | Q(step=None, event=None, page__startswith="/") & ~Q(text="") & ~Q(key=""),
                name="notice_of_step_or_in_words",
            ),
        ]
        indexes = [
            models.Index(fields=["recipient", "-created_at"], name="notice_inbox"),
            models.Index(fields=["recipient"], condition=Q(read_at=None), name="notice_unread"),
            models.Index(fields=["recipient", "event"], condition=Q(delivered_at=None), name="notice_unwritten"),
        ]

    def __str__(self) -> str:
        return f"{self.event.number if self.event else self.key} → {self.recipient}"

    @property
    def is_urgent(self) -> bool:
        return bool(self.event and self.event.urgency == Urgency.URGENT)

    @property
    def is_confidential(self) -> bool:
        return bool(self.event and self.event.is_confidential)

    @property
    def what(self) -> str:
        """What happened: the name of the action, or the sentence."""
        return self.step.action_name if self.step else self.text

    @property
    def headline(self) -> str:
        """What may leave the house, which a title of a case may not, for that may hold names."""
        return f"[{self.event.number}] {self.what}" if self.event else self.text

    @property
    def url(self) -> str:
        """Where it is read, and marked so."""
        if self.event:
            return reverse("event_detail", args=[self.event.number])
        return reverse("notice_open", args=[self.pk])


class DeliveryQuerySet(models.QuerySet):
    def pending(self):
        return self.filter(delivered_at=None, given_up_at=None, withdrawn_at=None)

    def due(self, at: datetime):
        return self.pending().filter(next_try_at__lte=at)


def is_of_same(rows: models.QuerySet, page: str) -> Q:
    """Asked of deliveries: is any of these rows of the same person and of the same case, or else the same page?

    `page` leads from the rows to it. Two questions, for each has its index.
    """
    own = rows.filter(recipient=OuterRef("recipient"))
    of_page = own.filter(event=None, **{page: OuterRef("notice__page")})
    return Q(Exists(own.filter(event=OuterRef("event")))) | Q(event=None) & Exists(of_page)


class Delivery(models.Model):
    """One notice on one way to its recipient: sent until it is taken, given up visibly, or not needed any more.

    Whoever sends it first moves `next_try_at` on: should they die, it is tried again then. Person and case are
    the notice's own; they stand here for the order.
    """

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("delivery", "waiting")
        DELIVERED = "delivered", pgettext_lazy("delivery", "delivered")
        GIVEN_UP = "given_up", pgettext_lazy("delivery", "given up")
        WITHDRAWN = "withdrawn", pgettext_lazy("delivery", "not needed any more")

    notice = models.ForeignKey(
        Notice, models.PROTECT, related_name="deliveries", verbose_name=_("notice"), db_index=False
    )
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recipient"), db_index=False
    )
    event = models.ForeignKey(Event, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("event"))
    channel = models.CharField(_("way"), max_length=8, choices=Channel)
    in_digest = models.BooleanField(_("in the digest"), default=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_try_at = models.DateTimeField(_("next try at"))
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)
    given_up_at = models.DateTimeField(_("given up at"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    last_error = models.CharField(_("last error"), max_length=ERROR_LENGTH, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(fields=["notice", "channel"], name="delivery_once_for_each_way"),
            models.CheckConstraint(
                condition=Q(delivered_at=None, given_up_at=None)
                | Q(delivered_at=None, withdrawn_at=None)
                | Q(given_up_at=None, withdrawn_at=None),
                name="delivery_ends_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=Q(delivered_at=None, given_up_at=None, withdrawn_at=None),
                name="delivery_due",
            ),
            models.Index(
                fields=["recipient", "event", "channel", "notice"],
                condition=Q(delivered_at=None, given_up_at=None, withdrawn_at=None),
                name="delivery_in_turn",
            ),
            models.Index(fields=["recipient", "given_up_at"], condition=~Q(given_up_at=None), name="delivery_given_up"),
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} {self.get_channel_display()}"

    @property
    def state(self) -> "Delivery.State":
        if self.delivered_at:
            return self.State.DELIVERED
        if self.given_up_at:
            return self.State.GIVEN_UP
        return self.State.WITHDRAWN if self.withdrawn_at else self.State.WAITING

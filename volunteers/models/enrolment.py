"""Double check-in (双报到): who reported to which community, and what they offer there."""

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from grids.models import Grid, Organisation, Placed, PlacedQuerySet, Post, User, validate_printable
from volunteers.enrolments.workflow import CURRENT, SERVING, EnrolmentAction, EnrolmentState
from volunteers.models.skill import Skill
from volunteers.models.step import Step
from volunteers.times import ANY_TIME


class EnrolmentQuerySet(PlacedQuerySet):
    def current(self):
        """Neither refused nor ended."""
        return self.filter(state__in=CURRENT)

    def serving(self):
        """Confirmed by the community, or placed there."""
        return self.filter(state__in=SERVING)

    def waiting(self):
        """For the community's answer."""
        return self.filter(state=EnrolmentState.APPLIED)


class OrganisationEnrolment(Placed):
    """That an organisation reported to a community, which is its `grid`, from one day to another."""

    grid = models.ForeignKey(Grid, models.PROTECT, related_name="organisation_enrolments", verbose_name=_("community"))
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="enrolments", verbose_name=_("organisation")
    )
    state = models.CharField(_("state"), max_length=16, choices=EnrolmentState, default=EnrolmentState.APPLIED)
    contact = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("contact"),
        help_text=_("Who of the organisation is asked; found by name."),
    )  # fmt: skip

    since = models.DateField(pgettext_lazy("enrolment", "from"))
    until = models.DateField(pgettext_lazy("enrolment", "until"), null=True, blank=True)
    applied_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("reported by"))
    is_demo = models.BooleanField(_("made up for demonstration"), default=False, editable=False)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("organisation's enrolment")
        verbose_name_plural = _("organisations' enrolments")
        ordering = ["position", "-since", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["grid", "organisation"],
                condition=Q(state__in=sorted(CURRENT)),
                name="enrolment_organisation_once",
                violation_error_message=_("This organisation has reported to this community already."),
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")),
                name="enrolment_organisation_ends_after_beginning",
                violation_error_message=_("It ends after it began."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=EnrolmentState.values), name="enrolment_organisation_state_known"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.organisation} · {self.grid.name}"

    def is_over(self, day: date) -> bool:
        """Whether the time that was agreed has run out, though nobody has ended it."""
        return bool(self.state in CURRENT and self.until and self.until < day)


class MemberEnrolment(Placed):
    """That a member of an organisation reported to a community, which is its `grid`, and where they were placed."""

    grid = models.ForeignKey(Grid, models.PROTECT, related_name="member_enrolments", verbose_name=_("community"))
    user = models.ForeignKey(User, models.PROTECT, related_name="enrolments", verbose_name=_("member"))
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="member_enrolments", verbose_name=_("organisation")
    )
    state = models.CharField(_("state"), max_length=16, choices=EnrolmentState, default=EnrolmentState.APPLIED)
    place = models.ForeignKey(
        Grid, models.PROTECT, null=True, blank=True, related_name="placed_members", verbose_name=_("placed with")
    )
    post = models.ForeignKey(
        Post, models.PROTECT, null=True, blank=True, related_name="enrolments", verbose_name=_("post of volunteers"),
        help_text=_("Given with the placing; it ends with the enrolment."),
    )  # fmt: skip

    since = models.DateField(pgettext_lazy("enrolment", "from"))
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    is_demo = models.BooleanField(_("made up for demonstration"), default=False, editable=False)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("member's enrolment")
        verbose_name_plural = _("members' enrolments")
        ordering = ["position", "-since", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(state__in=sorted(CURRENT)),
                name="enrolment_member_once",
                violation_error_message=_("This person has reported to a community already."),
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=F("since")), name="enrolment_member_ends_after_beginning"
            ),
            models.CheckConstraint(
                condition=Q(state__in=EnrolmentState.values), name="enrolment_member_state_known"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.user} · {self.grid.name}"


class OfferQuerySet(PlacedQuerySet):
    def open_on(self, day: date):
        """Of somebody who serves, not taken back, and not over."""
        serving = Q(organisation_enrolment__state__in=SERVING) | Q(member_enrolment__state__in=SERVING)
        over = Q(organisation_enrolment__until__lt=day)
        return self.filter(serving, withdrawn_on=None).exclude(over)

    def with_givers(self):
        return self.select_related(
            "skill", "grid", "organisation_enrolment__organisation", "member_enrolment__user",
            "member_enrolment__organisation",
        )  # fmt: skip


class Offer(Placed):
    """What an enrolled organisation or member can do, and when; `grid` is the community that it was offered to."""

    organisation_enrolment = models.ForeignKey(
        OrganisationEnrolment, models.PROTECT, null=True, blank=True, related_name="offers",
        verbose_name=_("organisation's enrolment"),
    )  # fmt: skip

    member_enrolment = models.ForeignKey(
        MemberEnrolment, models.PROTECT, null=True, blank=True, related_name="offers",
        verbose_name=_("member's enrolment"),
    )  # fmt: skip

    skill = models.ForeignKey(Skill, models.PROTECT, related_name="offers", verbose_name=_("skill"))
    note = models.CharField(_("more about it"), max_length=200, blank=True, validators=[validate_printable])
    times = models.PositiveIntegerField(_("times"), default=ANY_TIME)
    withdrawn_on = models.DateField(_("taken back on"), null=True, blank=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering = ["position", "skill", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(organisation_enrolment=None) ^ Q(member_enrolment=None), name="offer_of_one"
            ),
            models.UniqueConstraint(
                fields=["organisation_enrolment", "skill"], condition=Q(withdrawn_on=None),
                name="offer_once_by_organisation",
                violation_error_message=_("This is offered already."),
            ),
            models.UniqueConstraint(
                fields=["member_enrolment", "skill"], condition=Q(withdrawn_on=None), name="offer_once_by_member",
                violation_error_message=_("This is offered already."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.giver} · {self.skill}"

    @property
    def giver(self) -> Organisation | User:
        """Who offers it."""
        if self.organisation_enrolment_id:
            return self.organisation_enrolment.organisation
        return self.member_enrolment.user


class EnrolmentStep(Step):
    """One entry of the history of an enrolment, of an organisation's or of a member's."""

    organisation_enrolment = models.ForeignKey(
        OrganisationEnrolment, models.PROTECT, null=True, related_name="steps",
        verbose_name=_("organisation's enrolment"),
    )  # fmt: skip

    member_enrolment = models.ForeignKey(
        MemberEnrolment, models.PROTECT, null=True, related_name="steps", verbose_name=_("member's enrolment")
    )
    action = models.CharField(_("action"), max_length=12, choices=EnrolmentAction)

    class Meta(Step.Meta):
        verbose_name = _("step of an enrolment")
        verbose_name_plural = _("steps of enrolments")
        constraints = [
            models.CheckConstraint(
                condition=Q(organisation_enrolment=None) ^ Q(member_enrolment=None), name="enrolment_step_of_one"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.by_name}".strip()

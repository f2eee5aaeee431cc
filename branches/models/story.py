"""A story of what was done: written from a closed case or an activity, reviewed, published, and withdrawn."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches.disclosure.workflow import Action, State
from branches.models.picture import Picture
from grids.models import Grid, Placed, PlacedQuerySet, User, validate_printable
from grids.text import TITLE_LENGTH, long_text, plain_text


class StoryQuerySet(PlacedQuerySet):
    def public(self):
        return self.filter(state=State.PUBLISHED)


class Story(Placed):
    """The text of now, and where it stands; its steps tell how it came there."""

    # Declared here for its name alone: Django would call it `storys`.
    grid = models.ForeignKey(Grid, models.PROTECT, related_name="stories", verbose_name=_("grid"))
    title = models.CharField(_("title"), max_length=TITLE_LENGTH, validators=plain_text)
    before = models.TextField(_("how it was before"), blank=True, validators=long_text)
    after = models.TextField(_("what was done, and how it is now"), validators=long_text)
    shows_people = models.BooleanField(_("somebody can be recognised"), default=False)
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.DRAFT)
    # What it tells of, for staff.
    source_kind = models.CharField(max_length=16, blank=True, editable=False)
    source_key = models.CharField(max_length=64, blank=True, editable=False)
    written_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="stories", verbose_name=_("written by")
    )
    written_at = models.DateTimeField(_("written at"))
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    idempotency_key = models.CharField(max_length=64, null=True, blank=True, editable=False)

    objects = StoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("story")
        verbose_name_plural = _("stories")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="story_state_known"),
            models.CheckConstraint(
                condition=~Q(state=State.PUBLISHED) | Q(published_at__isnull=False), name="story_published_has_day"
            ),
            models.UniqueConstraint(fields=["written_by", "idempotency_key"], name="story_once"),
        ]
        indexes = [models.Index(fields=["state", "position"], name="story_state_place")]

    def __str__(self) -> str:
        return self.title


class StoryPicture(models.Model):
    """A photo in a story, of before or of after."""

    class Moment(models.TextChoices):
        BEFORE = "before", pgettext_lazy("story", "before")
        AFTER = "after", pgettext_lazy("story", "after")

    story = models.ForeignKey(Story, models.CASCADE, related_name="pictures", verbose_name=_("story"))
    picture = models.OneToOneField(Picture, models.PROTECT, related_name="in_story", verbose_name=_("photo"))
    moment = models.CharField(_("when"), max_length=8, choices=Moment)

    class Meta:
        verbose_name = _("photo of a story")
        verbose_name_plural = _("photos of stories")
        ordering = ["-moment", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(moment__in=["before", "after"]), name="story_picture_moment_known")
        ]

    def __str__(self) -> str:
        return f"{self.story} · {self.get_moment_display()}"


class StoryConsent(models.Model):
    """That somebody agreed to be named or shown; they may take it back at any time."""

    class How(models.TextChoices):
        SIGNED = "signed", pgettext_lazy("consent", "signed paper")
        SPOKEN = "spoken", pgettext_lazy("consent", "said in person")
        MESSAGE = "message", pgettext_lazy("consent", "by message")
        PHONE = "phone", pgettext_lazy("consent", "by phone")

    story = models.ForeignKey(Story, models.PROTECT, related_name="consents", verbose_name=_("story"))
    name = models.CharField(
        _("name as published"), max_length=64, validators=[validate_printable],
        help_text=_("As the story calls them: a name, 张阿姨, or 照片中的三位志愿者."),
    )  # fmt: skip
    how = models.CharField(_("how they agreed"), max_length=16, choices=How)
    agreed_on = models.DateField(_("agreed on"))
    recorded_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="consents_recorded", verbose_name=_("recorded by")
    )
    recorded_at = models.DateTimeField(_("recorded at"))
    withdrawn_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="consents_withdrawn", verbose_name=_("withdrawn by")
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(how__in=["signed", "spoken", "message", "phone"]), name="consent_how_known"
            ),
            models.UniqueConstraint(
                fields=["story", "name"],
                condition=Q(withdrawn_at=None),
                name="consent_once_for_name",
                violation_error_message=_("The consent of this name is recorded already."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name


class StoryStep(models.Model):
    """What happened to a story, by whom and when."""

    story = models.ForeignKey(Story, models.PROTECT, related_name="steps", verbose_name=_("story"))
    # Beside the table's actions: written, changed, and taken from the public with a consent.
    WRITE, EDIT, CONSENT_WITHDRAWN = "write", "edit", "consent_withdrawn"
    ACTIONS = [
        (WRITE, pgettext_lazy("story", "written")),
        (EDIT, pgettext_lazy("story", "changed")),
        (CONSENT_WITHDRAWN, pgettext_lazy("story", "a consent was taken back")),
        *Action.choices,
    ]
    action = models.CharField(_("action"), max_length=20, choices=ACTIONS)
    from_state = models.CharField(_("from"), max_length=16, choices=State, blank=True)
    to_state = models.CharField(_("to"), max_length=16, choices=State)
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="story_steps", verbose_name=_("by"))
    reason = models.CharField(_("reason"), max_length=200, blank=True, validators=plain_text)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("step of a story")
        verbose_name_plural = _("steps of stories")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.story}: {self.get_action_display()}"

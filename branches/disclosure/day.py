"""What stories ask of a person: a review, and another version of what was sent back."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from branches.disclosure.access import reviewed_by
from branches.disclosure.workflow import State
from branches.models import Story
from grids.day import MOST, Due
from grids.models import User


def day_of(user: User, at: datetime) -> list[Due]:
    """In two queries."""
    returned = Story.objects.filter(written_by=user, state=State.RETURNED).select_related("grid").order_by("-pk")
    reviewed = reviewed_by(user).select_related("grid").order_by("pk")
    return [
        *(_story(story, _("Story that was sent back")) for story in returned[:MOST]),
        *(_story(story, _("Story to be reviewed")) for story in reviewed[:MOST]),
    ]


def _story(story: Story, label: str) -> Due:
    return Due(None, "story", label, story.title, reverse("story_detail", args=[story.pk]), story.grid.name)

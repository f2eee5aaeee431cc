"""Published stories, as other pages of the branches point to them."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from branches.disclosure.access import visible_stories
from branches.models import Story
from branches.references import OFFERED, Shown, matching, primary_keys
from grids.models import Grid, User


class StorySource:
    """A story by its key; drafts are for who writes them, and nothing to point to."""

    kind = "story"
    title = _("story")

    def show(self, user: User, keys: Iterable[str]) -> dict[str, Shown]:
        stories = visible_stories(user).public().filter(pk__in=primary_keys(keys))
        return {str(story.pk): self._shown(story) for story in stories}

    def offer(self, user: User, grid: Grid, words: str = "") -> list[Shown]:
        stories = visible_stories(user).public().within(grid).order_by("-published_at", "-pk")
        return [self._shown(story) for story in matching(stories, words, "title")[:OFFERED]]

    def _shown(self, story: Story) -> Shown:
        url = reverse("story_detail", args=[story.pk])
        return Shown(self.kind, str(story.pk), story.title, story.get_state_display(), url, True)

"""Topics, as work lists and stories point to them."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from branches.deliberation.access import visible_topics
from branches.deliberation.workflow import TOLD, State
from branches.models import Topic
from branches.references import OFFERED, Shown, matching, primary_keys
from grids.models import Grid, User


class TopicSource:
    """A topic by its key; done once its decision is published."""

    kind = "topic"
    title = _("topic")

    def show(self, user: User, keys: Iterable[str]) -> dict[str, Shown]:
        return {str(topic.pk): self._shown(topic) for topic in visible_topics(user).filter(pk__in=primary_keys(keys))}

    def offer(self, user: User, grid: Grid, words: str = "") -> list[Shown]:
        topics = visible_topics(user).within(grid).exclude(state__in=[State.PROPOSED, State.DECLINED])
        topics = matching(topics, words, "title").order_by("-pk")
        return [self._shown(topic) for topic in topics[:OFFERED]]

    def _shown(self, topic: Topic) -> Shown:
        url = reverse("topic_detail", args=[topic.pk])
        return Shown(self.kind, str(topic.pk), str(topic), topic.get_state_display(), url, topic.state in TOLD)

"""Topics, as publications are told of them: title, decision and counts, which are public on the topic's own page."""

from collections.abc import Iterable
from datetime import date

from django.core.files import File

from branches.deliberation.access import visible_topics
from branches.deliberation.showing import counted_options
from branches.deliberation.workflow import TOLD
from branches.disclosure.tellers import Gist, Photo, Tally
from branches.models import Publication, Topic
from branches.references import primary_keys
from grids.models import Grid, User
from grids.text import TEXT_LENGTH


class TopicTeller:
    """A topic whose decision is published; it counts nothing and has no photos."""

    kind = "topic"

    def count(self, grid: Grid, month: date) -> list[Tally]:
        return []

    def gist(self, user: User, key: str) -> Gist | None:
        topic = visible_topics(user).select_related("grid").filter(pk__in=primary_keys([key])).first()
        if topic is None:
            return None
        return Gist(topic.grid, topic.title, _result(topic), topic.state in TOLD, Publication.Kind.DECISION)

    def photos(self, user: User, key: str) -> list[Photo]:
        return []

    def open_photos(self, user: User, key: str, keys: Iterable[str]) -> list[File]:
        return []


def _result(topic: Topic) -> str:
    """The decision, and under it each option with its votes."""
    counts = [f"{option.text}：{option.votes}" for option in counted_options(topic) if option.votes is not None]
    return "\n\n".join(filter(None, [topic.decision, "\n".join(counts)]))[:TEXT_LENGTH]

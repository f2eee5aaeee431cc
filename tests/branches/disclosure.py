"""What the tests of disclosure share: something published, and a story on its way."""

from branches.models import Publication, Story
from branches.services import move_story, publish, write_story
from tests.branches.resources import AT


def told(cast, grid=None, **fields) -> Publication:
    given = {"kind": "notice", "title": "供暖检查", "text": "请留意时间表。", "at": AT, "actor": cast.community}
    return publish(grid=grid or cast.tree.community, **given | fields)


def write(cast, **fields) -> Story:
    given = {"actor": cast.community, "grid": cast.tree.community, "title": "扶手装好了", "before": "", "at": AT}
    return write_story(**given | {"after": "大家方便了"} | fields)


def move(story: Story, actor, action: str, reason: str = "因为如此") -> Story:
    return move_story(actor=actor, story=story, action=action, reason=reason, at=AT)


def published(cast, **fields) -> Story:
    story = move(write(cast, **fields), cast.community, "submit")
    return move(story, cast.street, "publish")

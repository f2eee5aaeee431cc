"""What the demo's community deliberates on, and the case that a decision became."""

from datetime import datetime, timedelta

from branches.demo.topics import deliberate
from events import occasions, services
from events.demo.people import Staff
from events.demo.places import COMMUNITY
from events.models import Category
from grids.models import Grid

FILED_AGO = timedelta(hours=3)


def decide(staff: Staff, end: datetime) -> None:
    """A case of the one decided topic lies on the community's desk; what was decided on the others is still open."""
    grid = Grid.objects.get(code=COMMUNITY)
    desk, people = staff.users["community"], [staff.users[name] for name in ("worker", "chief", "police")]
    topic = deliberate(grid=grid, desk=desk, people=people, end=end)
    services.file_event(
        actor=desk,
        category=Category.objects.get(minor="民生服务"),
        grid=grid,
        title=topic.title,
        description=topic.decision,
        occasion=occasions.find(desk, f"topic-{topic.pk}"),
        at=end - FILED_AGO,
    )

"""Joint meetings of the demo, and the case that one of their resolutions became."""

from datetime import datetime, timedelta

from branches.demo.meetings import hold_meetings
from events import occasions
from events.demo.people import Staff
from events.demo.places import COMMUNITY
from events.models import Category
from events.services import file_event
from grids.models import Grid


def meet(staff: Staff, end: datetime) -> None:
    """The community meets; the first thing that it resolved becomes a case, two hours ago."""
    community, chair = Grid.objects.get(code=COMMUNITY), staff.users["community"]
    resolution = hold_meetings(convener=community, chair=chair, at=end)
    occasion = occasions.find(chair, f"resolution-{resolution.pk}") if resolution else None
    if occasion is None:
        return
    preset = occasions.preset(occasion)
    file_event(
        actor=chair,
        category=Category.objects.get(minor="物业管理"),
        grid=community,
        title=preset["title"],
        description="联席会议议定，由物业牵头、业委会配合，两周内完成。",
        occasion=occasion,
        at=end - timedelta(hours=2),
    )

"""Cases of the demo that arose from visits to key households."""

from datetime import datetime, timedelta

from events import occasions
from events.models import Category
from events.services import deliver_notices, file_event
from volunteers.demo.households import care
from volunteers.models import Visit


def visit(end: datetime) -> None:
    """The households of the community are visited; what was found becomes a case, of which nobody sees whence."""
    care(end)
    for found in Visit.objects.filter(finding__isnull=False).select_related("household__grid", "by"):
        occasion = occasions.find(found.by, f"visit-{found.pk}")
        if occasion is None:
            continue
        file_event(
            actor=found.by,
            category=Category.objects.get(minor="物业管理"),
            grid=found.household.grid,
            title=occasions.preset(occasion)["title"],
            occasion=occasion,
            at=end - timedelta(hours=3),
        )
    deliver_notices(at=end)

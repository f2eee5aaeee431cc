"""What meetings, work lists and votes told the demo's people: handed on like the notices of cases, and the old read."""

from datetime import datetime, timedelta

from events.models import Notice
from events.services import deliver_notices, read_notices

READ_WITHIN = timedelta(days=1)


def read_old_notices(end: datetime) -> None:
    """Hand all of them on; whoever was told longer than a day ago has read it since."""
    deliver_notices(at=end)
    old = Notice.objects.unread().filter(event=None, created_at__lt=end - READ_WITHIN)
    for notice in old.select_related("recipient"):
        read_notices(user=notice.recipient, page=notice.page, at=notice.created_at + READ_WITHIN)

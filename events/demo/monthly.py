"""The reports of the month that is over, and what stood as the last days began."""

from datetime import datetime

from events.demo.people import Staff
from events.demo.places import DISTRICT, STREET
from events.figures.days import previous_month, this_month
from events.services import keep_standings, make_report
from grids.models import Grid


def report_last_month(staff: Staff, end: datetime) -> None:
    """Of the district and its complete street, as an official makes them; pages compare with what stood."""
    month = previous_month(this_month(end))
    for code in (DISTRICT, STREET):
        make_report(actor=staff.users["district"], grid=Grid.objects.get(code=code), month=month, at=end)
    keep_standings(at=end)

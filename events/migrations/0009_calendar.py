from django.db import migrations
from django.utils import timezone

from events.clock import STATUTORY

HOURS = "08:00-12:00 14:00-18:00"


def add_calendar(apps, schema_editor):
    """What chinesecalendar knows, by which every clock has run until now, as the first edition."""
    model = apps.get_model
    years = {year: model("events", "CalendarYear")(year=year, notice=said) for year, said in STATUTORY.notices.items()}
    model("events", "CalendarYear").objects.bulk_create(years.values())
    model("events", "CalendarDay").objects.bulk_create(
        model("events", "CalendarDay")(year=years[day.year], date=day, is_working=said.is_working, name=said.name)
        for day, said in sorted(STATUTORY.days.items())
    )
    model("events", "WorkingHours").objects.create(id=1, spans=HOURS)
    model("events", "CalendarEdition").objects.create(
        digest=STATUTORY.edition, content=STATUTORY.content(), created_at=timezone.now()
    )


class Migration(migrations.Migration):
    dependencies = [("events", "0008_clocks")]
    operations = [migrations.RunPython(add_calendar, migrations.RunPython.noop)]

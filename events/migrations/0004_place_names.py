"""Give the cases of before the name of their place, as it is called now: the only one that is known."""

from django.db import migrations
from django.db.models import Case, F, OuterRef, Subquery, Value, When
from django.db.models.functions import Concat

BATCH = 10_000
BUILDING, UNIT = 4, 5


def name_places(apps, schema_editor):
    events = apps.get_model("events", "Event")._base_manager
    space = Value(" ")
    name = Case(
        When(level=BUILDING, then=Concat("parent__name", space, "name")),
        When(level=UNIT, then=Concat("parent__parent__name", space, "parent__name", space, "name")),
        default=F("name"),
    )
    grids = apps.get_model("grids", "Grid")._base_manager.filter(pk=OuterRef("grid")).annotate(place=name)
    last = 0
    while batch := list(events.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        nameless = events.filter(pk__gt=last, pk__lte=batch[-1], place_name="")
        nameless.update(place_name=Subquery(grids.values("place")[:1]))
        last = batch[-1]


class Migration(migrations.Migration):
    dependencies = [("events", "0003_organisations")]

    operations = [migrations.RunPython(name_places, migrations.RunPython.noop)]

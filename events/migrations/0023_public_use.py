from django.db import migrations


class Migration(migrations.Migration):
    """Hand the counts of the public pages to `grids`, for the pages of all floors; the rows stay where they are."""

    dependencies = [("events", "0022_hotline_elsewhere")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.AlterModelTable("PublicUse", "grids_publicuse")],
            state_operations=[migrations.DeleteModel("PublicUse")],
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0021_proof_mended"),
    ]

    operations = [
        migrations.AlterField(
            model_name="hotlinerow",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("ready", "to be filed"),
                    ("open", "to be decided"),
                    ("wrong", "not usable"),
                    ("known", "known already"),
                    ("elsewhere", "not in your area"),
                    ("ignored", "no order"),
                    ("filed", "now a case"),
                    ("refused", "not accepted"),
                ],
                max_length=16,
                verbose_name="outcome",
            ),
        ),
    ]

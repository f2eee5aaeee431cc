"""What people and organisations offer: the usual things, as a start to edit."""

from django.db import migrations

SKILLS = {
    "public": ("政策咨询", "证照代办", "法律咨询"),
    "social": ("心理疏导", "纠纷调解", "课后托管"),
    "market": ("家电维修", "理发", "家政保洁"),
    "volunteer": ("入户探望", "陪同就医", "代买代办", "环境整治", "巡逻值守", "应急救援", "文艺辅导"),
}


def add_skills(apps, schema_editor):
    skills = [(kind, name) for kind, names in SKILLS.items() for name in names]
    model = apps.get_model("volunteers", "Skill")
    model.objects.bulk_create(model(kind=kind, name=name, ordinal=at) for at, (kind, name) in enumerate(skills, 1))


class Migration(migrations.Migration):
    dependencies = [("volunteers", "0001_initial")]

    operations = [migrations.RunPython(add_skills, migrations.RunPython.noop)]

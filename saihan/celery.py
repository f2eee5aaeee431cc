"""The Celery application; its settings are the CELERY_ ones in `saihan/settings.py`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saihan.settings")

app = Celery("saihan")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

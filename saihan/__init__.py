"""Wiring: settings, readers of the environment, URLs, Celery and the base page."""

from saihan.celery import app as celery_app

__all__ = ["celery_app"]

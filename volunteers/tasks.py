"""Thin: each calls one service, which is safe to run twice or beside itself."""

from celery import shared_task

from volunteers import services


@shared_task
def erase_mediations() -> dict[str, int]:
    return services.erase_mediations()

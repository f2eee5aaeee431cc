"""Thin: each calls one service, which is safe to run twice or beside itself."""

from celery import shared_task

from volunteers import services

# Service orders


@shared_task
def sweep_orders() -> dict[str, int]:
    return dict(services.sweep_orders())


@shared_task
def erase_order_contacts() -> dict[str, int]:
    return dict(services.erase_order_contacts())

"""Thin: each calls one service, which is safe to run twice or beside itself."""

from celery import shared_task

from volunteers import services


@shared_task
def erase_households() -> dict[str, int]:
    return services.erase_households()


@shared_task
def remind_of_activities() -> int:
    return services.remind_of_activities()


@shared_task
def sweep_orders() -> dict[str, int]:
    return dict(services.sweep_orders())


@shared_task
def erase_order_contacts() -> dict[str, int]:
    return dict(services.erase_order_contacts())


@shared_task
def erase_mediations() -> dict[str, int]:
    return services.erase_mediations()

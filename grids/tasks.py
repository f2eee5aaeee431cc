"""Thin: each calls one service, which is safe to run twice or beside itself."""

from celery import shared_task

from grids import services


@shared_task
def check_sheet(pk: int) -> None:
    services.check_sheet(pk=pk)


@shared_task
def apply_sheet(pk: int) -> None:
    services.apply_sheet(pk=pk)


@shared_task
def undo_sheet(pk: int) -> None:
    services.undo_sheet(pk=pk)


@shared_task
def continue_sheets() -> int:
    return services.continue_sheets()

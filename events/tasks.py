"""Thin: each fetches nothing and calls one service, which is safe to run twice or beside itself."""

from celery import shared_task

from events import services

CHECK_SECONDS = 6 * 3600


@shared_task
def sweep() -> dict[str, int]:
    return dict(services.sweep())


@shared_task
def fold_tallies() -> int:
    return services.fold_tallies()


@shared_task
def clean_uploads() -> dict[str, int]:
    return services.clean_uploads()


@shared_task
def erase_contacts() -> dict[str, int]:
    return dict(services.erase_contacts())


@shared_task
def deliver_notices() -> dict[str, int]:
    return dict(services.deliver_notices())


# Longer than Redis would leave it to one worker, so it is confirmed before: beat asks again each hour anyway.
@shared_task(acks_late=False, reject_on_worker_lost=False, soft_time_limit=CHECK_SECONDS, time_limit=CHECK_SECONDS + 60)
def check_daily() -> int | None:
    """Once a day, whenever it is asked: the number of the digest that was made. It has a queue of its own."""
    digest = services.check_daily()
    return digest and digest.number


@shared_task
def watch_check() -> int:
    return services.watch_check()


@shared_task
def adjust_deadlines() -> dict[str, int]:
    return dict(services.adjust_deadlines())


@shared_task
def list_quick_closings() -> int:
    return services.list_quick_closings()


@shared_task
def keep_standings() -> int:
    return services.keep_standings()


@shared_task(acks_late=False, reject_on_worker_lost=False, soft_time_limit=CHECK_SECONDS, time_limit=CHECK_SECONDS + 60)
def make_monthly_reports() -> int:
    """Of a large city with many cases it takes minutes; what a killed worker left out, the next hour makes."""
    return services.make_monthly_reports()


@shared_task
def read_hotline(pk: int) -> None:
    services.read_hotline(pk=pk)


@shared_task
def file_hotline(pk: int) -> None:
    services.file_hotline(pk=pk)


@shared_task
def continue_hotlines() -> int:
    return services.continue_hotlines()


@shared_task
def answer_what_if(pk: int) -> None:
    services.answer_what_if(pk=pk)


@shared_task
def continue_what_ifs() -> int:
    return services.continue_what_ifs()

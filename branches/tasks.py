"""Thin: each calls one service, which is safe to run twice or beside itself."""

from celery import shared_task

from branches import services


@shared_task
def go_on_with_due_topics() -> int:
    return services.go_on_with_due_topics()


@shared_task
def forget_proposals() -> int:
    return services.forget_proposals()

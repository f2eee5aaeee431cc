"""What page tests read and where they go."""

from django.http import HttpResponse
from django.urls import reverse

from events.models import Event


def page(answer: HttpResponse) -> str:
    return answer.content.decode()


def detail(event: Event) -> str:
    return reverse("event_detail", args=[event.number])


def acting(event: Event, action: str) -> str:
    return reverse("event_act", args=[event.number, action])

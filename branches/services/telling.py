"""Whom meetings, claims and votes tell what, each in one sentence without a title that could hold a name."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from branches.models import Claim, Meeting, Topic, WorkList
from branches.worklists.workflow import ClaimAction
from grids.access import OVERSEERS
from grids.models import Grid, Organisation, Post, User
from grids.moments import shown_time
from grids.services import notify

# Meetings


def tell_invited(meeting: Meeting, actor: User | None, at: datetime) -> None:
    """Ask those who were not asked yet to answer."""
    text = _("%(convener)s asks you to its joint meeting of %(time)s: please say whether you come.")
    _tell_guests(meeting, actor, text, "invited", at)


def tell_moved(meeting: Meeting, actor: User | None, at: datetime) -> None:
    text = _("The joint meeting of %(convener)s has a new time or place: it begins at %(time)s.")
    _tell_guests(meeting, actor, text, f"moved-{meeting.sequence}", at)


def tell_called_off(meeting: Meeting, actor: User | None, at: datetime) -> None:
    text = _("The joint meeting of %(convener)s of %(time)s does not take place.")
    _tell_guests(meeting, actor, text, "called-off", at)


def _tell_guests(meeting: Meeting, actor: User | None, text: str, key: str, at: datetime) -> None:
    guests = meeting.invitations
    bodies = Organisation.objects.active().filter(pk__in=guests.exclude(organisation=None).values("organisation"))
    people = guests.exclude(person=None).values("person")
    users = User.objects.filter(Q(pk__in=people) | Q(organisations__in=bodies)).distinct()
    said = {"convener": meeting.convener, "time": shown_time(meeting.starts_at)}
    url = reverse("meeting_detail", args=[meeting.pk])
    notify(users=_others(users, actor), text=text % said, url=url, key=f"meeting-{meeting.pk}-{key}", at=at)


# Work lists


def tell_issued(work_list: WorkList, grids: Iterable[Grid], actor: User | None, at: datetime) -> None:
    """One notice for all its items."""
    text = _("%(grid)s has issued its work list of %(year)s, and items of it are yours.")
    said = {"grid": work_list.grid.name, "year": work_list.year}
    url, key = reverse("work_list_detail", args=[work_list.pk]), f"work-list-{work_list.pk}-issued"
    notify(users=_others(_desks(grids), actor), text=text % said, url=url, key=key, at=at)


def tell_assigned(claims: Sequence[Claim], actor: User | None, at: datetime) -> None:
    """What one item was assigned to, at once."""
    if claims:
        item, desks = claims[0].item, _desks(claim.grid for claim in claims)
        text = _("An item of a work list is yours now, to be done by %(day)s: %(item)s")
        url = reverse("work_item", args=[item.work_list_id, item.ordinal])
        said = {"day": date_format(item.due_on), "item": item.text}
        notify(users=_others(desks, actor), text=text % said, url=url, key=f"claim-{claims[0].pk}-assigned", at=at)


def tell_named(claim: Claim, actor: User | None, at: datetime) -> None:
    """Who answers for it now."""
    text = _("You answer for an item of a work list, to be done by %(day)s: %(item)s")
    _tell_of_claim(claim, [claim.responsible], actor, text, f"named-{claim.responsible_id}", at)


def tell_returned(claim: Claim, actor: User | None, at: datetime) -> None:
    """Who answers for it, who reported it last, and without either the desk."""
    last = claim.steps.filter(action=ClaimAction.REPORT).select_related("by").last()
    users = [user for user in (claim.responsible, last and last.by) if user] or _desks([claim.grid])
    text = _("An item of a work list was sent back to you; read what is missing: %(item)s")
    _tell_of_claim(claim, users, actor, text, f"returned-{claim.round}", at)


def _tell_of_claim(claim: Claim, users: Iterable[User], actor: User | None, text: str, key: str, at: datetime) -> None:
    said = {"day": date_format(claim.item.due_on), "item": claim.item.text}
    url = reverse("claim_detail", args=[claim.pk])
    notify(users=_others(users, actor), text=text % said, url=url, key=f"claim-{claim.pk}-{key}", at=at)


def _desks(grids: Iterable[Grid]) -> QuerySet[User]:
    """Who answers for these very grids."""
    posts = Post.objects.working().filter(grid__in=list(grids), role__in=OVERSEERS)
    return User.objects.filter(pk__in=posts.values("user"))


# Votes


def tell_of_vote(topic: Topic, actor: User | None, at: datetime) -> None:
    """The entitled with an account; the households have their slips."""
    users = User.objects.filter(pk__in=topic.voters.exclude(user=None).values("user"))
    text = _("You may vote from %(opens)s to %(closes)s: %(topic)s")
    said = {"opens": shown_time(topic.opens_at), "closes": shown_time(topic.closes_at), "topic": topic.title}
    url = reverse("topic_vote", args=[topic.pk])
    notify(users=_others(users, actor), text=text % said, url=url, key=f"topic-{topic.pk}-vote", at=at)


def _others(users: Iterable[User], actor: User | None) -> list[User]:
    """Nobody is told of what they did themselves."""
    return [user for user in users if user != actor]

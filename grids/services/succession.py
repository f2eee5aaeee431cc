"""What stands on a grid that goes out of use: its posts end or go on at the successor, its organisations go there."""

from collections import Counter
from datetime import datetime

from django.db.models import F
from django.db.models.functions import Greatest

from grids.models import Grid, Organisation, OrganisationKind, Post, Role, User


def end_posts_on(*, actor: User | None, grid: Grid, at: datetime) -> list[Post]:
    """End the active posts of the grid; returns them as they were."""
    posts = list(grid.posts.active().select_related("user").order_by("started_at", "pk"))
    active = Post.objects.active().filter(pk__in=[post.pk for post in posts])
    # A post that was entered meanwhile with a later start ends as it starts.
    active.update(ended_at=Greatest(F("started_at"), at), ended_by=actor)
    return posts


def hand_over_posts(*, actor: User | None, grid: Grid, successor: Grid, at: datetime, keeps_managers: bool) -> Counter:
    """End the posts of the grid and let them go on at its successor, with their role, duties and source.

    A chief goes on as staff where there is one already; whoever holds the same post there just ends here. The right to
    manage goes along only where the area does not grow by it.
    """
    there = list(successor.posts.active())
    held = {(post.user_id, post.role) for post in there}
    has_chief = any(post.role == Role.CHIEF for post in there)
    counts, continued = Counter(), []
    for post in end_posts_on(actor=actor, grid=grid, at=at):
        role = Role.STAFF if post.role == Role.CHIEF and has_chief else post.role
        if {(post.user_id, post.role), (post.user_id, role)} & held or not post.user.is_active:
            counts["posts_ended"] += 1
            continue
        held.add((post.user_id, role))
        counts["posts_continued"] += 1
        counts["chiefs_to_staff"] += role != post.role
        continued.append(
            Post(
                user=post.user,
                grid=successor,
                position=successor.lft,
                role=role,
                duties=post.duties,
                source=post.source,
                is_manager=post.is_manager and keeps_managers,
                started_at=max(post.started_at, at),
                appointed_by=actor,
            )
        )
    Post.objects.bulk_create(continued)
    return counts


def hand_over_organisations(*, grid: Grid, successor: Grid, at: datetime) -> tuple[Counter, dict[int, int]]:
    """Let the organisations of the grid go to its successor.

    Where there is one of the same name, or a police room already, both become one: returned as {old key: kept key}.
    """
    there = list(successor.organisations.active())
    by_name = {organisation.name: organisation for organisation in there}
    room = next((one for one in there if one.kind == OrganisationKind.POLICE_ROOM), None)
    counts, joined = Counter(), {}
    for organisation in grid.organisations.active().order_by("pk"):
        is_room = organisation.kind == OrganisationKind.POLICE_ROOM
        twin = by_name.get(organisation.name) or (room if is_room else None)
        if twin:
            twin.representatives.add(*organisation.representatives.all())
            if organisation.is_joint and not twin.is_joint:  # the cases of the one go on with the other
                twin.is_joint = True
                twin.save(update_fields=["is_joint"])
            Organisation.objects.filter(pk=organisation.pk).update(dissolved_at=at)
            joined[organisation.pk] = twin.pk
            counts["organisations_joined"] += 1
        else:
            moved = Organisation.objects.filter(pk=organisation.pk)
            counts[Organisation._meta.label_lower] += moved.update(grid=successor, position=successor.lft)
    return counts, joined

"""Many grids, posts, people and organisations in a few statements, and back again.

For sheets, inside the one transaction of their import: the caller has locked the grids and checked every row by the
rules of the services that write one. Rights are asked once more here, as everywhere.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from grids import tree
from grids.access import check_may_manage
from grids.models import Grid, Organisation, Post, User
from grids.models.grid import initials_of
from grids.services.changes import record_renames

MOST_NAMED = 5  # of the things that stand in the way


def lock_grids(codes: Iterable[str]) -> None:
    """Keep these grids and all above them where they are until the transaction ends, without keeping them in memory."""
    wanted = {above for code in codes for above in (code, *tree.ancestor_codes(code))}
    ordered = sorted(wanted, key=lambda code: (len(code), code))  # top down, the order in which everybody locks
    for start in range(0, len(ordered), 1000):
        Grid.objects.hold(ordered[start : start + 1000])


def create_grids(*, actor: User | None, rows: Sequence[Mapping]) -> dict[str, Grid]:
    """Grids of one level from code, name and households, under parents that are there; by code."""
    parents = {tree.parent_code(row["code"]) for row in rows}
    above = {grid.code: grid for grid in Grid.objects.filter(code__in=parents - {None})}
    check_may_manage(actor, *above.values(), *([None] if None in parents else []))
    grids = [Grid(code=row["code"], name=row["name"], households=row["households"]) for row in rows]
    for grid in grids:
        Grid.objects.set_interval(grid)
        Grid.objects.set_parent(grid, above)
    Grid.objects.bulk_create(grids)
    return {grid.code: grid for grid in grids}


def change_grids(*, actor: User | None, changes: Mapping[int, Mapping]) -> None:
    """Give grids, by key, other names or households."""
    _change(Grid, actor, changes, lambda grid: grid)


def delete_grids(*, actor: User | None, rows: Mapping[int, Mapping]) -> list[str]:
    """Delete grids of one level that were entered with these values; what keeps them, in sentences."""
    grids = list(Grid.objects.select_for_update().filter(pk__in=rows).order_by("level", "pk"))
    check_may_manage(actor, *grids)
    refusals = [
        _("%(grid)s has been changed since.") % {"grid": grid}
        for grid in grids
        if grid.retired_at or any(getattr(grid, key) != value for key, value in rows[grid.pk].items())
    ]
    refusals += what_hangs_on(Grid, grids)
    if not refusals:
        Grid.objects.filter(pk__in=[grid.pk for grid in grids]).delete()
    return refusals


def hold_grids(keys: Iterable[int]) -> None:
    """Lock grids that are about to be deleted, top down as everybody does, whatever the order of the deleting."""
    keys = list(keys)
    levels = dict(Grid.objects.filter(pk__in=keys).values_list("pk", "level"))
    ordered = sorted(levels, key=lambda key: (levels[key], key))
    for start in range(0, len(ordered), 1000):
        chunk = Grid.objects.select_for_update().filter(pk__in=ordered[start : start + 1000]).order_by("level", "pk")
        list(chunk.values_list("pk"))


def restore_grids(*, actor: User | None, rows: Mapping[int, tuple[Mapping, Mapping]]) -> list[str]:
    """Take names and households back, by key from (before, after); what has changed since, in sentences."""
    return _restore(Grid, actor, rows, lambda grid: grid)


# People and posts


def create_people(*, people: Sequence[Mapping]) -> dict[str, User]:
    """People from username, name and email, without a usable password; by username."""
    users = [
        User(username=one["username"], name=one["name"], email=one["email"], password=_no_password()) for one in people
    ]
    User.objects.bulk_create(users)
    return {user.username: user for user in users}


def _no_password() -> str:
    """As `make_password(None)`, whose own random text takes ten times as long."""
    return UNUSABLE_PASSWORD_PREFIX + secrets.token_urlsafe(30)


def create_posts(*, actor: User | None, posts: Sequence[Post]) -> None:
    """Posts whose grids are locked; their positions follow."""
    check_may_manage(actor, *{post.grid for post in posts})
    for post in posts:
        post.position, post.appointed_by = post.grid.lft, actor
    Post.objects.bulk_create(posts)


def change_posts(*, actor: User | None, changes: Mapping[int, Mapping]) -> None:
    _change(Post, actor, changes, lambda post: post.grid)


def restore_posts(*, actor: User | None, rows: Mapping[int, tuple[Mapping, Mapping]]) -> list[str]:
    return _restore(Post, actor, rows, lambda post: post.grid)


def delete_posts(*, actor: User | None, rows: Mapping[int, Mapping], since: datetime) -> list[str]:
    """Delete posts that an import made at `since`, if they are as it made them and their holders did nothing yet."""
    posts = list(Post.objects.select_for_update(of=("self",)).select_related("grid", "user").filter(pk__in=rows))
    check_may_manage(actor, *{post.grid for post in posts})
    acted = _where_acted({post.user_id for post in posts}, since)
    refusals = [
        _("%(post)s has been changed or ended since.") % {"post": post}
        for post in posts
        if post.ended_at or post.is_manager or any(getattr(post, key) != value for key, value in rows[post.pk].items())
    ]
    refusals += [
        _("%(user)s has worked on cases since.") % {"user": name}
        for name in sorted({str(post.user) for post in posts if _acted_under(post, acted)})
    ]
    refusals += what_hangs_on(Post, posts)
    if not refusals:
        Post.objects.filter(pk__in=[post.pk for post in posts]).delete()
    return refusals


def delete_people(*, users: Sequence[User]) -> list[str]:
    """Delete people whom an import made and who have neither logged in nor left a trace; what keeps them."""
    refusals = [_("%(user)s has logged in since.") % {"user": user} for user in users if user.last_login]
    refusals += what_hangs_on(User, users)
    if not refusals:
        User.objects.filter(pk__in=[user.pk for user in users]).delete()
    return refusals


def _where_acted(users: set[int], since: datetime) -> set[tuple[int, int]]:
    """Who of them took a step in a case or has one to handle, and at which position.

    Cases stand a floor above, so they are known here by the reverse relations alone.
    """
    steps = User._meta.get_field("steps").related_model._base_manager
    cases = User._meta.get_field("handled_events").related_model.objects
    taken = steps.filter(actor__in=users, at__gte=since).values_list("actor", "event__position").distinct()
    return {*taken, *cases.open().filter(handler__in=users).values_list("handler", "position").distinct()}


def _acted_under(post: Post, acted: set[tuple[int, int]]) -> bool:
    return any(user == post.user_id and post.grid.lft <= position <= post.grid.rght for user, position in acted)


# Organisations


def create_organisations(*, actor: User | None, organisations: Sequence[Organisation]) -> None:
    check_may_manage(actor, *{organisation.grid for organisation in organisations})
    for organisation in organisations:
        organisation.position = organisation.grid.lft
    Organisation.objects.bulk_create(organisations)


def change_organisations(*, actor: User | None, changes: Mapping[int, Mapping]) -> None:
    _change(Organisation, actor, changes, lambda organisation: organisation.grid)


def restore_organisations(*, actor: User | None, rows: Mapping[int, tuple[Mapping, Mapping]]) -> list[str]:
    return _restore(Organisation, actor, rows, lambda organisation: organisation.grid)


def delete_organisations(*, actor: User | None, rows: Mapping[int, Mapping]) -> list[str]:
    found = Organisation.objects.select_for_update(of=("self",)).select_related("grid").filter(pk__in=rows)
    organisations = list(found)
    check_may_manage(actor, *{organisation.grid for organisation in organisations})
    refusals = [
        _("%(row)s has been changed since.") % {"row": organisation}
        for organisation in organisations
        if organisation.dissolved_at
        or any(getattr(organisation, key) != value for key, value in rows[organisation.pk].items())
    ]
    refusals += what_hangs_on(Organisation, organisations)
    if not refusals:
        Organisation.objects.filter(pk__in=[organisation.pk for organisation in organisations]).delete()
    return refusals


# What they share


def _change(model: type[models.Model], actor: User | None, changes: Mapping[int, Mapping], grid_of) -> None:
    """Set fields of rows by key: one statement for the rows that change the same fields."""
    if not changes:
        return
    rows = _locked(model, changes)
    check_may_manage(actor, *{grid_of(row) for row in rows})
    by_fields: dict[tuple[str, ...], list] = {}
    names = {row.pk: row.name for row in rows} if model is Grid else {}
    for row in rows:
        for name, value in changes[row.pk].items():
            setattr(row, name, value)
        by_fields.setdefault(tuple(sorted(changes[row.pk])), []).append(row)
    for fields, same in by_fields.items():
        if "name" in fields and model is Grid:
            for grid in same:
                grid.initials = initials_of(grid.name)
            fields = (*fields, "initials")
        model._base_manager.bulk_update(same, fields, batch_size=500)
    if renamed := [(row, names[row.pk]) for row in rows if row.pk in names and row.name != names[row.pk]]:
        reason = _("As an imported sheet has it, or had it before it was taken back")
        record_renames(actor=actor, at=timezone.now(), reason=reason, renamed=renamed)


def _restore(model: type[models.Model], actor, rows: Mapping[int, tuple[Mapping, Mapping]], grid_of) -> list[str]:
    if not rows:
        return []
    there = {row.pk: row for row in _locked(model, rows)}
    refusals = [
        _("%(row)s has been changed since.") % {"row": there.get(pk) or pk}
        for pk, (_before, after) in rows.items()
        if pk not in there or any(getattr(there[pk], name) != value for name, value in after.items())
    ]
    if not refusals:
        _change(model, actor, {pk: before for pk, (before, _after) in rows.items()}, grid_of)
    return refusals


def _locked(model: type[models.Model], keys: Iterable[int]) -> list:
    rows = model._base_manager.filter(pk__in=keys).order_by("pk").select_for_update(of=("self",), no_key=True)
    return list(rows if model is Grid else rows.select_related("grid"))


def what_hangs_on(model: type[models.Model], objects: Sequence[models.Model]) -> list[str]:
    """What refers to these rows, in sentences that name some of them; several rows of a kind are told once."""
    by_key = {one.pk: one for one in objects}
    found: dict[int, set[str]] = {}
    for relation in _relations(model):
        held = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": list(by_key)})
        for key in held.order_by().values_list(relation.field.name, flat=True).distinct()[:MOST_NAMED]:
            found.setdefault(key, set()).add(str(relation.related_model._meta.verbose_name_plural))
    return [
        _("%(row)s is in use by now (%(what)s).") % {"row": by_key[key], "what": "、".join(sorted(what))}
        for key, what in found.items()
    ]


def _relations(model: type[models.Model]) -> Iterable:
    """The relations that point to the model, hidden ones among them, without those that would only be emptied."""
    for relation in model._meta.get_fields(include_hidden=True):
        points_here = relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one)
        if points_here and relation.on_delete is not models.SET_NULL:
            yield relation

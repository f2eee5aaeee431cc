"""The organisations that work on the grids: entering, describing and dissolving them, and who represents them."""

from collections.abc import Collection
from datetime import datetime

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from grids.access import check_may_manage
from grids.models import Grid, Organisation, User


def create_organisation(
    *,
    actor: User | None,
    grid: Grid,
    name: str,
    kind: str,
    address: str = "",
    contact: str = "",
    phone: str = "",
    offers_public: bool = False,
    offers_social: bool = False,
    offers_market: bool = False,
    offers_volunteer: bool = False,
    is_joint: bool = False,
    representatives: Collection[User] = (),
    is_demo: bool = False,
) -> Organisation:
    """A new organisation on the grid; ValidationError by field."""
    with transaction.atomic():
        grid = Grid.objects.settle(grid)
        check_may_manage(actor, grid)
        organisation = Organisation(
            grid=grid,
            position=grid.lft,
            name=name.strip(),
            kind=kind,
            address=address.strip(),
            contact=contact.strip(),
            phone=phone.strip(),
            offers_public=offers_public,
            offers_social=offers_social,
            offers_market=offers_market,
            offers_volunteer=offers_volunteer,
            is_joint=is_joint,
            is_demo=is_demo,
        )
        _save(organisation)
        _log(actor, organisation, ADDITION, [{"added": {}}])
        if representatives:
            set_representatives(actor=actor, organisation=organisation, representatives=representatives)
    return organisation


def describe_organisation(
    *,
    actor: User | None,
    organisation: Organisation,
    grid: Grid,
    name: str,
    kind: str,
    address: str,
    contact: str,
    phone: str,
    offers_public: bool,
    offers_social: bool,
    offers_market: bool,
    offers_volunteer: bool,
    is_joint: bool,
) -> Organisation:
    """Write down anew what the organisation is and where; what stays as it was is given as it was."""
    with transaction.atomic():
        # Grids before what stands on them, as a reorganisation locks them.
        grid = Grid.objects.settle(grid)
        locked = _locked(organisation)
        check_may_manage(actor, locked.grid, grid)
        before = {field.name: getattr(locked, field.attname) for field in Organisation._meta.concrete_fields}
        locked.grid, locked.position = grid, grid.lft
        locked.name, locked.kind, locked.is_joint = name.strip(), kind, is_joint
        locked.address, locked.contact, locked.phone = address.strip(), contact.strip(), phone.strip()
        locked.offers_public, locked.offers_social = offers_public, offers_social
        locked.offers_market, locked.offers_volunteer = offers_market, offers_volunteer
        _save(locked)
        changed = [
            str(field.verbose_name)
            for field in Organisation._meta.concrete_fields
            if getattr(locked, field.attname) != before[field.name] and field.editable
        ]
        if changed:
            _log(actor, locked, CHANGE, [{"changed": {"fields": changed}}])
    return locked


def set_representatives(
    *,
    actor: User | None,
    organisation: Organisation,
    representatives: Collection[User],
) -> Organisation:
    """Who handles the cases of a joint organisation from now on; who is no longer among them loses sight of them."""
    with transaction.atomic():
        locked = _locked(organisation)
        check_may_manage(actor, locked.grid)
        before = set(locked.representatives.all())
        for person in set(representatives) - before:
            if not person.is_active:
                raise ValidationError(
                    {"representatives": _("The account of %(user)s has been closed.") % {"user": person}}
                )
        locked.representatives.set(representatives)
        if before != set(representatives):
            label = str(Organisation._meta.get_field("representatives").verbose_name)
            _log(actor, locked, CHANGE, [{"changed": {"fields": [label]}}])
    for person in {*before, *representatives}:
        person.forget_rights()
    return locked


def dissolve_organisation(
    *, actor: User | None, organisation: Organisation, at: datetime | None = None
) -> Organisation:
    """Take it out of use: the cases that it handled are asked of their desks again. Dissolved already: as it was."""
    now = timezone.now()
    at = at or now
    with transaction.atomic():
        locked = _locked(organisation)
        check_may_manage(actor, locked.grid)
        if locked.dissolved_at:
            return locked
        if at > now:
            raise ValidationError(_("An organisation cannot be dissolved in the future."))
        locked.dissolved_at = at
        locked.save(update_fields=["dissolved_at"])
        _log(actor, locked, CHANGE, [{"changed": {"fields": [str(_("dissolved at"))]}}])
    return locked


def _locked(organisation: Organisation) -> Organisation:
    return Organisation.objects.select_for_update(of=("self",)).select_related("grid").get(pk=organisation.pk)


def _save(organisation: Organisation) -> None:
    if organisation.dissolved_at:
        raise ValidationError(_("This organisation has been dissolved; what stands here is history."))
    if organisation.grid.retired_at:
        problem = _("%(grid)s has been retired; no organisation can be placed there.") % {"grid": organisation.grid}
        raise ValidationError({"grid": problem})
    organisation.full_clean(exclude=["position"])
    try:
        with transaction.atomic():
            organisation.save()
    except IntegrityError:
        # Somebody entered the same at the same moment: now the check finds it.
        organisation.full_clean(exclude=["position"])
        raise


def _log(actor: User | None, organisation: Organisation, flag: int, message: list) -> None:
    """Into the history of the admin page, whoever calls; a command is nobody and leaves none."""
    if actor:
        LogEntry.objects.log_actions(actor.pk, [organisation], flag, message, single_object=True)

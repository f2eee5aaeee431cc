"""The catalogue of what can be ordered."""

from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from branches.services.checking import errors_of
from grids.models import Level, User
from grids.moments import aware_now
from grids.text import says_nothing
from volunteers.models import Service
from volunteers.orders.access import may_keep_services
from volunteers.times import ANY_TIME

FIELDS = ("kind", "name", "place", "price", "price_note", "how")


@transaction.atomic
def save_service(*, actor: User | None, service: Service) -> Service:
    """Write a new service, or changes of one; ValidationError by field."""
    if service.pk:
        before = Service.objects.select_for_update().get(pk=service.pk)
        service.withdrawn_at = before.withdrawn_at
        _check_may_keep(actor, before)
    _check_may_keep(actor, service)
    _check(service)
    service.save()
    return service


def _check(service: Service) -> None:
    service.name = service.name.strip()
    errors = errors_of(service, *FIELDS)
    if "name" not in errors and says_nothing(service.name):
        errors["name"] = [_("Give it a name.")]
    if service.grid.level < Level.DISTRICT or service.grid.retired_at:
        errors["grid"] = [_("Choose the district, street, community or building that it is for.")]
    if not 0 < service.times <= ANY_TIME:
        errors["times"] = [_("Choose at least one time.")]
    if service.organisation and service.organisation.dissolved_at:
        errors["organisation"] = [_("This organisation is dissolved.")]
    same = Service.objects.in_use().filter(grid=service.grid, name=service.name).exclude(pk=service.pk)
    if "name" not in errors and same.exists():
        errors["name"] = [_("There is already a service of this name there.")]
    if errors:
        raise ValidationError(errors)


@transaction.atomic
def withdraw_service(*, actor: User | None, service: Service, at: datetime | None = None) -> Service:
    """Take it out of the catalogue; what was ordered goes on. Doing it again changes nothing."""
    at = aware_now(at)
    service = Service.objects.select_for_update().get(pk=service.pk)  # its grid is read after the lock
    _check_may_keep(actor, service)
    if service.withdrawn_at is None:
        service.withdrawn_at = at
        service.save(update_fields=["withdrawn_at"])
    return service


def _check_may_keep(actor: User | None, service: Service) -> None:
    if actor is not None and not may_keep_services(actor, service.grid):
        raise PermissionDenied(_("The catalogue is kept by those who act for the grid."))

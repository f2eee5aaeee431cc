"""Grids, posts, people and organisations in Django admin. Every change goes through the services."""

from django.contrib import admin
from django.contrib.auth.models import Group

from grids.admin.base import ServiceAdmin
from grids.admin.duties import DutyAdmin
from grids.admin.grids import GridAdmin
from grids.admin.organisations import OrganisationAdmin
from grids.admin.people import PersonAdmin
from grids.admin.posts import PostAdmin
from grids.admin.reorganising import GridChangeAdmin
from grids.admin.sheets import SheetAdmin, SheetImportAdmin

__all__ = [
    "DutyAdmin",
    "GridAdmin",
    "GridChangeAdmin",
    "OrganisationAdmin",
    "PersonAdmin",
    "PostAdmin",
    "ServiceAdmin",
    "SheetAdmin",
    "SheetImportAdmin",
]

admin.site.unregister(Group)  # posts are the roles

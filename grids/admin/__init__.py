"""Grids, posts and people in Django admin. Every change goes through the services."""

from django.contrib import admin
from django.contrib.auth.models import Group

from grids.admin.base import ServiceAdmin
from grids.admin.grids import GridAdmin
from grids.admin.people import PersonAdmin
from grids.admin.posts import PostAdmin
from grids.admin.reorganising import GridChangeAdmin

__all__ = ["GridAdmin", "GridChangeAdmin", "PersonAdmin", "PostAdmin", "ServiceAdmin"]

admin.site.unregister(Group)  # posts are the roles

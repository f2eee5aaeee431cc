"""The branches in Django admin."""

from branches.disclosure import admin as disclosure
from branches.resources import admin as resources

__all__ = ["disclosure", "resources"]

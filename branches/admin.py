"""The branches' nouns in Django admin; each package registers its own."""

from branches.areas import admin as areas_admin  # noqa: F401 - it registers what is its own
from branches.worklists import admin as worklists_admin  # noqa: F401 - it registers what is its own

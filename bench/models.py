"""The tree as plain django-mptt keeps it, for the comparison. Not part of the product."""

from django.db import models
from mptt.models import MPTTModel, TreeForeignKey


class StockGrid(MPTTModel):
    code = models.CharField(max_length=18, unique=True)
    name = models.CharField(max_length=64)
    parent = TreeForeignKey("self", models.PROTECT, null=True, related_name="children")

"""What the lists of this floor under /api/v1/ have in common."""

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers, viewsets

from grids.api import grid_of, read_query
from grids.models import Grid


class PlacedQuery(serializers.Serializer):
    """What every list can be narrowed to."""

    grid = serializers.CharField(required=False, max_length=18, help_text=_("Code of a grid: on it and below it"))

    def validate_grid(self, code: str) -> Grid:
        return grid_of(self.context["request"].user, code)


class PlacedViewSet(viewsets.ReadOnlyModelViewSet):
    """Placed rows: a list is narrowed as its query says, and what is shown is loaded beside it, once for a page."""

    lookup_value_regex = "[0-9]{1,18}"
    query: type[PlacedQuery]

    def narrowed(self, queryset, given: dict):
        """The rows with these values; `given` has only what was asked for."""
        return queryset.filter(**given)

    def load(self, rows: list) -> None:
        """What a row shows beyond what its query brings."""

    def filter_queryset(self, queryset):
        if self.detail:
            return queryset
        given = read_query(self.query, self.request)
        queryset = queryset.within(given.pop("grid")) if "grid" in given else queryset
        return self.narrowed(queryset, given)

    def get_object(self):
        row = super().get_object()
        self.load([row])
        return row

    def paginate_queryset(self, queryset):
        page = super().paginate_queryset(queryset)
        self.load(page)
        return page

"""Samples and second looks under /api/v1/, read-only, for who re-checks the closed cases of a grid."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from events.models import Finding, LookState, QuickClosing, Sample, SampleItem, load_overlaps
from events.rechecks.inspecting import mark_moved
from events.wording import place_of, why_fast
from events.workflow import Status
from grids.access import inspected_ranges, may_inspect
from grids.api import grid_of, read_query
from grids.models import Grid, load_ancestors


class Inspects(BasePermission):
    """Officials and chiefs from the street up, and administrators."""

    message = _("Closed cases are re-checked by officials and chiefs from the street up.")

    def has_permission(self, request: Request, view) -> bool:
        return bool(inspected_ranges(request.user))


# What comes in


class InspectedQuery(serializers.Serializer):
    grid = serializers.CharField(
        required=False, max_length=18, help_text=_("Code of a grid; everything below it is included")
    )

    def validate_grid(self, code: str) -> Grid:
        grid = grid_of(self.context["request"].user, code)
        if not may_inspect(self.context["request"].user, grid):
            raise serializers.ValidationError(_("There is no grid %(code)s in your area.") % {"code": code})
        return grid


class ItemQuery(serializers.Serializer):
    finding = serializers.ChoiceField(Finding.choices, required=False)
    checked = serializers.BooleanField(required=False, help_text=_("Re-checked already, or not yet"))


class SecondLookQuery(InspectedQuery):
    state = serializers.ChoiceField(LookState.choices, required=False)
    closed_from = serializers.DateTimeField(required=False, help_text=_("Closed at this time or later"))
    closed_before = serializers.DateTimeField(required=False, help_text=_("Closed before this time"))


# What goes out


class SampleSerializer(serializers.ModelSerializer):
    grid = serializers.CharField(source="grid.code", help_text=_("Code of the grid that was drawn from"))
    drawn = serializers.IntegerField(help_text=_("How many cases were drawn"))
    checked = serializers.IntegerField(help_text=_("How many of them are re-checked"))
    holds = serializers.IntegerField()
    fails = serializers.IntegerField()
    unclear = serializers.IntegerField()
    overlaps = serializers.ListField(
        child=serializers.IntegerField(),
        help_text=_("The ids of all other draws whose grid and period overlap this one's"),
    )

    class Meta:
        model = Sample
        fields = [
            "id", "grid", "grid_name", "period_from", "period_until", "ordinal", "seed", "announced", "size",
            "population_size", "population_digest", "drawn_at", "drawn_by_name", "drawn", "checked", "holds", "fails",
            "unclear", "overlaps",
        ]  # fmt: skip
        read_only_fields = fields


class SampleItemSerializer(serializers.ModelSerializer):
    """Of a case that lies outside the reader's area by now, all but the number and the result is null."""

    SHOWN = ("place", "number", "finding", "finding_label")
    number = serializers.CharField(source="event.number")
    title = serializers.CharField(source="event.title")
    status = serializers.ChoiceField(Status.choices, source="event.status")
    status_label = serializers.CharField(source="event.get_status_display")
    finding_label = serializers.CharField(source="get_finding_display")

    class Meta:
        model = SampleItem
        fields = [
            "place", "number", "title", "status", "status_label", "finding", "finding_label", "note",
            "checked_by_name", "checked_at",
        ]  # fmt: skip
        read_only_fields = fields

    def to_representation(self, item: SampleItem) -> dict[str, Any]:
        row = super().to_representation(item)
        return {name: row[name] if name in self.SHOWN else None for name in row} if item.is_elsewhere else row


class PopulationSerializer(serializers.Serializer):
    numbers = serializers.ListField(
        child=serializers.CharField(),
        help_text=_("The case numbers in ascending order; a line each is what is digested"),
    )


class SecondLookSerializer(serializers.ModelSerializer):
    number = serializers.CharField(source="event.number")
    title = serializers.CharField(source="event.title")
    category = serializers.CharField(source="event.category.minor")
    place_name = serializers.SerializerMethodField()
    filed_at = serializers.DateTimeField(source="event.filed_at")
    handled_seconds = serializers.SerializerMethodField()
    median_seconds = serializers.SerializerMethodField(help_text=_("null where too few cases could be compared"))
    why = serializers.SerializerMethodField(help_text=_("The rule in a sentence, with the figures of that day"))
    state = serializers.ChoiceField(LookState.choices)
    state_label = serializers.CharField(source="state.label")

    class Meta:
        model = QuickClosing
        fields = [
            "id", "number", "title", "category", "place_name", "filed_at", "closed_at", "handled_seconds",
            "median_seconds", "compared", "share", "floor_minutes", "why", "listed_at", "state", "state_label",
            "looked_at", "note",
        ]  # fmt: skip
        read_only_fields = fields

    def get_place_name(self, closing: QuickClosing) -> str:
        return place_of(closing.event)

    def get_handled_seconds(self, closing: QuickClosing) -> float:
        return closing.handled.total_seconds()

    def get_median_seconds(self, closing: QuickClosing) -> float | None:
        return closing.median and closing.median.total_seconds()

    def get_why(self, closing: QuickClosing) -> str:
        return why_fast(closing)


@extend_schema_view(
    list=extend_schema(
        summary=_("List the samples"),
        description=_("The samples of closed cases drawn in your area, newest first, with what came of each."),
        parameters=[InspectedQuery],
    ),
    retrieve=extend_schema(
        summary=_("One sample"),
        description=_("How it was drawn and what came of it. Seed and population draw the same cases again."),
    ),
)
class SampleViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Sample.objects.none()
    serializer_class = SampleSerializer
    lookup_value_regex = "[0-9]{1,18}"

    def get_permissions(self):
        return [*super().get_permissions(), Inspects()]

    def get_queryset(self) -> QuerySet[Sample]:
        return Sample.objects.inspected_by(self.request.user).with_figures().select_related("grid").order_by("-pk")

    def get_object(self) -> Sample:
        sample = super().get_object()
        load_overlaps([sample])
        return sample

    def paginate_queryset(self, queryset: QuerySet) -> list:
        page = super().paginate_queryset(queryset)
        if self.action == "list":
            load_overlaps(page)
        return page

    def filter_queryset(self, queryset: QuerySet[Sample]) -> QuerySet[Sample]:
        given = {} if self.detail else read_query(InspectedQuery, self.request)
        return queryset.inside(given["grid"]) if "grid" in given else queryset

    @extend_schema(
        summary=_("The drawn cases of a sample"),
        description=_("In the order of the draw, each with what its re-check found."),
        parameters=[ItemQuery],
        responses=SampleItemSerializer(many=True),
        filters=False,
    )
    @action(detail=True)
    def items(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        given = read_query(ItemQuery, request)
        items = self.get_object().items.select_related("event").order_by("place")
        if "finding" in given:
            items = items.filter(finding=given["finding"])
        if "checked" in given:
            items = items.exclude(finding="") if given["checked"] else items.filter(finding="")
        page = mark_moved(self.paginate_queryset(items), request.user)
        return self.get_paginated_response(SampleItemSerializer(page, many=True).data)

    @extend_schema(
        summary=_("The population of a sample"),
        description=_("All case numbers that the sample was drawn from, so that it can be drawn again."),
        responses=PopulationSerializer,
    )
    @action(detail=True)
    def population(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response({"numbers": self.get_object().numbers()})


@extend_schema_view(
    list=extend_schema(
        summary=_("List what was closed too fast"),
        description=_("The fast closings in your area for a second look, newest first: cases, never people."),
        parameters=[SecondLookQuery],
    )
)
class SecondLookViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    queryset = QuickClosing.objects.none()
    serializer_class = SecondLookSerializer

    def get_permissions(self):
        return [*super().get_permissions(), Inspects()]

    def get_queryset(self) -> QuerySet[QuickClosing]:
        closings = QuickClosing.objects.inspected_by(self.request.user)
        return closings.select_related("event__category", "event__grid").order_by("-closed_at", "-pk")

    def filter_queryset(self, queryset: QuerySet[QuickClosing]) -> QuerySet[QuickClosing]:
        given = read_query(SecondLookQuery, self.request)
        if "state" in given:
            queryset = queryset.in_state(given["state"])
        if "grid" in given:
            queryset = queryset.inside(given["grid"])
        if "closed_from" in given:
            queryset = queryset.filter(closed_at__gte=given["closed_from"])
        return queryset.filter(closed_at__lt=given["closed_before"]) if "closed_before" in given else queryset

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        load_ancestors(closing.event.grid for closing in page)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

"""The dashboard of a grid under /api/v1/: the figures of the page, each with the address of its cases."""

from datetime import date

from django.http import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from events.figures.dashboard import Dashboard
from events.figures.days import Points
from events.figures.indicator_api import respond
from events.figures.lateness import worst
from events.figures.periods import Period, PeriodForm
from events.hot_spots import HotSpot
from grids.access import SeveralSuccessors, get_covered_grid


class FigureSerializer(serializers.Serializer):
    name = serializers.CharField(help_text=_("As the filter “figure” of the event list takes it"))
    title = serializers.CharField()
    value = serializers.FloatField(allow_null=True, help_text=_("A count, or a rate; null where there are no cases"))
    url = serializers.CharField(help_text=_("The list of exactly its cases; of a rate, those below the line"))


class ComparedSerializer(serializers.Serializer):
    figure = FigureSerializer()
    before = FigureSerializer()
    when = serializers.CharField(help_text=_("What “before” means"))


class ChildSerializer(serializers.Serializer):
    code = serializers.CharField(allow_blank=True, help_text=_("Empty: what arose on the grid itself"))
    name = serializers.CharField()
    figures = serializers.DictField(child=FigureSerializer())


class CellSerializer(serializers.Serializer):
    text = serializers.CharField()
    value = serializers.FloatField(allow_null=True)
    url = serializers.CharField(allow_blank=True)


class ChartSerializer(serializers.Serializer):
    title = serializers.CharField()
    columns = serializers.ListField(child=serializers.CharField())
    rows = serializers.ListField(child=CellSerializer(many=True))


class LateSerializer(serializers.Serializer):
    number = serializers.CharField(source="event.number")
    title = serializers.CharField(source="event.title")
    place = serializers.CharField(source="event.place")
    category = serializers.CharField(source="event.category")
    status = serializers.CharField(source="event.status")
    loop = serializers.CharField(source="event.loop")
    holder = serializers.CharField(source="event.holder.code", help_text=_("Code of the grid that holds it"))
    due_at = serializers.DateTimeField(source="event.due_at")
    awaited = serializers.CharField(help_text=_("Whom it waits for"))
    reasons = serializers.ListField(child=serializers.CharField(), help_text=_("Why it may be stuck"))


class HotSpotSerializer(serializers.Serializer):
    category = serializers.CharField()
    community = serializers.CharField(source="community.code")
    name = serializers.CharField(source="community.name")
    count = serializers.IntegerField()
    since = serializers.DateTimeField()
    url = serializers.SerializerMethodField()

    def get_url(self, spot: HotSpot) -> str:
        return reverse("hot_spot", args=[spot.community.code, spot.category.pk])


class FormulaSerializer(serializers.Serializer):
    title = serializers.CharField()
    formula = serializers.CharField(source="words")
    left_out = serializers.CharField()


class DashboardSerializer(serializers.Serializer):
    """The sections of the page under the same names."""

    grid = serializers.CharField(source="scope.grid.code")
    name = serializers.CharField(source="scope.grid.name")
    since = serializers.DateField(source="scope.since")
    until = serializers.DateField(source="scope.until")
    category = serializers.CharField(source="scope.category", allow_blank=True)
    as_of = serializers.DateTimeField(source="at")
    top = ComparedSerializer(many=True)
    late = LateSerializer(many=True, help_text=_("What is overdue now, worst first, ten at most"))
    ageing = FigureSerializer(many=True)
    children = ChildSerializer(many=True)
    trend = ChartSerializer()
    flow = ChartSerializer()
    categories = ChartSerializer(source="treemap")
    heat = ChartSerializer()
    hot_spots = HotSpotSerializer(many=True)
    formulas = FormulaSerializer(many=True, source="explained")


class DashboardViewSet(viewsets.GenericViewSet):
    serializer_class = DashboardSerializer
    lookup_field = "code"
    lookup_value_regex = "[0-9]{4,18}"

    @extend_schema(
        operation_id="dashboard_retrieve",
        summary=_("The dashboard of a grid"),
        description=_(
            "What is open, late, filed and closed in a grid that your posts cover wholly, as the page shows it. Every "
            "figure has the address of the list of exactly its cases. Clue reports are in no figure. Send the ETag of "
            "an earlier answer as If-None-Match: 304 says that nothing but the time has changed."
        ),
        parameters=[
            OpenApiParameter("period", str, enum=Period.values, description=_("30 days unless told otherwise")),
            OpenApiParameter("since", date, description=_("The first day; in place of a period")),
            OpenApiParameter("until", date, description=_("The last day, included")),
            OpenApiParameter("category", str, description=_("The id of a minor, or the name of a major")),
            OpenApiParameter("points", str, enum=Points.values, description=_("The points of the trend")),
        ],
        responses={200: DashboardSerializer, 304: OpenApiResponse(description=_("Nothing has changed"))},
    )
    def retrieve(self, request: Request, code: str) -> HttpResponseBase:
        user, at = request.user, timezone.now()
        try:
            grid = get_covered_grid(user, code)
        except SeveralSuccessors as error:
            raise NotFound(str(error), "several_successors") from error
        form = PeriodForm(user, request.query_params, at)
        if not form.is_valid():
            raise serializers.ValidationError(form.errors)
        shown = Dashboard(form.scope(grid), at, points=form.chosen_points(), categories=form.lookups.categories)
        shown.late = worst(shown.now, at)
        return respond(request, self.get_serializer(shown).data)

"""The indicators under /api/v1/: of a grid, for any period, category and organisation, side by side if wanted."""

import hashlib
import json
from datetime import date, datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, views
from rest_framework.request import Request
from rest_framework.response import Response

from events.figures.explaining import meaning
from events.figures.measures import Day
from events.figures.scope import Scope
from events.figures.side_by_side import ALL, By, side_by_side
from events.filters import DAYS, Lookups, Major
from events.indicators import INDICATORS, weights
from events.models import Category
from events.serializers import LARGEST_KEY, TextField
from grids.access import SeveralSuccessors, get_covered_grid
from grids.api import read_query
from grids.models import Grid, Organisation, load_ancestors

MOST_MONTHS = 120


# What is asked


class IndicatorQuery(serializers.Serializer):
    grid = TextField(max_length=18, help_text=_("Code of a grid that your posts cover wholly"))
    since = serializers.DateField(
        required=False, help_text=_("First day of filing; of closing for what is counted by the day of closing")
    )
    until = serializers.DateField(required=False, help_text=_("Last day, included"))
    category = TextField(max_length=64, required=False, help_text=_("Id of a category, or the name of a major"))
    organisation = serializers.IntegerField(
        min_value=1, max_value=LARGEST_KEY, required=False, help_text=_("Id of the organisation that handles it")
    )
    by = serializers.ChoiceField(By.choices, default=By.NONE, help_text=_("What stands side by side"))

    def validate_grid(self, code: str) -> Grid:
        try:
            return get_covered_grid(self.context["request"].user, code)
        except SeveralSuccessors as error:
            raise serializers.ValidationError(str(error), "several_successors") from error

    def validate_since(self, day: date) -> date:
        first, last = DAYS
        if not first <= day <= last:
            raise serializers.ValidationError(_("Choose a day between 1900 and 9000."))
        return day

    validate_until = validate_since

    def validate_category(self, given: str) -> tuple[Category, ...]:
        lookups = Lookups(self.context["request"].user)
        chosen = lookups.category(given)
        if chosen is None:
            raise serializers.ValidationError(_("There is no category %(name)s.") % {"name": given})
        majors = [each for each in lookups.categories if each.major == chosen]
        return tuple(majors) if isinstance(chosen, Major) else (chosen,)

    def validate_organisation(self, key: int) -> Organisation:
        found = Lookups(self.context["request"].user).organisation(key)
        if found is None:
            raise serializers.ValidationError(_("There is no such organisation in your area."))
        return found

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        since, until = given.get("since"), given.get("until")
        if since and until and until < since:
            raise serializers.ValidationError({"until": [_("This day is before the first one.")]})
        if given["by"] == By.MONTH and since and _months(since, until or timezone.localdate()) > MOST_MONTHS:
            raise serializers.ValidationError({"since": [_("Choose at most ten years, to see them by month.")]})
        return given


def scope_of(given: dict[str, Any]) -> Scope:
    """What a valid query is about."""
    categories = given.get("category", ())
    name = categories[0].major if len(categories) > 1 else "".join(str(each.pk) for each in categories)
    return Scope(given["grid"], given.get("since"), given.get("until"), name, categories, given.get("organisation"))


def _months(since: date, until: date) -> int:
    return 12 * (until.year - since.year) + until.month - since.month + 1


# What is told


class NamedSerializer(serializers.Serializer):
    name = serializers.CharField(help_text=_("A word for programs"))
    title = serializers.CharField(help_text=_("A word for people"))


class CountedSerializer(NamedSerializer):
    meaning = serializers.CharField()
    day = serializers.ChoiceField(Day.choices, help_text=_("By which day a case belongs to a period"))


class IndicatorSerializer(NamedSerializer):
    formula = serializers.CharField(help_text=_("In words, with the weights in force"))
    left_out = serializers.CharField(help_text=_("What is not counted, and why"))


class FiguredGridSerializer(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField(source="full_name")


class IndicatorRowSerializer(serializers.Serializer):
    key = serializers.CharField(help_text=_("Code of the grid, month, or id of the organisation or category"))
    name = serializers.CharField()
    counts = serializers.DictField(child=serializers.IntegerField(), help_text=_("Each by the name of what is counted"))
    rates = serializers.DictField(
        child=serializers.FloatField(allow_null=True),
        help_text=_("Each by the name of the indicator; null where there are no cases"),
    )
    cases_url = serializers.CharField(
        help_text=_(
            "Address of the list of the cases received; with the name of another count or indicator as its figure, "
            "of the cases behind that"
        ),
    )


class IndicatorsSerializer(serializers.Serializer):
    as_of = serializers.DateTimeField()
    grid = FiguredGridSerializer()
    since = serializers.DateField(allow_null=True)
    until = serializers.DateField(allow_null=True)
    measures = CountedSerializer(many=True)
    indicators = IndicatorSerializer(many=True)
    total = IndicatorRowSerializer()
    rows = IndicatorRowSerializer(many=True)


def told(scope: Scope, by: str, at: datetime) -> dict[str, Any]:
    """What `IndicatorsSerializer` shows."""
    load_ancestors([scope.grid])
    given, (total, rows) = weights(), side_by_side(scope, by, at)
    return {
        "as_of": at,
        "grid": scope.grid,
        "since": scope.since,
        "until": scope.until,
        "measures": [
            {"name": each.name, "title": each.title, "meaning": meaning(each), "day": each.day} for each in ALL
        ],
        "indicators": [
            {"name": each.name, "title": each.title, "formula": each.formula(given), "left_out": each.left_out}
            for each in INDICATORS.values()
        ],
        "total": total.told(given),
        "rows": [row.told(given) for row in rows],
    }


def respond(request: Request, body: dict[str, Any]) -> HttpResponseBase:
    """The body with an ETag of what it says, or 304 for who has the same already.

    The figures are counted anew each time, so that nobody is told of old ones. `as_of` alone is no part of the tag:
    what stood then stands now. For this person only: another may see less.
    """
    content = {name: value for name, value in body.items() if name != "as_of"}
    text = json.dumps(content, cls=DjangoJSONEncoder, sort_keys=True)
    etag = f'W/"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
    response = Response(body, headers={"ETag": etag, "Cache-Control": "private, no-cache"})
    patch_vary_headers(response, ["Authorization", "Cookie"])
    return get_conditional_response(request, etag=etag, response=response)


class IndicatorsView(views.APIView):
    @extend_schema(
        summary=_("Indicators of a grid"),
        description=_(
            "Counts and rates of the cases of a grid and all below it, for a period, a category and an organisation; "
            "beside the sum the same by grid, organisation, month or category. Rates are of the cases filed in the "
            "period, and null where there are none. Clue reports are in no figure. Send the ETag of the last answer as "
            "If-None-Match: if nothing has changed, the answer is 304 without a body."
        ),
        parameters=[IndicatorQuery],
        responses={
            200: IndicatorsSerializer,
            304: OpenApiResponse(description=_("The same as in the answer with this ETag")),
            404: OpenApiResponse({"$ref": "#/components/schemas/Problem"}, _("A grid that your posts do not cover")),
        },
    )
    def get(self, request: Request) -> HttpResponseBase:
        given = read_query(IndicatorQuery, request)
        body = told(scope_of(given), given["by"], timezone.now())
        return respond(request, IndicatorsSerializer(body).data)

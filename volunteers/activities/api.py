"""Activities under /api/v1/: those around the user, without anybody else's name, and where the user stands in each."""

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers, viewsets

from grids.api import grid_of, read_query
from grids.models import Grid, load_ancestors
from volunteers.activities.access import visible_activities
from volunteers.activities.workflow import ActivityState
from volunteers.models import Activity, Participation


class ActivityQuery(serializers.Serializer):
    """What the list can be narrowed to."""

    grid = serializers.CharField(required=False, max_length=18, help_text=_("Code of a grid: on it and below it"))
    state = serializers.ChoiceField(ActivityState.choices, required=False)
    upcoming = serializers.BooleanField(
        required=False, help_text=_("True for those to come, the next first; false for the others, the last first")
    )

    def validate_grid(self, code: str) -> Grid:
        return grid_of(self.context["request"].user, code)


class ActivitySerializer(serializers.ModelSerializer):
    kind = serializers.CharField(source="kind.name")
    state_label = serializers.CharField(source="get_state_display", help_text=_("The state in words"))
    grid = serializers.CharField(
        source="grid.code", help_text=_("Code of the grid where it is, or of the branch's seat")
    )
    place_name = serializers.CharField(
        source="grid.full_name", help_text=_("Name of that grid with the names above it, from the street down")
    )
    branch = serializers.IntegerField(
        source="branch_id", allow_null=True, help_text=_("Key of the branch that organises it; null for a grid")
    )
    skills = serializers.SlugRelatedField("name", many=True, read_only=True)
    joined = serializers.IntegerField(help_text=_("How many have a place"))
    waiting = serializers.IntegerField(help_text=_("How many are on the waiting list"))
    mine = serializers.SerializerMethodField(help_text=_("Where you stand in it; null if you have not signed up"))

    class Meta:
        model = Activity
        fields = [
            "id", "title", "kind", "state", "state_label", "grid", "place_name", "branch", "place", "starts_at",
            "ends_at", "places", "joined", "waiting", "mine", "needs", "skills", "is_public", "report", "is_demo",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(Participation.Status.choices, allow_null=True))
    def get_mine(self, activity: Activity) -> str | None:
        return activity.my_rows[0].status if activity.my_rows else None


@extend_schema_view(
    list=extend_schema(
        summary=_("List activities"),
        description=_("The activities around you and those that you joined, with the places that are taken."),
        parameters=[ActivityQuery],
    ),
    retrieve=extend_schema(
        summary=_("One activity"), description=_("What, when, where, how many take part, and what was reported.")
    ),
)
class ActivityViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Activity.objects.none()
    serializer_class = ActivitySerializer
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self):
        user = self.request.user
        mine = Prefetch("participations", Participation.objects.filter(user=user), to_attr="my_rows")
        found = visible_activities(user).with_related().with_counts()
        return found.prefetch_related("skills", mine).order_by("-starts_at", "-pk")

    def filter_queryset(self, queryset):
        if self.detail:
            return queryset
        given = read_query(ActivityQuery, self.request)
        if "grid" in given:
            queryset = queryset.within(given["grid"])
        if "state" in given:
            queryset = queryset.filter(state=given["state"])
        if "upcoming" in given:
            at = timezone.now()
            queryset = queryset.upcoming(at) if given["upcoming"] else queryset.past(at)
        return queryset

    def get_object(self):
        activity = super().get_object()
        load_ancestors([activity.grid])
        return activity

    def paginate_queryset(self, queryset):
        page = super().paginate_queryset(queryset)
        load_ancestors(activity.grid for activity in page)
        return page

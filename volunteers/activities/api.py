"""Activities under /api/v1/: those around the user, without anybody else's name, and where the user stands in each."""

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers

from grids.models import load_ancestors
from volunteers.activities.access import visible_activities
from volunteers.activities.workflow import ActivityState
from volunteers.models import Activity, Participation
from volunteers.viewsets import PlacedQuery, PlacedViewSet


class ActivityQuery(PlacedQuery):
    state = serializers.ChoiceField(ActivityState.choices, required=False)
    upcoming = serializers.BooleanField(
        required=False, help_text=_("True for those to come, the next first; false for the others, the last first")
    )


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
class ActivityViewSet(PlacedViewSet):
    queryset = Activity.objects.none()
    serializer_class = ActivitySerializer
    query = ActivityQuery

    def get_queryset(self):
        user = self.request.user
        mine = Prefetch("participations", Participation.objects.filter(user=user), to_attr="my_rows")
        found = visible_activities(user).with_related().with_counts()
        return found.prefetch_related("skills", mine).order_by("-starts_at", "-pk")

    def narrowed(self, queryset, given):
        if (upcoming := given.pop("upcoming", None)) is not None:
            at = timezone.now()
            queryset = queryset.upcoming(at) if upcoming else queryset.past(at)
        return super().narrowed(queryset, given)

    def load(self, rows):
        load_ancestors(activity.grid for activity in rows)

"""Joint patrols under /api/v1/, read-only: those that the user may see, with what they found."""

from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers

from branches.cases import load_cases
from grids.models import User, load_ancestors
from volunteers.models import Patrol, PatrolFinding, PatrolPlace
from volunteers.patrols.access import visible_patrols
from volunteers.patrols.workflow import PatrolState
from volunteers.viewsets import PlacedQuery, PlacedViewSet


class PatrolQuery(PlacedQuery):
    state = serializers.ChoiceField(PatrolState.choices, required=False)


class PatrolFindingSerializer(serializers.ModelSerializer):
    grid = serializers.CharField(source="grid.code", help_text=_("Code of the building"))
    case = serializers.SerializerMethodField(
        help_text=_("Number of the case that it became; null for none, or one that you may not see")
    )

    class Meta:
        model = PatrolFinding
        fields = ["id", "grid", "text", "found_at", "case"]
        read_only_fields = fields

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_case(self, finding: PatrolFinding) -> str | None:
        return finding.case and finding.case.key


class PatrolSerializer(serializers.ModelSerializer):
    state_label = serializers.CharField(source="get_state_display", help_text=_("The state in words"))
    grid = serializers.CharField(source="grid.code", help_text=_("Code of the community"))
    place_name = serializers.CharField(
        source="grid.full_name", help_text=_("Name of that grid with the names above it, from the street down")
    )
    buildings = serializers.SerializerMethodField(help_text=_("Codes of the buildings that it looks at"))
    people = serializers.SerializerMethodField(help_text=_("Names of who goes"))
    findings = PatrolFindingSerializer(many=True)

    class Meta:
        model = Patrol
        fields = [
            "id", "aim", "state", "state_label", "grid", "place_name", "meets_at", "starts_at", "ends_at", "buildings",
            "people", "findings", "is_demo",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_buildings(self, patrol: Patrol) -> list[str]:
        return [place.grid.code for place in patrol.places.all()]

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_people(self, patrol: Patrol) -> list[str]:
        return [str(person) for person in patrol.people.all()]


@extend_schema_view(
    list=extend_schema(
        summary=_("List joint patrols"),
        description=_("The patrols of your communities and those that you go on, the last first."),
        parameters=[PatrolQuery],
    ),
    retrieve=extend_schema(
        summary=_("One joint patrol"), description=_("Who goes when to which buildings, and what they found.")
    ),
)
class PatrolViewSet(PlacedViewSet):
    queryset = Patrol.objects.none()
    serializer_class = PatrolSerializer
    query = PatrolQuery

    def get_queryset(self):
        return (
            visible_patrols(self.request.user)
            .prefetch_related(
                Prefetch("places", PatrolPlace.objects.select_related("grid")),
                Prefetch("people", User.objects.order_by("name", "pk")),
                Prefetch("findings", PatrolFinding.objects.select_related("grid")),
            )
            .order_by("-starts_at", "-pk")
        )

    def load(self, rows):
        load_ancestors(patrol.grid for patrol in rows)
        load_cases([finding for patrol in rows for finding in patrol.findings.all()], self.request.user)

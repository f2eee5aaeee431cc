"""Joint mediations under /api/v1/, read-only: those that the user may see, without names, notes and results."""

from django.db.models import Count
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from grids.models import load_ancestors
from volunteers.mediation.access import visible_mediations
from volunteers.mediation.workflow import MediationState
from volunteers.models import Mediation
from volunteers.viewsets import PlacedQuery, PlacedViewSet


class MediationQuery(PlacedQuery):
    state = serializers.ChoiceField(MediationState.choices, required=False)


class MediationSerializer(serializers.ModelSerializer):
    kind = serializers.CharField(source="kind.name")
    state_label = serializers.CharField(source="get_state_display", help_text=_("The state in words"))
    grid = serializers.CharField(source="grid.code", help_text=_("Code of the grid where it arose"))
    place_name = serializers.CharField(
        source="grid.full_name", help_text=_("Name of that grid with the names above it, from the street down")
    )
    party_count = serializers.IntegerField(help_text=_("How many parties; their names are on its page alone"))
    session_count = serializers.IntegerField(help_text=_("How many times they met or will meet"))

    class Meta:
        model = Mediation
        fields = [
            "id", "kind", "subject", "state", "state_label", "grid", "place_name", "case_number", "party_count",
            "session_count", "opened_at", "ended_at", "erased_at", "is_demo",
        ]  # fmt: skip
        read_only_fields = fields


@extend_schema_view(
    list=extend_schema(
        summary=_("List joint mediations"),
        description=_("Those that you mediate, and those of the community or district that you answer for."),
        parameters=[MediationQuery],
    ),
    retrieve=extend_schema(
        summary=_("One joint mediation"), description=_("What it is about and how it stands, without any name.")
    ),
)
class MediationViewSet(PlacedViewSet):
    queryset = Mediation.objects.none()
    serializer_class = MediationSerializer
    query = MediationQuery

    def get_queryset(self):
        counts = {
            "party_count": Count("parties", distinct=True),
            "session_count": Count("sessions", distinct=True),
        }
        return visible_mediations(self.request.user).annotate(**counts).order_by("-opened_at", "-pk")

    def load(self, rows):
        load_ancestors(mediation.grid for mediation in rows)

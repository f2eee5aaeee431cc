"""Party branches under /api/v1/, read-only: those in the part of the tree that the user may see."""

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers, viewsets
from rest_framework.routers import SimpleRouter

from branches.access import visible_branches
from branches.coverage import load_cover
from branches.models import Branch, Partner, SiteKind
from grids.api import grid_of, read_query
from grids.models import Grid, load_ancestors


class BranchQuery(serializers.Serializer):
    """What the list can be narrowed to."""

    grid = serializers.CharField(
        required=False, max_length=18, help_text=_("Code of a grid: the branches of its own, below it and above it")
    )
    kind = serializers.ChoiceField(Branch.Kind.choices, required=False)
    site_kind = serializers.ChoiceField(SiteKind.choices, required=False)
    search = serializers.CharField(
        required=False, max_length=64, help_text=_("Part of the name, of the site's address or of a leader's name")
    )

    def validate_grid(self, code: str) -> Grid:
        return grid_of(self.context["request"].user, code)


class PartnerSerializer(serializers.ModelSerializer):
    name = serializers.CharField(source="organisation.name")

    class Meta:
        model = Partner
        fields = ["organisation", "name", "brings"]
        read_only_fields = fields


class BranchSerializer(serializers.ModelSerializer):
    kind_label = serializers.CharField(source="get_kind_display", help_text=_("The kind in words"))
    grid = serializers.CharField(source="grid.code", help_text=_("Code of its seat, which holds all that it covers"))
    place = serializers.CharField(
        source="grid.full_name", help_text=_("Name of that grid with the names above it, from the street down")
    )
    covers = serializers.SerializerMethodField(help_text=_("Codes of the grids whose own branch it is"))
    households = serializers.IntegerField(help_text=_("Of the buildings that it covers"))
    site_kind_label = serializers.CharField(source="get_site_kind_display", help_text=_("The kind of site in words"))
    secretary = serializers.SerializerMethodField(help_text=_("Name of the secretary; null without one"))
    chief_title = serializers.CharField(
        source="chief_title.name", default=None, allow_null=True, help_text=_("Which of the five chiefs that is")
    )
    deputy = serializers.SerializerMethodField(help_text=_("Name of the deputy secretary; null without one"))
    partners = PartnerSerializer(many=True)

    class Meta:
        model = Branch
        fields = [
            "id", "name", "kind", "kind_label", "grid", "place", "covers", "households", "site_kind",
            "site_kind_label", "site_address", "secretary", "chief_title", "deputy", "member_count", "founded_on",
            "partners", "is_demo",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_covers(self, branch: Branch) -> list[str]:
        return [grid.code for grid in branch.grids]

    def get_secretary(self, branch: Branch) -> str | None:
        return branch.secretary and str(branch.secretary)

    def get_deputy(self, branch: Branch) -> str | None:
        return branch.deputy and str(branch.deputy)


@extend_schema_view(
    list=extend_schema(
        summary=_("List Party branches"),
        description=_("The branches in use that you may see, with the grids that they cover."),
        parameters=[BranchQuery],
    ),
    retrieve=extend_schema(
        summary=_("One Party branch"), description=_("Whom it covers, where it meets, who leads it and works with it.")
    ),
)
class BranchViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Branch.objects.none()
    serializer_class = BranchSerializer
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self):
        found = visible_branches(self.request.user).active().with_people()
        return found.prefetch_related("partners__organisation").order_by("position", "name", "pk")

    def filter_queryset(self, queryset):
        if self.detail:
            return queryset
        given = read_query(BranchQuery, self.request)
        if "grid" in given:
            queryset = queryset.filter(pk__in=Branch.objects.covering(given["grid"]).values("pk"))
        for name in ("kind", "site_kind"):
            queryset = queryset.filter(**{name: given[name]}) if name in given else queryset
        return queryset.search(given["search"]) if "search" in given else queryset

    def get_object(self):
        branch = super().get_object()
        load_cover([branch])
        load_ancestors([branch.grid])
        return branch

    def paginate_queryset(self, queryset):
        page = super().paginate_queryset(queryset)
        load_cover(page)
        load_ancestors(branch.grid for branch in page)
        return page


router = SimpleRouter()
router.register("branches", BranchViewSet, basename="branch")
urlpatterns = router.urls

"""Grids and organisations under /api/v1/, read-only: those in the part of the tree that the user may see."""

from typing import Any

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from grids import access, tree
from grids.boards import public_url
from grids.models import Grid, Level, Organisation, OrganisationKind, Post, Role, User, load_ancestors

LEVELS = {level.name.lower(): level for level in Level}
LEVEL_CHOICES = [(name, level.label) for name, level in LEVELS.items()]


class LevelField(serializers.ChoiceField):
    """A level by its English name, as the files of divisions write it."""

    def __init__(self, **kwargs):
        super().__init__(choices=LEVEL_CHOICES, **kwargs)

    def to_internal_value(self, data):
        return LEVELS[super().to_internal_value(data)]

    def to_representation(self, value):
        return Level(value).name.lower()


class GridQuery(serializers.Serializer):
    """What the list can be narrowed to."""

    parent = serializers.CharField(required=False, help_text=_("Code of the grid whose children are wanted"))
    level = LevelField(required=False)
    search = serializers.CharField(
        required=False,
        max_length=64,
        help_text=_("Beginning of the code, part of the name or its initials in pinyin; with a place in front"),
    )

    def validate_parent(self, code: str) -> Grid:
        return grid_of(self.context["request"].user, code)


def grid_of(user: User, code: str) -> Grid:
    """The grid that a code in a request means, also one of before; ValidationError with what is wrong with it."""
    try:
        grid = access.find_grid(user, code)
    except access.SeveralSuccessors as error:
        raise serializers.ValidationError(str(error), "several_successors") from error
    if grid is None:
        raise serializers.ValidationError(_("There is no grid %(code)s in your area.") % {"code": code})
    return grid


class SuccessorSerializer(serializers.ModelSerializer):
    class Meta:
        model = Grid
        fields = ["code", "name"]


class SeveralSuccessorsSerializer(serializers.Serializer):
    code = serializers.CharField(help_text=_("A word for programs"))
    detail = serializers.CharField(help_text=_("A sentence for people"))
    successors = SuccessorSerializer(many=True)


class GridSerializer(serializers.ModelSerializer):
    level = LevelField()
    parent = serializers.SerializerMethodField(help_text=_("Code of the grid above; null for a city"))
    full_name = serializers.CharField(help_text=_("With the names above it, from the street down"))
    path = serializers.SerializerMethodField(help_text=_("Names from the city down to the parent"))
    chief = serializers.SerializerMethodField(help_text=_("Name of the chief; null where the grid is vacant"))
    staff = serializers.SerializerMethodField(help_text=_("Names of the grid staff"))
    children_count = serializers.IntegerField()
    public_url = serializers.SerializerMethodField(help_text=_("Address of its public page, as its QR code has it"))

    class Meta:
        model = Grid
        fields = [
            "code",
            "name",
            "level",
            "parent",
            "full_name",
            "path",
            "households",
            "chief",
            "staff",
            "children_count",
            "public_url",
            "is_demo",
            "retired_at",
        ]

    def get_public_url(self, grid: Grid) -> str:
        return public_url(self.context["request"], grid)

    def get_parent(self, grid: Grid) -> str | None:
        return tree.parent_code(grid.code)

    def get_path(self, grid: Grid) -> list[str]:
        return [above.name for above in grid.ancestors]

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_chief(self, grid: Grid) -> str | None:
        return next(iter(_names(grid, Role.CHIEF)), None)

    def get_staff(self, grid: Grid) -> list[str]:
        return _names(grid, Role.STAFF)


def _names(grid: Grid, role: Role) -> list[str]:
    return [str(post.user) for post in grid.shown_posts if post.role == role]


def read_query(query_class: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    """What a list is to be narrowed to; a filter without a value counts as not given. ValidationError by filter."""
    given = {name: value for name, value in request.query_params.items() if value}
    query = query_class(data=given, context={"request": request})
    query.is_valid(raise_exception=True)
    return query.validated_data


@extend_schema_view(
    list=extend_schema(
        summary=_("List grids"),
        description=_("The grids that your posts let you see: where you work, and what lies above."),
        parameters=[GridQuery],
    ),
    retrieve=extend_schema(
        summary=_("One grid"),
        description=_(
            "Its place, its people and its size. A code of before a reorganisation is answered with the grid that took "
            "its place."
        ),
        responses={
            200: GridSerializer,
            409: OpenApiResponse(SeveralSuccessorsSerializer, _("The grid was divided; these took its place")),
        },
    ),
)
class GridViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Grid.objects.none()
    serializer_class = GridSerializer
    lookup_field = "code"
    lookup_value_regex = "[0-9]+"

    def get_queryset(self):
        shown = Post.objects.working().filter(role__in=[Role.CHIEF, Role.STAFF]).select_related("user")
        return (
            access.visible_grids(self.request.user)
            .with_children_count()
            .prefetch_related(Prefetch("posts", shown.order_by("started_at", "pk"), to_attr="shown_posts"))
        )

    def retrieve(self, request, *args, **kwargs):
        try:
            return super().retrieve(request, *args, **kwargs)
        except access.SeveralSuccessors as error:
            successors = SuccessorSerializer(error.grids, many=True).data
            body = {"code": "several_successors", "detail": str(error), "successors": successors}
            return Response(body, status.HTTP_409_CONFLICT)

    def get_object(self):
        code = self.kwargs["code"]
        found = self.get_queryset().filter(code=code).first()
        if found and not found.retired_at:
            return found
        return get_object_or_404(self.get_queryset(), pk=access.get_grid(self.request.user, code).pk)

    def filter_queryset(self, queryset):
        if self.detail:
            return queryset
        given = read_query(GridQuery, self.request)
        if "parent" in given:
            queryset = queryset.filter(parent=given["parent"])
        if "level" in given:
            queryset = queryset.filter(level=given["level"])
        return queryset.search(given["search"]) if "search" in given else queryset

    def paginate_queryset(self, queryset):
        page = super().paginate_queryset(queryset)
        load_ancestors(page)
        return page


class OrganisationQuery(serializers.Serializer):
    """What the list can be narrowed to."""

    grid = serializers.CharField(
        required=False, help_text=_("Code of a grid; everything below it is included"), max_length=18
    )
    kind = serializers.ChoiceField(OrganisationKind.choices, required=False)
    search = serializers.CharField(
        required=False, max_length=64, help_text=_("Part of the name, its initials in pinyin, or the grid")
    )

    def validate_grid(self, code: str) -> Grid:
        return grid_of(self.context["request"].user, code)


class OrganisationSerializer(serializers.ModelSerializer):
    kind_label = serializers.CharField(source="get_kind_display")
    grid = serializers.CharField(source="grid.code", help_text=_("Code of the grid where it is"))
    place = serializers.CharField(
        source="grid.full_name", help_text=_("Name of that grid with the names above it, from the street down")
    )

    class Meta:
        model = Organisation
        fields = [
            "id", "name", "kind", "kind_label", "grid", "place", "address", "contact", "phone", "offers_public",
            "offers_social", "offers_market", "offers_volunteer", "is_joint", "is_demo",
        ]  # fmt: skip
        read_only_fields = fields


@extend_schema_view(
    list=extend_schema(
        summary=_("List organisations"),
        description=_("The organisations in use on the grids that you may see. A joint one can be assigned a case."),
        parameters=[OrganisationQuery],
    ),
    retrieve=extend_schema(
        summary=_("One organisation"), description=_("Its place, its public contact and what it serves with.")
    ),
)
class OrganisationViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Organisation.objects.none()
    serializer_class = OrganisationSerializer
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self):
        return access.visible_organisations(self.request.user).active().select_related("grid")

    def filter_queryset(self, queryset):
        if self.detail:
            return queryset
        given = read_query(OrganisationQuery, self.request)
        if "grid" in given:
            queryset = queryset.within(given["grid"])
        if "kind" in given:
            queryset = queryset.filter(kind=given["kind"])
        return queryset.search(given["search"]) if "search" in given else queryset

    def paginate_queryset(self, queryset):
        page = super().paginate_queryset(queryset)
        load_ancestors(organisation.grid for organisation in page)
        return page


router = SimpleRouter()
router.register("grids", GridViewSet, basename="grid")
router.register("organisations", OrganisationViewSet, basename="organisation")
urlpatterns = router.urls

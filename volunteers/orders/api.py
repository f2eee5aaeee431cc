"""Service orders and the catalogue under /api/v1/, read-only; whose wish it is, and in what words, is not told."""

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from grids.models import load_ancestors
from volunteers.models import Service, ServiceKind, ServiceOrder
from volunteers.orders.access import visible_orders, visible_services
from volunteers.orders.workflow import OrderState
from volunteers.viewsets import PlacedQuery, PlacedViewSet


class CatalogueQuery(PlacedQuery):
    kind = serializers.ChoiceField(ServiceKind.choices, required=False)


class OrderQuery(CatalogueQuery):
    state = serializers.ChoiceField(OrderState.choices, required=False)


class CatalogueSerializer(serializers.ModelSerializer):
    kind_label = serializers.CharField(source="get_kind_display", help_text=_("The kind in words"))
    grid = serializers.CharField(source="grid.code", help_text=_("Code of the grid that it is for"))
    skill = serializers.CharField(source="skill.name", help_text=_("What it takes"))
    organisation = serializers.CharField(
        source="organisation.name", default=None, allow_null=True,
        help_text=_("Who provides it; null: the helpers of the community"),
    )  # fmt: skip
    times = serializers.CharField(source="when", help_text=_("When, in words"))

    class Meta:
        model = Service
        fields = [
            "id", "name", "kind", "kind_label", "grid", "skill", "organisation", "place", "times", "price",
            "price_note", "how", "is_demo",
        ]  # fmt: skip
        read_only_fields = fields


class ServiceOrderSerializer(serializers.ModelSerializer):
    number = serializers.CharField(help_text=_("Day of the order and its number"))
    title = serializers.CharField(help_text=_("What it is about; not the resident's own words"))
    kind_label = serializers.CharField(source="get_kind_display", help_text=_("The kind in words"))
    grid = serializers.CharField(source="grid.code", help_text=_("Code of the grid where it is needed"))
    place = serializers.CharField(
        source="grid.full_name", help_text=_("Name of that grid with the names above it, from the street down")
    )
    state_label = serializers.CharField(source="get_state_display", help_text=_("The state in words"))
    holder = serializers.CharField(source="holder.code", help_text=_("Code of the grid that answers for it now"))

    class Meta:
        model = ServiceOrder
        fields = [
            "id", "number", "title", "kind", "kind_label", "service", "grid", "place", "state", "state_label", "holder",
            "due_at", "is_late", "placed_at", "changed_at", "rating", "rated_at", "is_demo",
        ]  # fmt: skip
        read_only_fields = fields


@extend_schema_view(
    list=extend_schema(
        summary=_("List the catalogue of services"),
        description=_("What can be ordered: of whom, where, when and at what price."),
        parameters=[CatalogueQuery],
    ),
    retrieve=extend_schema(
        summary=_("One service of the catalogue"), description=_("Of whom, where, when, at what price, how to order.")
    ),
)
class CatalogueViewSet(PlacedViewSet):
    queryset = Service.objects.none()
    serializer_class = CatalogueSerializer
    query = CatalogueQuery

    def get_queryset(self):
        return visible_services(self.request.user).in_use().with_providers().order_by("position", "name", "pk")


@extend_schema_view(
    list=extend_schema(
        summary=_("List service orders"),
        description=_("The orders that you may see, the newest first; without contact data and residents' words."),
        parameters=[OrderQuery],
    ),
    retrieve=extend_schema(
        summary=_("One service order"), description=_("Where it is needed, where it stands and how it was rated.")
    ),
)
class ServiceOrderViewSet(PlacedViewSet):
    queryset = ServiceOrder.objects.none()
    serializer_class = ServiceOrderSerializer
    query = OrderQuery

    def get_queryset(self):
        return visible_orders(self.request.user).with_related().order_by("-pk")

    def load(self, rows):
        load_ancestors(order.grid for order in rows)

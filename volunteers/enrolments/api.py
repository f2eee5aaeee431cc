"""Double check-in under /api/v1/, read-only: the enrolments that the user may see, with what each offers."""

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers

from volunteers.enrolments.access import visible_members, visible_organisation_enrolments
from volunteers.enrolments.listings import whole_members, whole_organisations
from volunteers.enrolments.workflow import EnrolmentState
from volunteers.models import MemberEnrolment, Offer, OrganisationEnrolment
from volunteers.times import describe
from volunteers.viewsets import PlacedQuery, PlacedViewSet


class EnrolmentQuery(PlacedQuery):
    state = serializers.ChoiceField(
        EnrolmentState.choices, required=False, help_text=_("Without it, those neither refused nor ended")
    )


class OfferSerializer(serializers.ModelSerializer):
    skill = serializers.CharField(source="skill.name")
    kind = serializers.CharField(source="skill.kind", help_text=_("The kind of service"))
    times_label = serializers.SerializerMethodField(help_text=_("The times in words"))

    class Meta:
        model = Offer
        fields = ["id", "skill", "kind", "times", "times_label", "note"]
        read_only_fields = fields

    def get_times_label(self, offer: Offer) -> str:
        return describe(offer.times)


class MemberEnrolmentSerializer(serializers.ModelSerializer):
    user = serializers.CharField(source="user.name", help_text=_("Name of the member"))
    organisation_name = serializers.CharField(source="organisation.name")
    grid = serializers.CharField(source="grid.code", help_text=_("Code of the community"))
    place = serializers.SerializerMethodField(help_text=_("Code of the grid that they serve with; null for none"))
    has_post = serializers.SerializerMethodField(help_text=_("Whether a post of volunteers came with the placing"))
    state_label = serializers.CharField(source="get_state_display", help_text=_("The state in words"))
    offers = OfferSerializer(source="open_offers", many=True)

    class Meta:
        model = MemberEnrolment
        fields = [
            "id", "user", "organisation", "organisation_name", "grid", "state", "state_label", "place", "has_post",
            "since", "ended_on", "offers", "is_demo",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_place(self, enrolment: MemberEnrolment) -> str | None:
        return enrolment.place and enrolment.place.code

    def get_has_post(self, enrolment: MemberEnrolment) -> bool:
        return enrolment.post_id is not None


class OrganisationEnrolmentSerializer(serializers.ModelSerializer):
    organisation_name = serializers.CharField(source="organisation.name")
    grid = serializers.CharField(source="grid.code", help_text=_("Code of the community"))
    contact = serializers.SerializerMethodField(help_text=_("Name of who is asked; null for nobody in particular"))
    state_label = serializers.CharField(source="get_state_display", help_text=_("The state in words"))
    offers = OfferSerializer(source="open_offers", many=True)

    class Meta:
        model = OrganisationEnrolment
        fields = [
            "id", "organisation", "organisation_name", "grid", "state", "state_label", "contact", "since", "until",
            "offers", "is_demo",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_contact(self, enrolment: OrganisationEnrolment) -> str | None:
        return enrolment.contact and str(enrolment.contact)


class _EnrolmentViewSet(PlacedViewSet):
    """What the two lists have in common."""

    query = EnrolmentQuery

    def narrowed(self, queryset, given):
        return super().narrowed(queryset, given) if "state" in given else queryset.current()


@extend_schema_view(
    list=extend_schema(
        summary=_("List members' enrolments"),
        description=_("Who reported to a community that you see, or is of an organisation that you represent."),
        parameters=[EnrolmentQuery],
    ),
    retrieve=extend_schema(summary=_("One member's enrolment"), description=_("What they offer and where they serve.")),
)
class MemberEnrolmentViewSet(_EnrolmentViewSet):
    queryset = MemberEnrolment.objects.none()
    serializer_class = MemberEnrolmentSerializer

    def get_queryset(self):
        return whole_members(visible_members(self.request.user)).order_by("position", "pk")


@extend_schema_view(
    list=extend_schema(
        summary=_("List organisations' enrolments"),
        description=_("Which organisations reported to the communities that you see, and what they offer."),
        parameters=[EnrolmentQuery],
    ),
    retrieve=extend_schema(
        summary=_("One organisation's enrolment"), description=_("What it offers, until when, and who is asked.")
    ),
)
class OrganisationEnrolmentViewSet(_EnrolmentViewSet):
    queryset = OrganisationEnrolment.objects.none()
    serializer_class = OrganisationEnrolmentSerializer

    def get_queryset(self):
        return whole_organisations(visible_organisation_enrolments(self.request.user)).order_by("position", "pk")

"""What /api/v1/ takes in and gives out of cases and their categories."""

import copy
from typing import Any

from django.db.models import Choices
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from events.attachment_api import AttachmentSerializer, AttachmentsField
from events.explanations import explain
from events.models import Category, Event, Step
from events.occasions import origin_of
from events.searching import SEARCH_HELP
from events.text import TEXT_LENGTH, TITLE_LENGTH, plain_text
from events.wording import place_of
from events.workflow import TABLE, Loop, Move, Outcome, Rating, Side, Status, Urgency, open_moves
from grids.api import grid_of
from grids.models import Grid, Organisation, User
from grids.tree import ancestor_codes

LARGEST_KEY = 2**63 - 1
ACTION_CHOICES = [(move.action.value, move.action.label) for move in TABLE.values() if move.sides - {Side.SYSTEM}]


def names(moves: list[Move]) -> list[str]:
    return [move.action.value for move in moves]


# What comes in


class TextField(serializers.CharField):
    """Text and nothing else: REST framework would take a number for its digits."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        for check in plain_text:
            check(data)
        return super().to_internal_value(data)


class GridField(TextField):
    """A grid by its code, with its `ancestors` loaded; whether somebody may file there is the service's question."""

    def to_internal_value(self, data: Any) -> Grid:
        code = super().to_internal_value(data)
        try:
            above = ancestor_codes(code)
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error
        found = {grid.code: grid for grid in Grid.objects.filter(code__in=[code, *above])}
        if code not in found or found[code].retired_at:
            return grid_of(self.context["request"].user, code)  # a code of before, perhaps
        found[code].ancestors = [found[station] for station in reversed(above)]
        return found[code]

    def to_representation(self, grid: Grid) -> str:
        return grid.code


class CategoryField(serializers.PrimaryKeyRelatedField):
    default_error_messages = {"does_not_exist": _("There is no category {pk_value}.")}

    def __init__(self, **kwargs: Any):
        super().__init__(queryset=Category.objects.all(), pk_field=serializers.IntegerField(), **kwargs)


class CoordinateField(serializers.DecimalField):
    def __init__(self, **kwargs: Any):
        super().__init__(max_digits=9, decimal_places=6, required=False, allow_null=True, **kwargs)


class FilingSerializer(serializers.Serializer):
    category = CategoryField(help_text=_("Its id, from the list of categories"))
    grid = GridField(help_text=_("Code of the grid where it happened"))
    title = TextField(max_length=TITLE_LENGTH, required=False, help_text=_("Needed but for a case that joins another"))
    description = TextField(max_length=TEXT_LENGTH, required=False, allow_blank=True)
    address = TextField(max_length=200, required=False, allow_blank=True, help_text=_("Exact place inside the grid"))
    latitude = CoordinateField(help_text=_("Of the exact place in degrees (WGS 84), together with the longitude"))
    longitude = CoordinateField(help_text=_("In degrees, together with the latitude"))
    urgency = serializers.ChoiceField(Urgency.choices, required=False)
    into = TextField(
        max_length=20, required=False, allow_blank=True,
        help_text=_("Number of the open case that it is the same as; it is merged into that one at once"),
    )  # fmt: skip
    occasion = TextField(
        max_length=64, required=False, allow_blank=True,
        help_text=_("What it arises from, as “resolution-” and its id; that becomes one case, whoever files it again"),
    )  # fmt: skip
    attachments = AttachmentsField()

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if not given.get("into") and not given.get("title"):
            raise serializers.ValidationError({"title": [self.fields["title"].error_messages["required"]]})
        return given


class ActSerializer(serializers.Serializer):
    action = serializers.ChoiceField(ACTION_CHOICES)
    reason = TextField(max_length=TEXT_LENGTH, required=False, allow_blank=True)
    note = TextField(max_length=TEXT_LENGTH, required=False, allow_blank=True)
    handler = TextField(
        max_length=150, required=False, allow_blank=True, help_text=_("Username of who is to handle it")
    )
    organisation = serializers.IntegerField(
        min_value=1,
        max_value=LARGEST_KEY,
        required=False,
        allow_null=True,
        help_text=_("Id of the joint organisation that is to handle it, instead of a person"),
    )
    partner = TextField(
        max_length=150, required=False, allow_blank=True,
        help_text=_("Of the action join: username of the police officer; your own where it is left out"),
    )  # fmt: skip
    checklist = serializers.ListField(
        child=TextField(max_length=TEXT_LENGTH),
        max_length=100,
        required=False,
        help_text=_("The ticked items of the closing checklist"),
    )
    outcome = serializers.ChoiceField(
        Outcome.choices, required=False, allow_blank=True,
        help_text=_("Of the action resolve, where it cannot be fixed; it then needs a reason and no checklist"),
    )  # fmt: skip
    rating = serializers.ChoiceField(
        Rating.choices, required=False, help_text=_("Of the action rate; unsatisfied also needs a reason")
    )
    contacted = serializers.BooleanField(
        required=False, allow_null=True, help_text=_("Of the action rate: whether somebody contacted the reporter")
    )
    solved = serializers.BooleanField(
        required=False, allow_null=True, help_text=_("Of the action rate: whether the problem is solved")
    )
    until = serializers.DateField(
        required=False, allow_null=True, help_text=_("Of the action ask_suspend: the date, within one year")
    )
    into = TextField(
        max_length=20, required=False, allow_blank=True,
        help_text=_("Of the action merge: number of the open case that goes on"),
    )  # fmt: skip
    version = serializers.IntegerField(
        min_value=1,
        required=False,
        help_text=_("Version of the case that you looked at; if it has changed since, the answer is 409"),
    )
    attachments = AttachmentsField()


class AlikeQuery(serializers.Serializer):
    category = CategoryField(help_text=_("Id of the category that one is about to report"))
    grid = GridField(help_text=_("Code of the grid where it happened"))
    latitude = CoordinateField(help_text=_("Of the exact place in degrees (WGS 84), together with the longitude"))
    longitude = CoordinateField(help_text=_("In degrees, together with the latitude"))


class CategoryQuery(serializers.Serializer):
    search = TextField(required=False, max_length=64, help_text=_("Part of the major or minor"))


class EventQuery(serializers.Serializer):
    status = serializers.ChoiceField(Status.choices, required=False)
    loop = serializers.ChoiceField(Loop.choices, required=False)
    grid = TextField(required=False, max_length=18, help_text=_("Code of a grid; everything below it is included"))
    category = CategoryField(required=False, help_text=_("Id of a category"))
    overdue = serializers.BooleanField(required=False, help_text=_("Open and past its time limit, or not"))
    since = serializers.DateField(required=False, help_text=_("First day on which it was filed"))
    until = serializers.DateField(required=False, help_text=_("Last day on which it was filed"))
    search = TextField(required=False, max_length=64, help_text=SEARCH_HELP)

    def validate_grid(self, code: str) -> Grid:
        return grid_of(self.context["request"].user, code)


# What goes out


class LabelField(serializers.CharField):
    """What a choice is called. To look that up anew in each row would be most of the cost of a page."""

    def __init__(self, choices: type[Choices], **kwargs: Any):
        super().__init__(read_only=True, **kwargs)
        self.labels = dict(choices.choices)
        self.said: dict[str, str] = {}  # translated, for the one answer that the field is made for

    def to_representation(self, value: str) -> str:
        if value not in self.said:
            self.said[value] = str(self.labels.get(value, value))
        return self.said[value]


BUILT: dict[tuple[type, str | None], dict[str, serializers.Field]] = {}


class ShownSerializer(serializers.ModelSerializer):
    """Fields are put together from the model once for each class: for every answer anew, it would cost more than all
    the rest of the answer."""

    def get_fields(self) -> dict[str, serializers.Field]:
        known = (type(self), get_language())  # their labels are told in it
        if known not in BUILT:
            BUILT[known] = super().get_fields()
        return copy.deepcopy(BUILT[known])


class CategorySerializer(serializers.ModelSerializer):
    kind_label = serializers.CharField(read_only=True, source="get_kind_display")
    unit_label = serializers.CharField(read_only=True, source="get_unit_display")
    lowest_loop_label = serializers.CharField(read_only=True, source="get_lowest_loop_display")
    checklist = serializers.ListField(child=serializers.CharField(), read_only=True, source="checklist_items")

    class Meta:
        model = Category
        fields = [
            "id", "kind", "kind_label", "major", "minor", "limit", "unit", "unit_label", "lowest_loop",
            "lowest_loop_label", "is_confidential", "checklist",
        ]  # fmt: skip
        read_only_fields = fields


class CategoryNameSerializer(ShownSerializer):
    class Meta:
        model = Category
        fields = ["id", "kind", "major", "minor"]
        read_only_fields = fields


class PlaceSerializer(ShownSerializer):
    path = serializers.SerializerMethodField(help_text=_("Names from the city down to the parent"))

    class Meta:
        model = Grid
        fields = ["code", "name", "path"]
        read_only_fields = fields

    def get_path(self, grid: Grid) -> list[str]:
        return [above.name for above in grid.ancestors]


class GridNameSerializer(ShownSerializer):
    class Meta:
        model = Grid
        fields = ["code", "name"]
        read_only_fields = fields


class PersonSerializer(ShownSerializer):
    class Meta:
        model = User
        fields = ["username", "name"]
        read_only_fields = fields


class OrganisationNameSerializer(ShownSerializer):
    class Meta:
        model = Organisation
        fields = ["id", "name", "kind"]
        read_only_fields = fields


class EventSerializer(ShownSerializer):
    status_label = LabelField(Status, source="status")
    loop_label = LabelField(Loop, source="loop")
    start_loop_label = LabelField(Loop, source="start_loop")
    urgency_label = LabelField(Urgency, source="urgency")
    rating_label = LabelField(Rating, source="rating")
    category = CategoryNameSerializer(read_only=True)
    grid = PlaceSerializer(read_only=True, help_text=_("Where it happened"))
    holder = GridNameSerializer(read_only=True, help_text=_("The grid whose desk answers for it now"))
    handler = PersonSerializer(read_only=True, allow_null=True)
    organisation = OrganisationNameSerializer(
        read_only=True, allow_null=True, help_text=_("The organisation that handles it, where it is not a person")
    )
    partner = PersonSerializer(
        read_only=True, allow_null=True, help_text=_("The police officer who handles it together with them")
    )
    reporter_name = serializers.SerializerMethodField()
    checker = GridNameSerializer(read_only=True, allow_null=True, help_text=_("The grid that is to check it"))
    place_name = serializers.SerializerMethodField(
        help_text=_("Where it happened, by the name of now; of a case that has ended by the name of its time")
    )
    is_overdue = serializers.SerializerMethodField()
    version = serializers.IntegerField(read_only=True, source="step_count", help_text=_("Grows with each step"))

    class Meta:
        model = Event
        fields = [
            "number", "title", "category", "grid", "place_name", "address", "latitude", "longitude", "urgency",
            "urgency_label", "is_confidential", "status", "status_label", "loop", "loop_label", "start_loop",
            "start_loop_label", "holder", "handler", "organisation", "partner", "reporter_name", "checker",
            "round",
            "is_supervised", "filed_at", "accepted_at", "resolved_at", "closed_at", "rating", "rating_label",
            "rated_at", "was_contacted", "was_solved", "asked_at", "due_at", "is_overdue", "version",
        ]  # fmt: skip
        read_only_fields = fields

    def get_reporter_name(self, event: Event) -> str:
        return str(event.reporter or "")

    def get_place_name(self, event: Event) -> str:
        return place_of(event)

    def get_is_overdue(self, event: Event) -> bool:
        return event.is_overdue(self.context["at"])


class AlikeSerializer(EventSerializer):
    photo = AttachmentSerializer(read_only=True, allow_null=True, help_text=_("The first photo of the case"))

    class Meta(EventSerializer.Meta):
        fields = [*EventSerializer.Meta.fields, "description", "photo"]
        read_only_fields = fields


# What desk and upper side have agreed or wait for, and what became of a merged case.
AGREED = (
    "outcome", "request", "requested_until", "suspended_until", "suspensions", "extensions", "reply_due_at",
    "merged_into",
)  # fmt: skip


class OriginSerializer(serializers.Serializer):
    kind = serializers.CharField()
    id = serializers.IntegerField()
    label = serializers.CharField(help_text=_("The kind in words"))
    title = serializers.CharField()
    url = serializers.CharField(help_text=_("Address of its page; empty where you may not see it"))


class EventDetailSerializer(EventSerializer):
    checklist = serializers.ListField(
        child=serializers.CharField(),
        read_only=True,
        source="category.checklist_items",
        help_text=_("All to be ticked to resolve it"),
    )
    merged_into = serializers.SlugRelatedField(
        slug_field="number", read_only=True, help_text=_("Number of the case that it was merged into")
    )
    occasion = serializers.SerializerMethodField(help_text=_("What the case arose from, such as a resolution"))
    actions = serializers.SerializerMethodField(help_text=_("What is open to you now"))
    action_needs = serializers.SerializerMethodField(help_text=_("What each of these actions must be given"))

    class Meta(EventSerializer.Meta):
        fields = [
            *EventSerializer.Meta.fields, "description", "checklist", *AGREED, "occasion", "actions", "action_needs",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(OriginSerializer(allow_null=True))
    def get_occasion(self, event: Event) -> dict[str, Any] | None:
        origin = origin_of(event, self.context["request"].user)
        return origin._asdict() if origin else None

    def get_actions(self, event: Event) -> list[str]:
        return names(self._moves(event))

    def get_action_needs(self, event: Event) -> dict[str, list[str]]:
        return {move.action.value: list(move.needs) for move in self._moves(event)}

    def _moves(self, event: Event) -> list[Move]:
        return open_moves(event.case(), event.sides_of(self.context["request"].user) - {Side.SYSTEM})


class StepSerializer(ShownSerializer):
    action_label = serializers.CharField(read_only=True, source="action_name")
    side_label = LabelField(Side, source="side")
    from_status_label = LabelField(Status, source="from_status")
    to_status_label = LabelField(Status, source="to_status")
    from_loop_label = LabelField(Loop, source="from_loop")
    to_loop_label = LabelField(Loop, source="to_loop")
    organisation_name = serializers.SerializerMethodField(help_text=_("Of the organisation that handled it then"))
    explanation = serializers.SerializerMethodField(help_text=_("Sentences that tell why it went this way"))
    attachments = AttachmentSerializer(many=True, read_only=True)

    class Meta:
        model = Step
        fields = [
            "ordinal", "at", "action", "action_label", "side", "side_label", "actor_name", "actor_post",
            "from_status", "from_status_label",
            "to_status", "to_status_label", "from_loop", "from_loop_label", "to_loop", "to_loop_label", "holder_name",
            "handler_name", "organisation_name", "checker_name", "round", "reason", "note", "rule", "explanation",
            "due_at", "attachments",
        ]  # fmt: skip
        read_only_fields = fields

    def get_organisation_name(self, step: Step) -> str:
        return step.organisation_name

    def get_explanation(self, step: Step) -> list[str]:
        return explain(step)


class RefusalSerializer(serializers.Serializer):
    code = serializers.CharField()
    detail = serializers.CharField()
    status = serializers.ChoiceField(Status.choices)
    status_label = serializers.CharField()
    version = serializers.IntegerField()
    actions = serializers.ListField(child=serializers.CharField())

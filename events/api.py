"""Cases and their categories under /api/v1/; every change goes through the services."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from events import services
from events.attachment_api import AttachmentSerializer, AttachmentsField, AttachmentViewSet, received
from events.attachments import MOST_REQUEST_BYTES
from events.clock_api import ClockSerializer, clock_data
from events.exceptions import ActionForbidden, ActionRefused
from events.explanations import explain
from events.models import TEXT_LENGTH, TITLE_LENGTH, Category, Event, Step, plain_text
from events.reckoning import reckon
from events.running import marks_of
from events.wording import place_of
from events.workflow import OPEN, TABLE, Loop, Move, Outcome, Rating, Side, Status, Urgency, open_moves
from grids.access import visible_organisations
from grids.api import grid_of, read_query
from grids.models import Grid, Organisation, User, load_ancestors
from grids.tree import ancestor_codes

IDEMPOTENCY_KEY = "Idempotency-Key"
LARGEST_KEY = 2**63 - 1
KEY_LENGTH = Event._meta.get_field("idempotency_key").max_length
ACTION_CHOICES = [(move.action.value, move.action.label) for move in TABLE.values() if move.sides - {Side.SYSTEM}]


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


class FilingSerializer(serializers.Serializer):
    category = CategoryField(help_text=_("Its id, from the list of categories"))
    grid = GridField(help_text=_("Code of the grid where it happened"))
    title = TextField(max_length=TITLE_LENGTH)
    description = TextField(max_length=TEXT_LENGTH, required=False, allow_blank=True)
    address = TextField(max_length=200, required=False, allow_blank=True, help_text=_("Exact place inside the grid"))
    urgency = serializers.ChoiceField(Urgency.choices, required=False)
    attachments = AttachmentsField()


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


class CategoryQuery(serializers.Serializer):
    search = TextField(required=False, max_length=64, help_text=_("Part of the major or minor"))


class EventQuery(serializers.Serializer):
    status = serializers.ChoiceField(Status.choices, required=False)
    loop = serializers.ChoiceField(Loop.choices, required=False)
    grid = TextField(required=False, max_length=18, help_text=_("Code of a grid; everything below it is included"))
    category = CategoryField(required=False, help_text=_("Id of a category"))
    overdue = serializers.BooleanField(required=False, help_text=_("Open and past its time limit, or not"))
    search = TextField(required=False, max_length=64, help_text=_("Beginning of the number, part of title or address"))

    def validate_grid(self, code: str) -> Grid:
        return grid_of(self.context["request"].user, code)


# What goes out


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


class CategoryNameSerializer(serializers.ModelSerializer):
    class Meta:
        model = Category
        fields = ["id", "kind", "major", "minor"]
        read_only_fields = fields


class PlaceSerializer(serializers.ModelSerializer):
    path = serializers.SerializerMethodField(help_text=_("Names from the city down to the parent"))

    class Meta:
        model = Grid
        fields = ["code", "name", "path"]
        read_only_fields = fields

    def get_path(self, grid: Grid) -> list[str]:
        return [above.name for above in grid.ancestors]


class GridNameSerializer(serializers.ModelSerializer):
    class Meta:
        model = Grid
        fields = ["code", "name"]
        read_only_fields = fields


class PersonSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ["username", "name"]
        read_only_fields = fields


class OrganisationNameSerializer(serializers.ModelSerializer):
    class Meta:
        model = Organisation
        fields = ["id", "name", "kind"]
        read_only_fields = fields


class EventSerializer(serializers.ModelSerializer):
    status_label = serializers.CharField(read_only=True, source="get_status_display")
    loop_label = serializers.CharField(read_only=True, source="get_loop_display")
    start_loop_label = serializers.CharField(read_only=True, source="get_start_loop_display")
    urgency_label = serializers.CharField(read_only=True, source="get_urgency_display")
    rating_label = serializers.CharField(read_only=True, source="get_rating_display")
    category = CategoryNameSerializer(read_only=True)
    grid = PlaceSerializer(read_only=True, help_text=_("Where it happened"))
    holder = GridNameSerializer(read_only=True, help_text=_("The grid whose desk answers for it now"))
    handler = PersonSerializer(read_only=True, allow_null=True)
    organisation = OrganisationNameSerializer(
        read_only=True, allow_null=True, help_text=_("The organisation that handles it, where it is not a person")
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
            "number", "title", "category", "grid", "place_name", "address", "urgency", "urgency_label",
            "is_confidential", "status", "status_label", "loop", "loop_label", "start_loop", "start_loop_label",
            "holder", "handler", "organisation", "reporter_name", "checker", "round", "is_supervised", "filed_at",
            "accepted_at", "resolved_at", "closed_at", "rating", "rating_label", "rated_at", "asked_at", "due_at",
            "is_overdue", "version",
        ]  # fmt: skip
        read_only_fields = fields

    def get_reporter_name(self, event: Event) -> str:
        return str(event.reporter or "")

    def get_place_name(self, event: Event) -> str:
        return place_of(event)

    def get_is_overdue(self, event: Event) -> bool:
        return event.is_overdue(self.context["at"])


# What desk and upper side have agreed or wait for, and what became of a merged case.
AGREED = (
    "outcome", "request", "requested_until", "suspended_until", "suspensions", "extensions", "reply_due_at",
    "merged_into",
)  # fmt: skip


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
    actions = serializers.SerializerMethodField(help_text=_("What is open to you now"))
    action_needs = serializers.SerializerMethodField(help_text=_("What each of these actions must be given"))

    class Meta(EventSerializer.Meta):
        fields = [*EventSerializer.Meta.fields, "description", "checklist", *AGREED, "actions", "action_needs"]
        read_only_fields = fields

    def get_actions(self, event: Event) -> list[str]:
        return names(self._moves(event))

    def get_action_needs(self, event: Event) -> dict[str, list[str]]:
        return {move.action.value: list(move.needs) for move in self._moves(event)}

    def _moves(self, event: Event) -> list[Move]:
        return open_moves(event.case(), event.sides_of(self.context["request"].user) - {Side.SYSTEM})


class StepSerializer(serializers.ModelSerializer):
    action_label = serializers.CharField(read_only=True, source="get_action_display")
    side_label = serializers.CharField(read_only=True, source="get_side_display")
    from_status_label = serializers.CharField(read_only=True, source="get_from_status_display")
    to_status_label = serializers.CharField(read_only=True, source="get_to_status_display")
    from_loop_label = serializers.CharField(read_only=True, source="get_from_loop_display")
    to_loop_label = serializers.CharField(read_only=True, source="get_to_loop_display")
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


def names(moves: list[Move]) -> list[str]:
    return [move.action.value for move in moves]


def refused(error: ActionRefused) -> Response:
    body = {
        "code": error.code,
        "detail": error.detail,
        "status": error.event.status,
        "status_label": error.event.get_status_display(),
        "version": error.event.step_count,
        "actions": names(error.moves),
    }
    forbidden = isinstance(error, ActionForbidden)
    return Response(body, status.HTTP_403_FORBIDDEN if forbidden else status.HTTP_409_CONFLICT)


def idempotency_key(request: Request) -> str | None:
    """The header's value, None without one; an empty, overlong or unprintable one protects nobody and is refused."""
    key = request.headers.get(IDEMPOTENCY_KEY)
    if key is not None and not (1 <= len(key) <= KEY_LENGTH and key.isascii() and key.isprintable()):
        problem = _("Give 1 to %(length)d printable ASCII characters.") % {"length": KEY_LENGTH}
        raise serializers.ValidationError({IDEMPOTENCY_KEY: [problem]})
    return key


@extend_schema_view(
    list=extend_schema(
        summary=_("List the categories"),
        description=_("What a case can be about: all categories in use."),
        parameters=[CategoryQuery],
    )
)
class CategoryViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    queryset = Category.objects.none()
    serializer_class = CategorySerializer

    def get_queryset(self) -> QuerySet[Category]:
        return Category.objects.filter(is_active=True)

    def filter_queryset(self, queryset: QuerySet[Category]) -> QuerySet[Category]:
        words = read_query(CategoryQuery, self.request).get("search", "")
        return queryset.filter(Q(major__icontains=words) | Q(minor__icontains=words))


EXAMPLE_FILING = {
    "category": 196,
    "grid": "150105001001000101",
    "title": "楼道灯不亮",
    "address": "3楼电梯口",
    "urgency": "normal",
}
EXAMPLE_REFUSAL = {
    "code": "somebody_was_faster",
    "detail": "有人抢先一步：您打开后该事件已有变化，当前状态为“处置中”。",
    "status": "handling",
    "status_label": "处置中",
    "version": 3,
    "actions": ["assign", "resolve", "escalate", "comment"],
}


class EventViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    queryset = Event.objects.none()
    lookup_field = "number"
    lookup_value_regex = "[0-9]{8}-[0-9]{6}"
    request_limit = MOST_REQUEST_BYTES

    def get_queryset(self) -> QuerySet[Event]:
        return Event.objects.visible_to(self.request.user).with_related().order_by("-filed_at", "-pk")

    def get_serializer_class(self):
        return EventSerializer if self.action == "list" else EventDetailSerializer

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "at": timezone.now()}

    def filter_queryset(self, queryset: QuerySet[Event]) -> QuerySet[Event]:
        if self.detail:
            return queryset
        given = read_query(EventQuery, self.request)
        queryset = queryset.filter(**{name: given[name] for name in ("status", "loop", "category") if name in given})
        if "grid" in given:
            queryset = queryset.inside(given["grid"])
        if "overdue" in given:
            at = timezone.now()
            due = Q(status__in=OPEN, due_at__lt=at)
            queryset = queryset.filter(due if given["overdue"] else ~due)
        return queryset.search(given["search"]) if "search" in given else queryset

    @extend_schema(
        summary=_("List cases"),
        description=_(
            "The cases that you may see, newest first. Every filter given must fit. Times are ISO 8601 with their zone."
        ),
        parameters=[EventQuery],
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        load_ancestors(event.grid for event in page)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        summary=_("File a case"),
        description=_(
            "Files a case where it happened; the answer tells who holds it and until when. A request that is repeated "
            "with the same Idempotency-Key, for instance after the connection broke, gets the first case with 200."
        ),
        parameters=[
            OpenApiParameter(
                IDEMPOTENCY_KEY,
                str,
                OpenApiParameter.HEADER,
                description=_("Any text of your own, at most 64 characters, that you use for this case alone"),
            )
        ],
        request=FilingSerializer,
        responses={
            201: EventDetailSerializer,
            200: OpenApiResponse(EventDetailSerializer, _("Filed before with this key")),
            403: OpenApiResponse({"$ref": "#/components/schemas/Problem"}, _("You hold no post")),
        },
        examples=[OpenApiExample("request", EXAMPLE_FILING, request_only=True)],
    )
    def create(self, request: Request) -> Response:
        if not request.user.active_posts:
            raise PermissionDenied(_("Only somebody who holds a post can file a case."), "no_post")
        key = idempotency_key(request)
        serializer = FilingSerializer(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        given, at = serializer.validated_data, timezone.now()
        with received(given.pop("attachments", ()), request.user) as attachments:
            event = services.file_event(
                actor=request.user, idempotency_key=key, at=at, attachments=attachments, **given
            )
        if event.filed_at != at:  # by an earlier request with this key
            return self._answer(event)
        event.grid.ancestors = given["grid"].ancestors
        return self._answer(event, status.HTTP_201_CREATED)

    def _answer(self, event: Event, code: int = status.HTTP_200_OK) -> Response:
        return Response(self.get_serializer(event).data, code)

    @extend_schema(
        summary=_("One case"),
        description=_("A case as it stands, with the actions that are open to you."),
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._answer(self.get_object())

    @extend_schema(
        summary=_("The history of a case"),
        description=_(
            "Every step from the first: who, when, why, and the rule that chose where it went. "
            "Names are those of its time."
        ),
        responses=StepSerializer(many=True),
    )
    @action(detail=True)
    def steps(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.get_object().steps.prefetch_related("attachments"))
        return self.get_paginated_response(StepSerializer(page, many=True, context={"request": request}).data)

    @extend_schema(
        summary=_("How the due time of a case came about"),
        description=_(
            "The clock of the last stage: by which limit and calendar it runs, and every interval that was counted, "
            "skipped (night, weekend, holiday) or paused. What was counted sums up to the limit exactly."
        ),
        responses=ClockSerializer,
    )
    @action(detail=True)
    def clock(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        event, at = self.get_object(), timezone.now()
        reckoning = reckon(event, marks_of([event.pk]).get(event.pk, []), at)
        if reckoning is None:
            raise NotFound(_("The calendar of this clock is not on record any more."))
        return Response(ClockSerializer(clock_data(reckoning, event.due_at is not None)).data)

    @extend_schema(
        summary=_("Act on a case"),
        description=_(
            "Takes one of the actions that the case offers to you and answers with the case as it then stands. "
            "Without a version, the version is that of this moment."
        ),
        request=ActSerializer,
        responses={
            200: EventDetailSerializer,
            204: OpenApiResponse(description=_("Done; a confidential case is now out of your sight")),
            403: OpenApiResponse(RefusalSerializer, _("Not yours to do")),
            409: OpenApiResponse(RefusalSerializer, _("Not possible in the present state, or somebody was faster")),
        },
        examples=[
            OpenApiExample("accept", {"action": "accept", "version": 1}, request_only=True),
            OpenApiExample("assign", {"action": "assign", "handler": "worker"}, request_only=True),
            OpenApiExample("assign_organisation", {"action": "assign", "organisation": 12}, request_only=True),
            OpenApiExample("send_back", {"action": "send_back", "reason": "属社区可自行处置"}, request_only=True),
            OpenApiExample("refused", EXAMPLE_REFUSAL, response_only=True, status_codes=[409]),
        ],
    )
    @action(detail=True, methods=["post"], url_path="actions", url_name="actions")
    def act(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        event = self.get_object()
        serializer = ActSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = dict(serializer.validated_data)
        handler = self._handler(event, given.pop("handler", ""))
        organisation = self._organisation(event, given.pop("organisation", None))
        into = self._into(given.pop("into", ""))
        try:
            with received(given.pop("attachments", ()), request.user) as attachments:
                event = services.act(
                    event=event,
                    actor=request.user,
                    handler=handler,
                    organisation=organisation,
                    into=into,
                    attachments=attachments,
                    **given,
                )
        except ActionRefused as error:
            return refused(error)
        if event.is_confidential and not self.get_queryset().filter(pk=event.pk).exists():
            return Response(status=status.HTTP_204_NO_CONTENT)
        return self._answer(event)

    def _into(self, number: str) -> Event | None:
        if not number:
            return None
        into = Event.objects.visible_to(self.request.user).filter(number=number).first()
        if into is None:
            problem = _("There is no case of this number in your area.")
            raise serializers.ValidationError({"into": [problem]})
        return into

    def _handler(self, event: Event, username: str) -> User | None:
        """Who is to handle it. A name that cannot be chosen goes on as a stranger's, so that no account is betrayed."""
        if not username:
            return None
        return services.handler_candidates(event).filter(username=username).first() or User(username=username)

    def _organisation(self, event: Event, key: int | None) -> Organisation | None:
        """The organisation of this id. One in the area goes on even if it cannot be chosen: the service says why."""
        if key is None:
            return None
        found = services.organisation_candidates(event) | visible_organisations(self.request.user)
        organisation = found.filter(pk=key).first()
        if organisation is None:
            problem = _("There is no organisation %(id)s in your area.") % {"id": key}
            raise serializers.ValidationError({"organisation": [problem]})
        return organisation


router = SimpleRouter()
router.register("categories", CategoryViewSet, basename="category")
router.register("events", EventViewSet, basename="event")
router.register("attachments", AttachmentViewSet, basename="api_attachment")
urlpatterns = router.urls

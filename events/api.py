"""Cases and their categories under /api/v1/; every change goes through the services."""

from typing import Any

from django.db.models import F, Q, QuerySet
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.settings import api_settings

from events import occasions, services
from events.alike import load_photos
from events.attachment_api import AttachmentViewSet, received
from events.attachments import MOST_REQUEST_BYTES
from events.clock_api import ClockSerializer, clock_data
from events.exceptions import ActionForbidden, ActionRefused
from events.figures.dashboard_api import DashboardViewSet
from events.figures.indicator_api import IndicatorsView
from events.filters import during
from events.models import Category, Event, Occasion
from events.nearness import point_of
from events.paging import DEEPEST, CappedPaginator, by_index
from events.rechecks.api import SampleViewSet, SecondLookViewSet
from events.reckoning import reckon
from events.running import marks_of
from events.searching import read_search
from events.serializers import (
    ActSerializer,
    AlikeQuery,
    AlikeSerializer,
    CategoryQuery,
    CategorySerializer,
    EventDetailSerializer,
    EventQuery,
    EventSerializer,
    FilingSerializer,
    RefusalSerializer,
    StepSerializer,
    names,
)
from events.workflow import OPEN
from grids.access import visible_organisations
from grids.api import read_query
from grids.models import Organisation, User, load_ancestors

IDEMPOTENCY_KEY = "Idempotency-Key"
KEY_LENGTH = Event._meta.get_field("idempotency_key").max_length


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


class EventPages(api_settings.DEFAULT_PAGINATION_CLASS):
    """`count` is told no further than one more than 1,000; `next` leads on however many there are."""

    django_paginator_class = CappedPaginator

    def get_page_number(self, request: Request, paginator: CappedPaginator) -> int:
        number = self._number(request, self.page_query_param, 1, DEEPEST)
        return number if paginator.reaches(number) else super().get_page_number(request, paginator)


class EventViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    queryset = Event.objects.none()
    pagination_class = EventPages
    lookup_field = "number"
    lookup_value_regex = "[0-9]{8}-[0-9]{6}"
    request_limit = MOST_REQUEST_BYTES

    def get_queryset(self) -> QuerySet[Event]:
        events = Event.objects.visible_to(self.request.user)
        # What is acted on is read again under its lock, and only then with all that belongs to it.
        events = events.select_related("grid", "holder") if self.action == "act" else events.with_related()
        return events.order_by(F("filed_at").desc(), F("pk").desc())

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
        at = timezone.now()
        queryset = queryset.filter(*during(given, at))
        if "overdue" in given:
            due = Q(status__in=OPEN, due_at__lt=at)
            queryset = queryset.filter(due if given["overdue"] else ~due)
        return by_index(queryset, read_search(given["search"])) if "search" in given else queryset

    @extend_schema(
        summary=_("List cases"),
        description=_(
            "The cases that you may see, newest first, counted no further than 1,001; follow “next” for all of them. "
            "Every filter given must fit. Times are ISO 8601 with their zone."
        ),
        parameters=[EventQuery],
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        load_ancestors(event.grid for event in page)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        summary=_("Open cases that may be the same"),
        description=_(
            "Before filing: the open cases of the category in the same building, or within 50 metres of the position "
            "in its community, of the last twelve weeks, newest first, as far as their holder answers for the place "
            "too. File with the number of one of them as “into” to join it."
        ),
        parameters=[AlikeQuery],
        responses=AlikeSerializer(many=True),
        filters=False,
    )
    @action(detail=False)
    def alike(self, request: Request) -> Response:
        given, at = read_query(AlikeQuery, request), timezone.now()
        point = point_of(given.pop("latitude", None), given.pop("longitude", None))
        seen = Event.objects.visible_to(request.user).open().held_above(given["grid"])
        found = seen.alike(**given, point=point, at=at)
        page = self.paginate_queryset(found.with_related())
        load_ancestors(event.grid for event in page)
        load_photos(page)
        serializer = AlikeSerializer(page, many=True, context=self.get_serializer_context())
        return self.get_paginated_response(serializer.data)

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
        given["into"] = self._into(given.pop("into", ""))
        given["occasion"] = self._occasion(given.pop("occasion", ""))
        with received(given.pop("attachments", ()), request.user) as attachments:
            event = services.file_event(
                actor=request.user, idempotency_key=key, at=at, attachments=attachments, **given
            )
        if event.filed_at != at:  # by an earlier request with this key
            return self._answer(event)
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
        partner = self._partner(event, given.pop("partner", ""))
        organisation = self._organisation(event, given.pop("organisation", None))
        into = self._into(given.pop("into", ""))
        try:
            with received(given.pop("attachments", ()), request.user) as attachments:
                event = services.act(
                    event=event,
                    actor=request.user,
                    handler=handler,
                    organisation=organisation,
                    partner=partner,
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

    def _occasion(self, code: str) -> Occasion | None:
        occasion = occasions.find(self.request.user, code)
        if code and occasion is None:
            raise serializers.ValidationError({"occasion": [_("There is nothing such that you may file from.")]})
        return occasion

    def _handler(self, event: Event, username: str) -> User | None:
        """Who is to handle it. A name that cannot be chosen goes on as a stranger's, so that no account is betrayed."""
        if not username:
            return None
        return services.handler_candidates(event).filter(username=username).first() or User(username=username)

    def _partner(self, event: Event, username: str) -> User | None:
        """As `_handler`, of the police officer who handles it together with them."""
        if not username:
            return None
        return services.partner_candidates(event).filter(username=username).first() or User(username=username)

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
router.register("samples", SampleViewSet, basename="api_sample")
router.register("dashboards", DashboardViewSet, basename="api_dashboard")
router.register("second-looks", SecondLookViewSet, basename="api_second_look")
urlpatterns = [path("indicators/", IndicatorsView.as_view(), name="api_indicators"), *router.urls]

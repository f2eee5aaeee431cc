"""Photos and files under /api/v1/: how requests bring them, how steps list them, and where they are fetched."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.files import File
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request

from events import services
from events.attachment_views import get_attachment, serve
from events.models import Attachment
from grids.models import User


class AttachmentsField(serializers.ListField):
    """The files of a multipart request; what is in them is for the service to judge."""

    def __init__(self, **kwargs: Any):
        help_text = _("Up to 9 photos and 3 files, 10 MB each; send the request as multipart/form-data")
        child = serializers.FileField(allow_empty_file=True)
        super().__init__(child=child, required=False, help_text=help_text, **kwargs)


@contextmanager
def received(files: Iterable[File], uploader: User) -> Iterator[list[Attachment]]:
    """The files of a request, stored for its service; what that does not take is gone afterwards."""
    attachments, problems = services.receive_uploads(files=files, uploader=uploader)
    try:
        if problems:
            raise serializers.ValidationError({"attachments": problems})
        yield attachments
    finally:
        if attachments:
            services.discard_uploads(attachments=attachments)


class AttachmentSerializer(serializers.ModelSerializer):
    url = serializers.HyperlinkedIdentityField("api_attachment-detail", lookup_field="key")
    thumbnail_url = serializers.HyperlinkedIdentityField(
        "api_attachment-thumbnail", lookup_field="key", help_text=_("Of photos alone; for a file it answers 404")
    )

    class Meta:
        model = Attachment
        fields = [
            "key", "kind", "name", "content_type", "size", "sha256", "width", "height", "erased_at", "url",
            "thumbnail_url",
        ]  # fmt: skip
        read_only_fields = fields


@extend_schema_view(
    retrieve=extend_schema(
        summary=_("A photo or file"),
        description=_("What came with a step of a case that you may see: photos as JPEG, files as they were sent."),
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    ),
    thumbnail=extend_schema(
        summary=_("A small picture of a photo"),
        description=_("At most 480 pixels on its longer side."),
        responses={(200, "image/jpeg"): OpenApiTypes.BINARY},
    ),
)
class AttachmentViewSet(viewsets.GenericViewSet):
    queryset = Attachment.objects.none()
    lookup_field = "key"
    lookup_value_regex = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"

    def perform_content_negotiation(self, request: Request, force: bool = False):
        """Whoever asks for image/jpeg alone gets it too, although only errors are rendered here."""
        return super().perform_content_negotiation(request, force=True)

    def retrieve(self, request: Request, key: str) -> HttpResponse:
        return serve(request, get_attachment(request.user, key))

    @action(detail=True)
    def thumbnail(self, request: Request, key: str) -> HttpResponse:
        return serve(request, get_attachment(request.user, key), small=True)

"""Photos and files of the cases, given to who may see the case and to nobody else."""

import logging

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from events.models import Attachment

logger = logging.getLogger(__name__)

# Nothing in it runs or loads anything; the style is the browser's own frame around a lone picture.
POLICY = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox"


@require_safe
def attachment(request: HttpRequest, key: str) -> HttpResponse:
    """A picture to look at, or a file to save."""
    return serve(request, get_attachment(request.user, key))


@require_safe
def attachment_thumbnail(request: HttpRequest, key: str) -> HttpResponse:
    """The small picture of the timeline and of forms."""
    return serve(request, get_attachment(request.user, key), small=True)


def get_attachment(user, key) -> Attachment:
    """The attachment of this key; 404 where the user may not see its case."""
    return get_object_or_404(Attachment.objects.visible_to(user).select_related("event"), key=key)


def serve(request: HttpRequest, attachment: Attachment, *, small: bool = False) -> HttpResponse:
    """The file's bytes. Who calls has made sure that this person may have them."""
    stored = attachment.thumbnail if small else attachment.file
    if not stored:
        raise Http404
    etag = f'"{attachment.sha256[:32]}{"-small" if small else ""}"'
    modified = int(attachment.created_at.timestamp())
    response = get_conditional_response(request, etag=etag, last_modified=modified) or _file(attachment, stored)
    response.headers["ETag"] = etag
    response.headers["Last-Modified"] = http_date(modified)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = POLICY
    # Asked again each time, so that who loses the sight of a case loses its pictures; a clue report leaves no trace.
    confidential = attachment.event is not None and attachment.event.is_confidential
    response.headers["Cache-Control"] = "private, no-store" if confidential else "private, no-cache"
    return response


def _file(attachment: Attachment, stored) -> HttpResponse:
    try:
        content = stored.open("rb")
    except FileNotFoundError as error:
        logger.error("The file of attachment %s is missing.", attachment.pk)
        raise Http404 from error
    return FileResponse(
        content,
        as_attachment=not attachment.is_image,
        filename=attachment.name,
        content_type=attachment.content_type,
    )

"""Photos and files of the cases, given to who may see the case and to nobody else."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from events.models import Attachment
from grids.giving import give


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
    # Asked again each time, so that who loses the sight of a case loses its pictures; a clue report leaves no trace.
    confidential = attachment.event is not None and attachment.event.is_confidential
    return give(
        request,
        stored,
        sha256=attachment.sha256,
        at=attachment.created_at,
        name=attachment.name,
        content_type=attachment.content_type,
        cache="private, no-store" if confidential else "private, no-cache",
        is_small=small,
        as_attachment=not attachment.is_image,
    )

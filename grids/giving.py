"""Stored files, given out; who calls has made sure that this person may have them."""

import logging
from datetime import datetime

from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date

logger = logging.getLogger(__name__)

# Nothing in it runs or loads anything; the style is the browser's own frame around a lone picture.
POLICY = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox"


def give(
    request: HttpRequest,
    stored: FieldFile,
    *,
    sha256: str,
    at: datetime,
    name: str,
    content_type: str,
    cache: str,
    is_small: bool = False,
    as_attachment: bool = False,
) -> HttpResponse:
    """The file's bytes, stored at that time, or that they have not changed. `cache` is the Cache-Control header."""
    etag, modified = f'"{sha256[:32]}{"-small" if is_small else ""}"', int(at.timestamp())
    response = get_conditional_response(request, etag=etag, last_modified=modified)
    if response is None:
        content = _opened(stored)
        response = FileResponse(content, as_attachment=as_attachment, filename=name, content_type=content_type)
    response.headers["ETag"] = etag
    response.headers["Last-Modified"] = http_date(modified)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = cache
    return response


def _opened(stored: FieldFile):
    try:
        return stored.open("rb")
    except FileNotFoundError as error:
        logger.error("The file of %s %s is missing.", stored.instance._meta.model_name, stored.instance.pk)
        raise Http404 from error

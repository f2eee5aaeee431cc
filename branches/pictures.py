"""Giving out the photos of the branches; who calls has made sure that this person may have them."""

import logging

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date

from branches.models import Picture
from grids.pictures import CONTENT_TYPE

logger = logging.getLogger(__name__)

# Nothing in it runs or loads anything; the style is the browser's own frame around a lone picture.
POLICY = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox"


def serve(request: HttpRequest, picture: Picture, *, small: bool = False, is_public: bool = False) -> HttpResponse:
    """The picture's bytes, asked for again each time: who loses the sight of it, loses it at once."""
    etag = f'"{picture.sha256[:32]}{"-small" if small else ""}"'
    modified = int(picture.created_at.timestamp())
    response = get_conditional_response(request, etag=etag, last_modified=modified) or _file(picture, small)
    response.headers["ETag"] = etag
    response.headers["Last-Modified"] = http_date(modified)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "public, no-cache" if is_public else "private, no-cache"
    return response


def _file(picture: Picture, small: bool) -> HttpResponse:
    try:
        content = (picture.thumbnail if small else picture.file).open("rb")
    except FileNotFoundError as error:
        logger.error("The file of picture %s is missing.", picture.pk)
        raise Http404 from error
    return FileResponse(content, filename=picture.name, content_type=CONTENT_TYPE)

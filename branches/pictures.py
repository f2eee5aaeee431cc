"""Giving out the photos of the branches; who calls has made sure that this person may have them."""

from django.http import HttpRequest, HttpResponse

from branches.models import Picture
from grids.giving import give
from grids.pictures import CONTENT_TYPE


def serve(request: HttpRequest, picture: Picture, *, small: bool = False, is_public: bool = False) -> HttpResponse:
    """The picture, asked for again each time: who loses the sight of it, loses it at once."""
    return give(
        request,
        picture.thumbnail if small else picture.file,
        sha256=picture.sha256,
        at=picture.created_at,
        name=picture.name,
        content_type=CONTENT_TYPE,
        cache="public, no-cache" if is_public else "private, no-cache",
        is_small=small,
    )

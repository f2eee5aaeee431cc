"""What the API reads of a request: JSON and forms of bounded size, and strict page numbers.

Apart from `saihan.api`, because REST framework imports these while its own views are still being imported.
"""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.utils.translation import gettext_lazy as _
from rest_framework import parsers
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request


class JSONParser(parsers.JSONParser):
    def parse(self, stream, media_type=None, parser_context=None):
        try:
            return super().parse(stream, media_type, parser_context)
        except (ParseError, RecursionError) as error:  # thousands of nested brackets are the latter
            raise ParseError(_("The request is no valid JSON.")) from error


class MultiPartParser(parsers.MultiPartParser):
    """Django's limit leaves out files, which are written to disk: a view that takes some tells its `request_limit`."""

    def parse(self, stream, media_type=None, parser_context=None):
        limit = getattr(parser_context["view"], "request_limit", settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        if int(parser_context["request"].META["CONTENT_LENGTH"]) > limit:
            raise RequestDataTooBig
        try:
            return super().parse(stream, media_type, parser_context)
        except ParseError as error:
            raise ParseError(_("The request is no valid form.")) from error


class Pages(PageNumberPagination):
    """`?page=` and `?page_size=`; a wrong one is told at its name instead of being passed over."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    page_size_query_description = _("Results on a page, 50 if not given, at most 200")
    page_query_description = _("Number of the page, from 1")
    last_page_strings = ()

    def get_page_size(self, request: Request) -> int:
        return self._number(request, self.page_size_query_param, self.page_size, self.max_page_size)

    def get_page_number(self, request: Request, paginator) -> int:
        return self._number(request, self.page_query_param, 1, paginator.num_pages)

    def _number(self, request: Request, name: str, default: int, largest: int) -> int:
        text = request.query_params.get(name) or str(default)
        if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= largest):
            raise ValidationError({name: [_("Give a number from 1 to %(largest)d.") % {"largest": largest}]})
        return int(text)

    def get_paginated_response_schema(self, schema):
        described = super().get_paginated_response_schema(schema)
        for name, page in (("next", 3), ("previous", 1)):
            described["properties"][name]["example"] = f"https://saihan.example/api/v1/…/?page={page}"
        return described

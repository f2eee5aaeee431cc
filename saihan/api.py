"""What all of /api/v1/ shares: the token, the form of errors, and their description in the documentation."""

from typing import Any

from django.contrib.auth import authenticate
from django.core.exceptions import NON_FIELD_ERRORS, RequestDataTooBig
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404
from django.urls import path
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import exceptions, serializers, status, views
from rest_framework.authtoken.models import Token
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle

from saihan.permissions import CHANGE_FIRST, PasswordIsOwn


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """400 for bad input is {field: [sentences]}; every other error is {code, detail}."""
    if isinstance(error, DjangoValidationError):
        error = exceptions.ValidationError(_by_field(error))
    elif isinstance(error, Http404):
        error = exceptions.NotFound(_("There is nothing here, or it is outside your area."))
    elif isinstance(error, exceptions.PermissionDenied) and str(error.detail).startswith("CSRF"):
        error = exceptions.PermissionDenied(
            _("Send the CSRF token of your session in the X-CSRFToken header, or log in with a token."), "csrf_failed"
        )
    elif isinstance(error, RequestDataTooBig):
        error = exceptions.ParseError(_("The request is too large."), "too_large")
    response = views.exception_handler(error, context)
    if response is not None and not isinstance(error, exceptions.ValidationError):
        response.data = {"code": response.data["detail"].code, **response.data}
    return response


def _by_field(error: DjangoValidationError) -> dict[str, list[str]]:
    found = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
    return {"non_field_errors" if field == NON_FIELD_ERRORS else field: said for field, said in found.items()}


class CredentialsSerializer(serializers.Serializer):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=4096, trim_whitespace=False)

    def validate(self, given: dict[str, str]) -> dict[str, Any]:
        user = authenticate(self.context["request"], **given)
        if user is None:
            # One sentence for all reasons: which names exist is nobody's business.
            raise serializers.ValidationError(_("This name and password do not belong to an active account."))
        return {"user": user}


class TokenSerializer(serializers.Serializer):
    token = serializers.CharField(help_text=_("Send it as “Authorization: Token …”"))


class TokenView(views.APIView):
    """A person's lasting token for name and password. An error never says which of the two was wrong."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "token"

    @extend_schema(
        operation_id="token_create",
        summary=_("Get a token"),
        description=_(
            "Name and password give the token for all other requests: `Authorization: Token …`. "
            "At most ten attempts a minute from one address."
        ),
        tags=["token"],
        request=CredentialsSerializer,
        responses=TokenSerializer,
        examples=[
            OpenApiExample("request", {"username": "worker", "password": "········"}, request_only=True),
            OpenApiExample(
                "response",
                {"token": "9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b"},
                response_only=True,
                status_codes=[200],
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        given = CredentialsSerializer(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        if given.validated_data["user"].must_change_password:
            raise exceptions.PermissionDenied(CHANGE_FIRST, PasswordIsOwn.code)
        token, _created = Token.objects.get_or_create(user=given.validated_data["user"])
        return Response({"token": token.key}, headers={"Cache-Control": "no-store"})


class TokenEndsWithPassword:
    """A validator that refuses no password: whoever changes theirs shuts out who got hold of the token, too."""

    def validate(self, password: str, user: Any = None) -> None:
        pass

    def get_help_text(self) -> str:
        return _("A new password ends your sessions elsewhere and your API token.")

    def password_changed(self, password: str, user: Any) -> None:
        """Django calls it when a new password has been saved."""
        Token.objects.filter(user=user).delete()


PROBLEM = {
    "type": "object",
    "required": ["code", "detail"],
    "properties": {
        "code": {"type": "string", "description": _("A word for programs")},
        "detail": {"type": "string", "description": _("A sentence for people")},
    },
}
FIELD_ERRORS = {
    "type": "object",
    "description": _("The wrong fields with a sentence each; what belongs to no field is under non_field_errors."),
    "additionalProperties": {"type": "array", "items": {"type": "string"}},
    "example": {"title": ["请确保这个字段不能超过 120 个字符。"]},
}


def document_errors(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """A hook of drf-spectacular: each operation tells the errors that its kind of request can get."""
    result["components"]["schemas"] |= {"Problem": PROBLEM, "FieldErrors": FIELD_ERRORS}
    for address, methods in result["paths"].items():
        for operation in methods.values():
            for code, text, schema in _errors(address, operation):
                content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
                operation["responses"].setdefault(str(code), {"description": text, "content": content})
    return result


def _errors(address: str, operation: dict[str, Any]):
    if "requestBody" in operation or any(given["in"] == "query" for given in operation.get("parameters", ())):
        yield status.HTTP_400_BAD_REQUEST, _("Bad input, told by field"), "FieldErrors"
    if {} not in operation.get("security", [{}]):
        yield status.HTTP_401_UNAUTHORIZED, _("Not logged in"), "Problem"
    yield status.HTTP_403_FORBIDDEN, _("Not yours to do, or a one-time password is to be changed first"), "Problem"
    if "{" in address:
        yield status.HTTP_404_NOT_FOUND, _("Not there, or outside your area"), "Problem"
    if "token" in operation["tags"]:
        yield status.HTTP_429_TOO_MANY_REQUESTS, _("Too many attempts; Retry-After says how long to wait"), "Problem"


urlpatterns = [path("token/", TokenView.as_view(), name="token")]

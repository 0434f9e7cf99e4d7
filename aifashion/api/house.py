"""The API itself: who may come in, what errors look like, and an OpenAPI document that tells the truth about both."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.security import HttpBearer

from aifashion.api.problems import MEDIA_TYPE, PATH, SENTENCES, problem
from aifashion.api.schemas import Problem
from aifashion.api.tokens import token_for
from patterns.limits import take
from patterns.ownership import Person

WORDS = (
    "Try generated fabrics on clothes. Every question needs a token of yours; errors are problem details (RFC 9457)."
)
# Any question may meet these; which others, each route says.
ALWAYS = {401: Problem, 422: Problem, 429: Problem, 503: Problem}
PROBLEM = {"schema": {"$ref": "#/components/schemas/Problem"}}
KINDS = {"POST photos": "upload", "POST photo-results": "keep", "POST garment-results": "keep"}


class ByToken(HttpBearer):
    """``Authorization: Bearer aif_...``. Counts what the person asks for, with that of the pages. Raises TooMany."""

    openapi_bearerFormat = "aif_..."  # ninja's own name

    def authenticate(self, request: HttpRequest, token: str) -> Person | None:
        known = token_for(token)
        if known is None:
            return None
        person = Person(user_id=known.owner_id)
        take("api", person)
        match = request.resolver_match
        kind = KINDS.get(f"{request.method} {match.url_name}" if match else "")
        if kind:
            take(kind, person)
        return person


class Api(NinjaAPI):
    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """Made once: it takes long, anybody may ask for it, and it says the same as long as the process runs."""
        return self._document

    @cached_property
    def _document(self) -> OpenAPISchema:
        """Errors are problems, not plain JSON."""
        schema = super().get_openapi_schema()
        for operation in operations_of(schema):
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    response["description"] = SENTENCES.get(int(status), "This is not what the API takes.")
                    response["content"] = {MEDIA_TYPE: PROBLEM}
        return schema


def operations_of(schema: OpenAPISchema) -> list[dict[str, Any]]:
    return [operation for methods in schema["paths"].values() for operation in methods.values()]


api = Api(
    title="AI Fashion",
    version="1",
    description=WORDS,
    urls_namespace="api",
    docs_url=None,
    auth=ByToken(),
)


@api.exception_handler(HttpError)
def tell_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    if error.status_code == 401:
        response = problem(401)
        response["WWW-Authenticate"] = f'Bearer realm="{PATH}"'
        return response
    return problem(
        error.status_code, error.message if error.message.endswith(".") else "The body is not readable JSON."
    )


@api.exception_handler(ValidationError)
def tell_validation_error(request: HttpRequest, error: ValidationError) -> HttpResponse:
    told = [f"{'.'.join(str(part) for part in each['loc'][1:]) or 'request'}: {each['msg']}" for each in error.errors]
    return problem(422, f"{'; '.join(told[:5])}.")


@api.exception_handler(Http404)
def tell_not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(404)

"""What went wrong, for programs: problem details (RFC 9457) with a sentence that a person can read."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse

PATH = "/api/v1/"
MEDIA_TYPE = "application/problem+json"
SENTENCES = {
    400: "Something in this request cannot be used.",
    401: "Send a token that is in use: Authorization: Bearer aif_... Your account's page makes tokens.",
    403: "This may not be done.",
    404: "There is no such thing, or it is somebody else's.",
    405: "This address does not take that method; the Allow header names those it takes.",
    413: "This is too large: a photo may have at most 15 MB.",
    500: "Something of ours failed; it is not your fault. Try again later.",
    503: "Too much is asked for at this moment, or a part of ours is away. Try again after the seconds in Retry-After.",
}


def is_for_programs(request: HttpRequest) -> bool:
    return request.path.startswith(PATH)


def problem(status: int, detail: str = "") -> HttpResponse:
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail or SENTENCES[status],
    }
    return JsonResponse(body, status=status, content_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})

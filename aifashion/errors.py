"""Answers for everything that goes wrong: pages for people, problem details (RFC 9457) for programs.

They touch neither session nor database, so that they work when those do not.
"""

from __future__ import annotations

import sys

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import ngettext

from aifashion.api.problems import is_for_programs, problem
from ml.errors import MlError
from patterns.away import what_is_away
from patterns.limits import TooMany
from patterns.words import told


def answer(request: HttpRequest, status: int, template: str | None = None, message: str = "") -> HttpResponse:
    """A page in the reader's language, or for a program the same in JSON and English."""
    if is_for_programs(request):
        return problem(status, message)
    return error_page(status, template, told(message))


def error_page(status: int, template: str | None = None, message: str = "") -> HttpResponse:
    body = render_to_string(f"errors/{template or status}.html", {"message": message, "status": status})
    return HttpResponse(body, status=status, headers={"Cache-Control": "no-store"})


def bad_request(request: HttpRequest, exception: Exception | None) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return too_large(request)
    return answer(request, 400, message=str(exception) if isinstance(exception, MlError) else "")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_page(403, "403_csrf")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 404)


def not_allowed(request: HttpRequest, bare: HttpResponse) -> HttpResponse:
    """Words in place of Django's empty answer to the wrong kind of request."""
    response = answer(request, 405)
    response["Allow"] = bare["Allow"]
    return response


def locked(request: HttpRequest, response: HttpResponse | None, credentials: dict[str, str] | None) -> HttpResponse:
    """Signing in failed too often (django-axes)."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    span = ngettext("%(number)s minute", "%(number)s minutes", minutes) % {"number": minutes}
    page = error_page(429, "locked", span)
    page["Retry-After"] = str(minutes * 60)
    return page


def too_large(request: HttpRequest) -> HttpResponse:
    return answer(request, 413)


def too_many(request: HttpRequest, exception: TooMany) -> HttpResponse:
    response = answer(request, 429, message=str(exception))
    response["Retry-After"] = str(exception.retry_after)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """The last resort, also of what fails around the views, as sessions do."""
    exception = sys.exception()
    part = what_is_away(exception) if exception else ""
    return unavailable(request, part) if part else answer(request, 500)


def busy(request: HttpRequest, retry_after: int) -> HttpResponse:
    """All places are taken. A page that was only looked at comes back by itself; what was sent is for the person to send again."""
    comes_back = request.method in ("GET", "HEAD") and not is_for_programs(request)
    response = answer(request, 503, message=str(retry_after) if comes_back else "")
    response["Retry-After"] = str(retry_after)
    if comes_back:
        response["Refresh"] = str(retry_after)
    return response


def unavailable(request: HttpRequest, part: str) -> HttpResponse:
    response = answer(request, 503, f"503_{part}")
    response["Retry-After"] = "60"
    return response

"""Pages for everything that goes wrong. They touch neither session nor database, so that they work when those do not."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from ml.errors import MlError


def error_page(status: int, template: str | None = None, message: str = "") -> HttpResponse:
    body = render_to_string(f"errors/{template or status}.html", {"message": message, "status": status})
    return HttpResponse(body, status=status, headers={"Cache-Control": "no-store"})


def bad_request(request: HttpRequest, exception: Exception | None) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return too_large(request)
    return error_page(400, message=str(exception) if isinstance(exception, MlError) else "")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_page(403, "403_csrf")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(404)


def not_allowed(bare: HttpResponse) -> HttpResponse:
    """A page in place of Django's empty answer to the wrong kind of request."""
    response = error_page(405)
    response["Allow"] = bare["Allow"]
    return response


def locked(request: HttpRequest, response: HttpResponse | None, credentials: dict[str, str] | None) -> HttpResponse:
    """Signing in failed too often (django-axes)."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    page = error_page(429, "locked", f"{minutes} minutes")
    page["Retry-After"] = str(minutes * 60)
    return page


def too_large(request: HttpRequest) -> HttpResponse:
    return error_page(413)


def server_error(request: HttpRequest) -> HttpResponse:
    return error_page(500)


def busy(request: HttpRequest, retry_after: int) -> HttpResponse:
    response = error_page(503)
    response["Retry-After"] = str(retry_after)
    return response


def unavailable(request: HttpRequest, template: str = "503_model") -> HttpResponse:
    response = error_page(503, template)
    response["Retry-After"] = "60"
    return response

"""What every request passes: an id for the log, a permissions policy, a size limit, and kind pages for what is expected."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header

from aifashion import errors, limits
from aifashion.api.problems import is_for_programs
from ml.errors import MlError, ModelFileError
from patterns.away import what_is_away
from patterns.limits import TooMany
from patterns.slots import Busy
from patterns.tracing import request_id

log = logging.getLogger(__name__)
requests = logging.getLogger("aifashion.requests")
BY_MACHINES = ("/health/", "/metrics")
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
DAY_FIRST = {"en-au", "en-gb", "en-ie", "en-in", "en-nz", "en-za"}  # Englishes that write 2 Nov 2026
Next = Callable[[HttpRequest], HttpResponse]
# A body over the limit is read and thrown away up to here, so that the browser shows our page instead of a cut connection.
DRAIN_MEGABYTES = 200


class RequestId:
    """An id for all that is logged of a request, and one line and one count at its end: by route, so that no address is kept."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id.set(uuid.uuid4().hex[:16])  # until this thread's next request: Django logs the answer after us
        begun = time.perf_counter()
        response = self.get_response(request)
        response["X-Request-ID"] = request_id.get()
        if not request.path.startswith(settings.STATIC_URL):
            tell(request, response.status_code, time.perf_counter() - begun)
        return response


def tell(request: HttpRequest, status: int, seconds: float) -> None:
    from aifashion.metrics import REQUESTS

    route = (request.resolver_match.view_name if request.resolver_match else "") or "none"
    method = str(request.method) if request.method in METHODS else "other"
    REQUESTS.labels(route, method, str(status)).observe(seconds)
    if not request.path.startswith(BY_MACHINES):
        fields = {"route": route, "method": method, "status": status, "milliseconds": round(1000 * seconds)}
        requests.info("%s %s %s", method, route, status, extra=fields)


class HealthByAddress:
    """Load balancers and Prometheus ask a machine by its address, which is none of ALLOWED_HOSTS; these two answers depend on no host."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(BY_MACHINES):
            request.META["HTTP_HOST"] = settings.ALLOWED_HOSTS[0].removeprefix(".")
        return self.get_response(request)


class PermissionsPolicy:
    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Permissions-Policy"] = settings.PERMISSIONS_POLICY
        return response


class Languages(LocaleMiddleware):
    """The language that somebody chose, or else their browser asks for; programs are answered in English.

    ``request.LANGUAGE_CODE`` is one of ours; the one that is active may be another English, for its dates.

    Only what has words says that it depends on it: a picture is the same in every language, and may be kept for everybody.
    """

    def process_request(self, request: HttpRequest) -> None:
        if is_for_programs(request):
            translation.activate(settings.LANGUAGE_CODE)
            return
        super().process_request(request)
        if translation.get_language() == "en" and english_of(request) in DAY_FIRST:
            translation.activate(
                "en-gb"
            )  # Django's dates of it; the words are still those of "en", for there is no catalogue

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        has_words = response.get("Content-Type", "").startswith(("text/html", "application/json"))
        if has_words and not is_for_programs(request):
            response.headers.setdefault("Content-Language", translation.get_language())
            patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response


def english_of(request: HttpRequest) -> str:
    """The English that a browser asks for first; empty when it asks for none."""
    asked = parse_accept_lang_header(request.headers.get("Accept-Language", "").lower())
    return next((name for name, _ in asked if name.startswith("en")), "")


class BodyLimit:
    """Refuses a body by its announced length, before a byte of it is kept."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            return errors.bad_request(request, None)
        if length <= settings.LARGER_BODIES.get(request.path, settings.REQUEST_MEGABYTES) * 1024 * 1024:
            return self.get_response(request)
        if length <= DRAIN_MEGABYTES * 1024 * 1024:
            while request.read(1024 * 1024):
                pass
        return errors.too_large(request)


class SessionCookie:
    """Drops a session cookie that cannot be one of ours: PostgreSQL refuses to look for a NUL, and would fail the page."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
        if key and not (key.isascii() and key.isalnum()):
            del request.COOKIES[settings.SESSION_COOKIE_NAME]
        return self.get_response(request)


class KindErrors:
    """Expected failures of the models become pages that say what to do next."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        return errors.not_allowed(request, response) if response.status_code == 405 else response

    def process_view(self, request: HttpRequest, view: object, words: object, named: object) -> HttpResponse | None:
        try:
            limits.count(request)
        except TooMany as exception:
            return errors.too_many(request, exception)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, TooMany):
            return errors.too_many(request, exception)
        if isinstance(exception, Busy):
            return errors.busy(request, exception.retry_after)
        if isinstance(exception, ModelFileError):
            log.error("a model file cannot be used: %s", exception)
            return errors.unavailable(request, "model")
        if isinstance(exception, MlError):
            return errors.bad_request(request, exception)
        if isinstance(exception, FileNotFoundError):  # deleted in another window a moment ago
            return errors.not_found(request, exception)
        if part := what_is_away(exception):
            log.error("the %s cannot be used", part, exc_info=exception)
            return errors.unavailable(request, part)
        return None

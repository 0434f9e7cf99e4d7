"""What every request passes: an id for the log, a permissions policy, a size limit, and kind pages for what is expected."""

from __future__ import annotations

import errno
import logging
import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from aifashion import errors
from aifashion.logs import request_id
from ml.errors import MlError, ModelFileError
from patterns.slots import Busy

log = logging.getLogger(__name__)
Next = Callable[[HttpRequest], HttpResponse]
# A body over the limit is read and thrown away up to here, so that the browser shows our page instead of a cut connection.
DRAIN_MEGABYTES = 200


class RequestId:
    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id.set(uuid.uuid4().hex[:16])  # until this thread's next request: Django logs the answer after us
        response = self.get_response(request)
        response["X-Request-ID"] = request_id.get()
        return response


class PermissionsPolicy:
    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Permissions-Policy"] = settings.PERMISSIONS_POLICY
        return response


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
        return errors.not_allowed(response) if response.status_code == 405 else response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Busy):
            return errors.busy(request, exception.retry_after)
        if isinstance(exception, ModelFileError):
            log.error("a model file cannot be used: %s", exception)
            return errors.unavailable(request)
        if isinstance(exception, MlError):
            return errors.bad_request(request, exception)
        if isinstance(exception, FileNotFoundError):  # deleted in another window a moment ago
            return errors.not_found(request, exception)
        if storage_is_away(exception):
            log.error("the storage cannot be used", exc_info=exception)
            return errors.unavailable(request, "503_storage")
        return None


def storage_is_away(exception: Exception) -> bool:
    """A full disk, or a bucket that does not answer or refuses us."""
    from botocore.exceptions import BotoCoreError, ClientError  # only once something has gone wrong

    if isinstance(exception, OSError):
        return exception.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
    return isinstance(exception, BotoCoreError | ClientError)

"""Giving people their own files. Local files are streamed; files in a bucket are redirected to a short-lived link.

Whoever calls this has already checked that the file may be seen by who asks.
"""

from __future__ import annotations

import io
import mimetypes
from pathlib import PurePosixPath

from django.conf import settings
from django.core.files.storage import FileSystemStorage, Storage
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.http import content_disposition_header

from patterns.files import unwrapped

PRIVATE = "private, no-store"


def send_file(file: FieldFile, *, download_as: str = "") -> HttpResponseBase:
    """A row's file: shown in the page, or saved under ``download_as`` when that is given."""
    name, storage = str(file.name), file.storage
    if not isinstance(unwrapped(storage), FileSystemStorage):
        return _redirect_to_link(name, download_as, storage)
    try:
        opened = storage.open(name)
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(opened, content_type=_type_of(name))
    return _private(response, download_as)


def send_bytes(content: bytes, content_type: str, *, download_as: str = "") -> HttpResponseBase:
    """Something made just now for one person."""
    return _private(FileResponse(io.BytesIO(content), content_type=content_type), download_as)


def send_public(name: str, storage: Storage) -> HttpResponseBase:
    """A file everybody may see; its name is random or never reused, so that it may be kept for ever."""
    try:
        opened = storage.open(name)
    except (OSError, ValueError):
        raise Http404 from None
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
    return FileResponse(opened, content_type=_type_of(name), headers=headers)


def _redirect_to_link(name: str, download_as: str, storage: Storage) -> HttpResponse:
    parameters = {
        "ResponseContentType": _type_of(name),
        "ResponseContentDisposition": _disposition(download_as),
        "ResponseCacheControl": PRIVATE,
    }
    link = storage.url(name, parameters=parameters, expire=settings.DOWNLOAD_LINK_SECONDS)  # type: ignore[call-arg]
    response = HttpResponseRedirect(link)
    response["Cache-Control"] = PRIVATE
    return response


def _private(response: FileResponse, download_as: str) -> FileResponse:
    response["Content-Disposition"] = _disposition(download_as)
    response["Cache-Control"] = PRIVATE
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _disposition(download_as: str) -> str:
    return content_disposition_header(bool(download_as), download_as) or "inline"


def _type_of(name: str) -> str:
    return mimetypes.guess_type(PurePosixPath(name).name)[0] or "application/octet-stream"

"""Centimetres, or inches for who reads in them."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation.trans_real import parse_accept_lang_header

CM_PER_INCH = 2.54
IN_INCHES = {"en-us", "en-lr"}  # as browsers name the English of the United States and of Liberia


def reads_inches(request: HttpRequest) -> bool:
    """Whether a page begins in inches for whoever asks; what a person then chooses stands in the address, and counts."""
    asked = parse_accept_lang_header(request.headers.get("Accept-Language", "").lower())
    return get_language() == "en" and bool(asked) and asked[0][0] in IN_INCHES


def to_inches(cm: float) -> str:
    """A length as a field in inches shows it."""
    return f"{round(cm / CM_PER_INCH, 1):g}"

"""Centimetres, or inches for who reads in them."""

from __future__ import annotations

import re

from django.http import HttpRequest
from django.utils.translation import get_language, gettext
from django.utils.translation.trans_real import parse_accept_lang_header

CM_PER_INCH = 2.54
_WHOLE_CM = re.compile(r"\b(\d+) cm\b")
IN_INCHES = {"en-us", "en-lr"}  # as browsers name the English of the United States and of Liberia


def reads_inches(request: HttpRequest) -> bool:
    """Whether a page begins in inches for whoever asks; what a person then chooses stands in the address, and counts."""
    asked = parse_accept_lang_header(request.headers.get("Accept-Language", "").lower())
    return get_language() == "en" and bool(asked) and asked[0][0] in IN_INCHES


def to_inches(cm: float) -> str:
    """A length as a field in inches shows it."""
    return f"{round(cm / CM_PER_INCH, 1):g}"


def said_in_inches(sentence: str) -> str:
    """A sentence that speaks of whole centimetres, in any language of ours, with inches instead: 168 cm are 66 inches."""

    def converted(found: re.Match[str]) -> str:
        return gettext("%(length)s inches") % {"length": round(int(found[1]) / CM_PER_INCH)}

    return _WHOLE_CM.sub(converted, sentence)

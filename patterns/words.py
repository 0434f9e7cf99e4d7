"""Sentences that are made where no reader is known, told in the reader's language.

``ml/`` knows no languages, and what a worker writes into a row is read by several people. Both speak English, in the sentences that
:mod:`patterns.sentences` lists; a page passes them through :func:`told`.
"""

from __future__ import annotations

import re
from functools import cache

from django.utils.formats import number_format
from django.utils.translation import get_language, gettext

from patterns.sentences import SENTENCES

_PLACE = re.compile(r"%\((\w+)\)s")
_NUMBER = re.compile(r"-?(\d{1,3}(,\d{3})+|\d+\.\d+)")
_BETWEEN = re.compile(r"(?<=[.!?]) ")


def told(text: str) -> str:
    """One or more sentences of the list in the reader's language, with the values they carry; any other text as it is."""
    if (get_language() or "en").startswith("en"):
        return text
    whole = _one_told(text)
    return " ".join(map(_one_told, _BETWEEN.split(text))) if whole == text else whole


def direction_label(label: str) -> str:
    """A slider's name: "Bolder, busier 2" is made of words that are measured, which are told one by one."""
    words, number = re.fullmatch(r"(.*?)( \d+)?", label, re.DOTALL).groups()  # type: ignore[union-attr]
    said = ", ".join(_one_told(word.lower()) for word in words.split(", "))
    return f"{said[:1].upper()}{said[1:]}{number or ''}" if said != words.lower() else label


def in_digits(number: int) -> str:
    """A whole number as the reader groups it: 3,000."""
    return number_format(number, force_grouping=True)


def percent(share: float, places: int = 0) -> str:
    """A share from 0 to 1: 17%."""
    return gettext("%(number)s%%") % {"number": number_format(f"{100 * share:.{places}f}")}


def _one_told(text: str) -> str:
    if text in SENTENCES:
        return gettext(text)
    for pattern, template in _patterns():
        if match := pattern.fullmatch(text):
            return gettext(template) % {name: _value(value) for name, value in match.groupdict().items()}
    return text


def _value(text: str) -> str:
    """A number as the reader writes it, a word of the list in their language, anything else as it is."""
    if _NUMBER.fullmatch(text):
        digits = text.replace(",", "")
        return number_format(digits, decimal_pos=len(digits.partition(".")[2]), force_grouping="," in text)
    return _one_told(text)


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Templates with places in them, those that say the most first."""
    templates = sorted((each for each in SENTENCES if _PLACE.search(each)), key=lambda each: -len(_PLACE.sub("", each)))
    return [(_pattern(template), template) for template in templates]


def _pattern(template: str) -> re.Pattern[str]:
    parts = _PLACE.split(template)  # literal, name, literal, ...
    written = "".join(
        f"(?P<{part}>.+?)" if place % 2 else re.escape(part.replace("%%", "%")) for place, part in enumerate(parts)
    )
    return re.compile(written, re.DOTALL)

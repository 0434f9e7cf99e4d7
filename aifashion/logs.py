"""Log lines that machines can read, each with the id of the request or job it belongs to; no personal data.

Messages come from libraries too, so what could name a person or open something of theirs is taken out of every line: e-mail
addresses, network addresses, signed links, ids of people's things.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime

from patterns.tracing import job_id, request_id

FIELDS = ("route", "method", "status", "milliseconds")  # of the line that ends a request
_HEX = r"[0-9a-fA-F]"
SECRETS = (
    (re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"), "[e-mail]"),
    (
        re.compile(r"(?i)(X-Amz-[A-Za-z-]+|Signature|token|password|secret|sessionid|csrftoken)=[^\s&;'\"]+"),
        r"\1=[hidden]",
    ),
    (re.compile(r"(?i)(bearer|basic)\s+[\w.~+/=-]{8,}"), r"\1 [hidden]"),
    (re.compile(r"://[^\s/@:]+:[^\s/@]+@"), "://[hidden]@"),
    (re.compile(rf"\b{_HEX}{{32}}\.[\w-]{{20,}}"), "[link]"),
    (re.compile(rf"\b{_HEX}{{8}}-?({_HEX}{{4}}-?){{3}}{_HEX}{{12}}\b"), "[id]"),
    (re.compile(r"(?<![\w.])(\d{1,3}\.){3}\d{1,3}(?![\w.])"), "[address]"),
    (
        re.compile(
            rf"(?<![\w:])(?=[\da-fA-F:]*::|(?:{_HEX}{{1,4}}:){{7}}){_HEX}{{0,4}}(?::{_HEX}{{0,4}}){{2,7}}(?![\w:])"
        ),
        "[address]",
    ),
)


def without_persons(text: str) -> str:
    for pattern, instead in SECRETS:
        text = pattern.sub(instead, text)
    return text


class AddIds(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id, record.job_id = request_id.get(), job_id.get()
        return True


class Discreet(logging.Formatter):
    """One line for people to read."""

    def format(self, record: logging.LogRecord) -> str:
        return without_persons(super().format(record))


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "request": getattr(record, "request_id", "-"),
            "job": getattr(record, "job_id", "-"),
            "message": without_persons(record.getMessage()),
        }
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info:
            line["trace"] = without_persons(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)

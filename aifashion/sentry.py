"""Errors go to Sentry when SENTRY_DSN is set, and nowhere otherwise. What is sent names no person: no body, cookie, header or address."""

from __future__ import annotations

from typing import Any

from aifashion.logs import without_persons
from patterns.tracing import job_id, request_id

KEPT_OF_A_REQUEST = {"method"}


def start_sentry(dsn: str, environment: str) -> None:
    import sentry_sdk
    from sentry_sdk.integrations.django import DjangoIntegration

    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        integrations=[DjangoIntegration(transaction_style="url", middleware_spans=False)],
        auto_enabling_integrations=False,
        send_default_pii=False,
        include_local_variables=False,  # a photo may lie in one
        max_request_body_size="never",
        max_breadcrumbs=0,
        traces_sample_rate=0,
        server_name="",
        before_send=discreetly,
    )


def discreetly(event: Any, hint: dict[str, Any]) -> Any:
    """The event without what could name a person or open something of theirs."""
    if event.get("logger") == "django.request" and "exception" not in event:
        return None  # a 503 that says when to come back is an answer, not an error
    event.pop("user", None)
    event.pop("extra", None)
    event["request"] = {key: value for key, value in event.get("request", {}).items() if key in KEPT_OF_A_REQUEST}
    event.setdefault("tags", {}).update(request=request_id.get(), job=job_id.get())
    for entry in event.get("exception", {}).get("values", []):
        entry["value"] = without_persons(str(entry.get("value", "")))
    if "logentry" in event:
        event["logentry"] = {
            "message": without_persons(str(event["logentry"].get("formatted") or event["logentry"].get("message", "")))
        }
    return event

"""``/metrics`` for Prometheus: stages and requests as counted by all processes of this machine, queue and models from their tables.

For those who bring METRICS_TOKEN (``Authorization: Bearer ...``), or come straight from one of METRICS_ADDRESSES; to everybody
else there is no such page.
"""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from ml.errors import ModelFileError
from patterns.jobs.models import Job
from patterns.jobs.queries import live_workers
from patterns.metrics import SECONDS
from patterns.models import GeneratorVersion
from tryon import garment_models

log = logging.getLogger(__name__)
REQUESTS = Histogram(
    "aifashion_request_seconds", "Time from a request to its answer.", ("route", "method", "status"), buckets=SECONDS
)


class House(Collector):
    """What the tables know, read when asked: the same from every machine."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            yield from (*_queue(), _models())
        except DatabaseError as error:
            log.warning("the tables could not be read for /metrics: %s", error)


def _queue() -> Iterator[GaugeMetricFamily]:
    depth = GaugeMetricFamily("aifashion_jobs", "Pieces of long work that wait or are under way.", labels=["state"])
    for state in (Job.State.QUEUED, Job.State.RUNNING):
        depth.add_metric([state.value], Job.objects.filter(state=state).count())
    oldest = Job.objects.filter(state=Job.State.QUEUED).order_by("created").values_list("created", flat=True).first()
    age = (timezone.now() - oldest).total_seconds() if oldest else 0.0
    yield depth
    yield GaugeMetricFamily(
        "aifashion_oldest_job_seconds", "How long the oldest waiting piece of work waits.", value=age
    )
    yield GaugeMetricFamily("aifashion_workers", "Workers seen lately.", value=live_workers().count())


def _models() -> GaugeMetricFamily:
    told = GaugeMetricFamily("aifashion_model", "Models in use: always 1.", labels=["model", "version", "sha256"])
    published = GeneratorVersion.objects.filter(state=GeneratorVersion.State.PUBLISHED)
    for category, version, digest in published.values_list("category__slug", "version", "weights_sha256"):
        told.add_metric([category, version, digest[:12]], 1)
    with suppress(ModelFileError):  # a name that GARMENT_MODEL gives and nobody knows: /health/ready says so
        version, digest = garment_models.name_of_now()
        told.add_metric(["garments", version, digest[:12]], 1)
    return told


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    if not may_read(request):
        raise Http404
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        counted = CollectorRegistry()
        MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
    else:
        counted = REGISTRY
    tables = CollectorRegistry()
    tables.register(House())
    return HttpResponse(generate_latest(counted) + generate_latest(tables), content_type=CONTENT_TYPE_LATEST)


def may_read(request: HttpRequest) -> bool:
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.METRICS_TOKEN
    if wanted and kind.lower() == "bearer" and secrets.compare_digest(given.encode(), wanted.encode()):
        return True
    if "X-Forwarded-For" in request.headers:  # then the nearest address is the load balancer's, for everybody
        return False
    try:
        caller = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return any(caller in ip_network(each) for each in settings.METRICS_ADDRESSES)

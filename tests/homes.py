"""The homes that people's files may have: local folders, a bucket, and a bucket that keeps every version (moto's server)."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.utils.functional import empty

from tryon.storage import catalogue_storage

HOMES = ("local files", "a bucket", "a bucket with versions")
BUCKETS = ("private-home", "catalogue-home")


@contextmanager
def moto_server() -> Iterator[str]:
    """AWS as moto plays it; its address."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    with moto_server() as address:
        yield address


@contextmanager
def files_in_buckets(
    server: str, settings: Any, monkeypatch: pytest.MonkeyPatch, *, through: str = "", versions: bool = False
) -> Iterator[None]:
    """People's files and the catalogue in buckets; the site reaches the server ``through`` another address, where one is given."""
    import boto3

    from aifashion.settings import _bucket

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setattr("aifashion.settings.S3_ENDPOINT", through or server)
    client = boto3.client("s3", endpoint_url=server, region_name="us-east-1")
    for bucket in BUCKETS:
        client.create_bucket(Bucket=bucket)
        if versions:
            client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    storages = copy.deepcopy(settings.STORAGES)
    storages["default"] = _bucket(BUCKETS[0], "private", True)
    storages["catalogue"] = _bucket(BUCKETS[1], "catalogue", False)
    settings.STORAGES = storages
    catalogue_storage._wrapped = empty
    yield
    for name in BUCKETS:
        bucket = boto3.resource("s3", endpoint_url=server, region_name="us-east-1").Bucket(name)
        bucket.object_versions.delete()
        bucket.delete()
    client.close()


def _each(request: Any, settings: Any, local_files: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Each home in turn; in the buckets every byte travels through boto3 and HTTP."""
    if request.param == HOMES[0]:
        yield request.param
        return
    server = request.getfixturevalue("s3_server")
    with files_in_buckets(server, settings, monkeypatch, versions=request.param == HOMES[2]):
        yield request.param


home = pytest.fixture(params=HOMES, name="home")(_each)
storage = pytest.fixture(params=HOMES[:2], name="storage")(_each)

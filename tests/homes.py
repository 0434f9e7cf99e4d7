"""The homes that people's files may have: local folders, a bucket, and a bucket that keeps every version (moto's server)."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from django.utils.functional import empty

from tryon.storage import catalogue_storage

HOMES = ("local files", "a bucket", "a bucket with versions")
BUCKETS = ("private-home", "catalogue-home")


@pytest.fixture(scope="module")
def bucket_server() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=HOMES)
def home(request: Any, settings: Any, local_files: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Each home in turn; in the buckets every byte travels through boto3 and HTTP."""
    if request.param == HOMES[0]:
        yield request.param
        return
    endpoint = request.getfixturevalue("bucket_server")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setattr("aifashion.settings.S3_ENDPOINT", endpoint)
    client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
    for bucket in BUCKETS:
        client.create_bucket(Bucket=bucket)
        if request.param == HOMES[2]:
            client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    from aifashion.settings import _bucket

    storages = copy.deepcopy(settings.STORAGES)
    storages["default"] = _bucket(BUCKETS[0], "private", True)
    storages["catalogue"] = _bucket(BUCKETS[1], "catalogue", False)
    settings.STORAGES = storages
    catalogue_storage._wrapped = empty
    yield request.param
    for name in BUCKETS:
        bucket = boto3.resource("s3", endpoint_url=endpoint, region_name="us-east-1").Bucket(name)
        bucket.object_versions.delete()
        bucket.delete()
    client.close()

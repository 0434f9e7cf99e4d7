"""A bucket in which what is deleted is gone: earlier versions and deletion marks too, where the bucket keeps versions."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

log = logging.getLogger(__name__)


class Bucket(S3Storage):  # type: ignore[misc]
    """Needs ``s3:ListBucketVersions`` on the bucket and ``s3:DeleteObjectVersion`` in it, beside the usual four."""

    def delete(self, name: str) -> None:
        """Every version at once; where the role may not do that, the object at least, and the log says so."""
        key = self._key(name)
        try:
            for version in self._versions(key):
                if version.object_key == key:
                    version.delete()
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != "AccessDenied":
                raise
            log.error("earlier versions stay in the bucket: the role may neither list nor delete object versions")
            super().delete(name)

    def traces(self, folder: str) -> dict[str, datetime]:
        """Everything there is or was in a folder and has not gone for good: name → when it last changed."""
        start = self._key(f"{folder}/")
        found: dict[str, datetime] = {}
        for version in self._versions(start):
            name = f"{folder}/{version.object_key.removeprefix(start)}"
            found[name] = max(version.last_modified, found.get(name, version.last_modified))
        return found

    def _versions(self, prefix: str) -> Iterator[Any]:
        """Versions and deletion marks; in a bucket that keeps none, the objects."""
        return iter(self.bucket.object_versions.filter(Prefix=prefix))

    def _key(self, name: str) -> str:
        return str(self._normalize_name(clean_name(name)))

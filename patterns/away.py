"""Is what went wrong only that something we lean on is away for a while? Then nobody's work is at fault, and trying later helps."""

from __future__ import annotations

import errno

from django.db import InterfaceError, OperationalError


def what_is_away(exception: BaseException) -> str:
    """Which part, "database" or "storage"; "" when it is neither."""
    if database_is_away(exception):
        return "database"
    return "storage" if storage_is_away(exception) else ""


def storage_is_away(exception: BaseException) -> bool:
    """A full disk, or a bucket that does not answer or refuses us."""
    return disk_is_full(exception) or bucket_is_away(exception)


def disk_is_full(exception: BaseException) -> bool:
    return isinstance(exception, OSError) and exception.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def bucket_is_away(exception: BaseException) -> bool:
    from botocore.exceptions import BotoCoreError, ClientError  # only once something has gone wrong

    return isinstance(exception, BotoCoreError | ClientError)


def database_is_away(exception: BaseException) -> bool:
    """It does not answer, was restarted, or is too busy."""
    return isinstance(exception, OperationalError | InterfaceError)

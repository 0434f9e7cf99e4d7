"""What workers do every night by themselves: look whether rows and files still belong together. Mending is for a person to ask for."""

from __future__ import annotations

import logging
from datetime import timedelta

from aifashion.upkeep.reconciling import compare
from patterns.jobs.chores import every

log = logging.getLogger(__name__)
GRACE = timedelta(days=1)


@every(hours=24)
def compare_rows_and_files() -> None:
    found = compare(GRACE)
    if not found.is_well:
        log.error(
            "%s of %s rows lack files, %s files have no row: run manage.py reconcile",
            len(found.lacking),
            found.rows,
            len(found.orphans),
        )

"""Back up database and files to where BACKUP_TO leads: ``manage.py backup``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from aifashion.upkeep.backups import make_backup, prune, sizes


class Command(BaseCommand):
    help = "Back up every row, as of one moment, and every file they name, to BACKUP_TO; files that are there already are not copied again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--keep", type=int, default=7, help="how many backups stay (default 7); older ones are removed"
        )

    def handle(self, *args: Any, keep: int, **options: Any) -> None:
        if keep < 1:
            raise CommandError("Keep at least one backup: --keep 1.")
        listing = make_backup()
        gone = prune(keep)
        files, size = sizes(listing)
        self.stdout.write(
            f"Backup {listing.stamp}: {sum(listing.rows.values())} rows, {files} files, {size / 1e6:.1f} MB. "
            f"{gone} files of older backups removed."
        )
        if listing.lost:
            self.stderr.write(f"{len(listing.lost)} files were not there any more; `manage.py reconcile` says whose.")

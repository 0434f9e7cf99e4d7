"""Nightly: do rows and files still belong together? ``manage.py reconcile``, and with ``--fix`` they do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from aifashion.upkeep.reconciling import TooMuchIsGone, compare, mend


class Command(BaseCommand):
    help = "Report rows that lack files and files without a row; --fix removes both. Ends with 1 when something is amiss and stays so."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--hours", type=float, default=24, help="files younger than this may still get a row (default 24)"
        )
        parser.add_argument("--fix", action="store_true")

    def handle(self, *args: Any, hours: float, fix: bool, **options: Any) -> None:
        found = compare(timedelta(hours=hours))
        for row, gone in found.lacking:
            self.stdout.write(f"{row._meta.label} {row.pk} lacks {', '.join(gone)}")
        for home, name in found.orphans:
            self.stdout.write(f"{home}: {name} belongs to no row")
        self.stdout.write(
            f"{found.rows} rows: {len(found.lacking)} lack files. {len(found.orphans)} files have no row; {found.young} more are young."
        )
        if found.is_well:
            return
        if not fix:
            raise CommandError("Rows and files do not belong together; --fix mends it.")
        try:
            rows, files = mend(found)
        except TooMuchIsGone as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Mended: {rows} rows, {files} files removed.")

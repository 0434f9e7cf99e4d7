"""Bring in a trained garment model as a draft: ``manage.py add_garment_model FOLDER``. Run it as often as you like.

FOLDER is what ``python -m ml.garments.export RUN --out FOLDER`` or ``python -m ml.garments.import_ternaus`` wrote: a manifest, and the
files it names, whose SHA-256 are verified. Nothing on the site changes until the draft is published in admin.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from ml.errors import ModelFileError
from ml.garments.config import MODEL_NAME
from tryon.garment_gate import checks_of
from tryon.garment_models import add_bundle


class Command(BaseCommand):
    help = "Add a trained garment model from a bundle's folder, as a draft to be judged and published in admin."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="a folder with manifest.json, as ml.garments.export writes it")
        parser.add_argument(
            "--name", default=MODEL_NAME, help=f"the model's name in the manifest (default {MODEL_NAME})"
        )

    def handle(self, *args: Any, folder: Path, name: str, **options: Any) -> None:
        try:
            version = add_bundle(folder, name)
        except (ModelFileError, OSError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{version} is there ({version.get_state_display().lower()}).")
        for check in checks_of(version):
            self.stdout.write(f"  {check.name}: {check.sentence}")
        self.stdout.write(f"Judge and publish it: {reverse('admin:tryon_garmentversion_change', args=[version.pk])}")

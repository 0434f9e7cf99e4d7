"""Script tags that stand in a template get the page's nonce; what came into a page with somebody's data gets none, and does not run.

Templates are changed as they are loaded, admin's and allauth's too, so that nobody can forget it and the policy needs no 'self'.
"""

from __future__ import annotations

import re

from django import template
from django.template import Origin
from django.template.loaders import app_directories, filesystem
from django.utils.safestring import SafeString, mark_safe

SCRIPT = re.compile(r"<script(?=[\s>])")
MEDIA = re.compile(r"\{\{\s*((?:\w+\.)?media(?:\.js)?)\s*\}\}")
register = template.Library()


def with_nonces(source: str) -> str:
    """A template's text, every script tag of it with the nonce, and those that form widgets bring."""
    return MEDIA.sub(r"{{ \1|nonced:CSP_NONCE }}", SCRIPT.sub('<script nonce="{{ CSP_NONCE }}"', source))


@register.filter
def nonced(media: object, nonce: object) -> SafeString:
    """The tags of a form's media: their addresses come from our code and that of our libraries, never from data."""
    return mark_safe(SCRIPT.sub(f'<script nonce="{nonce}"', str(media)))  # noqa: S308  # nosec B308 B703


class FromFolders(filesystem.Loader):
    def get_contents(self, origin: Origin) -> str:
        return with_nonces(super().get_contents(origin))


class FromApps(app_directories.Loader):
    def get_contents(self, origin: Origin) -> str:
        return with_nonces(super().get_contents(origin))

"""Making tokens, and knowing them again."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from aifashion.api.models import Token

MOST = 10  # of one person
PREFIX = "aif_"  # so that people, and searches for lost secrets, see what it is


class TooManyTokens(Exception):
    """A person has as many tokens as one may have."""


def make_token(user_id: int, name: str) -> tuple[Token, str]:
    """A new row, and the token itself, which is kept nowhere. Raises TooManyTokens."""
    secret = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        if tokens_of(user_id).select_for_update().count() >= MOST:
            raise TooManyTokens
        return Token.objects.create(owner_id=user_id, name=name, digest=digest_of(secret)), secret


def tokens_of(user_id: int) -> QuerySet[Token]:
    return Token.objects.filter(owner_id=user_id)


def token_for(secret: str) -> Token | None:
    """The token with this secret, of an account that is open; that it was used is noted to within the hour."""
    token = Token.objects.filter(digest=digest_of(secret), owner__is_active=True).first()
    now = timezone.now()
    if token is not None and (token.last_used is None or now - token.last_used > timedelta(hours=1)):
        Token.objects.filter(pk=token.pk).update(last_used=now)
    return token


def digest_of(secret: str) -> str:
    """A plain hash is enough: a token has 256 bits of chance, so none can be guessed from it."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()

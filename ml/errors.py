"""What can go wrong in ml/ and be told to a person."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec

Words = ParamSpec("Words")


class MlError(ValueError):
    """An expected failure. Its message is one sentence that says what to do next."""


class ModelFileError(MlError):
    """A model file is missing, broken, or not the one its SHA-256 promises."""


class RecipeError(MlError):
    """A fabric recipe has a value out of range, a wrong type, or belongs to another version."""


class PictureError(MlError):
    """An input picture cannot be used: not a picture, too small, too large."""


class PlacementError(MlError):
    """A placement of fabric on cloth has a value out of range."""


class MendError(MlError):
    """A mask cannot be mended like this."""


def told_in_a_sentence(command: Callable[Words, int]) -> Callable[Words, int]:
    """A command that ends with its sentence on stderr and status 2 when an MlError comes out of it."""

    @functools.wraps(command)
    def told(*args: Words.args, **kwargs: Words.kwargs) -> int:
        try:
            return command(*args, **kwargs)
        except MlError as error:
            print(error, file=sys.stderr)
            return 2

    return told

"""What can go wrong in ml/ and be told to a person."""


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

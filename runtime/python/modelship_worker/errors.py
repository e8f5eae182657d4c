"""What a model can be refused for, and how that is told."""

from .packages import how_to_install

MAX_MESSAGE = 300


class CannotServe(Exception):
    """The model is of a kind that cannot be served. The message says so to whoever packed it, and what to do."""


def told(error):
    """What keeps a model from being loaded, and what to do about it."""
    if isinstance(error, CannotServe):
        return f"{error}."
    what = f"{type(error).__name__}: {' '.join(str(error).split())}"[:MAX_MESSAGE]
    if isinstance(error, ModuleNotFoundError):
        return f"{what}. {how_to_install(error)}."
    return f"{what}. Save the model again with the packages that this Python has, or install those it was saved with."

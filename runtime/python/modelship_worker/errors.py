"""Errors of models that cannot be served, and their messages."""

import re

from .packages import how_to_install

MAX_MESSAGE = 300


class CannotServe(Exception):
    """The model is of a kind that cannot be served. The message explains the fix to the person who packs the model."""


class Failed(Exception):
    """A request failed in a way that its caller may know."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


# Pickle's message if a class or function was defined in the script or notebook that saved the model.
DEFINED_IN_MAIN = re.compile(r"Can't get attribute '([^']+)' on <module '(?:__main__|modelship_worker\.__main__)'")


def told(error):
    """Describes why a model cannot be loaded, and the fix."""
    if isinstance(error, CannotServe):
        return f"{error}."
    what = f"{type(error).__name__}: {' '.join(str(error).split())}"[:MAX_MESSAGE]
    if isinstance(error, ModuleNotFoundError):
        return f"{what}. {how_to_install(error)}."
    in_main = DEFINED_IN_MAIN.search(str(error))
    if in_main:
        return (
            f"{in_main[1]} is defined in the script or notebook that saved the model, and the file holds only its name. "
            "Pack the model with the script that defines it, `--code FILE`, or save it with cloudpickle, which stores the "
            "definition too: `cloudpickle.dump(model, file)`, or for PyTorch "
            "`torch.save(model, path, pickle_module=cloudpickle)`."
        )
    return f"{what}. Save the model again with the packages that this Python has, or install those it was saved with."

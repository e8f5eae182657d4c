"""Handlers of Modelship: `preprocess` before a model, and `postprocess` after it.

`preprocess(request)` returns the inputs of the model by name, or the only one. `postprocess(outputs, request)` returns the
response: a JSON value, text or bytes, or a tuple of it, a content type and optionally a status.
"""

import json

import numpy as np

from .errors import CannotServe
from .handler import import_module
from .requests import Response
from .tensors import DTYPES

STEPS = ("preprocess", "postprocess")


def load(path, settings, model):
    """Returns the function that answers a list of requests."""
    name, entry = settings["module"], settings.get("entry")
    module = import_module(name, f"the module {name} of the handler")
    code = _class_of(module, entry)() if entry else module
    missing = [step for step in STEPS if not callable(getattr(code, step, None))]
    if missing:
        raise CannotServe(
            f"{entry or f'the module {name}'} has no {' and no '.join(missing)}; define `preprocess(request)` and "
            "`postprocess(outputs, request)`, or name the class that has them, `--handler FILE:CLASS`"
        )
    return Handler(code, model).handle


def _class_of(module, entry):
    if not isinstance(getattr(module, entry, None), type):
        classes = sorted(name for name, each in vars(module).items() if isinstance(each, type))
        found = f"its classes are {', '.join(classes)}" if classes else "it defines no class"
        raise CannotServe(f"the module {module.__name__} has no class {entry}; {found}")
    return getattr(module, entry)


class Handler:
    def __init__(self, code, model):
        self._code = code
        self._model = model
        signature = model.signatures["serving_default"]
        self._inputs = {spec["name"]: spec for spec in signature["inputs"]}
        self._outputs = [spec["name"] for spec in signature["outputs"]]

    def handle(self, requests):
        return [self._answer(request) for request in requests]

    def _answer(self, request):
        try:
            given = self._code.preprocess(request)
        except LookupError as error:
            # A request without what the handler looks up is as invalid as one with a wrong value.
            raise ValueError(f"{type(error).__name__}: {error}").with_traceback(error.__traceback__) from None
        try:
            arrays = self._model.run("serving_default", self._arrays(given))
            return _response(self._code.postprocess(dict(zip(self._outputs, arrays)), request))
        except (ValueError, TypeError) as error:
            # These exceptions stand for invalid requests, but the handler accepted this one.
            raise RuntimeError(f"{type(error).__name__}: {error}").with_traceback(error.__traceback__) from None

    def _arrays(self, given):
        if not isinstance(given, dict):
            given = dict.fromkeys(list(self._inputs)[:1], given)
        if given.keys() != self._inputs.keys():
            raise RuntimeError(f"preprocess returned {', '.join(map(str, given))}, and the model takes {', '.join(self._inputs)}")
        return [_array(given[name], spec["datatype"]) for name, spec in self._inputs.items()]


def _array(value, datatype):
    return np.asarray(value, object if datatype == "BYTES" else DTYPES[datatype])


def _response(value):
    value, content_type, status = (*value, *(None, 200)[len(value) - 1 :]) if isinstance(value, tuple) else (value, None, 200)
    if isinstance(value, (bytes, bytearray)):
        body, usual = bytes(value), "application/octet-stream"
    elif isinstance(value, str):
        body, usual = value.encode(), "text/plain; charset=utf-8"
    else:
        body, usual = json.dumps(value, default=_plain).encode(), "application/json"
    return Response(body, status, {"content-type": content_type or usual})


def _plain(value):
    """Returns an array or a number of NumPy as JSON values."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    raise TypeError(f"a {type(value).__name__} is not a JSON value")

"""Handlers: Python code that answers requests, with a model that is loaded for it or that it loads itself."""

import ast
import importlib
import json
import os
import pathlib

import numpy as np

from .errors import CannotServe, Failed
from .models import load_model
from .package_code import provide
from .packages import PickledModules
from .requests import read_requests

STRINGS = {"datatype": "BYTES", "shape": [-1]}
SIGNATURES = {
    "serving_default": {"inputs": [{"name": "body", **STRINGS}], "outputs": [{"name": "body", **STRINGS}]},
    "request": {
        "inputs": [{"name": "body", **STRINGS}, {"name": "request", **STRINGS}],
        "outputs": [{"name": "body", **STRINGS}, {"name": "response", **STRINGS}],
    },
}


def load(path, threads, declared):
    """Imports the code, which runs it. The runtime requires trust first."""
    settings = declared["handler"]
    # Handlers open files beside them by relative paths, and import each other.
    os.chdir(path)
    provide(path)
    # Code also unpickles models, whose modules it does not import itself.
    pickled = PickledModules()
    interface = importlib.import_module(f"modelship_worker.{settings['kind']}_handler")
    model = _model(settings.get("model"), threads, declared)
    handle = interface.load(path, settings, model)
    return HandlerModel(handle, model, path, settings, pickled.referred)


def _model(settings, threads, declared):
    if settings is None:
        return None
    return load_model(settings["format"], settings["path"], threads, declared)


class HandlerModel:
    def __init__(self, handle, model, path, settings, referred):
        self._handle = handle
        self._model = model
        self._path = path
        self._referred = referred
        self._module = settings["module"]
        self.max_requests = settings.get("maxRequests", 1)
        self.signatures = {**SIGNATURES, **({"tensors": model.signatures["serving_default"]} if model else {})}

    @property
    def modules(self):
        """Top-level modules that the code imports, those of pickles that it loaded, and those of the model."""
        own = imported_by(self._path) | self._referred | {self._module.split(".")[0], "numpy"}
        return own | set(self._model.modules if self._model else ())

    def run(self, signature, inputs):
        if signature == "tensors":
            return self._model.run("serving_default", inputs)
        requests = read_requests(*inputs)
        responses = []
        for start in range(0, len(requests), self.max_requests):
            responses += self._answer(requests[start : start + self.max_requests])
        if signature == "request":
            return _texts(responses, lambda each: each.body), _texts(responses, _described)
        for response in responses:
            # Without header fields, a response that is not a success would look like one.
            if response.error is not None or response.status >= 400:
                code = "INVALID_ARGUMENT" if response.status < 500 else "INTERNAL"
                raise Failed(code, response.error or f"the handler responded with status {response.status}")
        return [_texts(responses, lambda each: each.body)]

    def _answer(self, requests):
        responses = self._handle(requests)
        if len(responses) != len(requests):
            raise RuntimeError(f"the handler returned {len(responses)} responses to {len(requests)} requests")
        return responses


def _described(response):
    try:
        return json.dumps(response.described, allow_nan=False)
    except (TypeError, ValueError) as error:
        # These exceptions stand for invalid requests, but the handler accepted this one.
        raise RuntimeError(f"the status and header fields of a response must be JSON values: {error}") from None


def _texts(responses, text_of):
    array = np.empty(len(responses), object)
    array[:] = [text_of(each) for each in responses]
    return array


def imported_by(folder):
    """Returns the top-level modules that the modules in a folder import, without running them."""
    names = set()
    for path in pathlib.Path(folder).rglob("*.py"):
        try:
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError):
            # Only the modules that the handler needs must be valid, and those are imported.
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names.add(node.module.split(".")[0])
    return names


def import_module(name, what):
    """Imports the module of a handler. Errors name it."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name == name:
            raise CannotServe(f"{what} is missing. Pack the folder that has it") from error
        raise

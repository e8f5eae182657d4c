"""Handlers of TorchServe: a function, or a class with `initialize` and `handle`, that takes requests and a context."""

import inspect
import io
import json
import os
import sys
import traceback
import uuid

from .answers import log
from .errors import CannotServe
from .handler import import_module
from .requests import Headers, Response

# The last version of TorchServe.
VERSION = "0.12.0"


def load(path, settings, _model):
    """Returns the function that answers a list of requests, once the handler is initialized."""
    name, entry = settings["module"], settings.get("entry")
    module = import_module(name, f"the module {name} of the handler")
    context = Context(path, settings.get("maxRequests", 1))
    if callable(getattr(module, entry or "handle", None)):
        handle = getattr(module, entry or "handle")
        # TorchServe initializes a function by a call without requests.
        handle(None, context)
    else:
        service = _only_class(module, entry)()
        service.initialize(context)
        handle = service.handle
    return Handler(handle, context).handle


def _only_class(module, entry):
    if entry:
        raise CannotServe(f"the module {module.__name__} has no function {entry}")
    classes = [each for _, each in inspect.getmembers(module, inspect.isclass) if each.__module__ == module.__name__]
    if len(classes) != 1 or not hasattr(classes[0], "handle"):
        found = ", ".join(each.__name__ for each in classes) or "no class"
        raise CannotServe(
            f"the module {module.__name__} must define the function `handle`, or one class with `initialize` and `handle`, as "
            f"TorchServe expects, and defines {found}"
        )
    return classes[0]


class Unusable(Exception):
    """The handler returned something else than a list with an answer for each request."""


class Handler:
    def __init__(self, handle, context):
        self._handle = handle
        self._context = context

    def handle(self, requests):
        context = self._context
        context.receive(requests)
        try:
            answers = self._handle([_data(request) for request in requests], context)
            if not isinstance(answers, list):
                raise Unusable("Invalid model predict output")
            if len(answers) != len(requests):
                raise Unusable("number of batch response mismatched")
        except Exception as error:
            # The server runs the requests of a failed batch again one by one, so that only the one at fault fails.
            if len(requests) > 1:
                raise
            log(error, str(error), "".join(traceback.format_tb(error.__traceback__)))
            return [_failure(error)]
        return [_response(answer, exchange) for answer, exchange in zip(answers, context.exchanges)]


def _data(request):
    """Returns the request as handlers get it: the value of each part by its name."""
    return {part.name: _value(part) for part in request.parts}


def _value(part):
    try:
        if part.content_type == "application/json":
            return json.loads(part.value)
        if part.content_type.startswith("text"):
            return part.value.decode()
    except ValueError:
        # TorchServe passes on bytes that are not what their type says.
        pass
    return bytearray(part.value)


def _failure(error):
    """Returns the status and message of TorchServe, which has no details of the exception."""
    ts = sys.modules.get("ts.utils.util")
    if ts and isinstance(error, ts.PredictionException):
        return Response(status=error.error_code, error=error.message)
    if isinstance(error, Unusable):
        return Response(status=503, error=str(error))
    if isinstance(error, MemoryError) or "CUDA" in str(error):
        return Response(status=507, error="Out of resources")
    return Response(status=503, error="Prediction failed")


def _response(answer, exchange):
    try:
        body = _body(answer)
    except Exception as error:
        log(error, str(error), "".join(traceback.format_tb(error.__traceback__)))
        return Response(status=503, error="Unsupported model output data type.")
    return Response(body, exchange.status, exchange.response_headers)


def _body(answer):
    if isinstance(answer, (bytes, bytearray)):
        return bytes(answer)
    if isinstance(answer, str):
        return answer.encode()
    torch = sys.modules.get("torch")
    if torch and isinstance(answer, torch.Tensor):
        file = io.BytesIO()
        torch.save(answer, file)
        return file.getvalue()
    return json.dumps(answer, indent=2).encode()


class Exchange:
    """Header fields of a request, and status and header fields of its response."""

    def __init__(self, request):
        parts = {part.name: {"content-type": part.content_type} for part in request.parts}
        self.identifier = str(uuid.uuid4())
        self.request_headers = Headers({**parts, **request.headers})
        self.status, self.phrase = 200, ""
        self.response_headers = {}

    def get_request_property(self, key):
        return self.request_headers.get(key)

    def get_request_properties(self):
        return self.request_headers

    def report_status(self, code, reason_phrase=None):
        self.status, self.phrase = code, reason_phrase

    def get_response_status_code(self):
        return self.status

    def get_response_status_phrase(self):
        return self.phrase

    def add_response_property(self, key, value):
        self.response_headers[key] = value

    def get_response_headers(self):
        return self.response_headers

    def get_response_header(self, key):
        return self.response_headers.get(key)


class Context:
    """What handlers of TorchServe know about the model, and about the requests that they answer."""

    def __init__(self, folder, batch_size):
        with open(os.path.join(folder, "MAR-INF", "MANIFEST.json")) as file:
            self.manifest = json.load(file)
        described = self.manifest["model"]
        torch = sys.modules.get("torch")
        self.model_name = described.get("modelName")
        self.system_properties = {
            "model_dir": folder,
            "gpu_id": 0 if torch and torch.cuda.is_available() else None,
            "batch_size": batch_size,
            "server_name": "MMS",
            "server_version": VERSION,
            "limit_max_image_pixels": True,
        }
        self.model_yaml_config = _yaml(folder, described.get("configFile"))
        self.metrics = Metrics()
        self.exchanges = []

    def receive(self, requests):
        self.exchanges = [Exchange(request) for request in requests]

    @property
    def request_processor(self):
        return self.exchanges

    @property
    def request_ids(self):
        return {index: exchange.identifier for index, exchange in enumerate(self.exchanges)}

    def get_request_id(self, idx=0):
        return self.request_ids.get(idx)

    def get_request_header(self, idx, key):
        return self.exchanges[idx].request_headers.get(key)

    def get_all_request_header(self, idx):
        return self.exchanges[idx].request_headers

    def set_response_content_type(self, idx, value):
        self.set_response_header(idx, "content-type", value)

    def get_response_content_type(self, idx):
        return self.exchanges[idx].response_headers.get("content-type")

    def get_response_status(self, idx):
        return self.exchanges[idx].status, self.exchanges[idx].phrase

    def set_response_status(self, code=200, phrase="", idx=0):
        self.exchanges[idx].report_status(code, phrase)

    def set_all_response_status(self, code=200, phrase=""):
        for exchange in self.exchanges:
            exchange.report_status(code, phrase)

    def get_response_headers(self, idx):
        return self.exchanges[idx].response_headers

    def set_response_header(self, idx, key, value):
        self.exchanges[idx].response_headers[key] = value


def _yaml(folder, file):
    if not file:
        return {}
    import yaml

    with open(os.path.join(folder, file)) as text:
        return yaml.safe_load(text) or {}


class Metrics:
    """Accepts the metrics of handlers, and drops them: the server has its own."""

    def _drop(self, *_arguments, **_options):
        return self

    add_counter = add_time = add_size = add_percent = add_error = _drop
    add_metric = add_metric_to_cache = get_metric = add_or_update = update = set_request_ids = _drop

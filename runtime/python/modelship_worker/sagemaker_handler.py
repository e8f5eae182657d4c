"""Scripts of SageMaker's containers: `model_fn`, and `input_fn`, `predict_fn` and `output_fn`, or `transform_fn` for all three.

Functions that a script leaves out are those of the containers for scikit-learn, PyTorch and XGBoost. The archive does not say
which container it is for, so that the model decides.
"""

import csv
import inspect
import io
import json
import os
import sys
import traceback

import numpy as np

from .answers import log
from .errors import CannotServe
from .handler import import_module
from .requests import Response
from .torchserve_handler import Context as TorchServeContext
from .torchserve_handler import Metrics

JSON, CSV, NPY, NPZ = "application/json", "text/csv", "application/x-npy", "application/x-npz"
# Bodies of these types are texts for the functions of scripts.
TEXTS = (JSON, CSV)
DELIMITERS = ",;|\t "
LIBSVM = ("text/libsvm", "text/x-libsvm")

ANY = "*/*"
ACCEPT_VARIABLE = "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT"

# Number of arguments of each function. A function with one more gets the context, too.
ARGUMENTS = {
    "pre_model_fn": 1, "model_fn": 1, "model_warmup_fn": 2, "transform_fn": 4, "input_fn": 2, "predict_fn": 2, "output_fn": 2,
}
STEPS = ("input_fn", "predict_fn", "output_fn")


def load(path, settings, _model):
    """Returns the function that answers a list of requests, once the script loaded its model."""
    sys.path.insert(0, os.path.join(path, "code"))
    name = settings["module"]
    script = Script(import_module(name, f"the script {name}.py"), Context(path))
    return Handler(script, path).handle


class Context(TorchServeContext):
    """What scripts know about the server and about the request that they answer: as in TorchServe, without its manifest."""

    def __init__(self, folder):
        self.manifest, self.model_name, self.model_yaml_config = {}, "model", {}
        self.system_properties = {"model_dir": folder, "gpu_id": None, "batch_size": 1}
        self.metrics = Metrics()
        self.exchanges = []


class Script:
    """Functions of a script, which are called with the context if they take it."""

    def __init__(self, module, context):
        self.name = f"{module.__name__}.py"
        self.context = context
        self._functions = {}
        for name, count in ARGUMENTS.items():
            function = getattr(module, name, None)
            if function is not None:
                self._functions[name] = function, self._takes_context(name, function, count)
        steps = [name for name in STEPS if name in self]
        if "transform_fn" in self and steps:
            raise CannotServe(f"{self.name} defines both transform_fn and {', '.join(steps)}, and SageMaker accepts one or the other")

    def __contains__(self, name):
        return name in self._functions

    def call(self, name, *given):
        function, takes_context = self._functions[name]
        return function(*given, self.context) if takes_context else function(*given)

    def _takes_context(self, name, function, usual):
        if not callable(function):
            raise CannotServe(f"{name} of {self.name} is a {type(function).__name__}, and must be a function")
        count = len(inspect.signature(function).parameters)
        if count not in (usual, usual + 1):
            raise CannotServe(
                f"{name} of {self.name} takes {count} arguments, and SageMaker calls it with {usual}, or {usual + 1} with the context"
            )
        return count == usual + 1


class Unsupported(Exception):
    """A request or its answer has a content type that the functions of the containers do not know."""

    def __init__(self, status, what, kind, function):
        super().__init__(f"{what} {kind} is not supported by this model; {function} of its script can support it")
        self.status = status


class Undecodable(ValueError):
    """A body is not what its content type says."""


class Handler:
    def __init__(self, script, path):
        self._script = script
        if "pre_model_fn" in script:
            script.call("pre_model_fn", path)
        self._model = script.call("model_fn", path) if "model_fn" in script else _torchscript(path, script.name)
        if "model_warmup_fn" in script:
            script.call("model_warmup_fn", path, self._model)
        self._defaults = None if "transform_fn" in script else _defaults(self._model, script)

    def handle(self, requests):
        return [self._answer(request) for request in requests]

    def _answer(self, request):
        self._script.context.receive([request])
        try:
            return self._response(request)
        except Unsupported as error:
            return Response(status=error.status, error=str(error))
        except Undecodable:
            raise
        except Exception as error:
            toolkit = sys.modules.get("sagemaker_inference.errors")
            if toolkit and isinstance(error, toolkit.BaseInferenceToolkitError):
                return Response(status=error.status_code, error=str(error.message))
            # SageMaker responds to every exception with 500. Its body has the trace, which only the log has here.
            identifier = log(error, str(error), "".join(traceback.format_tb(error.__traceback__)))
            return Response(status=500, error=f"the script failed; the log has the details of error {identifier}")

    def _response(self, request):
        kind = request.headers.get("content-type")
        accept = request.headers.get("accept")
        if not accept or accept == ANY:
            accept = os.environ.get(ACCEPT_VARIABLE, JSON)
        body = request.body.decode() if kind in TEXTS else request.body
        answer = self._transform(body, kind, accept)
        if isinstance(answer, tuple):
            answer, accept = answer
        (exchange,) = self._script.context.exchanges
        return Response(_body(answer), exchange.status, {**exchange.response_headers, "content-type": accept})

    def _transform(self, body, kind, accept):
        script, defaults = self._script, self._defaults
        if defaults is None:
            return script.call("transform_fn", self._model, body, kind, accept)
        data = script.call("input_fn", body, kind) if "input_fn" in script else _decoded(defaults.read, body, kind)
        result = script.call("predict_fn", data, self._model) if "predict_fn" in script else defaults.predict(data, self._model)
        return script.call("output_fn", result, accept) if "output_fn" in script else _encoded(defaults.plain(result), accept)


def _body(answer):
    if isinstance(answer, (bytes, bytearray)):
        return bytes(answer)
    return answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()


def _torchscript(path, script):
    """Loads the only model, as PyTorch's container does for a script without `model_fn`."""
    files = sorted(name for name in os.listdir(path) if name.endswith((".pt", ".pth")))
    named = [name for name in files if name == "model.pt"] or files
    if len(named) != 1:
        found = ", ".join(files) or "none"
        raise CannotServe(f"{script} has no function model_fn, and without it one file .pt or .pth with TorchScript is loaded, got {found}")
    import torch

    return torch.jit.load(os.path.join(path, named[0]), map_location=_device(torch))


def _defaults(model, script):
    """Returns the steps of the container for a model."""
    torch, xgboost = sys.modules.get("torch"), sys.modules.get("xgboost")
    if torch and isinstance(model, torch.nn.Module):
        return Torch()
    if xgboost and isinstance(model, xgboost.Booster):
        return XGBoost()
    if callable(getattr(model, "predict", None)):
        return ScikitLearn()
    if "predict_fn" not in script:
        raise CannotServe(
            f"{script.name} has no function predict_fn, and model_fn returns a {type(model).__name__}, which is neither a module of "
            "PyTorch nor has the method `predict`"
        )
    return Steps()


class Steps:
    """Steps of sagemaker-inference, on which those of the containers build."""

    def read(self, body, kind):
        if kind == JSON:
            return np.array(json.loads(body))
        if kind == CSV:
            return np.genfromtxt(io.StringIO(_text(body)), dtype=None, delimiter=",")
        if kind == NPY:
            # The containers also unpickle objects, which would run code of the caller.
            return np.load(io.BytesIO(body), allow_pickle=False)
        if kind == NPZ:
            import scipy.sparse

            return scipy.sparse.load_npz(io.BytesIO(body))
        return None

    def plain(self, result):
        return result


class ScikitLearn(Steps):
    def read(self, body, kind):
        data = super().read(body, kind)
        return data.astype(np.float32) if kind in TEXTS else data

    def predict(self, data, model):
        return model.predict(data)


class Torch(Steps):
    def read(self, body, kind):
        import torch

        data = super().read(body, kind)
        if data is None:
            return None
        tensor = torch.FloatTensor(data) if kind in TEXTS else torch.from_numpy(data)
        return tensor.to(_device(torch))

    def predict(self, data, model):
        import torch

        with torch.no_grad():
            model = model.to(_device(torch))
            model.eval()
            return model(data.to(_device(torch)))

    def plain(self, result):
        import torch

        return result.detach().cpu().numpy().tolist() if isinstance(result, torch.Tensor) else result


class XGBoost(Steps):
    def read(self, body, kind):
        import xgboost

        if kind == CSV:
            return xgboost.DMatrix(_table(_text(body)))
        return xgboost.DMatrix(_sparse_table(_text(body))) if kind in LIBSVM else None

    def predict(self, data, model):
        return model.predict(data, validate_features=False)


def _text(body):
    return body if isinstance(body, str) else body.decode()


def _table(text):
    """Reads rows of CSV whose empty fields are missing values. The first row decides about the delimiter."""
    lines = text.strip("\r\n").splitlines()
    try:
        delimiter = csv.Sniffer().sniff(lines[0], DELIMITERS).delimiter
    except csv.Error:
        delimiter = ","
    return np.array([[field.strip() or "nan" for field in line.split(delimiter)] for line in lines], float)


def _sparse_table(text):
    """Reads rows of a label and of pairs of an index and a value."""
    import scipy.sparse

    rows = [[pair.split(":") for pair in line.split()[1:]] for line in text.splitlines() if line.strip()]
    entries = [(float(value), row, int(index)) for row, pairs in enumerate(rows) for index, value in pairs]
    values, row_numbers, columns = zip(*entries) if entries else ((), (), ())
    return scipy.sparse.csr_matrix((values, (row_numbers, columns)), shape=(len(rows), max(columns, default=-1) + 1))


def _decoded(read, body, kind):
    plain = (kind or "").partition(";")[0].strip().lower()
    try:
        data = read(body, plain)
    except Exception as error:
        raise Undecodable(f"{type(error).__name__}: {error}").with_traceback(error.__traceback__) from None
    if data is None:
        raise Unsupported(415, "content type", kind, "input_fn")
    return data


def _encoded(result, accept):
    """Returns the result in the first type that the caller accepts, and the type."""
    for kind in accept.replace(" ", "").split(","):
        if kind == JSON:
            return json.dumps(result, default=_listed), kind
        if kind == CSV:
            file = io.StringIO()
            np.savetxt(file, result, delimiter=",", fmt="%s")
            return file.getvalue(), kind
        if kind == NPY:
            file = io.BytesIO()
            np.save(file, result)
            return file.getvalue(), kind
    raise Unsupported(406, "accepted type", accept, "output_fn")


def _listed(value):
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"a {type(value).__name__} is not a JSON value")


def _device(torch):
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")

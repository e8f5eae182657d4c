"""Models of MLflow that its own interface for Python loads, `mlflow.pyfunc`, answered as by MLflow's server."""

import json
import os
import tempfile

from .answers import log
from .requests import Response

# MLflow reports its use to its makers, and stores the traces of functions in the working directory, which is that of the model.
SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_TRACKING_URI": f"sqlite:///{os.path.join(tempfile.gettempdir(), 'mlflow.db')}",
}

# What MLflow's server sets for the models that it loads.
SERVING = {"_MLFLOW_IS_IN_SERVING_ENVIRONMENT": "true"}


def load(path, _settings, _model):
    """Returns the function that answers a list of requests."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    os.environ.update(SERVING)
    import mlflow.pyfunc

    return Handler(mlflow.pyfunc.load_model(path)).handle


class Handler:
    def __init__(self, model):
        self._model = model
        self._schema = model.metadata.get_input_schema()

    def handle(self, requests):
        return [self._answer(request) for request in requests]

    def _answer(self, request):
        from mlflow.exceptions import MlflowException
        from mlflow.pyfunc import scoring_server

        content_type = request.headers.get("content-type", "")
        try:
            answer = scoring_server.invocations(request.body, content_type, self._model, self._schema)
        except MlflowException as error:
            return _failure(error)
        except Exception as error:
            # The server passes on whatever else fails as a failure of its own.
            raise RuntimeError(f"{type(error).__name__}: {error}").with_traceback(error.__traceback__) from None
        kind = f"{answer.mimetype}; charset=utf-8" if answer.mimetype.startswith("text/") else answer.mimetype
        return Response(answer.response.encode(), answer.status, {"content-type": kind})


def _failure(error):
    """Returns the response of MLflow, whose trace only the log has."""
    described = json.loads(error.serialize_as_json())
    if "stack_trace" in described:
        identifier = log(error, "the model failed", described["stack_trace"])
        described["stack_trace"] = f"the log has the details of error {identifier}"
    return Response(json.dumps(described).encode(), error.get_http_status_code(), {"content-type": "application/json"})

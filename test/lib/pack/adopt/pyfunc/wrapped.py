"""A model of MLflow with an artifact, parameters, and failures of both kinds."""

import json

import mlflow
import pandas as pd
from weights import scaled


class Wrapped(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        with open(context.artifacts["limits"]) as file:
            self.limits = json.load(file)

    def predict(self, context, model_input, params=None):
        if model_input["length"].max() > 1000:
            raise RuntimeError("a detail of the server")
        if model_input["length"].min() < 0:
            raise mlflow.exceptions.MlflowException("a length is negative", error_code=mlflow.protos.databricks_pb2.INVALID_PARAMETER_VALUE)
        factor = (params or {}).get("factor", 1.0)
        over = [scaled(length, factor) > self.limits[name] for name, length in zip(model_input["name"], model_input["length"])]
        return pd.DataFrame({"name": model_input["name"], "length": scaled(model_input["length"], factor), "over": over})

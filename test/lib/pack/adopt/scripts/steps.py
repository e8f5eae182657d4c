"""A script of SageMaker with all functions of its own, some with the context."""

import json
import os

import joblib
import numpy as np
from flowers import NAMES


def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))


def input_fn(body, content_type, context):
    if content_type == "text/csv":
        return np.array([body.strip().split(",")], float), "csv"
    if content_type == "application/x-bytes":
        return np.frombuffer(body, np.float32).reshape(-1, 4), "bytes"
    rows = json.loads(body)["rows"]
    if rows == []:
        context.set_response_status(code=422, phrase="No rows")
    return np.array(rows, float).reshape(-1, 4), "json"


def predict_fn(data, model):
    rows, kind = data
    scores = model.predict_proba(rows) if len(rows) else np.empty((0, 3))
    return [{"name": NAMES[int(each.argmax())], "scores": each.tolist(), "kind": kind} for each in scores]


def output_fn(prediction, accept):
    if accept == "text/plain":
        return ",".join(each["name"] for each in prediction), "text/plain"
    if accept == "application/x-none":
        return bytes([0, 255])
    if accept == "application/x-list":
        return prediction
    if accept == "application/x-object":
        return {"unserializable": object()}
    return json.dumps(prediction)

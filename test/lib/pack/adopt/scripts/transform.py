"""A script of SageMaker with one function for all steps."""

import json
import os

import joblib


def model_fn(model_dir, context):
    assert context is not None
    return joblib.load(os.path.join(model_dir, "model.joblib"))


def transform_fn(model, body, content_type, accept, context):
    rows = json.loads(body)
    context.set_response_status(code=201, phrase="Made")
    return json.dumps({"labels": model.predict(rows).tolist(), "type": content_type}), accept

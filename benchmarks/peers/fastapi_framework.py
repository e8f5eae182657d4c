"""FastAPI around the framework that saved the model: scikit-learn, PyTorch or TensorFlow, one process."""

import os

import numpy as np
from fastapi import FastAPI

MODEL, THREADS = os.environ["MODEL"], int(os.environ.get("THREADS", "1"))


def scikit_learn():
    import joblib

    model = joblib.load(MODEL)

    def run(rows):
        rows = np.asarray(rows)
        return {"label": model.predict(rows), "probabilities": model.predict_proba(rows)}

    return run


def pytorch():
    import torch

    torch.set_num_threads(THREADS)
    model = torch.jit.load(MODEL)

    @torch.inference_mode()
    def run(rows):
        return {"output": model(torch.tensor(rows, dtype=torch.float32)).numpy()}

    return run


def tensorflow():
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(THREADS)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    # The model holds the signature's variables.
    model = tf.saved_model.load(MODEL)
    signature = model.signatures["serving_default"]
    (name,) = signature.structured_input_signature[1]

    def run(rows):
        outputs = signature(**{name: tf.constant(rows, tf.float32)})
        return {key: value.numpy() for key, value in outputs.items()}

    run.model = model
    return run


run = {"pickle": scikit_learn, "torchscript": pytorch, "saved_model": tensorflow}[os.environ["FORMAT"]]()
app = FastAPI()


@app.post("/v1/models/{name}:predict")
async def predict(name: str, body: dict):
    outputs = {key: value.tolist() for key, value in run(body["instances"]).items()}
    if len(outputs) == 1:
        return {"predictions": next(iter(outputs.values()))}
    return {"predictions": [dict(zip(outputs, row)) for row in zip(*outputs.values())]}

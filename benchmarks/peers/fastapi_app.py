"""What a careful team writes by itself: FastAPI around onnxruntime, one process, one session."""

import os

import numpy as np
import onnxruntime
from fastapi import FastAPI

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = int(os.environ.get("THREADS", "1"))
session = onnxruntime.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])
input_name = session.get_inputs()[0].name
output_names = [output.name for output in session.get_outputs()]
app = FastAPI()


@app.post("/v1/models/{name}:predict")
async def predict(name: str, body: dict):
    rows = np.asarray(body["instances"], dtype=np.float32)
    outputs = [output.tolist() for output in session.run(None, {input_name: rows})]
    if len(outputs) == 1:
        return {"predictions": outputs[0]}
    return {"predictions": [dict(zip(output_names, row)) for row in zip(*outputs)]}

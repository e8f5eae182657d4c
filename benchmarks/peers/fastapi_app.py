"""What a careful team writes by itself: FastAPI around onnxruntime, one process, one session."""

import os

from fastapi import FastAPI
from onnx_rows import OnnxRows

model = OnnxRows(os.environ["MODEL"])
app = FastAPI()


@app.post("/v1/models/{name}:predict")
async def predict(name: str, body: dict):
    return model.predict(body["instances"])

"""FastAPI around an image classifier: Pillow decodes and resizes, numpy normalizes, onnxruntime runs the model."""

import io
import os

import numpy as np
from fastapi import FastAPI, Request
from onnx_rows import OnnxRows
from PIL import Image

model = OnnxRows(os.environ["MODEL"])
app = FastAPI()
SHORTEST, CROP = 256, 224


def pixels(content):
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    scale = SHORTEST / min(picture.size)
    picture = picture.resize([int(side * scale) for side in picture.size], Image.Resampling.BILINEAR)
    left, top = ((side - CROP) // 2 for side in picture.size)
    values = np.asarray(picture.crop((left, top, left + CROP, top + CROP)), dtype=np.float32)
    return ((values / 255 - 0.5) / 0.5).transpose(2, 0, 1)[None]


@app.post("/v1/models/{name}:predict")
async def predict(name: str, request: Request):
    (logits,) = model.run(pixels(await request.body()))
    scores = np.exp(logits - logits.max(axis=1, keepdims=True))
    return {"predictions": (scores / scores.sum(axis=1, keepdims=True)).tolist()}

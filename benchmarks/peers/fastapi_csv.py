"""FastAPI around onnxruntime, rows as CSV read and written by pandas."""

import io
import os

import numpy as np
import pandas as pd
from fastapi import FastAPI, Request, Response
from onnx_rows import OnnxRows

model = OnnxRows(os.environ["MODEL"])
app = FastAPI()


@app.post("/invocations")
async def invocations(request: Request):
    rows = pd.read_csv(io.BytesIO(await request.body()), header=None, dtype=np.float32)
    answers = pd.concat([pd.DataFrame(output) for output in model.run(rows.to_numpy())], axis=1)
    return Response(answers.to_csv(index=False, header=False), media_type="text/csv")

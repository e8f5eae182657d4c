"""BentoML around onnxruntime, one worker."""

import os
from typing import Any

import bentoml
from onnx_rows import OnnxRows


@bentoml.service(workers=1)
class Predictor:
    def __init__(self):
        self.model = OnnxRows(os.environ["MODEL"])

    @bentoml.api(route=os.environ["ROUTE"])
    def predict(self, instances: list[list[float]]) -> dict[str, Any]:
        return self.model.predict(instances)

"""The model that the Python peers serve: one session of onnxruntime, one thread, rows in and predictions out."""

import os

import numpy as np
import onnxruntime


class OnnxRows:
    def __init__(self, path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = int(os.environ.get("THREADS", "1"))
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.input_name = self.session.get_inputs()[0].name
        self.output_names = [output.name for output in self.session.get_outputs()]

    def run(self, rows):
        """The outputs as arrays, in the order of their names."""
        return self.session.run(None, {self.input_name: np.asarray(rows, dtype=np.float32)})

    def predict(self, rows):
        """The predictions of TensorFlow Serving's REST API."""
        outputs = [output.tolist() for output in self.run(rows)]
        if len(outputs) == 1:
            return {"predictions": outputs[0]}
        return {"predictions": [dict(zip(self.output_names, row)) for row in zip(*outputs)]}

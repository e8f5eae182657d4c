"""Ray Serve around onnxruntime: one replica, one session."""

import os
import signal
import sys

import numpy as np
import onnxruntime
import ray
from ray import serve
from starlette.requests import Request

MODEL, PORT = os.environ["MODEL"], int(os.environ["PORT"])


@serve.deployment(num_replicas=1, max_ongoing_requests=100, ray_actor_options={"num_cpus": 0})
class Predictor:
    def __init__(self, path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.input_name = self.session.get_inputs()[0].name
        self.output_names = [output.name for output in self.session.get_outputs()]

    async def __call__(self, request: Request):
        rows = np.asarray((await request.json())["instances"], dtype=np.float32)
        outputs = [output.tolist() for output in self.session.run(None, {self.input_name: rows})]
        if len(outputs) == 1:
            return {"predictions": outputs[0]}
        return {"predictions": [dict(zip(self.output_names, row)) for row in zip(*outputs)]}


ray.init(num_cpus=1, include_dashboard=False, configure_logging=False, log_to_driver=False)
serve.start(
    http_options={"host": "127.0.0.1", "port": PORT},
    logging_config={"enable_access_log": False, "log_level": "WARNING"},
)
serve.run(Predictor.bind(MODEL), route_prefix="/")

# Ray's processes end with this one.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
signal.pause()

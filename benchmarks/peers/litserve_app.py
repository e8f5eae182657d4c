"""LitServe around onnxruntime, one worker."""

import os

import litserve
from onnx_rows import OnnxRows


class Predictor(litserve.LitAPI):
    def setup(self, device):
        self.model = OnnxRows(os.environ["MODEL"])

    def decode_request(self, request):
        return request["instances"]

    def predict(self, rows):
        return self.model.predict(rows)


if __name__ == "__main__":
    server = litserve.LitServer(Predictor(api_path=os.environ["ROUTE"]), accelerator="cpu", workers_per_device=1)
    server.run(host="127.0.0.1", port=int(os.environ["PORT"]), log_level="error", generate_client_file=False)

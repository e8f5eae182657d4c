"""MLServer around onnxruntime in the process that answers: `mlserver_app.py`, as `mlserver start` would run it."""

import asyncio
import os

from mlserver import MLModel, MLServer, ModelSettings, Settings
from mlserver.codecs import NumpyCodec
from mlserver.settings import ModelParameters
from mlserver.types import InferenceRequest, InferenceResponse
from onnx_rows import OnnxRows


class Predictor(MLModel):
    async def load(self):
        self.model = OnnxRows(self.settings.parameters.uri)
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        outputs = self.model.run(NumpyCodec.decode_input(payload.inputs[0]))
        named = zip(self.model.output_names, outputs)
        return InferenceResponse(
            model_name=self.name,
            outputs=[NumpyCodec.encode_output(name, output) for name, output in named],
        )


async def main():
    settings = Settings(
        host="127.0.0.1",
        http_port=int(os.environ["PORT"]),
        grpc_port=int(os.environ["GRPC_PORT"]),
        metrics_endpoint=None,
        parallel_workers=0,
        debug=False,
    )
    model = ModelSettings(
        name=os.environ["NAME"],
        implementation=Predictor,
        parameters=ModelParameters(uri=os.environ["MODEL"]),
    )
    await MLServer(settings).start([model])


if __name__ == "__main__":
    asyncio.run(main())
